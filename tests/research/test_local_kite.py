"""Kite without a network: what rests is read once, and what has changed is read anew."""

from harness.research_days import small_day
from tarazu import reference
from tarazu.app.main.reading import Reading
from tarazu.app.research.local_broker import local_broker
from tarazu.app.research.local_kite import LocalKite, at_once
from tarazu.engine.messages import OrdersRead, TradesRead, What
from tarazu.engine.state import blank
from tarazu.market.state import MarketState
from tarazu.model.instrument import Kind
from tarazu.model.order import OrdType, Product, Side
from tarazu.model.order_request import Cancellation, NewOrder
from tarazu.model.outcome import Accepted, Answered
from tarazu.model.units import CRORE, PAISE, SECOND_NS
from tarazu.wire.kite_books import OrderBook
from tarazu.wire.kite_orders import TradeRow
from tarazu.wire.kite_ticks import TickFrame, decode


class Desk:
    def __init__(self) -> None:
        self.day = small_day(11)
        tokens = [int(i.instrument_token) for i in self.day.traded]
        self._state = MarketState(bytearray(MarketState.layout(len(tokens))), tokens)
        self._market, broker = local_broker(self.day, self._state, self.day.first_ns, CRORE * PAISE)
        self.now_ns = self.day.first_ns
        self.kite = LocalKite(broker, lambda: self.now_ns)
        self._decoded, self._frames = TickFrame(), self.day.frames()
        self._future = next(n for n, i in enumerate(self.day.traded) if i.kind is Kind.FUT)
        while not all(self.touch) or not broker.desk.is_continuous(self.day.traded[self._future]):
            self.passes()
            broker.advance(self.now_ns)

    def passes(self) -> None:
        """A frame, and the time to it."""
        frame = next(self._frames)
        count = decode(frame.payload, self._decoded)
        self._state.update(self._decoded.rows, self._decoded.packet_bytes, count, frame.wall_ns)
        self.now_ns = frame.wall_ns
        self._market.moved(self.now_ns)

    def book(self) -> OrderBook:
        self.now_ns += SECOND_NS // 100
        read = at_once(self.kite.orders())
        assert isinstance(read, Answered)
        return read.value

    def trades(self) -> list[TradeRow]:
        self.now_ns += SECOND_NS // 100
        read = at_once(self.kite.trades())
        assert isinstance(read, Answered)
        return read.value

    def buy(self, price_paise: int) -> str:
        future = self.day.traded[self._future]
        order = NewOrder(
            exchange=future.exchange,
            tradingsymbol=future.tradingsymbol,
            side=Side.BUY,
            qty=future.lot_size,
            product=Product.NRML,
            order_type=OrdType.LIMIT,
            price_paise=price_paise,
        )
        placed = self.kite.place(order)
        assert isinstance(placed, Accepted), placed
        return placed.order_id

    @property
    def touch(self) -> tuple[int, int]:
        """The future's best bid and ask."""
        row = self._state.rows[self._future]
        return int(row["bids"][0]["price"]), int(row["asks"][0]["price"])


def test_a_book_in_which_nothing_happened_is_the_very_book_of_the_last_answer() -> None:
    desk = Desk()
    assert desk.book() is desk.book() and desk.trades() is desk.trades()
    desk.buy(desk.touch[0] - 50_00)
    assert len(desk.book().rows) == 1 and desk.book() is desk.book() and desk.trades() == []


def test_each_step_of_an_order_and_each_execution_is_another_book() -> None:
    desk = Desk()
    empty, none = desk.book(), desk.trades()
    desk.buy(desk.touch[1])
    for _ in range(3):
        desk.passes()
    filled, executed = desk.book(), desk.trades()
    assert empty.rows == [] and none == [] and filled is not empty
    assert [row.status for row in filled.rows] == ["COMPLETE"] and sum(row.quantity for row in executed) > 0
    assert executed[0].exchange_order_id == filled.rows[0].exchange_order_id
    order_id = desk.buy(desk.touch[0] - 50_00)
    desk.passes()
    resting = desk.book()
    desk.kite.cancel(Cancellation(order_id=order_id))
    desk.passes()
    assert [row.status for row in resting.rows] == ["COMPLETE", "OPEN"]
    assert [row.status for row in desk.book().rows] == ["COMPLETE", "CANCELLED"]
    assert desk.trades() is executed


def test_main_reads_the_very_book_once_and_another_one_anew() -> None:
    desk = Desk()
    state = blank({}, reference.charge_rates())
    reading = Reading(desk.kite, lambda: desk.now_ns, lambda: state)
    for filled in range(3):
        for _ in range(2):
            desk.now_ns += SECOND_NS // 100
            orders, trades = (at_once(reading.read(what)) for what in (What.ORDERS, What.TRADES))
            assert isinstance(orders, OrdersRead) and isinstance(trades, TradesRead)
            assert len(orders.reports) == filled and len({fill.order_id for fill in trades.fills}) == filled
        desk.buy(desk.touch[1])
        for _ in range(3):
            desk.passes()
