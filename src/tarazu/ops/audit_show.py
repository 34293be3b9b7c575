"""`tarazu audit show`: the journal's entries, for people and for pipes."""

import time
from collections import deque
from collections.abc import Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import click
import msgspec

from tarazu.app.feed.flags import PROFILE
from tarazu.app.home import BadProfile, Home, home
from tarazu.app.verdict import Exit, Verdict, plain
from tarazu.model import ist

if TYPE_CHECKING:
    from tarazu.journal.entry import Entry

COMMAND = "audit.show"
PREVIEW = 100

EXAMPLES = """
\b
Examples:
  tarazu audit show --last 5 --decode                  what was told, decided and asked for, as JSON
  tarazu audit show --kind Commanded --from 1          every word of a person
  tarazu audit show --grep T2EP00100004 --decode       all that names an order, by its tag or the broker's id
"""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries are shown."""

    first: int
    end: int | None
    kind: int | None
    text: str
    decoded: bool
    """As JSON; the text is looked for in what is shown, too."""

    def has(self, entry: "Entry") -> bool:
        if entry.sequence < self.first or self.kind not in (None, entry.kind):
            return False
        if not self.text or self.text.encode() in entry.payload:
            return True
        return self.decoded and any(self.text in line for line in _decoded_lines(entry))


def _kind(_: click.Context, param: click.Parameter, value: str | None) -> int | None:
    """A kind of entry by its name, in any case, or by its number."""
    from tarazu.engine.codec import NAMES

    numbers = {name.lower(): number for number, name in NAMES.items()}
    if value is None or value.isdecimal():
        return None if value is None else int(value)
    if value.lower() not in numbers:
        raise click.BadParameter(f"no kind {value!r}; there are: {', '.join(NAMES.values())}; or a number", param=param)
    return numbers[value.lower()]


@click.command("show", epilog=EXAMPLES)
@PROFILE
@click.option("--date", "day", type=click.DateTime(["%Y-%m-%d"]), help="This day; default: the last.")
@click.option("--from", "first", type=click.IntRange(1), help="From this sequence on.", metavar="N")
@click.option("--to", "end", type=click.IntRange(1), help="Up to this sequence.", metavar="N")
@click.option("--last", type=click.IntRange(1), help="Only so many, the last.  [default: 50]", metavar="N")
@click.option("--kind", callback=_kind, help="Only of this kind: Started, Commanded, or a number.", metavar="KIND")
@click.option("--grep", "text", default="", help="Only those with this text in them.", metavar="TEXT")
@click.option("--decode", "decoded", is_flag=True, help="Message, acts and outputs as JSON, in place of the bytes.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object; payloads in base64, or with --decode as JSON.")
def command(
    profile: str | None,
    day: datetime | None,
    first: int | None,
    end: int | None,
    last: int | None,
    kind: int | None,
    text: str,
    decoded: bool,
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
    wanted = Wanted(first=first or 1, end=end, kind=kind, text=text, decoded=decoded)
    return _show(desk, day.date() if day else None, some, wanted).show(as_json)


def _show(desk: Home, asked: date | None, last: int | None, wanted: Wanted) -> Verdict:
    from tarazu.app import audit
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
            body=tuple(line for entry in shown for line in _lines(entry, wanted.decoded)),
            facts={"entries": [_facts(entry, wanted.decoded) for entry in shown]},
        )

    try:
        day = audit.chosen_day(desk, asked)
    except audit.CannotAudit as cannot:
        return verdict("UNKNOWN", Exit.UNKNOWN, str(cannot), deque())
    shown: deque[Entry] = deque(maxlen=last)
    try:
        for entry in JournalReader(day_folder(desk.journal, day)).ready():
            if wanted.end is not None and entry.sequence > wanted.end:
                break
            if wanted.has(entry):
                shown.append(entry)
    except BrokenChain as broken:
        return verdict("CRIT", Exit.CRIT, f"{broken}; see tarazu audit verify --date {day}", shown)
    return verdict("SHOWN", Exit.OK, f"{len(shown):,} entries of {day}", shown)


def _lines(entry: "Entry", decoded: bool) -> Iterator[str]:
    yield _head(entry) if decoded else f"{_head(entry)}  {_preview(entry)}"
    if decoded:
        yield from (f"{'':>11}{line}" for line in _decoded_lines(entry))


def _head(entry: "Entry") -> str:
    from tarazu.engine.codec import NAMES
    from tarazu.journal.entry import Durability

    at = f"{ist.stamp(entry.ts_ns)}.{entry.ts_ns // 1_000_000 % 1_000:03}"
    kind = NAMES.get(entry.kind, f"kind {entry.kind}")
    durability = Durability(entry.durability).name
    return f"{entry.sequence:>9}  {at}  {kind:<13} {durability:<5}  epoch {entry.epoch:<4} {len(entry.payload):>6} B"


def _preview(entry: "Entry") -> str:
    text = entry.payload[:PREVIEW].decode("utf-8", "backslashreplace")
    return plain(text) + ("..." if len(entry.payload) > PREVIEW else "")


def _decoded_lines(entry: "Entry") -> Iterator[str]:
    """The message, and what came of it, each on a line."""
    for what, value in _decoded(entry).items():
        for one in value if isinstance(value, list | tuple) else [value]:
            yield plain(f"{what.removesuffix('s'):<9} {msgspec.json.encode(one).decode()}")


def _facts(entry: "Entry", decoded: bool) -> dict[str, Any]:
    from tarazu.engine.codec import NAMES

    told: dict[str, Any] = msgspec.to_builtins(entry)
    told["name"] = NAMES.get(entry.kind, "")
    if decoded:
        del told["payload"]
        told |= _decoded(entry)
    return told


def _decoded(entry: "Entry") -> dict[str, Any]:
    from tarazu.engine import codec

    try:
        record = codec.decode(entry.kind, entry.payload)
    except codec.BadPayload as bad:
        return {"unreadable": str(bad), "preview": _preview(entry)}
    told: dict[str, Any] = {"message": msgspec.to_builtins(record.stamped.message)}
    if isinstance(record, codec.Failure):
        return told | {"error": record.error}
    return told | {"acts": msgspec.to_builtins(record.step.acts), "outputs": msgspec.to_builtins(record.step.outputs)}
