"""The market's own time: which steps a session has, and how much variance and activity each of them carries."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from tarazu.model.calendar import Phase, PhaseWindow, TradingSession, Venue
from tarazu.model.units import HOUR_NS, MINUTE_NS, SECOND_NS
from tarazu.sim.synthetic.scenario import Scenario

VENUES = (Venue.CASH, Venue.CASH_FNO, Venue.DERIVATIVES, Venue.INDEX)
"""Order of venues in the kernels."""
CASH, CASH_FNO, DERIVATIVES, INDEX = range(4)

FULL_DAY_NS = 6 * HOUR_NS + 15 * MINUTE_NS
"""A full session, 9:15 to 15:30: what daily volatilities and volumes are measured against."""
CAS_REFERENCE_NS = 15 * MINUTE_NS
"""The closing auction's reference price is the VWAP of the last 15 minutes of continuous trading (KITE facts 3.1)."""
CLOSING_PHASES = (Phase.CAS_REFERENCE, Phase.CAS, Phase.CAS_LIMIT, Phase.CAS_MATCH)
CLOSE_VWAP_NS = 30 * MINUTE_NS
"""Everything else closes at the VWAP of its last half hour."""


def variance_share(continuous_ns: int) -> float:
    """Share of a day's variance that a session of this length carries: the square root of its length, 1 at most.

    Neither proportional (90 seconds would hardly move) nor whole (a day's range in 90 seconds breaks every price
    guard): 90 seconds carry 6 % of the variance, a quarter of the day's range.
    """
    return float(min(1.0, (continuous_ns / FULL_DAY_NS) ** 0.5))


class StepClock:
    """The steps of a session on a fixed grid, and what each carries. All arrays are per step.

    A step ends an interval: what it trades belongs to the phase just before it, so the first comes one step after the
    open and the last at the close.
    """

    def __init__(self, session: TradingSession, scenario: Scenario, step_ns: int) -> None:
        assert step_ns > 0
        self.step_ns = step_ns
        windows = {v: session.window(v, Phase.CONTINUOUS) for v in VENUES}
        spans = [w for w in windows.values() if w]
        assert spans, "a session trades continuously somewhere"
        first, last = min(w.start_ns for w in spans), max(w.end_ns for w in spans)
        grid = np.arange(0, (session.last_ns - session.first_ns) // step_ns + 2, dtype=np.int64)
        times: NDArray[np.int64] = session.first_ns + grid * step_ns
        live: NDArray[np.bool_] = np.zeros((len(grid), len(VENUES)), dtype=np.bool_)
        averaging: NDArray[np.bool_] = np.zeros_like(live)
        for n, venue in enumerate(VENUES):
            if w := windows[venue]:
                live[:, n] = (times > w.start_ns) & (times <= w.end_ns)
                averaging[:, n] = live[:, n] & (times > averaging_from_ns(session, venue))
        self.events = _events(session, times)
        kept: NDArray[np.bool_] = np.any(live, axis=1)
        kept[list(self.events)] = True
        self.grid = grid[kept]
        self.times = times[kept]
        self.live = live[kept]
        self.averaging = averaging[kept]
        self._carry(scenario, first, last)

    def _carry(self, scenario: Scenario, first_ns: int, last_ns: int) -> None:
        length = last_ns - first_ns
        u = np.clip((self.times - first_ns) / length, 0.0, 1.0)
        before = np.clip((self.times - self.step_ns - first_ns) / length, 0.0, 1.0)
        arc = (2.0 * u - 1.0) ** 2
        trading = self.live.any(axis=1)
        self.fraction = np.where(trading, self.step_ns / length, 0.0)
        """Of the day's time."""
        # U-shapes with mean 1: activity is 3.5 times its noon level at the ends, variance 2.3 times.
        self.activity = (0.55 + 1.35 * arc) * scenario.activity
        self.variance = self.fraction * (0.7 + 0.9 * arc) * variance_share(length)
        """Of the day's variance, before the volatility state."""
        self.volatility = _read(scenario.volatility, u)
        self.pin = _read(scenario.pin, u)
        self.drift = _read(scenario.path, u) - _read(scenario.path, before)
        self.seconds = np.where(trading, self.step_ns / SECOND_NS, 0.0)


def closing_auction(session: TradingSession, venue: Venue) -> PhaseWindow | None:
    """The last window of the closing auction, at whose end its price stands; None for a venue without one.

    That is the match; the timetable in force from 7 Dec 2026 has no window for it, and order entry ends there instead.
    """
    windows = session.windows.get(venue, ())
    return next((w for w in reversed(windows) if w.phase in CLOSING_PHASES), None)


def averaging_from_ns(session: TradingSession, venue: Venue) -> int:
    """From when the trades of `venue` count towards its reference or closing price."""
    window = session.window(venue, Phase.CONTINUOUS)
    assert window is not None
    span = CAS_REFERENCE_NS if closing_auction(session, venue) else CLOSE_VWAP_NS
    nominal = session.nominal_ns(window.end_ns) - span
    return max(window.start_ns, session.actual_ns(nominal))


def _read(knots: tuple[tuple[float, float], ...], u: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.interp(u, [k for k, _ in knots], [v for _, v in knots])


def _events(session: TradingSession, times: NDArray[np.int64]) -> Mapping[int, list[tuple[str, int]]]:
    """Grid position -> what happens there: (open | stop | close, venue number).

    `open`: the pre-open match is over; `stop`: continuous trading is over; `close`: the closing auction is over.
    """
    found: dict[int, list[tuple[str, int]]] = {}
    for event in ("open", "stop", "close"):
        for n, venue in enumerate(VENUES):
            if window := _ends_with(event, session, venue):
                at = int(np.searchsorted(times, window.end_ns))
                found.setdefault(min(at, len(times) - 1), []).append((event, n))
    return found


def _ends_with(event: str, session: TradingSession, venue: Venue) -> PhaseWindow | None:
    """The window at whose end the event happens."""
    if event == "close":
        return closing_auction(session, venue)
    return session.window(venue, Phase.PRE_OPEN_MATCH if event == "open" else Phase.CONTINUOUS)
