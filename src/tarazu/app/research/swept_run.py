"""A research day on a market that is passed for many: it is called where it has something to do, and decides what
`run.DayRun` decides frame by frame.

With `rest_ns` above a second its seconds are counted more rarely while no order works and no answer is outstanding, and
every strategy carries a program, which sees every frame. What then differs is what the engine works out by the second:
C25's jump is measured over a rest, what is held is marked once a rest, so a loss limit is met so much later, and the
broker's books are read at other times, so that an execution may be heard of up to a second sooner or later.
"""

from collections.abc import Sequence
from functools import partial

from tarazu.app.main.strategies import Strategies
from tarazu.app.research.day import ResearchDay
from tarazu.app.research.frames import PassedMarket
from tarazu.app.research.local_kite import USER_ID
from tarazu.app.research.memory_record import MemoryRecord
from tarazu.app.research.result import DayResult
from tarazu.app.research.run import AFTERWARDS_NS, DayRun, Terms
from tarazu.app.settings import StrategySettings
from tarazu.engine.config import EngineConfig
from tarazu.engine.messages import Message, Stopping, Ticked
from tarazu.engine.phase import Phase
from tarazu.model.units import MINUTE_NS, SECOND_NS
from tarazu.runtime.segment import Frame, Kind
from tarazu.strategy.waking import is_woken

FOREVER_NS = 1 << 62


class SweptRun(DayRun):
    def __init__(
        self,
        market: PassedMarket,
        day: ResearchDay,
        settings: Sequence[StrategySettings],
        config: EngineConfig,
        terms: Terms,
        rest_ns: int = SECOND_NS,
    ) -> None:
        """Raises app.main.strategies.BadStrategy."""
        strategies = Strategies(settings, terms.models)
        strategies.try_on(day.date, day.instruments, day.session)
        self._passed, self._seat, self._rest_ns = market, market.seat(), rest_ns
        self._passes_heard = self._heard_ns = self._worth_before_paise = 0
        self._beat, self._counted_ns, self._rested = 0, 0, False
        super().__init__(day, strategies, config, terms, MemoryRecord(), self._seat)

    def begin(self, master_sha256: str = "") -> None:
        self._worth_before_paise = self._worth_paise()
        self._start(master_sha256)
        self._look_out()

    @property
    def due_ns(self) -> int:
        due_ns = self._agenda.next_ns()
        return FOREVER_NS if due_ns is None else max(due_ns, self._now_ns)

    def go_to(self, to_ns: int) -> None:
        """Everything that is due up to `to_ns`, before which all frames have been passed."""
        self._hear()
        self._until(to_ns)
        self._look_out()

    def look(self) -> None:
        """Behind a frame that somebody looks at."""
        market = self._passed
        self._now_ns = max(market.wall_ns, self._now_ns)
        if self._hear() and self._works:
            self._move_broker()
        self._turn(_heard_at(market.heard_ns))
        if self._seat.is_woken:
            self.tell(None)
        self._look_out()

    def other(self, frame: Frame) -> None:
        """An event of the feed, in its place."""
        self._now_ns = max(frame.wall_ns, self._now_ns)
        self._hear()
        self._turn(frame)
        self._look_out()

    def end(self, wall_s: float = 0.0) -> DayResult:
        """After the last frame."""
        self.go_to(self.end_ns + AFTERWARDS_NS)
        rested_s = (self._now_ns - self._counted_ns) // SECOND_NS
        self.chronicle.active_s += rested_s * (self.engine.state.phase is Phase.ACTIVE)
        self.tell(Stopping())
        self._frames, self._packets = self._passed.frames, self._passed.packets
        return self._result(self._worth_paise() - self._worth_before_paise, wall_s)

    @property
    def end_ns(self) -> int:
        return min(self.day.last_ns, self.day.session.last_ns)

    def tell(self, message: Message | None) -> None:
        """As `run.DayRun` does: the market first, as far as it has moved."""
        moved = self._seat.moved()
        if moved is not None:
            self._shell.take(moved)
        if message is not None:
            self._shell.take(message)
        if self._seat.carried is not self.engine.strategies:
            self._seat.carry(self.engine.strategies)

    # Inside.

    def _hear(self) -> bool:
        """What was passed since: the broker's market learns of it, and silence is counted anew. Whether there were
        ticks."""
        market = self._passed
        if self._feed.is_fresh and market.heard_ns > self._heard_ns:
            self._turn(_heard_at(market.heard_ns))
        self._heard_ns = market.heard_ns
        if market.state.passes == self._passes_heard:
            return False
        self._passes_heard = market.state.passes
        self._market.moved(max(market.ticks_ns, self._now_ns))
        return True

    def _turn(self, frame: Frame) -> None:
        moved = self._feed.heard(frame)
        if moved is not None:
            self.tell(moved)

    def _look_out(self) -> None:
        """Every frame counts while an order works at the broker, and while the feed is taken for lost."""
        every_frame = self._works or not self._feed.is_fresh
        if every_frame is not self._seat.every_frame:
            self._seat.looks_at((), every_frame=every_frame)
        if self._rested and not self._can_rest:
            self._rested, self._beat = False, self._beat + 1
            self._agenda.at(self._next_second_ns, partial(self._count, self._beat))

    @property
    def _works(self) -> bool:
        return bool(self.broker.desk.blotter.working(USER_ID))

    # The second.

    def _second(self) -> None:
        self._count(self._beat)

    def _count(self, beat: int) -> None:
        """A second, unless another beat has begun."""
        if beat != self._beat:
            return
        now_ns = self._now_ns
        is_moved = self._is_held and not self._rested
        if is_moved or now_ns // MINUTE_NS != self._counted_ns // MINUTE_NS:
            self._move_broker()
        rested_s = (now_ns - self._counted_ns) // SECOND_NS - 1 if self._counted_ns else 0
        self._counted_ns = now_ns
        stale = self._feed.second(now_ns)
        if stale is not None:
            self.tell(stale)
        self.tell(Ticked(skewed=False))
        is_active = self.engine.state.phase is Phase.ACTIVE
        self.chronicle.second(now_ns, is_active)
        self.chronicle.active_s += rested_s * is_active
        self._rested = self._can_rest
        self._agenda.at(now_ns + (self._rest_ns if self._rested else SECOND_NS), partial(self._count, beat))

    @property
    def _next_second_ns(self) -> int:
        return self._counted_ns + -(-(self._now_ns + 1 - self._counted_ns) // SECOND_NS) * SECOND_NS

    @property
    def _can_rest(self) -> bool:
        state = self.engine.state
        return (
            self._rest_ns > SECOND_NS
            and state.phase is Phase.ACTIVE
            and self._feed.is_fresh
            and all(is_woken(strategy) is not None for strategy in self.engine.strategies)
            and not (state.exits or state.flattening or state.spreads or state.cancels)
            and not self._works
            and not any(True for _ in state.blotter.open())
        )


def _heard_at(wall_ns: int) -> Frame:
    """A sign of life."""
    return Frame(0, wall_ns, wall_ns, 0, int(Kind.BINARY), memoryview(b""), 0, 0)
