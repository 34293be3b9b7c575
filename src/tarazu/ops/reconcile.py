"""`tarazu reconcile`: a day's intents, orders, trades, positions, funds and charges beside the broker's."""

import sys
import time
from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from tarazu.app.closing.flags import close_flags, day_meant
from tarazu.app.feed.flags import home_of
from tarazu.app.home import Home
from tarazu.app.incidents.moment import desk_now_ns
from tarazu.app.person import person
from tarazu.app.verdict import Check, Exit, Status, Verdict, exit_of, worst

if TYPE_CHECKING:
    from tarazu.app.reconcile.breaks import Reconciliation
    from tarazu.app.reconcile.broker_side import BothSides

COMMAND = "reconcile"
AGAIN_S = 2.0
"""A break counts when two readings show it, as in the day: what filled between two questions is none."""
EXAMPLES = """
\b
Examples:
  tarazu reconcile                          today, with what the broker tells now
  tarazu reconcile --date 2026-11-20        a day that is over, with the answers kept then
  tarazu reconcile --json | jq '.reconciliation.breaks[]'
"""


@click.command("reconcile", epilog=EXAMPLES)
@click.option("--saved", is_flag=True, help="With the broker's answers that were kept, though it could be asked.")
@click.option("--who", default=person, show_default="your login name", help="Who does it.")
@close_flags
def command(saved: bool, who: str, day: datetime | None, profile: str | None, as_json: bool) -> int:
    """Compare a day three ways, by id and to the paisa: the journal's intents with the broker's orders and trades,
    those with its positions, funds and charges, and with the contract note that was taken in.

    The broker tells only of today: its answers are kept beside the result, and a day that is over is compared with
    them. A break of money opens an incident. Done twice, it is done anew. Nothing is sent to the broker but questions.

    Exit code 0: all agrees; 1: all of ours does, with something to look at; 2: a break of money, or a file of the day
    was altered; 3: it cannot be told.
    """
    home = home_of(profile)
    return reconcile(home, day_meant(home, day), saved, who).show(as_json)


def reconcile(home: Home, day: date, saved: bool, who: str) -> Verdict:
    from tarazu.app.reconcile.broker_side import BROKER, NoAccount, NoBroker, both_sides
    from tarazu.app.reconcile.kept import Altered
    from tarazu.engine.codec import BadPayload
    from tarazu.runtime.desk_record import BadDeskRecord
    from tarazu.runtime.journal_reader import BrokenChain

    try:
        sides = both_sides(home, day, saved, tell=_telling())
        result, trouble = _compared(home, day, sides)
        if result.money_breaks and sides.source == BROKER:
            time.sleep(AGAIN_S)
            sides, result, trouble = _again(home, day, sides, result, trouble)
        return _kept(home, day, result, sides.answers, trouble, who)
    except NoBroker as away:
        return _unknown(home, day, Status.UNKNOWN, away.code, str(away), away.hint)
    except NoAccount as paper:
        return _paper(home, day, str(paper), who)
    except Altered as altered:
        return _unknown(home, day, Status.CRIT, "ALTERED", str(altered), f"tarazu audit daily --date {day}")
    except (BadPayload, BrokenChain, BadDeskRecord) as damaged:
        return _unknown(home, day, Status.CRIT, "RECORD_DAMAGED", str(damaged), f"tarazu audit verify --date {day}")
    except OSError as failed:
        return _unknown(home, day, Status.UNKNOWN, "NOT_READ", str(failed), "tarazu doctor")


def _again(
    home: Home, day: date, sides: "BothSides", result: "Reconciliation", trouble: list[Check]
) -> "tuple[BothSides, Reconciliation, list[Check]]":
    """What a second reading shows; where it tells less than the first, the first stands: its breaks are not taken back
    by a broker that does not answer."""
    from tarazu.app.reconcile.broker_side import NoBroker, both_sides

    try:
        later = both_sides(home, day)
    except (NoBroker, OSError):
        return sides, result, trouble
    found, more = _compared(home, day, later)
    if later.source != sides.source or len(found.unknown) > len(result.unknown):
        return sides, result, trouble
    return later, found, more


def _compared(home: Home, day: date, sides: "BothSides") -> "tuple[Reconciliation, list[Check]]":
    """Raises BadDeskRecord, OSError, and of the journal BadPayload, BrokenChain; a note that was altered is a check."""
    import msgspec

    from tarazu.app.reconcile.broker_side import SAVED
    from tarazu.app.reconcile.day import reconciled, without_note
    from tarazu.app.reconcile.kept import latest_note
    from tarazu.app.reconcile.last_close import last_close
    from tarazu.app.reconcile.note.kept import AlteredNote
    from tarazu.app.reconcile.then import later_fills, moments

    note, why_none = None, ""
    try:
        note = latest_note(home, day)
    except (AlteredNote, FileNotFoundError) as altered:
        why_none = str(altered)
    read, ours, last = sides.read, sides.ours, last_close(home, day)
    later = later_fills(ours, read.account, read.as_of_ns) if sides.source == SAVED else 0
    then = partial(moments, home, day, ours, read.account, read.as_of_ns) if later else None
    result = reconciled(home, day, ours, last, read.account, note, read.charges, read.as_of_ns, then)
    result = msgspec.structs.replace(result, source=sides.source, read_sha256=sides.sha256, later_fills=later)
    trouble: list[Check] = []
    if why_none:
        result = without_note(result, why_none)
        trouble = [_check(Status.CRIT, "ALTERED", why_none, f"tarazu close import-note FILE --date {day}")]
    return result, trouble


def _early(home: Home, result: "Reconciliation") -> str:
    from tarazu.app.closing.trading_day import still_open

    return still_open(home, date.fromisoformat(result.day), result.as_of_ns) if result.source == "saved" else ""


def _kept(home: Home, day: date, result: "Reconciliation", answers: bytes, trouble: list[Check], who: str) -> Verdict:
    """Written, recorded, told; a break of money is an incident."""
    from tarazu.app.incidents.store import NotKept
    from tarazu.app.reconcile import told
    from tarazu.app.reconcile.incident import opened_for
    from tarazu.app.reconcile.kept import keep
    from tarazu.runtime.desk_record import BadDeskRecord

    now_ns = desk_now_ns(home)
    checks = (*told.checks_of(result, _early(home, result)), *trouble)
    tail: tuple[str, ...] = ()
    if result.money_breaks:
        try:
            tail = (f"incident  {opened_for(home, result, who, now_ns)}",)
        except NotKept as failed:
            checks = (*checks, _check(Status.CRIT, "NO_INCIDENT", str(failed), "tarazu doctor"))
    word, code = told.word_of(checks), exit_of(worst(checks))
    try:
        keep(home, day, result, answers, verdict=word, exit_code=code, who=who, now_ns=now_ns)
    except (BadDeskRecord, OSError, ValueError) as failed:
        checks = (*checks, _check(Status.CRIT, "NOT_WRITTEN", str(failed), "tarazu doctor"))
    return _verdict(
        home,
        told.word_of(checks),
        exit_of(worst(checks)),
        told.summary_of(result),
        checks=checks,
        body=tuple(told.body_of(result)),
        tail=tail,
        facts={"day": day, "reconciliation": result},
    )


def _paper(home: Home, day: date, why: str, who: str) -> Verdict:
    """The paper account has no books but main's own: nothing independent can be compared, which is no agreement."""
    from tarazu.app.closing.standing import standing_of
    from tarazu.app.reconcile.breaks import Against, Compared, Reconciliation

    legs = tuple(Compared(against=against, skipped=why) for against in Against)
    result = Reconciliation(
        day=day.isoformat(), profile=str(home.profile), as_of_ns=0, standing=standing_of(home, day), compared=legs
    )
    trouble = [_check(Status.WARN, "NO_BROKER", "a paper account has no books but main's: nothing was compared")]
    return _kept(home, day, result, b"", trouble, who)


def _telling() -> Callable[[str], None]:
    """On stderr, each line once as long as it stays the same: a broker that starts says so twenty times a second."""
    told: list[str] = []

    def tell(line: str) -> None:
        if told[-1:] != [line]:
            told[:] = [line]
            print(line, file=sys.stderr)

    return tell


def _unknown(home: Home, day: date, status: Status, code: str, detail: str, hint: str) -> Verdict:
    """Nothing was compared, and nothing written."""
    check = _check(status, code, detail, hint)
    word = "UNKNOWN" if status is Status.UNKNOWN else str(status)
    told = f"{day}: not reconciled"
    return _verdict(home, word, exit_of(status), told, checks=(check,), facts={"day": day, "reconciliation": None})


def _check(status: Status, code: str, detail: str, hint: str = "") -> Check:
    return Check(id="reconcile", status=status, code=code, detail=detail, hint=hint)


def _verdict(home: Home, word: str, exit_code: Exit, summary: str, **more: Any) -> Verdict:
    return Verdict(
        command=COMMAND,
        word=word,
        exit_code=exit_code,
        profile=home.profile,
        now_ns=desk_now_ns(home),
        summary=summary,
        **more,
    )
