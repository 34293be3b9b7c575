"""The day's phases with their random closes drawn, and the moments at which something must happen."""

from enum import IntEnum

import msgspec

from tarazu.model.calendar import Phase, PhaseWindow, TradingSession, Venue
from tarazu.sim.dice import Dice

CLOSING_ENTRY = frozenset({Phase.CAS, Phase.CAS_LIMIT})


class Event(IntEnum):
    """What happens at a boundary. At one moment they happen in this order."""

    UNCROSS_OPENING = 0
    UNCROSS_CLOSING = 1
    CONTINUOUS_ENDS = 2
    """Only where a closing auction follows."""
    EXPIRING_ENDS = 3
    """Expiring index contracts stop trading before the other derivatives."""
    DAY_ENDS = 4
    CONTINUOUS_STARTS = 5


class Boundary(msgspec.Struct, frozen=True, order=True):
    ts_ns: int
    event: Event
    venue: Venue


class Timetable:
    """A session in which every phase has one end. Drawn from seed, day and phase: all venues close together."""

    def __init__(self, session: TradingSession, seed: int) -> None:
        self.session = session
        dice = Dice(seed)
        self._windows = {
            venue: tuple((w, _close(w, session, dice)) for w in windows) for venue, windows in session.windows.items()
        }
        with_pre_open = (v for v, ws in session.windows.items() if any(w.phase is Phase.PRE_OPEN for w in ws))
        self._with_pre_open = frozenset(with_pre_open)

    def phase(self, venue: Venue, now_ns: int) -> Phase:
        """The phase at `now_ns`. After a random close the auction is matching until its window ends."""
        for window, close_ns in self._windows.get(venue, ()):
            if window.start_ns <= now_ns < close_ns:
                return window.phase
            if close_ns <= now_ns < window.end_ns:
                return Phase.CAS_MATCH if window.phase in CLOSING_ENTRY else Phase.PRE_OPEN_MATCH
        return Phase.CLOSED

    def boundaries(self) -> list[Boundary]:
        found: list[Boundary] = []
        for venue, windows in self._windows.items():
            followers = [*(w.phase for w, _ in windows[1:]), Phase.CLOSED]
            for (window, close_ns), following in zip(windows, followers, strict=False):
                found += _boundaries(venue, window, close_ns, following)
            if windows:
                found.append(Boundary(windows[-1][0].end_ns, Event.DAY_ENDS, venue))
        if self.session.expiring_index_stop_ns is not None:
            found.append(Boundary(self.session.expiring_index_stop_ns, Event.EXPIRING_ENDS, Venue.DERIVATIVES))
        return sorted(found)

    def has_pre_open(self, venue: Venue) -> bool:
        return venue in self._with_pre_open

    def market_orders_first(self, closing: bool) -> bool:
        """Market orders have priority in the framework of 2026, which is the one with a limit-only window."""
        limit_only = Phase.CAS_LIMIT if closing else Phase.PRE_OPEN_LIMIT
        return any(w.phase is limit_only for windows in self._windows.values() for w, _ in windows)


def _close(window: PhaseWindow, session: TradingSession, dice: Dice) -> int:
    if window.earliest_end_ns >= window.end_ns:
        return window.end_ns
    return dice.between(
        window.earliest_end_ns, window.end_ns - 1, "random_close", window.phase, session.day.toordinal()
    )


def _boundaries(venue: Venue, window: PhaseWindow, close_ns: int, following: Phase) -> list[Boundary]:
    if window.phase is Phase.CONTINUOUS:
        starts = Boundary(window.start_ns, Event.CONTINUOUS_STARTS, venue)
        ends = Boundary(window.end_ns, Event.CONTINUOUS_ENDS, venue)
        return [starts, ends] if following is Phase.CAS_REFERENCE else [starts]
    if window.phase.is_auction_entry and not following.is_auction_entry:
        closing = window.phase in CLOSING_ENTRY
        return [Boundary(close_ns, Event.UNCROSS_CLOSING if closing else Event.UNCROSS_OPENING, venue)]
    return []
