"""Kite's rows in our words: the only place of this room that knows them."""

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
    """BadRow where a word of the order is none of ours; it is then an odd one (`odd_report`)."""
    word = WORDS[row.status]
    if word is Word.CANCELED and row.validity == Validity.IOC:
        word = Word.EXPIRED
    try:
        return OrderReport(
            order_id=BrokerOrderId(row.order_id),
            tag=row.tag or next(iter(row.tags), ""),
            key=f"{row.exchange}:{row.tradingsymbol}",
            instrument_token=InstrumentToken(row.instrument_token),
            side=Side(row.transaction_type),
            product=Product(row.product),
            order_type=OrdType(row.order_type),
            validity=Validity(row.validity),
            variety=Variety(row.variety),
            parent_order_id=row.parent_order_id or "",
            qty=row.quantity,
            price_paise=paise(row.price),
            trigger_paise=paise(row.trigger_price),
            filled_qty=row.filled_quantity,
            average_paise=paise(row.average_price),
            word=word,
            ts_event_ns=ist.parse_stamp(row.exchange_update_timestamp or row.order_timestamp) or 0,
            text=row.status_message or "",
        )
    except ValueError as bad:
        return BadRow(str(bad))


def odd_report(odd: OddOrder) -> OrderReport | None:
    """An order that is there and does not read: counted as working, at its full quantity, as a buy when the side is
    not one. None when not even its id can be read: the read that had it then proves no absence (`BookRead.whole`)."""
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
        qty=max(odd.quantity, odd.filled_quantity),
        filled_qty=odd.filled_quantity,
        average_paise=paise(odd.average_price),
        word=Word.ODD,
        text=f"{odd.status}: {odd.why}",
    )


def read_report(row: OrderRow) -> OrderReport:
    """A row in our words, or as an odd order when one of its words is not ours."""
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
    counted = odd_report(odd)
    assert counted is not None, "a row has an order id"
    return counted


def book_read(book: OrderBook, started_ns: int, ts_ns: int) -> BookRead:
    """`GET /orders`, asked at `started_ns` and answered at `ts_ns`. Not whole when a row has not even an id."""
    odd = [odd_report(row) for row in book.odd]
    known = [report for report in odd if report is not None]
    reports = (*(read_report(row) for row in book.rows), *known)
    return BookRead(started_ns=started_ns, reports=reports, whole=len(known) == len(odd), ts_ns=ts_ns)


def trades_read(rows: list[TradeRow], started_ns: int, ts_ns: int) -> TradesRead | BadRow:
    """`GET /trades`; BadRow when one trade does not read: books are not kept from a part."""
    fills: list[Fill] = []
    for row in rows:
        fill = fill_of(row)
        if isinstance(fill, BadRow):
            return BadRow(f"trade {row.trade_id}: {fill.text}")
        fills.append(fill)
    return TradesRead(started_ns=started_ns, fills=tuple(fills), ts_ns=ts_ns)


def positions_read(positions: PositionsData) -> list[BrokerPosition] | BadRow:
    """The net rows of `GET /portfolio/positions`."""
    try:
        return [
            BrokerPosition(key=f"{row.exchange}:{row.tradingsymbol}", product=Product(row.product), qty=row.quantity)
            for row in positions.net
        ]
    except ValueError as bad:
        return BadRow(str(bad))


def position_of(row: PositionRow) -> Position | BadRow:
    """A net row with all its figures, for the books to be compared with."""
    try:
        product = Product(row.product)
    except ValueError as bad:
        return BadRow(f"{row.exchange}:{row.tradingsymbol}: {bad}")
    return Position(
        key=f"{row.exchange}:{row.tradingsymbol}",
        product=product,
        qty=row.quantity,
        overnight_qty=row.overnight_quantity,
        day_buy_qty=row.day_buy_quantity,
        day_sell_qty=row.day_sell_quantity,
        buy_value_paise=paise(row.buy_value),
        sell_value_paise=paise(row.sell_value),
        day_buy_value_paise=paise(row.day_buy_value),
        day_sell_value_paise=paise(row.day_sell_value),
        average_millipaise=round(row.average_price * PAISE * MILLIPAISE),
        close_paise=paise(row.close_price),
        realised_paise=paise(row.realised),
    )


def fill_of(row: TradeRow) -> Fill | BadRow:
    try:
        return Fill(
            exec_id=row.trade_id,
            order_id=BrokerOrderId(row.order_id),
            key=f"{row.exchange}:{row.tradingsymbol}",
            instrument_token=InstrumentToken(row.instrument_token),
            product=Product(row.product),
            side=Side(row.transaction_type),
            qty=row.quantity,
            price_paise=paise(row.average_price),
            ts_event_ns=ist.parse_stamp(row.exchange_timestamp or row.fill_timestamp) or 0,
        )
    except ValueError as bad:
        return BadRow(str(bad))


def paise(rupees: float) -> int:
    """To the nearest paisa: Kite's floats carry two decimals, averages more."""
    return round(rupees * PAISE)
