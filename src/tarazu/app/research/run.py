"""One day tried: the engine and its shell, the broker in a box, the day's frames, on a clock that costs no time.

    result = run_day(day, settings, config)

The order of things within a nanosecond: a frame comes, the broker's books move by it, then the engine hears of it.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import numpy as np

from tarazu import reference
from tarazu.app.main.build import build
from tarazu.app.main.strategies import Strategies
from tarazu.app.research.baseline import StraddleWatch, shown_underlying
from tarazu.app.research.chronicle import Chronicle, known, no_price
from tarazu.app.research.day import ResearchDay
from tarazu.app.research.feed_told import FeedTold
from tarazu.app.research.frames import Seat
from tarazu.app.research.local_broker import local_broker
from tarazu.app.research.local_desk import LATENCY_NS, LocalDesk
from tarazu.app.research.local_kite import USER_ID, LocalKite
from tarazu.app.research.memory_record import MemoryRecord
from tarazu.app.research.result import DayResult
from tarazu.app.settings import StrategySettings
from tarazu.engine.config import EngineConfig
from tarazu.engine.messages import MarketMoved, Message, Started, Stopping, Ticked
from tarazu.engine.phase import Phase
from tarazu.engine.process import Engine
from tarazu.engine.state import EngineState
from tarazu.market.state import MarketState
from tarazu.market.state_quotes import StateQuotes
from tarazu.model.units import CRORE, MINUTE_NS, PAISE, SECOND_NS
from tarazu.orders.messages import CancelOrder, ModifyOrder, SendOrder
from tarazu.portfolio.unknown_paise import Paise
from tarazu.ports.record import Record
from tarazu.runtime.segment import Frame, Kind
from tarazu.runtime.shell import Shell
from tarazu.sim.broker.agenda import Agenda
from tarazu.strategy.compiled import Programs
from tarazu.strategy.waking import is_woken
from tarazu.wire.kite_ticks import TickFrame, decode

LEAD_NS = SECOND_NS
"""The engine starts so long before the first frame."""
AFTERWARDS_NS = 5 * SECOND_NS
"""...and stops so long after the last: answers under way are still heard."""
HEARTBEAT_BYTES_MAX = 1
BANDS_EVERY_NS = 3 * MINUTE_NS
"""As `app.main.bands`."""
Progress = Callable[[int, int], None]


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What a run is told besides its day, its strategies and their limits."""

    latency_ns: int = LATENCY_NS
    """Each way."""
    cash_paise: int = CRORE * PAISE
    models: Path | None = None
    """The folder of the model registry."""


def run_day(
    day: ResearchDay,
    settings: Sequence[StrategySettings],
    config: EngineConfig,
    terms: Terms | None = None,
    record: Record | None = None,
    master_sha256: str = "",
    progress: Progress = lambda done, total: None,
) -> DayResult:
    """A whole day with one start. Raises app.main.strategies.BadStrategy; runtime.shell.EngineFailed for a bug."""
    terms = terms or Terms()
    strategies = Strategies(settings, terms.models)
    strategies.try_on(day.date, day.instruments, day.session)
    run = DayRun(day, strategies, config, terms, record or MemoryRecord())
    return run.whole(master_sha256, progress)


class DayRun:
    """`runtime.shell.Times`, too: both times are the day's own."""

    def __init__(
        self,
        day: ResearchDay,
        strategies: Strategies,
        config: EngineConfig,
        terms: Terms,
        record: Record,
        seat: Seat | None = None,
    ) -> None:
        """With a `seat` the frames are passed by somebody else (`swept_run`), and `whole` is not called."""
        self.day, self._config = day, config
        self._now_ns = day.first_ns - LEAD_NS
        tokens = [int(i.instrument_token) for i in day.traded]
        if seat is not None:
            self._state, self._quotes = seat.state, seat.quotes
        else:
            self._state = MarketState(bytearray(MarketState.layout(len(tokens))), tokens)
            self._quotes = StateQuotes(self._state, {int(i.instrument_token): i.key for i in day.traded})
        self._market, self.broker = local_broker(day, self._state, self._now_ns, terms.cash_paise)
        self._agenda, self._decoded, self._feed = Agenda(), TickFrame(), FeedTold()
        self._frame = Frame(0, 0, 0, 0, 0, memoryview(b""), 0, 0)
        self._told_sequence = self._passes_told = 0
        self._frames = self._packets = 0
        rates = reference.charge_rates()
        self.engine = Engine(day.instruments, rates, self._quotes, strategies)
        self._strategies, self._carried = strategies, strategies.running
        self._slots = {i.key: n for n, i in enumerate(day.traded)}
        self._programs, self._decided_by = Programs((), lambda key: -1), np.zeros(0, np.intp)
        self._shown = shown_underlying(day, strategies.watches)
        straddle = StraddleWatch(day, self._shown, rates)
        self.chronicle = Chronicle(self.engine, self._quotes, self._shown, straddle, self._close_of)
        self._desk = LocalDesk(
            LocalKite(self.broker, self.steady_ns),
            self._agenda,
            self.steady_ns,
            self._engine_state,
            self.tell,
            self.chronicle.told,
            terms.latency_ns,
        )
        self._shell = Shell(self.engine, record, self._desk, self)

    # Times.

    def steady_ns(self) -> int:
        return self._now_ns

    def wall_ns(self) -> int:
        return self._now_ns

    # The day.

    def whole(self, master_sha256: str, progress: Progress) -> DayResult:
        began_s = time.monotonic()
        worth_paise = self._worth_paise()
        self._start(master_sha256)
        end_ns = min(self.day.last_ns, self.day.session.last_ns)
        for frame in self.day.frames():
            at_ns = max(frame.wall_ns, self._now_ns)
            if at_ns > end_ns:
                break
            self._until(at_ns)
            self._take(frame)
            progress(at_ns - self.day.first_ns, end_ns - self.day.first_ns)
        self._until(end_ns + AFTERWARDS_NS)
        self.tell(Stopping())
        return self._result(self._worth_paise() - worth_paise, time.monotonic() - began_s)

    def tell(self, message: Message | None) -> None:
        """As `app.main` does it: the market first, as far as it has moved. None: the market alone."""
        if self._frame.sequence != self._told_sequence:
            self._quotes.moved(np.flatnonzero(self._state.slots["frame"] > self._passes_told))
            self._programs.tell()
            self._told_sequence, self._passes_told = self._frame.sequence, self._state.passes
            self._shell.take(MarketMoved(sequence=self._told_sequence, wall_ns=self._frame.wall_ns))
        if message is not None:
            self._shell.take(message)

    def _start(self, master_sha256: str) -> None:
        self.tell(
            Started(
                day=self.day.date.isoformat(),
                epoch=1,
                profile="research",
                build=build(),
                config=self._config,
                master_sha256=master_sha256,
                watch=tuple(int(i.instrument_token) for i in self.day.traded),
                session=self.day.session,
                models=dict(self._strategies.model_hashes),
            )
        )
        self._bands()
        self._agenda.at(self._now_ns + SECOND_NS, self._second)

    def _until(self, to_ns: int) -> None:
        """Everything that is due before `to_ns`, and what is due at it."""
        agenda = self._agenda
        while (due_ns := agenda.next_ns()) is not None and due_ns <= to_ns:
            self._now_ns = max(due_ns, self._now_ns)
            agenda.pop()()
        self._now_ns = max(to_ns, self._now_ns)

    def _take(self, frame: Frame) -> None:
        self._frame = frame
        self._frames += 1
        if frame.kind == Kind.BINARY and len(frame.payload) > HEARTBEAT_BYTES_MAX:
            self._pass(frame)
        moved = self._feed.heard(frame)
        if moved is not None:
            self.tell(moved)
        if self._is_moved:
            self.tell(None)

    def _pass(self, frame: Frame) -> None:
        self._carry()
        count = decode(frame.payload, self._decoded)
        self._packets += count
        changed = self._state.update(self._decoded.rows, self._decoded.packet_bytes, count, frame.wall_ns)
        self._programs.after_frame(self._state, changed, frame.wall_ns)
        self._market.moved(self._now_ns)
        if self.broker.desk.blotter.working(USER_ID):
            self._move_broker()

    def _carry(self) -> None:
        """As `app.main.market` does it: what the running strategies watch decides, or the programs that they carry."""
        running = self._strategies.running
        if running is not self._carried:
            self._carried, self._programs = running, Programs(running, lambda key: self._slots.get(key, -1))
            keys = frozenset[str]().union(*(one.watches for one in running if is_woken(one) is None))
            self._decided_by = np.array(sorted(self._slots[key] for key in keys if key in self._slots), np.intp)

    @property
    def _is_moved(self) -> bool:
        """Whether what somebody decides by has changed since the engine was told."""
        if self._programs.woken.any():
            return True
        frames = self._state.slots["frame"]
        return bool(self._decided_by.size) and bool(frames[self._decided_by].max() > self._passes_told)

    def _second(self) -> None:
        now_ns = self._now_ns
        self._agenda.at(now_ns + SECOND_NS, self._second)
        if self._is_held or now_ns // MINUTE_NS != (now_ns - SECOND_NS) // MINUTE_NS:
            self._move_broker()
        stale = self._feed.second(now_ns)
        if stale is not None:
            self.tell(stale)
        self.tell(Ticked(skewed=False))
        self.chronicle.second(now_ns, self.engine.state.phase is Phase.ACTIVE)

    def _bands(self) -> None:
        read = self._desk.bands()
        if read.bands:
            self.tell(read)
        self._agenda.at(self._now_ns + BANDS_EVERY_NS, self._bands)

    def _move_broker(self) -> None:
        self.broker.advance(self._now_ns)
        self._desk.hear_updates()

    @property
    def _is_held(self) -> bool:
        return any(position.qty for position in self.broker.accounts[USER_ID].positions)

    # The end.

    def _result(self, broker_net_paise: int, wall_s: float) -> DayResult:
        chronicle, state = self.chronicle, self.engine.state
        chronicle.sample(self._now_ns, self._broker_mark)
        total = state.books.as_of(self._broker_mark).total if state.books is not None else None
        return DayResult(
            name=self.day.name,
            date=self.day.date,
            gross_paise=known(total.gross_paise) if total else 0,
            charges_paise=known(total.charges_paise) if total else 0,
            broker_net_paise=broker_net_paise,
            drawdown_paise=chronicle.drawdown_paise,
            trades=tuple(chronicle.trades),
            curve=tuple(chronicle.curve),
            orders=chronicle.sent[SendOrder],
            changes=chronicle.sent[ModifyOrder],
            cancels=chronicle.sent[CancelOrder],
            refusals=chronicle.refusals,
            broker_refusals=chronicle.broker_refusals,
            decisions=dict(chronicle.decisions),
            decided_sha256=chronicle.decided_sha256,
            alerts=chronicle.alerts,
            held=tuple((p.instrument.key, p.qty) for p in self.broker.accounts[USER_ID].positions if p.qty),
            halted=f"{state.halt.code}: {state.halt.why}" if state.halt is not None else "",
            active_s=chronicle.active_s,
            shown=self._shown,
            straddle=chronicle.straddle.straddle(),
            frames=self._frames,
            packets=self._packets,
            messages=chronicle.messages,
            wall_s=wall_s,
            note=self.day.note,
        )

    def _worth_paise(self) -> int:
        self.broker.advance(self._now_ns)
        return self.broker.accounts[USER_ID].net_worth_paise(self.broker.desk.mark)

    def _broker_mark(self, key: str) -> Paise:
        instrument = self.broker.universe.find(key)
        return self.broker.desk.mark(instrument).last_paise if instrument is not None else no_price(key)

    def _close_of(self, key: str) -> Paise:
        close = self.day.closes.get(key, 0)
        return close if close else no_price(key)

    def _engine_state(self) -> EngineState:
        return self.engine.state
