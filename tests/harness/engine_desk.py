"""An engine at a desk of paper: messages in, steps out, every one of them taken again by a second engine that recovers.

    desk = EngineDesk().ready()
    desk.want(BUY)                      # -> Step
    desk.answer(desk.sent[-1], "17")
    desk.heard("17", "FILLED", filled=75)

The broker's books say what `book`, `trades` and `positions` hold; `reads` answers every read that was asked for.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from harness.limits import WIDE
from harness.order_story import DAY, KEY, NINE_ON_MONDAY_NS, report
from tarazu import reference
from tarazu.engine import codec
from tarazu.engine import messages as m
from tarazu.engine.acts import Alert, AskRead, Step
from tarazu.engine.config import EngineConfig
from tarazu.engine.messages import Stamped
from tarazu.engine.process import Engine
from tarazu.engine.reads import order_news, trade_news
from tarazu.engine.strategies import MakeStrategies
from tarazu.market.touch import Quotes, Touch
from tarazu.model.execution import Fill
from tarazu.model.ids import InstrumentToken, TradingSymbol
from tarazu.model.instrument import Exchange, Instrument, Kind
from tarazu.model.order import Product, Side
from tarazu.model.units import SECOND_NS
from tarazu.orders.messages import CancelOrder, ModifyOrder, SendOrder
from tarazu.orders.order_state import OrderState
from tarazu.orders.report import Answer, AnswerKind, OrderReport
from tarazu.portfolio.breaks import BrokerPosition
from tarazu.strategy.wants import EntryWant, StopPlan, Want

NIFTY_CALL = Instrument(
    instrument_token=InstrumentToken(1001 << 8 | 2),
    exchange=Exchange.NFO,
    tradingsymbol=TradingSymbol(KEY.split(":")[1]),
    name="NIFTY",
    kind=Kind.CE,
    segment="NFO-OPT",
    lot_size=75,
    freeze_qty=1_800,
    expiry=DAY,
    strike_paise=2_600_000,
    underlying="NSE:NIFTY 50",
)
STOP = StopPlan(distance_paise=2_000, width_paise=1_000)
BUY = EntryWant(strategy="story", key=KEY, side=Side.BUY, qty=75, product=Product.NRML, price_paise=10_000, stop=STOP)
CONFIG = EngineConfig(qty_max={KEY: 300}, settle_ns=0, risk=WIDE)


class PaperMiddles(dict[str, float | None]):
    """`tarazu.market.touch.Middles`."""

    def middle(self, key: str) -> float | None:
        return self.get(key)


class PaperQuotes:
    """What `touches` has. To begin with everything is quoted around ₹100, as it was at nine and has been since: good
    to enter by as long as the feeds are fresh, and too old to leave anything by."""

    def __init__(self, keys: Iterable[str] = ()) -> None:
        self.touches: dict[str, Touch] = {key: touch(9_995, 10_005) for key in keys}
        self.news: tuple[str, ...] = ()

    def touch(self, key: str) -> Touch | None:
        return self.touches.get(key)

    def still(self) -> PaperMiddles:
        return PaperMiddles({key: found.middle_paise for key, found in self.touches.items()})

    def changed(self) -> Sequence[str]:
        return self.news


def touch(bid: int | None, ask: int | None, last: int | None = 10_000, seen_ns: int = NINE_ON_MONDAY_NS) -> Touch:
    return Touch(bid_paise=bid, bid_qty=750, ask_paise=ask, ask_qty=750, last_paise=last, seen_ns=seen_ns)


class EngineDesk:
    def __init__(
        self,
        config: EngineConfig = CONFIG,
        instruments: Sequence[Instrument] = (NIFTY_CALL,),
        make_strategies: MakeStrategies = lambda config: (),
    ) -> None:
        self.config, self.instruments = config, {i.key: i for i in instruments}
        self.quotes: Quotes = PaperQuotes(self.instruments)
        self._quote_underlyings()
        self._make_strategies = make_strategies
        self.engine = self._new()
        self.shadow = self._new()
        """Never decides anything: it recovers from what the first one's journal would hold."""
        self.now_ns = self.wall_ns = NINE_ON_MONDAY_NS + 900 * SECOND_NS
        self.epoch = 0
        self.steps: list[Step] = []
        self.asked: list[m.What] = []
        self.book: dict[str, OrderReport] = {}
        self.trades: list[Fill] = []
        self.positions: list[BrokerPosition] = []
        self.funds_paise = 10**12

    def _quote_underlyings(self) -> None:
        """Of options, at the money: there is a forward, and what they cost has a volatility."""
        assert isinstance(self.quotes, PaperQuotes)
        for one in self.instruments.values():
            if one.is_option and one.underlying not in self.instruments:
                spot = one.strike_paise
                self.quotes.touches[one.underlying] = touch(None, None, spot)

    def _new(self) -> Engine:
        return Engine(self.instruments, reference.charge_rates(), self.quotes, self._make_strategies)

    def tell(self, message: m.Message, after_s: float = 0.0) -> Step:
        self.now_ns += round(after_s * SECOND_NS)
        self.wall_ns += round(after_s * SECOND_NS)
        stamped = Stamped(self.now_ns, self.wall_ns, 7, message)
        step = self.engine.process(stamped)
        record = codec.decode(*codec.encode(stamped, step))
        assert isinstance(record, codec.Record) and record == codec.Record(stamped, step)
        self.shadow.recover(record.stamped, record.step)
        assert self.shadow.state.digest() == self.engine.state.digest(), "messages and acts are all there is"
        self.steps.append(step)
        self.asked += [act.what for act in step.acts if isinstance(act, AskRead)]
        return step

    # The way to ACTIVE.

    def start(self, **told: Any) -> Step:
        self.epoch += 1
        self.asked = []
        started = m.Started(day=DAY.isoformat(), epoch=self.epoch, profile="sim", build="test", config=self.config)
        told.setdefault("session", reference.calendar().session(DAY))
        return self.tell(msgspec.structs.replace(started, **told))

    def ready(self) -> "EngineDesk":
        self.start()
        self.tell(m.BandsRead(bands=tuple(m.Band(key=k, low_paise=5, high_paise=10_000_000) for k in self.instruments)))
        self.tell(m.FeedMoved(feed="options", fresh=True, required=True))
        self.second()
        self.reads()
        assert self.engine.state.phase == "ACTIVE", self.engine.state.phase_why
        return self

    def second(self, seconds: int = 1) -> Step:
        """Seconds pass, each with its tick."""
        step = Step()
        for _ in range(seconds):
            step = self.tell(m.Ticked(skewed=False), after_s=1)
        return step

    def reads(self, at_most: int = 20) -> None:
        """Every read that was asked for is answered from the broker's books, until none is asked for."""
        while self.asked:
            assert (at_most := at_most - 1) > 0, "reads without end"
            asked, self.asked = self.asked, []
            for what in asked:
                self.read(what)

    def read(self, what: m.What) -> Step:
        """One read that began now, answered 50 ms later."""
        began_ns, state = self.now_ns, self.engine.state
        match what:
            case m.What.ORDERS:
                orders = m.OrdersRead(started_ns=began_ns, reports=tuple(self.book.values()))
                return self.tell(order_news(state.broker.rows, state.broker.rows_ns, orders), after_s=0.05)
            case m.What.TRADES:
                trades = m.TradesRead(started_ns=began_ns, fills=tuple(self.trades))
                return self.tell(trade_news(state.broker.fills, state.broker.fills_ns, trades), after_s=0.05)
            case m.What.POSITIONS:
                return self.tell(m.PositionsRead(started_ns=began_ns, positions=tuple(self.positions)), after_s=0.05)
            case m.What.MARGINS:
                funds = m.MarginsRead(started_ns=began_ns, available_paise=self.funds_paise, used_paise=0)
                return self.tell(funds)
            case m.What.BANDS:
                return self.tell(m.BandsRead(bands=()), after_s=0.05)

    # Orders.

    def want(self, want: Want = BUY) -> Step:
        return self.tell(m.Wanted(want=want), after_s=0.01)

    @property
    def sent(self) -> list[SendOrder]:
        return [o for step in self.steps for o in step.outputs if isinstance(o, SendOrder)]

    @property
    def changed(self) -> list[ModifyOrder]:
        return [o for step in self.steps for o in step.outputs if isinstance(o, ModifyOrder)]

    @property
    def cancelled(self) -> list[CancelOrder]:
        return [o for step in self.steps for o in step.outputs if isinstance(o, CancelOrder)]

    def answer(self, ref: str, order_id: str = "", kind: str = "ACCEPTED", call: str = "PLACE", **told: Any) -> Step:
        answer = Answer(AnswerKind(kind), order_id, **told)
        return self.tell(m.Answered(call=m.Call(call), ref=ref, answer=answer), after_s=0.05)

    def heard(self, order_id: str, word: str, filled: int = 0, **changes: Any) -> Step:
        """The broker's row of an order changes, and an update tells of it."""
        self.row(order_id, word, filled, **changes)
        return self.tell(m.OrderHeard(report=self.book[order_id]), after_s=0.02)

    def row(self, order_id: str, word: str, filled: int = 0, **changes: Any) -> None:
        """The broker's row of an order changes, and nobody tells of it."""
        old = self.book.get(order_id)
        if old is not None:
            kept = {name: getattr(old, name) for name in ("tag", "key", "side", "product", "qty", "price_paise")}
            changes = {**kept, **changes}
        changes.setdefault("qty", 75)
        self.book[order_id] = report(order_id, word, filled, **changes)

    def placed(self, order_id: str, **changes: Any) -> str:
        """The last order sent is accepted, and works at the broker as `order_id`; returns its tag."""
        sent = self.sent[-1].order
        self.answer(sent.tag, order_id)
        facts = {"tag": sent.tag, "side": sent.side, "qty": sent.qty, "key": f"{sent.exchange}:{sent.tradingsymbol}"}
        facts |= {"price_paise": sent.price_paise or 0, "trigger_paise": sent.trigger_paise or 0}
        self.heard(order_id, "WORKING", **{**facts, **changes})
        return sent.tag

    def trade(self, order_id: str, qty: int, price_paise: int = 10_000, exec_id: str = "") -> None:
        """An execution in the broker's trades and positions; its row is `heard`'s business."""
        row = self.book[order_id]
        self.trades.append(
            Fill(
                exec_id=exec_id or f"t{len(self.trades) + 1}",
                order_id=row.order_id,
                key=row.key,
                instrument_token=self.instruments[row.key].instrument_token,
                product=row.product,
                side=row.side,
                qty=qty,
                price_paise=price_paise,
                ts_event_ns=self.wall_ns,
            )
        )
        held = {(p.key, p.product): p for p in self.positions}
        old = held.get((row.key, row.product), BrokerPosition(key=row.key, product=row.product, qty=0))
        held[row.key, row.product] = msgspec.structs.replace(old, qty=old.qty + row.side.sign * qty)
        self.positions = list(held.values())

    def filled(self, order_id: str, qty: int = 75, price_paise: int = 10_000) -> Step:
        """All of `qty` at once, traded, heard and read."""
        self.trade(order_id, qty, price_paise)
        step = self.heard(order_id, "FILLED", qty, average_paise=price_paise)
        self.read(m.What.TRADES)
        return step

    def order(self, ref: str) -> OrderState:
        order = self.engine.state.blotter.find(ref)
        assert order is not None, f"{ref} is of no order"
        return order

    @property
    def alerts(self) -> list[str]:
        return [act.code for step in self.steps for act in step.acts if isinstance(act, Alert)]
