"""Halts of the whole market: the index breaker that calls them, and the time they take."""

import math
from enum import Enum

import msgspec

from tarazu.model import ist
from tarazu.model.calendar import Phase, TradingSession
from tarazu.model.rules import MarketHaltStep
from tarazu.model.units import MINUTE_NS

NEVER_NS = 1 << 62
BREAKER_INDICES = ("NSE:NIFTY 50", "BSE:SENSEX")  # whichever moves first


class State(Enum):
    OPEN = "OPEN"
    HALTED = "HALTED"
    REOPENING = "REOPENING"
    """The pre-open call that follows a halt."""


class Halt(msgspec.Struct, frozen=True):
    """Halted in [from_ns, until_ns), call auction until reopen_ns. NEVER_NS: the rest of the day."""

    from_ns: int
    until_ns: int
    reopen_ns: int

    @property
    def is_for_the_day(self) -> bool:
        return self.until_ns == NEVER_NS


class Halts:
    """The day's halts. Minutes are of market time, so that a session played short has short halts."""

    def __init__(self, session: TradingSession, pre_open_min: int) -> None:
        self._session = session
        self._pre_open_ns = pre_open_min * MINUTE_NS
        self._halts: list[Halt] = []

    def call(self, now_ns: int, minutes: int | None) -> Halt:
        """Halt from now on; `minutes` None is the rest of the day."""
        if minutes is None:
            halt = Halt(now_ns, NEVER_NS, NEVER_NS)
        else:
            until = self._session.nominal_ns(now_ns) + minutes * MINUTE_NS
            actual = self._session.actual_ns
            halt = Halt(now_ns, actual(until), actual(until + self._pre_open_ns))
        self._halts.append(halt)
        return halt

    def at(self, now_ns: int) -> tuple[State, Halt | None]:
        """The latest halt that covers `now_ns`, and what it makes of the market."""
        for halt in reversed(self._halts):
            if halt.from_ns <= now_ns < halt.reopen_ns:
                return (State.HALTED if now_ns < halt.until_ns else State.REOPENING), halt
        return State.OPEN, None

    def phase(self, scheduled: Phase, now_ns: int, has_pre_open: bool) -> Phase:
        """The phase a halt makes of the scheduled one. A timed halt suspends continuous trading only."""
        state, halt = self.at(now_ns)
        if halt is None or not (halt.is_for_the_day or scheduled is Phase.CONTINUOUS):
            return scheduled
        return Phase.PRE_OPEN if state is State.REOPENING and has_pre_open else Phase.CLOSED


class Breaker:
    """The market-wide circuit breaker: each level of index move acts once a day, either way."""

    def __init__(self, steps: tuple[MarketHaltStep, ...], session: TradingSession) -> None:
        self._steps = steps
        self._session = session
        self._passed = 0
        self._first_pct = min((s.level_pct for s in steps), default=math.inf)

    def watch(self, now_ns: int, move_pct: float) -> MarketHaltStep | None:
        """The halt that an index `move_pct` away from its close calls for now; None when there is none.

        A level passed at an hour that has no halt for it (10 % after 14:30) is spent.
        """
        if abs(move_pct) < self._first_pct:
            return None
        level = max(s.level_pct for s in self._steps if abs(move_pct) >= s.level_pct)
        if level <= self._passed:
            return None
        self._passed = level
        clock = ist.clock_of(self._session.nominal_ns(now_ns))
        return next((s for s in self._steps if s.level_pct == level and s.from_ <= clock < s.before), None)
