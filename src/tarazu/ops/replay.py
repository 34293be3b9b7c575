"""`tarazu replay DATE`: a journalled day again, and whether this program decides now as it was decided then."""

import time
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import click

from tarazu.app.feed.flags import PROFILE
from tarazu.app.home import BadProfile, Home, home
from tarazu.app.verdict import Check, Exit, Status, Verdict, exit_of, worst

if TYPE_CHECKING:
    from tarazu.app.replaying.past_day import PastDay
    from tarazu.app.replaying.tally import Tally

COMMAND = "replay"

EXAMPLES = """
\b
Examples:
  tarazu replay                              the last day, as its journal tells it
  tarazu replay 2026-11-23 --verify          decide it all again, and compare every byte
  tarazu replay 2026-11-23 --to 8114         the engine's state after that entry
  tarazu replay 2026-11-23 --verify --json
"""


@click.command("replay", epilog=EXAMPLES)
@click.argument("day", type=click.DateTime(["%Y-%m-%d"]), required=False, metavar="[DATE]")
@click.option("--verify", is_flag=True, help="Decide everything again, and compare it with what was journalled.")
@click.option("--to", "end", type=click.IntRange(1), help="Stop after this entry, and show the state.", metavar="N")
@PROFILE
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def command(day: datetime | None, verify: bool, end: int | None, profile: str | None, as_json: bool) -> int:
    """Take a day's journal again: what it amounts to, and the engine's state at its end.

    With --verify the engine decides anew: it is started as `main` started it, the market moves through the day's feed
    log to where it was at each message, and every step must come out byte for byte as it is in the journal. The first
    that does not is shown, with what is likely to have done it.

    DATE is the last day where it is left out; the day that is being written may be asked about.

    Exit code 0: told, or all equal; 1: all equal, but the feed log lacks frames; 2: a step differs, or the journal is
    not what was written; 3: what it takes is not there (journal, feed log, master, strategies).
    """
    try:
        desk = home(profile)
    except BadProfile as bad:
        raise click.UsageError(str(bad)) from bad
    return _replay(desk, day.date() if day else None, verify, end).show(as_json)


def _replay(desk: Home, asked: date | None, verify: bool, end: int | None) -> Verdict:
    from tarazu.app import audit
    from tarazu.app.replaying.checks import journal_checks
    from tarazu.app.replaying.parts import past_day
    from tarazu.app.replaying.past_day import CannotReplay
    from tarazu.runtime.journal_reader import BrokenChain

    day = None
    try:
        day = audit.chosen_day(desk, asked)
        with audit.progress("journal") as tell:
            checks = tuple(journal_checks(audit.judge(desk, day, audit.trust(desk, None, ()), tell)))
        past = past_day(desk, day, decides=verify)
        tally = _tallied(past, end)
        return (_verified if verify else _told)(desk, past, tally, end, checks)
    except (audit.CannotAudit, CannotReplay) as cannot:
        return _verdict(desk, "UNKNOWN", Exit.UNKNOWN, f"{day}: {cannot}" if day else str(cannot))
    except BrokenChain as broken:
        return _verdict(desk, "CRIT", Exit.CRIT, f"{broken}; see tarazu audit verify --date {day}")


def _told(desk: Home, past: "PastDay", tally: "Tally", end: int | None, checks: tuple[Check, ...]) -> Verdict:
    """From the journal alone: no market is needed."""
    from tarazu.app.replaying.report import day_facts, day_lines
    from tarazu.app.replaying.standing import standing_facts, standing_lines

    state = past.recovered(past.engine(tally.starts[-1]), tally.entries).state
    found = worst(checks)
    return _verdict(
        desk,
        "TOLD" if found is Status.OK else "DAMAGED",
        exit_of(found),
        f"{past.day}: {tally.entries:,} entries{'' if end is None else f', up to {end:,}'}",
        checks=checks,
        body=(*day_lines(tally), *standing_lines(state, with_orders=end is not None)),
        facts={"day": past.day, **day_facts(tally), "state": standing_facts(state, with_orders=end is not None)},
    )


def _verified(desk: Home, past: "PastDay", tally: "Tally", end: int | None, checks: tuple[Check, ...]) -> Verdict:
    from tarazu.app import audit
    from tarazu.app.replaying import report
    from tarazu.app.replaying.checks import rerun_checks
    from tarazu.app.replaying.rerun import rerun
    from tarazu.app.replaying.standing import standing_facts, standing_lines

    began_s = time.monotonic()
    with audit.progress("replaying", "entries") as tell:
        found = rerun(past, tally.entries, lambda done: tell(done, tally.entries))
    took_s = time.monotonic() - began_s
    is_equal = found.difference is None and not found.not_recovered
    word = "DAMAGED" if worst(checks) is not Status.OK else "EQUAL" if is_equal else "DIFFERS"
    checks = (*checks, *rerun_checks(past.day, found))
    state = found.state if end is not None else None
    return _verdict(
        desk,
        word,
        exit_of(worst(checks)),
        f"{past.day}: {report.equal_words(tally, found)}",
        checks=checks,
        body=(
            *report.rerun_lines(tally, found, past.build, took_s),
            *report.day_lines(tally),
            *(standing_lines(state, with_orders=True) if state else ()),
        ),
        facts={
            "day": past.day,
            **report.day_facts(tally),
            **report.rerun_facts(tally, found, took_s),
            "state": standing_facts(state, with_orders=True) if state else None,
        },
    )


def _tallied(past: "PastDay", end: int | None) -> "Tally":
    from tarazu.app.replaying.past_day import CannotReplay
    from tarazu.app.replaying.rerun import decoded
    from tarazu.app.replaying.tally import Tally

    tally = Tally()
    for entry in past.entries(end):
        tally.take(entry, decoded(entry))
    if not tally.starts:
        raise CannotReplay(f"no engine was started in the {tally.entries:,} entries there are")
    return tally


def _verdict(desk: Home, word: str, exit_code: Exit, summary: str, **more: Any) -> Verdict:
    return Verdict(
        command=COMMAND,
        word=word,
        exit_code=exit_code,
        profile=desk.profile,
        now_ns=time.time_ns(),
        summary=summary,
        **more,
    )
