"""The day's reconciliation, as its step left it: with whom the broker's books were compared, and on what it stood."""

from datetime import date

import msgspec

from tarazu.app.closing.standing import moved_since
from tarazu.app.closing.steps import done
from tarazu.app.day_audit.finding import Code, Finding
from tarazu.app.home import Home
from tarazu.app.verdict import Exit, Status
from tarazu.runtime.desk_record import DeskEntry, DeskKind


class Reconciled(msgspec.Struct, frozen=True, kw_only=True):
    verdict: str = ""
    """Empty: not done."""
    ts_ns: int = 0
    stale: str = ""
    """Why it does not hold any more."""


def reconciled(home: Home, day: date, entries: list[DeskEntry]) -> tuple[Reconciled, list[Finding]]:
    """`entries`: of the desk's record about this day. One that could not tell is the step's order's to tell
    (`closing.steps.out_of_order`). Raises OSError."""
    latest = next((entry for entry in reversed(entries) if entry.kind is DeskKind.RECONCILED), None)
    if latest is None:
        detail = "the broker's books were not compared with this day's journal"
        return Reconciled(), [Finding(code=Code.RECONCILED_ABSENT, status=Status.WARN, detail=detail)]
    told = done(latest)
    stale = moved_since(home, day, told.standing)
    found = Reconciled(verdict=told.verdict, ts_ns=latest.ts_ns, stale=stale)
    if stale:
        detail = f"reconciled before the journal's end: {stale}"
        return found, [Finding(code=Code.RECONCILED_STALE, status=Status.WARN, ts_ns=latest.ts_ns, detail=detail)]
    if told.exit == Exit.CRIT:
        detail = f"{told.verdict}, exit {told.exit}: closes/{day}/reconciliation.json has every break"
        return found, [Finding(code=Code.RECONCILED_BREAKS, status=Status.CRIT, ts_ns=latest.ts_ns, detail=detail)]
    return found, []
