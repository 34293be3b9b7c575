"""Kite's rows in our words: the only place of this room that knows them."""

from collections.abc import Callable
from typing import TypeVar

from tarazu.model import ist
from tarazu.model.execution import Fill
from tarazu.model.ids import BrokerOrderId, InstrumentToken
from tarazu.model.order import OrdType, Product, Side, Validity, Variety
from tarazu.model.units import PAISE
from tarazu.orders.flatten_plan import BrokerPosition
from tarazu.orders.messages import BookRead, TradesRead
from tarazu.orders.report import OrderReport, Word
from tarazu.portfolio.breaks import MILLIPAISE
from tarazu.portfolio.breaks import BrokerPosition as Position
from tarazu.wire.kite_books import OddOrder, OrderBook
from tarazu.wire.kite_money import PositionRow, PositionsData
from tarazu.wire.kite_orders import BadRow, KiteStatus, OrderRow, TradeRow

_K = KiteStatus
N = TypeVar("N", int, float)

BOUND = 1 << 53
"""No quantity, price or token is as large: beyond it a float is no whole number, and a journal entry no 64 bits."""

# Kite v3 "Orders: order statuses"; KITE facts 1.7. A stop that waits for its trigger works, as far as risk goes.
WORDS = {
    _K.PUT_RECEIVED: Word.SUBMITTED,
    _K.VALIDATION_PENDING: Word.SUBMITTED,
    _K.OPEN_PENDING: Word.SUBMITTED,
    _K.AMO_RECEIVED: Word.SUBMITTED,
    _K.MODIFY_AMO_RECEIVED: Word.SUBMITTED,
    _K.OPEN: Word.WORKING,
    _K.TRIGGER_PENDING: Word.WORKING,
    _K.MODIFIED: Word.WORKING,
    _K.NOT_MODIFIED: Word.WORKING,
    _K.NOT_CANCELLED: Word.WORKING,
    _K.MODIFY_VALIDATION_PENDING: Word.MODIFYING,
    _K.MODIFY_PENDING: Word.MODIFYING,
    _K.CANCEL_PENDING: Word.CANCELING,
    _K.COMPLETE: Word.FILLED,
    _K.CANCELLED: Word.CANCELED,
    _K.REJECTED: Word.REJECTED,
}


def report_of(row: OrderRow) -> OrderReport | BadRow:
    """BadRow where a word or a figure of the order is none that can be; it is then an odd one (`odd_report`)."""
    word = WORDS[row.status]
    if word is Word.CANCELED and row.validity == Validity.IOC:
        word = Word.EXPIRED
    try:
        return OrderReport(
            order_id=_order_id(row.order_id),
            tag=row.tag or next(iter(row.tags), ""),
            key=f"{row.exchange}:{row.tradingsymbol}",
            instrument_token=InstrumentToken(_within(row.instrument_token)),
            side=Side(row.transaction_type),
            product=Product(row.product),
            order_type=OrdType(row.order_type),
            validity=Validity(row.validity),
            variety=Variety(row.variety),
            parent_order_id=row.parent_order_id or "",
            qty=_units(row.quantity),
            price_paise=paise(row.price),
            trigger_paise=paise(row.trigger_price),
            filled_qty=_units(row.filled_quantity),
            average_paise=paise(row.average_price),
            word=word,
            ts_event_ns=_stamp_ns(row.exchange_update_timestamp or row.order_timestamp),
            text=row.status_message or "",
        )
    except ValueError as bad:
        return BadRow(str(bad))


def odd_report(odd: OddOrder) -> OrderReport | None:
    """An order that is there and does not read: counted as working, at its full quantity, as a buy when the side is
    not one. A figure that cannot be is 0. None when not even its id can be read: the read that had it then proves no
    absence (`BookRead.whole`)."""
    if not odd.order_id:
        return None
    side = Side.SELL if odd.transaction_type == Side.SELL else Side.BUY
    return OrderReport(
        order_id=BrokerOrderId(odd.order_id),
        tag=odd.tag,
        key=f"{odd.exchange}:{odd.tradingsymbol}",
        side=side,
        product=Product.NRML,
        order_type=OrdType.LIMIT,
        qty=max(_or_0(_units, odd.quantity), _or_0(_units, odd.filled_quantity)),
        filled_qty=_or_0(_units, odd.filled_quantity),
        average_paise=_or_0(paise, odd.average_price),
        word=Word.ODD,
        text=f"{odd.status}: {odd.why}",
    )


def read_report(row: OrderRow) -> OrderReport | None:
    """A row in our words, or as an odd order when one of its words is not ours. None when it has no id."""
    report = report_of(row)
    if isinstance(report, OrderReport):
        return report
    odd = OddOrder(
        why=report.text,
        order_id=row.order_id,
        tag=row.tag or "",
        status=row.status,
        exchange=row.exchange,
        tradingsymbol=row.tradingsymbol,
        transaction_type=row.transaction_type,
        quantity=row.quantity,
        filled_quantity=row.filled_quantity,
        average_price=row.average_price,
    )
    return odd_report(odd)


def book_read(book: OrderBook, started_ns: int, ts_ns: int) -> BookRead:
    """`GET /orders`, asked at `started_ns` and answered at `ts_ns`. Not whole when a row has not even an id."""
    read = [*(read_report(row) for row in book.rows), *(odd_report(row) for row in book.odd)]
    known = tuple(report for report in read if report is not None)
    return BookRead(started_ns=started_ns, reports=known, whole=len(known) == len(read), ts_ns=ts_ns)


def trades_read(rows: list[TradeRow], started_ns: int, ts_ns: int) -> tuple[TradesRead, tuple[str, ...]]:
    """`GET /trades`, and of each trade that does not read, why: one of them must not hide all the others for ever."""
    fills: list[Fill] = []
    odd: list[str] = []
    for row in rows:
        fill = fill_of(row)
        if isinstance(fill, BadRow):
            odd.append(f"trade {row.trade_id} of order {row.order_id}: {fill.text}")
        else:
            fills.append(fill)
    return TradesRead(started_ns=started_ns, fills=tuple(fills), ts_ns=ts_ns), tuple(odd)


def positions_read(positions: PositionsData) -> list[BrokerPosition] | BadRow:
    """The net rows of `GET /portfolio/positions`."""
    try:
        return [
            BrokerPosition(
                key=f"{row.exchange}:{row.tradingsymbol}", product=Product(row.product), qty=_within(row.quantity)
            )
            for row in positions.net
        ]
    except ValueError as bad:
        return BadRow(str(bad))


def position_of(row: PositionRow) -> Position | BadRow:
    """A net row with all its figures, for the books to be compared with."""
    try:
        return Position(
            key=f"{row.exchange}:{row.tradingsymbol}",
            product=Product(row.product),
            qty=_within(row.quantity),
            overnight_qty=_within(row.overnight_quantity),
            day_buy_qty=_within(row.day_buy_quantity),
            day_sell_qty=_within(row.day_sell_quantity),
            buy_value_paise=paise(row.buy_value),
            sell_value_paise=paise(row.sell_value),
            day_buy_value_paise=paise(row.day_buy_value),
            day_sell_value_paise=paise(row.day_sell_value),
            average_millipaise=_whole(row.average_price * PAISE * MILLIPAISE),
            close_paise=paise(row.close_price),
            last_paise=paise(row.last_price),
            realised_paise=paise(row.realised),
        )
    except ValueError as bad:
        return BadRow(f"{row.exchange}:{row.tradingsymbol}: {bad}")


def fill_of(row: TradeRow) -> Fill | BadRow:
    """BadRow also for a trade of no order, of no units, or below a price of 0: no books are kept from such."""
    try:
        fill = Fill(
            exec_id=row.trade_id,
            order_id=_order_id(row.order_id),
            key=f"{row.exchange}:{row.tradingsymbol}",
            instrument_token=InstrumentToken(_within(row.instrument_token)),
            product=Product(row.product),
            side=Side(row.transaction_type),
            qty=_units(row.quantity),
            price_paise=paise(row.average_price),
            ts_event_ns=_stamp_ns(row.exchange_timestamp or row.fill_timestamp),
        )
    except ValueError as bad:
        return BadRow(str(bad))
    return fill if fill.can_be else BadRow(f"{fill.qty} units at {fill.price_paise} paise are no execution")


def paise(rupees: float) -> int:
    """To the nearest paisa: Kite's floats carry two decimals, averages more. Raises ValueError beyond the bound."""
    return _whole(rupees * PAISE)


def _whole(figure: float) -> int:
    if not abs(figure) < BOUND:
        raise ValueError(f"{figure!r} is no amount of money")
    return round(figure)


def _within(number: int) -> int:
    if not abs(number) < BOUND:
        raise ValueError(f"a whole number of {number.bit_length()} bits is none of an order, a trade or a position")
    return number


def _units(number: int) -> int:
    if number < 0:
        raise ValueError("a quantity below 0")
    return _within(number)


def _order_id(text: str) -> BrokerOrderId:
    if not text:
        raise ValueError("no order id")
    return BrokerOrderId(text)


def _stamp_ns(text: str) -> int:
    """0 where there is no time, or one that 64 bits do not hold."""
    stamp_ns = ist.parse_stamp(text) or 0
    return stamp_ns if abs(stamp_ns) < 1 << 63 else 0


def _or_0(read: Callable[[N], int], figure: N) -> int:
    try:
        return read(figure)
    except ValueError:
        return 0
