"""Checks of the hour: is it one in which this may be entered (C16). By the wall clock and the day's own timetable."""

from tarazu.model import ist
from tarazu.model.calendar import Phase, TradingSession, Venue, venue_of
from tarazu.model.order import Product
from tarazu.model.units import MINUTE_NS
from tarazu.risk.denial import Code, Denial
from tarazu.risk.entry import Entry

_CONTINUOUS, _MIS = Phase.CONTINUOUS, Product.MIS


def phase(entry: Entry) -> Denial | None:
    """Of the engine: halted, reducing, reconciling, or begun less than its settling time ago (C16, C23)."""
    return Denial(Code.PHASE, entry.entries, "ACTIVE") if entry.entries else None


def trading(entry: Entry) -> Denial | None:
    """Continuous trading, and nothing else: no auction, no after-market order, no day without trading."""
    session = entry.session
    if session is None:
        return Denial(Code.HOURS, "no trading today, or its hours are not known", "continuous trading")
    if entry.instrument is None:
        return None
    window = session.window_at(venue_of(entry.instrument), entry.wall_ns)
    phase = window.phase if window is not None else Phase.CLOSED
    if phase is _CONTINUOUS:
        return None
    return Denial(Code.HOURS, f"{phase} at {_clock(session, entry.wall_ns)}", "continuous trading")


def intraday(entry: Entry) -> Denial | None:
    """No new MIS so long before the broker squares it off (KITE facts 3.2)."""
    session, it = entry.session, entry.instrument
    if entry.product is not _MIS or session is None or it is None:
        return None
    until_ns = session.nominal_ns(session.mis_square_off_ns[venue_of(it)])
    until_ns -= entry.limits.mis_cutoff_minutes * MINUTE_NS
    if session.nominal_ns(entry.wall_ns) < until_ns:
        return None
    return Denial(Code.HOURS, f"MIS at {_clock(session, entry.wall_ns)}", f"until {ist.clock_of(until_ns):%H:%M:%S}")


def expiring(entry: Entry) -> Denial | None:
    """No new risk in what expires today in its last minutes. The index's contracts stop first from 7 Dec 2026, and all
    that expire are held to their hour (KITE facts 3.1)."""
    session, it = entry.session, entry.instrument
    if session is None or it is None or it.expiry != entry.day:
        return None
    window = session.window_at(Venue.DERIVATIVES, entry.wall_ns)
    if window is None:
        return None  # `trading` has said so
    end_ns = session.expiring_index_stop_ns or window.end_ns
    until_ns = session.nominal_ns(end_ns) - entry.limits.expiry_cutoff_minutes * MINUTE_NS
    if session.nominal_ns(entry.wall_ns) < until_ns:
        return None
    at = _clock(session, entry.wall_ns)
    return Denial(Code.HOURS, f"it expires today, at {at}", f"until {ist.clock_of(until_ns):%H:%M:%S}")


def _clock(session: TradingSession, wall_ns: int) -> str:
    return f"{ist.clock_of(session.nominal_ns(wall_ns)):%H:%M:%S}"
