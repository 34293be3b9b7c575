"""The dated trading calendar: holidays, phases of the day, AMO windows. A date it does not cover is refused.

The numbers are data (`tarazu/reference/data`), parsed here; this module holds only what they mean.
"""

import itertools
from collections.abc import Mapping
from datetime import date, time, timedelta
from enum import StrEnum

import msgspec

from tarazu.model import ist
from tarazu.model.instrument import Exchange, Instrument, Kind
from tarazu.model.units import DAY_NS, SECOND_NS


class Phase(StrEnum):
    CLOSED = "CLOSED"
    PRE_OPEN = "PRE_OPEN"
    """Call auction, limit and market orders."""
    PRE_OPEN_LIMIT = "PRE_OPEN_LIMIT"
    """Call auction, limit orders only; ends at a random time."""
    PRE_OPEN_MATCH = "PRE_OPEN_MATCH"
    BUFFER = "BUFFER"
    CONTINUOUS = "CONTINUOUS"
    CAS_REFERENCE = "CAS_REFERENCE"
    """Closing auction: the reference price is being computed, no entry."""
    CAS = "CAS"
    CAS_LIMIT = "CAS_LIMIT"
    CAS_MATCH = "CAS_MATCH"
    POST_CLOSE = "POST_CLOSE"
    """Cash market at the closing price."""

    @property
    def is_auction_entry(self) -> bool:
        return self in (Phase.PRE_OPEN, Phase.PRE_OPEN_LIMIT, Phase.CAS, Phase.CAS_LIMIT)


class Venue(StrEnum):
    """Instruments that share a timetable."""

    CASH = "cash"
    CASH_FNO = "cash_fno_underlying"
    DERIVATIVES = "derivatives"
    INDEX = "index"


_INDEX, _DERIVATIVES, _OF_DERIVATIVES = Kind.INDEX, Venue.DERIVATIVES, (Exchange.NFO, Exchange.BFO)


def venue_of(instrument: Instrument) -> Venue:
    if instrument.kind is _INDEX:
        return Venue.INDEX
    if instrument.exchange in _OF_DERIVATIVES:
        return _DERIVATIVES
    return Venue.CASH_FNO if instrument.fno_underlying else Venue.CASH


class PhaseWindow(msgspec.Struct, frozen=True):
    """`[start_ns, end_ns)`; a random close may end the phase at any time from `earliest_end_ns` on."""

    phase: Phase
    start_ns: int
    end_ns: int
    earliest_end_ns: int


class NotCovered(LookupError):
    """The dated data does not reach this date; nothing is guessed."""


class WindowRule(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    phase: Phase
    from_: time
    to: time
    random_close_from: time | None = None


class Era(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """One timetable and the dates for which it is in force, both inclusive."""

    id: str
    from_: date
    to: date
    venues: dict[Venue, tuple[WindowRule, ...]]
    mis_square_off: dict[Venue, time]
    amo_opens: dict[Venue, time]
    """From here until `amo_closes` of the next trading day after-market orders are taken."""
    amo_closes: dict[Venue, time]
    expiring_index_stop: time | None = None
    source: str = ""


class SpecialSession(msgspec.Struct, frozen=True):
    date: date
    kind: str
    opens: time
    closes: time
    source: str = ""


class CalendarData(msgspec.Struct, frozen=True, kw_only=True):
    """The calendar as the data file has it."""

    name: str
    valid_from: date
    valid_through: date
    holidays: tuple[date, ...]
    settlement_holidays: tuple[date, ...] = ()
    special_sessions: tuple[SpecialSession, ...] = ()
    eras: tuple[Era, ...]
    sources: tuple[str, ...] = ()
    uncertain: tuple[str, ...] = ()


class TradingSession(msgspec.Struct, frozen=True, kw_only=True):
    """One trading day's timetable in UTC ns.

    `knots` map this session's time to the nominal market time, for sessions played shorter than they are; rules that
    name an hour ("before 13:00") ask `nominal_ns`.
    """

    day: date
    kind: str
    windows: Mapping[Venue, tuple[PhaseWindow, ...]]
    mis_square_off_ns: Mapping[Venue, int]
    amo_opens_ns: Mapping[Venue, int]
    amo_closes_ns: Mapping[Venue, int]
    expiring_index_stop_ns: int | None = None
    knots: tuple[tuple[int, int], ...] = ()

    def window_at(self, venue: Venue, ts_ns: int) -> PhaseWindow | None:
        for window in self.windows.get(venue, ()):
            if window.start_ns <= ts_ns < window.end_ns:
                return window
        return None

    def phase_at(self, venue: Venue, ts_ns: int) -> Phase:
        window = self.window_at(venue, ts_ns)
        return window.phase if window else Phase.CLOSED

    def window(self, venue: Venue, phase: Phase) -> PhaseWindow | None:
        return next((w for w in self.windows.get(venue, ()) if w.phase is phase), None)

    @property
    def first_ns(self) -> int:
        """Start of the day's first phase of any venue."""
        return min(w[0].start_ns for w in self.windows.values() if w)

    @property
    def last_ns(self) -> int:
        """End of the day's last phase of any venue."""
        return max(w[-1].end_ns for w in self.windows.values() if w)

    def is_amo_time(self, venue: Venue, ts_ns: int) -> bool:
        """Whether an after-market order is taken at `ts_ns` of this day."""
        return ts_ns < self.amo_closes_ns[venue] or ts_ns >= self.amo_opens_ns[venue]

    def nominal_ns(self, ts_ns: int) -> int:
        """The market time `ts_ns` stands for: itself, unless this session is played short."""
        return nominal_at(self.knots, ts_ns)

    def actual_ns(self, nominal_ns: int) -> int:
        """When nominal market time `nominal_ns` happens in this session."""
        return _interpolate(tuple((b, a) for a, b in self.knots), nominal_ns)


class TradingCalendar:
    """Answers for the dates its data covers and raises `NotCovered` for every other."""

    def __init__(self, data: CalendarData) -> None:
        self.data = data
        self._holidays = frozenset(data.holidays)
        self._special = {s.date: s for s in data.special_sessions}

    def is_trading_day(self, day: date) -> bool:
        self._refuse_uncovered(day)
        return day in self._special or (day.weekday() < 5 and day not in self._holidays)

    def is_settlement_day(self, day: date) -> bool:
        """Whether funds and shares move: a trading day that is neither special nor a settlement holiday."""
        regular = day.weekday() < 5 and day not in self._holidays
        return self.is_trading_day(day) and regular and day not in self.data.settlement_holidays

    def next_trading_day(self, day: date) -> date:
        """The first trading day after `day`."""
        return self._walk(day, timedelta(days=1))

    def previous_trading_day(self, day: date) -> date:
        return self._walk(day, timedelta(days=-1))

    def session(self, day: date) -> TradingSession | None:
        """The timetable of `day`; None when the exchange is closed."""
        if not self.is_trading_day(day):
            return None
        era = self._era(day)
        special = self._special.get(day)
        windows = {
            venue: _special_windows(day, special) if special else _windows(day, rules)
            for venue, rules in era.venues.items()
        }
        mis = {
            venue: ist.at_ns(day, special.closes) - 5 * 60 * SECOND_NS if special else ist.at_ns(day, clock)
            for venue, clock in era.mis_square_off.items()
        }
        stop = era.expiring_index_stop
        return TradingSession(
            day=day,
            kind=special.kind if special else "regular",
            windows=windows,
            mis_square_off_ns=mis,
            amo_opens_ns={v: ist.at_ns(day, t) for v, t in era.amo_opens.items()},
            amo_closes_ns={v: ist.at_ns(day, t) for v, t in era.amo_closes.items()},
            expiring_index_stop_ns=ist.at_ns(day, stop) if stop else None,
        )

    def expiry_on_or_before(self, day: date) -> date:
        """`day` when it trades, else the trading day before it: the exchanges' holiday rule for expiries."""
        return day if self.is_trading_day(day) else self.previous_trading_day(day)

    def _walk(self, day: date, step: timedelta) -> date:
        day += step
        while not self.is_trading_day(day):
            day += step
        return day

    def _era(self, day: date) -> Era:
        for era in self.data.eras:
            if era.from_ <= day <= era.to:
                return era
        raise NotCovered(f"no session timetable for {day} in {self.data.name}")

    def _refuse_uncovered(self, day: date) -> None:
        if not self.data.valid_from <= day <= self.data.valid_through:
            raise NotCovered(
                f"{self.data.name} covers {self.data.valid_from} to {self.data.valid_through}, not {day}; "
                "a newer tarazu brings newer data"
            )


class AlwaysOpen(TradingCalendar):
    """The permissive profile's calendar: every day trades, continuously, from midnight to midnight."""

    def is_trading_day(self, day: date) -> bool:
        return True

    def is_settlement_day(self, day: date) -> bool:
        return True

    def session(self, day: date) -> TradingSession:
        start = ist.midnight_ns(day)
        end = start + DAY_NS
        return TradingSession(
            day=day,
            kind="always-open",
            windows={v: (PhaseWindow(Phase.CONTINUOUS, start, end, end),) for v in Venue},
            mis_square_off_ns=dict.fromkeys(Venue, end),
            amo_opens_ns=dict.fromkeys(Venue, end),
            amo_closes_ns=dict.fromkeys(Venue, end),
        )


class Pace(StrEnum):
    """How long a day's phases last where it is played: as the exchange has them, or in minutes."""

    FULL = "full"
    SHORT = "short"
    BRIEF = "brief"


# Seconds of the stretch in which every venue trades continuously, and of every other between two phase boundaries.
SHORTER = {Pace.SHORT: (90, 4), Pace.BRIEF: (52, 3)}


def paced(session: TradingSession, pace: Pace) -> TradingSession:
    """`session` as it is played at this pace."""
    if pace is Pace.FULL:
        return session
    continuous_s, other_s = SHORTER[pace]
    return shorten(session, continuous_s * SECOND_NS, other_s * SECOND_NS)


def shorten(
    session: TradingSession, continuous_ns: int = 90 * SECOND_NS, other_ns: int = 4 * SECOND_NS
) -> TradingSession:
    """`session` replayed from its own first moment with its phases shortened.

    The stretch in which every venue trades continuously lasts `continuous_ns`; every other stretch between two phase
    boundaries lasts `other_ns`. Time itself runs at rate 1, so freshness limits in seconds stay honest.
    """
    bounds = sorted({t for ws in session.windows.values() for w in ws for t in (w.start_ns, w.end_ns)})
    longest = max(itertools.pairwise(bounds), key=lambda pair: pair[1] - pair[0])
    knots = [(bounds[0], bounds[0])]
    for start, end in itertools.pairwise(bounds):
        knots.append((knots[-1][0] + (continuous_ns if (start, end) == longest else other_ns), end))
    to_short = tuple((nominal, short) for short, nominal in knots)

    def at(ts_ns: int) -> int:
        return _interpolate(to_short, ts_ns)

    def move(w: PhaseWindow) -> PhaseWindow:
        return PhaseWindow(w.phase, at(w.start_ns), at(w.end_ns), at(w.earliest_end_ns))

    stop = session.expiring_index_stop_ns
    return msgspec.structs.replace(
        session,
        kind=f"short {session.kind}",
        windows={v: tuple(move(w) for w in ws) for v, ws in session.windows.items()},
        mis_square_off_ns={v: at(t) for v, t in session.mis_square_off_ns.items()},
        amo_opens_ns={v: at(t) for v, t in session.amo_opens_ns.items()},
        amo_closes_ns={v: at(t) for v, t in session.amo_closes_ns.items()},
        expiring_index_stop_ns=None if stop is None else at(stop),
        knots=tuple(knots),
    )


def _windows(day: date, rules: tuple[WindowRule, ...]) -> tuple[PhaseWindow, ...]:
    return tuple(
        PhaseWindow(
            rule.phase,
            ist.at_ns(day, rule.from_),
            ist.at_ns(day, rule.to),
            ist.at_ns(day, rule.random_close_from or rule.to),
        )
        for rule in rules
    )


def _special_windows(day: date, special: SpecialSession) -> tuple[PhaseWindow, ...]:
    start, end = ist.at_ns(day, special.opens), ist.at_ns(day, special.closes)
    return (PhaseWindow(Phase.CONTINUOUS, start, end, end),)


def nominal_at(knots: tuple[tuple[int, int], ...], ts_ns: int) -> int:
    """As `TradingSession.nominal_ns`, for whoever has the knots alone."""
    return _interpolate(knots, ts_ns)


def _interpolate(knots: tuple[tuple[int, int], ...], x: int) -> int:
    """Piecewise linear through `knots`; slope 1 before the first and after the last; identity without knots."""
    if not knots:
        return x
    if x <= knots[0][0]:
        return knots[0][1] + (x - knots[0][0])
    for (x0, y0), (x1, y1) in itertools.pairwise(knots):
        if x <= x1:
            return y0 + (x - x0) * (y1 - y0) // (x1 - x0)
    return knots[-1][1] + (x - knots[-1][0])
