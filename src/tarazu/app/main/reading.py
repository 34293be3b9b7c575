"""The broker's books, asked for and told in the engine's words. Every question has an answer: a read, or why not."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from tarazu.adapters.kite_broker.client import KiteBroker
from tarazu.adapters.kite_broker.questions import ReadOutcome
from tarazu.engine.messages import Message, OrdersRead, PositionsRead, ReadFailed, TradesRead, What
from tarazu.engine.reads import order_news, trade_news
from tarazu.engine.state import EngineState
from tarazu.model.outcome import Answered, RefusalKind, Refused, Unavailable
from tarazu.orders.kite_rows import book_read, position_of, trades_read
from tarazu.portfolio.breaks import BrokerPosition
from tarazu.wire.kite_books import OrderBook
from tarazu.wire.kite_money import PositionsData
from tarazu.wire.kite_orders import BadRow, TradeRow

T = TypeVar("T")


class Reading:
    """One question a call. `state` is the engine's as it is when the answer has come: reads are told against it."""

    def __init__(self, broker: KiteBroker, steady_ns: Callable[[], int], state: Callable[[], EngineState]) -> None:
        self._broker, self._steady_ns, self._state = broker, steady_ns, state

    async def read(self, what: What) -> Message:
        """Of ORDERS, TRADES or POSITIONS."""
        match what:
            case What.ORDERS:
                return await self._ask(what, self._broker.orders(), self._orders)
            case What.TRADES:
                return await self._ask(what, self._broker.trades(), self._trades)
            case What.POSITIONS:
                return await self._ask(what, self._broker.positions(), _positions)
            case What.BANDS | What.MARGINS:
                raise AssertionError("bands are quotes, and read by `bands`")

    async def _ask(
        self, what: What, question: Awaitable[ReadOutcome[T]], told: Callable[[T, int], Message | BadRow]
    ) -> Message:
        started_ns = self._steady_ns()
        outcome = await question
        if not isinstance(outcome, Answered):
            return failed(what, outcome)
        message = told(outcome.value, started_ns)
        return ReadFailed(what=what, cause=f"BAD_ROW: {message.text}") if isinstance(message, BadRow) else message

    def _orders(self, book: OrderBook, started_ns: int) -> Message:
        read, known = book_read(book, started_ns, self._steady_ns()), self._state().broker
        whole = OrdersRead(started_ns=started_ns, reports=read.reports, whole=read.whole)
        return order_news(known.rows, known.rows_ns, whole)

    def _trades(self, rows: list[TradeRow], started_ns: int) -> Message:
        (read, odd), known = trades_read(rows, started_ns, self._steady_ns()), self._state().broker
        return trade_news(known.fills, known.fills_ns, TradesRead(started_ns=started_ns, fills=read.fills, odd=odd))


def _positions(data: PositionsData, started_ns: int) -> Message | BadRow:
    """All rows or none: what is held is not told in part."""
    rows: list[BrokerPosition] = []
    for net in data.net:
        row = position_of(net)
        if isinstance(row, BadRow):
            return row
        rows.append(row)
    return PositionsRead(started_ns=started_ns, positions=tuple(rows))


def failed(what: What, outcome: Refused | Unavailable) -> ReadFailed:
    if isinstance(outcome, Unavailable):
        return ReadFailed(what=what, cause=f"{outcome.cause}: {outcome.told}")
    lost = outcome.kind is RefusalKind.AUTH_LOST
    return ReadFailed(what=what, cause=f"{outcome.kind}: {outcome.message}", auth_lost=lost)
