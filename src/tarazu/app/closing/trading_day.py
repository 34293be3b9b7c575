"""What the calendar says of a day: whether its market has closed, and whether nothing journalled is as it should be."""

from datetime import date, timedelta

from tarazu import reference
from tarazu.app.depth_ws.market_day import market_days
from tarazu.app.home import Home
from tarazu.app.verdict import Check, Status
from tarazu.model import ist
from tarazu.model.calendar import NotCovered, Phase, Venue


def market_was_open(day: date) -> bool:
    """True, too, for a day that the calendar does not cover: nobody knows then that it was a holiday."""
    try:
        return reference.calendar().session(day) is not None
    except NotCovered:
        return True


def empty_check(day: date, entries: int) -> Check | None:
    """A WARN where the market was open and no process has journalled anything; None: there is nothing to say."""
    if entries or not market_was_open(day):
        return None
    detail = f"nothing is journalled of {day}, which is a trading day"
    return Check(id="close.day", status=Status.WARN, code="NO_JOURNAL", detail=detail)


def still_open(home: Home, day: date, now_ns: int) -> str:
    """Why the day cannot be closed yet, however good its steps are; empty: the market is closed for the day, as the
    runbook's windows have it: derivatives' continuous session is over. A simulated day ends by its own timetable."""
    try:
        session = market_days(home).session(day)
    except NotCovered:
        return "" if now_ns >= ist.midnight_ns(day + timedelta(days=1)) else f"{day} is not over, and in no calendar"
    window = session.window(Venue.DERIVATIVES, Phase.CONTINUOUS) if session is not None else None
    if window is None or now_ns >= window.end_ns:
        return ""
    return f"the market is open until {_clock(window.end_ns)}"


def _clock(ts_ns: int) -> str:
    """`15:40`; with seconds where a day played short ends between two minutes."""
    return ist.stamp(ts_ns)[11:19].removesuffix(":00")
