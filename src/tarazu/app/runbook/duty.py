"""When a runbook is due, and whether it was done: the runbook has promises of its own.

The moments are those of the market's day (`open`, `close`), by the dated calendar; on a day without a session, or one
that the calendar does not cover, nothing is due.
"""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum

import msgspec

from tarazu.app.runbook.book.model import Runbook, Window
from tarazu.app.runbook.runs.record import Run
from tarazu.model.units import SECOND_NS

MINUTE_NS = 60 * SECOND_NS


class DutyState(StrEnum):
    AHEAD = "ahead"
    DUE = "DUE"
    DONE = "done"
    MISSED = "MISSED"
    """The window closed and no run that began in it was completed."""


class Market(msgspec.Struct, frozen=True):
    """The day's session of the market, UTC ns."""

    opens_ns: int
    closes_ns: int


class Duty(msgspec.Struct, frozen=True, kw_only=True):
    runbook: str
    from_ns: int
    until_ns: int
    state: DutyState


def market_of(day: date) -> Market | None:
    """Derivatives' continuous session; None on a day without one."""
    from tarazu import reference
    from tarazu.model.calendar import NotCovered, Phase, Venue

    try:
        session = reference.calendar().session(day)
    except NotCovered:
        return None
    window = session.window(Venue.DERIVATIVES, Phase.CONTINUOUS) if session else None
    return Market(window.start_ns, window.end_ns) if window else None


def duty(runbook: Runbook, market: Market, runs: Sequence[Run], now_ns: int) -> Duty | None:
    """The latest window that has begun, else the first ahead; None for a runbook that is due at no time."""
    if runbook.window is None:
        return None
    windows = _windows(runbook.window, market)
    begun = [window for window in windows if window[0] <= now_ns]
    from_ns, until_ns = begun[-1] if begun else windows[0]
    return Duty(
        runbook=runbook.id, from_ns=from_ns, until_ns=until_ns, state=_state(runbook, runs, from_ns, until_ns, now_ns)
    )


def overdue(runbook: Runbook, market: Market, runs: Sequence[Run], since_ns: int, now_ns: int) -> Duty | None:
    """The last window that is over and was missed, of those that began at `since_ns` or later; None where the one that
    goes on now is done already, and outside the market's hours."""
    if runbook.window is None or not market.opens_ns <= now_ns < market.closes_ns:
        return None
    begun = [window for window in _windows(runbook.window, market) if since_ns <= window[0] <= now_ns]
    told = [
        Duty(runbook=runbook.id, from_ns=one, until_ns=end, state=_state(runbook, runs, one, end, now_ns))
        for one, end in begun[-2:]
    ]
    if told and told[-1].state is DutyState.DONE:
        return None
    return next((one for one in reversed(told) if one.state is DutyState.MISSED), None)


def _state(runbook: Runbook, runs: Sequence[Run], from_ns: int, until_ns: int, now_ns: int) -> DutyState:
    done = any(
        run.runbook == runbook.id and from_ns <= run.began_ns <= until_ns and run.verdict.startswith("DONE")
        for run in runs
    )
    if done:
        return DutyState.DONE
    if now_ns < from_ns:
        return DutyState.AHEAD
    return DutyState.DUE if now_ns <= until_ns else DutyState.MISSED


def _windows(window: Window, market: Market) -> list[tuple[int, int]]:
    if window.every_min:
        step = window.every_min * MINUTE_NS
        starts = range(market.opens_ns, market.closes_ns, step)
        return [(start, min(start + step, market.closes_ns)) for start in starts]
    return [(_moment(window.phase, market), _moment(window.deadline, market))]


def _moment(bound: str, market: Market) -> int:
    of, minutes = Window.bound(bound)
    return (market.opens_ns if of == "open" else market.closes_ns) + minutes * MINUTE_NS
