"""`engine`: what a message costs, by kind: `Engine.process`, and what is written of it. CPU microseconds, medians.

300 instruments are followed and all of them change with every frame; one strategy looks at one of them and every check
of the gate is on. The peer is one append to the journal in group commit, of the same machine and run. Warm: the way of
one order through cold caches is `t2o`.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import numpy as np

from feedrig.message import Message, tokens_of
from t2orig.orders import FIRE_PAISE, Crossing
from tarazu import reference
from tarazu.engine import codec
from tarazu.engine import messages as m
from tarazu.engine.acts import Step
from tarazu.engine.config import EngineConfig
from tarazu.engine.messages import Stamped
from tarazu.engine.process import Engine
from tarazu.market.state import MarketState
from tarazu.market.state_quotes import StateQuotes
from tarazu.model.ids import InstrumentToken, TradingSymbol
from tarazu.model.instrument import Exchange, Instrument, Kind
from tarazu.model.units import MILLISECOND_NS, SECOND_NS
from tarazu.ops.bench import Case, at_most
from tarazu.orders.messages import SendOrder
from tarazu.orders.report import Answer, AnswerKind
from tarazu.orders.throttle import SendLimits
from tarazu.risk.limits import RiskLimits
from tarazu.risk.margin_rules import MarginRules
from tarazu.runtime.journal_state import JournalSettings, Room
from tarazu.runtime.journal_writer import Journal
from tarazu.wire.kite_ticks import TickFrame, decode

DAY = date(2026, 11, 23)
NINE_NS = 1_795_404_600 * SECOND_NS
INSTRUMENTS, DECISIVE, LOT = 300, 150, 75
TURNS = 400
NOTHING, AN_ORDER = "moved, nothing", "moved, an order"
MANY = 4_000
"""Orders of a day that has seen many."""
IDLE_US_MAX = 30.0
"""Issue 4: a frame that decides nothing, with its encoding and its append."""
# The benchmark's minute has more orders than Kite's; the check is made all the same.
CONFIG = EngineConfig(
    qty_max_default=10_000,
    settle_ns=0,
    risk=RiskLimits(
        order_qty_max=10**7,
        order_value_max_paise=10**15,
        gross_premium_max_paise=10**15,
        unexecuted_value_max_paise=10**15,
        scenario_loss_max_paise=10**15,
        delta_max_paise=10**15,
        vega_max_paise=10**15,
        margins=MarginRules.of(reference.rules("nse-2026")),
        round_trips_max=10**6,
        day_loss_max_paise=10**15,
        drawdown_max_paise=10**15,
    ),
    limits=SendLimits(
        per_second=1_000,
        per_minute=60_000,
        per_day=1_000_000,
        entries_per_second=1_000,
        entries_per_minute=60_000,
        entries_per_day=1_000_000,
    ),
)


def cases() -> Iterator[Case]:
    with tempfile.TemporaryDirectory() as folder:
        settings = JournalSettings(room=Room(low_bytes=0, reserve_bytes=0))
        journal = Journal.open(Path(folder), DAY, "tarazu.local/bench", settings)
        desk = Desk(journal)
        yield at_most("engine", "a frame that decides nothing", ours=desk.whole_us(), unit="us", goal=IDLE_US_MAX)
        append_us = desk.append_us()
        for name, kind in desk.kinds.items():
            yield _beside(name, desk.process_us(kind), append_us)
        while len(desk.engine.state.blotter.orders) < MANY:
            desk.order()
        for name in (NOTHING, AN_ORDER):
            yield _beside(f"{name}, {MANY:,} in", desk.process_us(desk.kinds[name]), append_us)
        journal.close()


def _beside(case: str, ours: float, append_us: float) -> Case:
    return Case(bench="engine", case=case, ours=ours, peer=append_us, ratio=append_us / ours, unit="us")


class Desk:
    """An engine that is ACTIVE, its market and its journal."""

    def __init__(self, journal: Journal) -> None:
        listed = [_instrument(place, token) for place, token in enumerate(tokens_of(INSTRUMENTS))]
        keys = {instrument.key: instrument for instrument in listed}
        self._state = MarketState(bytearray(MarketState.layout(INSTRUMENTS)), tokens_of(INSTRUMENTS))
        self._quotes = StateQuotes(self._state, {i.instrument_token: i.key for i in listed})
        crossing = Crossing(listed[DECISIVE].key, LOT)
        self.engine = Engine(keys, reference.charge_rates(), self._quotes, lambda config: (crossing,))
        self._frame, self._decoded, self._number = Frame(), TickFrame(), 0
        self._journal, self._now_ns = journal, NINE_NS
        self._begin(keys)
        self.kinds: dict[str, Callable[[], m.Message]] = {
            NOTHING: lambda: self.moved(decisive=False),
            AN_ORDER: self._about_to_order,
            "Ticked": lambda: m.Ticked(skewed=False),
            "FeedMoved": lambda: m.FeedMoved(feed="options", fresh=True, required=True),
            "Answered": self._answer,
            "OrdersRead, no news": self._no_news,
        }

    def _begin(self, keys: dict[str, Instrument]) -> None:
        session = reference.calendar().session(DAY)
        began = m.Started(day=DAY.isoformat(), epoch=1, profile="sim", build="bench", config=CONFIG, session=session)
        self.take(began)
        self.take(m.BandsRead(bands=tuple(m.Band(key=key, low_paise=5, high_paise=10_000_000) for key in keys)))
        self.take(m.FeedMoved(feed="options", fresh=True, required=True))
        self._now_ns += 2 * SECOND_NS
        self.take(m.Ticked(skewed=False))
        self._compare()
        assert self.engine.state.phase == "ACTIVE", self.engine.state.phase_why

    def _compare(self) -> None:
        """The broker's books, which stay empty: without a comparison in two minutes nothing is entered."""
        now_ns = self._compared_ns = self._now_ns
        for read in (m.OrdersRead(started_ns=now_ns, reports=()), m.TradesRead(started_ns=now_ns, fills=())):
            self.take(read)
        self.take(m.PositionsRead(started_ns=now_ns, positions=()))

    def stamp(self, message: m.Message) -> Stamped:
        self._now_ns += 50 * MILLISECOND_NS
        return Stamped(self._now_ns, self._now_ns, 12_345, message)

    def take(self, message: m.Message) -> Step:
        return self.engine.process(self.stamp(message))

    # What is measured.

    def whole_us(self) -> float:
        """A frame that decides nothing: what the shell does of it, but for the clock."""
        took = []
        for _ in range(TURNS):
            stamped = self.stamp(self.moved(decisive=False))
            start = time.thread_time_ns()
            step = self.engine.process(stamped)
            kind, payload = codec.encode(stamped, step)
            self._journal.append(kind, payload, stamped.ts_ns, codec.durability(stamped, step), from_reserve=True)
            took.append(time.thread_time_ns() - start)
        return statistics.median(took) / 1e3

    def append_us(self) -> float:
        stamped = self.stamp(m.Ticked(skewed=False))
        kind, payload = codec.encode(stamped, Step())
        took = []
        for _ in range(TURNS):
            start = time.thread_time_ns()
            self._journal.append(kind, payload, stamped.ts_ns)
            took.append(time.thread_time_ns() - start)
        return statistics.median(took) / 1e3

    def process_us(self, kind: Callable[[], m.Message]) -> float:
        took = []
        for _ in range(TURNS):
            stamped = self.stamp(kind())
            start = time.thread_time_ns()
            self.engine.process(stamped)
            took.append(time.thread_time_ns() - start)
        return statistics.median(took) / 1e3

    # Messages.

    def moved(self, *, decisive: bool) -> m.MarketMoved:
        """After its frame has been applied."""
        self._number += 1
        passes = self._state.passes
        count = decode(self._frame.payload(self._number, decisive), self._decoded)
        self._state.update(self._decoded.rows, self._decoded.packet_bytes, count, self._now_ns)
        self._quotes.moved(np.flatnonzero(self._state.slots["frame"] > passes))
        return m.MarketMoved(sequence=self._number, wall_ns=self._now_ns)

    def order(self) -> str:
        """One more order, refused by the broker; its name."""
        step = self.take(self._about_to_order())
        (ref,) = (said.ref for said in step.outputs if isinstance(said, SendOrder))
        self.take(_refused(ref))
        return ref

    def _about_to_order(self) -> m.MarketMoved:
        """The order before is over, the strategy armed, and the frame applied that will make it want."""
        for order in self.engine.state.blotter.open():
            self.take(_refused(order.ref))
        if self._now_ns > self._compared_ns + 30 * SECOND_NS:
            self._compare()
        self.take(self.moved(decisive=False))
        return self.moved(decisive=True)

    def _answer(self) -> m.Answered:
        step = self.take(self._about_to_order())
        (ref,) = (said.ref for said in step.outputs if isinstance(said, SendOrder))
        return _refused(ref)

    def _no_news(self) -> m.OrdersRead:
        return m.OrdersRead(started_ns=self._now_ns, reports=(), base_ns=self.engine.state.broker.rows_ns)


class Frame(Message):
    def __init__(self) -> None:
        super().__init__(tokens_of(INSTRUMENTS), 0)

    def payload(self, number: int, decisive: bool) -> memoryview:
        self.renew(number, 0)
        if decisive:
            self._news["ltp"][DECISIVE] = FIRE_PAISE
        return self._payload


def _instrument(place: int, token: int) -> Instrument:
    strike = 18_000 + 50 * place
    return Instrument(
        instrument_token=InstrumentToken(token),
        exchange=Exchange.NFO,
        tradingsymbol=TradingSymbol(f"NIFTY26N24{strike}CE"),
        name="NIFTY",
        kind=Kind.CE,
        segment="NFO-OPT",
        lot_size=LOT,
        freeze_qty=1_800,
        expiry=DAY,
        strike_paise=100 * strike,
        underlying="NSE:NIFTY 50",
    )


def _refused(ref: str) -> m.Answered:
    return m.Answered(call=m.Call.PLACE, ref=ref, answer=Answer(AnswerKind.REFUSED, text="Insufficient funds."))
