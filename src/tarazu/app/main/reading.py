"""The broker's books, asked for and told in the engine's words. Every question has an answer: a read, or why not."""

from collections.abc import Awaitable, Callable, Iterator
from typing import NamedTuple, TypeVar

from tarazu.adapters.kite_broker.questions import ReadOutcome
from tarazu.app.main.broker import Questions
from tarazu.engine.messages import MarginsRead, Message, OrdersRead, PositionsRead, ReadFailed, TradesRead, What
from tarazu.engine.reads import order_news, trade_news
from tarazu.engine.state import EngineState
from tarazu.model.order import OrdType, Side
from tarazu.model.order_request import NewOrder
from tarazu.model.outcome import Answered, RefusalKind, Refused, Unavailable
from tarazu.orders.kite_rows import book_read, paise, position_of, trades_read
from tarazu.portfolio.breaks import BrokerPosition
from tarazu.wire.kite_books import OrderBook
from tarazu.wire.kite_money import Funds, OrderMargin, PositionsData
from tarazu.wire.kite_orders import BadRow, TradeRow

T = TypeVar("T")


class Reading:
    """One question a call. `state` is the engine's as it is when the answer has come: reads are told against it."""

    def __init__(self, broker: Questions, steady_ns: Callable[[], int], state: Callable[[], EngineState]) -> None:
        self._broker, self._steady_ns, self._state = broker, steady_ns, state
        self._book: OrderBook | None = None
        self._rows: list[TradeRow] | None = None

    async def read(self, what: What) -> Message:
        """Of all but BANDS."""
        match what:
            case What.ORDERS:
                return await self._ask(what, self._broker.orders(), self._orders)
            case What.TRADES:
                return await self._ask(what, self._broker.trades(), self._trades)
            case What.POSITIONS:
                return await self._ask(what, self._broker.positions(), _positions)
            case What.MARGINS:
                return await self._ask(what, self._funds(), _margins)
            case What.BANDS:
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

    async def _funds(self) -> "ReadOutcome[_Funds]":
        """The account's, and the broker's own margin of what is held: without that the read is good all the same."""
        funds = await self._broker.margins()
        if not isinstance(funds, Answered):
            return funds
        held = list(_held(self._state()))
        basket = await self._broker.basket_margins(held, consider_positions=False) if held else None
        final = basket.value.final if isinstance(basket, Answered) else None
        return Answered(_Funds(funds.value.equity, final), funds.timing)

    def _orders(self, book: OrderBook, started_ns: int) -> Message:
        """A broker within the process gives the very book again where nothing in it is new: it is read once."""
        if book is not self._book:
            self._book, self._reports = book, book_read(book, started_ns, self._steady_ns())
        known = self._state().broker
        whole = OrdersRead(started_ns=started_ns, reports=self._reports.reports, whole=self._reports.whole)
        return order_news(known.rows, known.rows_ns, whole)

    def _trades(self, rows: list[TradeRow], started_ns: int) -> Message:
        """As of the order book."""
        if rows is not self._rows:
            self._rows, self._executions = rows, trades_read(rows, started_ns, self._steady_ns())
        (read, odd), known = self._executions, self._state().broker
        return trade_news(known.fills, known.fills_ns, TradesRead(started_ns=started_ns, fills=read.fills, odd=odd))


class _Funds(NamedTuple):
    equity: Funds
    held: OrderMargin | None


def _margins(read: _Funds, started_ns: int) -> Message | BadRow:
    """Kite v3 "Funds and margins": `net` is what is left to trade with, in the segment that shares and NSE's and BSE's
    derivatives have in common."""
    equity, held = read.equity, read.held
    try:
        needed = None if held is None else paise(held.span + held.exposure + held.additional + held.var)
        if not equity.enabled:
            return BadRow("the account's equity segment is not enabled")
        return MarginsRead(
            started_ns=started_ns,
            available_paise=paise(equity.net),
            used_paise=paise(equity.utilised.debits),
            basket_paise=needed,
        )
    except ValueError as bad:
        return BadRow(f"margins: {bad}")


def _held(state: EngineState) -> Iterator[NewOrder]:
    """What would be ordered to hold what is held: the derivatives, whose margin is no plain share of their price."""
    for (key, product), qty in sorted(state.held.items()):
        instrument = state.instruments.get(key)
        if instrument is not None and instrument.is_derivative and qty:
            yield NewOrder(
                exchange=instrument.exchange,
                tradingsymbol=instrument.tradingsymbol,
                side=Side.BUY if qty > 0 else Side.SELL,
                qty=abs(qty),
                product=product,
                order_type=OrdType.MARKET,
            )


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
