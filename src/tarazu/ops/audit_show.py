"""`tarazu audit show`: the journal's entries, for people and for pipes."""

import time
from collections import deque
from datetime import date, datetime
from typing import TYPE_CHECKING

import click

from tarazu.app.home import BadProfile, Home, home
from tarazu.app.verdict import Exit, Verdict, plain
from tarazu.model import ist

if TYPE_CHECKING:
    from tarazu.journal.entry import Entry

COMMAND = "audit.show"
PREVIEW = 100


@click.command("show")
@click.option("--profile", help="sim, paper or live; default: TARAZU_PROFILE, else sim.")
@click.option("--date", "day", type=click.DateTime(["%Y-%m-%d"]), help="This day; default: the last.")
@click.option("--from", "first", type=click.IntRange(1), help="From this sequence on.", metavar="N")
@click.option("--to", "end", type=click.IntRange(1), help="Up to this sequence.", metavar="N")
@click.option("--last", type=click.IntRange(1), help="Only so many, the last.  [default: 50]", metavar="N")
@click.option("--kind", type=click.IntRange(0), help="Only of this kind.", metavar="N")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, payloads in base64.")
def command(
    profile: str | None,
    day: datetime | None,
    first: int | None,
    end: int | None,
    last: int | None,
    kind: int | None,
    as_json: bool,
) -> int:
    """Show entries: sequence, IST time, kind, durability class, epoch, size, payload.

    Also of the day that is being written. It shows what is there and vouches for nothing: tarazu audit verify does.
    Exit code 0: shown; 2: the chain breaks, and what came before is shown; 3: there is no such day.
    """
    try:
        desk = home(profile)
    except BadProfile as bad:
        raise click.UsageError(str(bad)) from bad
    some = last or (None if first or end else 50)
    return _show(desk, day.date() if day else None, first or 1, end, some, kind).show(as_json)


def _show(desk: Home, asked: date | None, first: int, end: int | None, last: int | None, kind: int | None) -> Verdict:
    from tarazu.app import audit
    from tarazu.journal.entry import Durability
    from tarazu.runtime.journal_files import day_folder
    from tarazu.runtime.journal_reader import BrokenChain, JournalReader

    def verdict(word: str, exit_code: Exit, summary: str, shown: "deque[Entry]") -> Verdict:
        return Verdict(
            command=COMMAND,
            word=word,
            exit_code=exit_code,
            profile=desk.profile,
            now_ns=time.time_ns(),
            summary=summary,
            body=tuple(_line(e, Durability(e.durability).name) for e in shown),
            facts={"entries": list(shown)},
        )

    try:
        day = audit.chosen_day(desk, asked)
    except audit.CannotAudit as cannot:
        return verdict("UNKNOWN", Exit.UNKNOWN, str(cannot), deque())
    shown: deque[Entry] = deque(maxlen=last)
    try:
        for entry in JournalReader(day_folder(audit.journal_root(desk), day)).ready():
            if end is not None and entry.sequence > end:
                break
            if entry.sequence >= first and kind in (None, entry.kind):
                shown.append(entry)
    except BrokenChain as broken:
        return verdict("CRIT", Exit.CRIT, f"{broken}; see tarazu audit verify --date {day}", shown)
    return verdict("SHOWN", Exit.OK, f"{len(shown):,} entries of {day}", shown)


def _line(entry: "Entry", durability: str) -> str:
    text = entry.payload[:PREVIEW].decode("utf-8", "backslashreplace")
    more = "..." if len(entry.payload) > PREVIEW else ""
    head = f"{entry.sequence:>9}  {ist.stamp(entry.ts_ns)}.{entry.ts_ns // 1_000_000 % 1_000:03}  kind {entry.kind:<5}"
    return f"{head} {durability:<5}  epoch {entry.epoch:<4} {len(entry.payload):>6} B  {plain(text)}{more}"
