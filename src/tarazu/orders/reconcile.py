"""The broker's books against ours, order by order: each difference is a break, with both sides of it.

Compare after the blotter has taken the same reads. What has changed since a read began is not compared: it would be a
break of time only. The blotter merges upwards and never back, so what it may not take from a read shows up here.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum

import msgspec

from tarazu.model.execution import Fill
from tarazu.orders.blotter import Blotter
from tarazu.orders.exposure import Place, exposures
from tarazu.orders.flatten_plan import BrokerPosition
from tarazu.orders.lifecycle import AT_BROKER, OrdStatus
from tarazu.orders.messages import BookRead, TradesRead
from tarazu.orders.order_state import OrderState
from tarazu.orders.report import END_RANK, OrderReport, Word


class BreakKind(StrEnum):
    MISSING_HERE = "MISSING_HERE"
    """The broker has it, we do not."""
    MISSING_THERE = "MISSING_THERE"
    """We have it, a complete read of the broker's does not."""
    FOREIGN = "FOREIGN"
    """Nobody here decided it."""
    STATUS = "STATUS"
    QTY = "QTY"
    FILLED = "FILLED"
    PRICE = "PRICE"
    PRODUCT = "PRODUCT"
    POSITION = "POSITION"


class Break(msgspec.Struct, frozen=True, kw_only=True):
    kind: BreakKind
    of: str
    """`order 123`, `trade NFO t1`, `position NFO:… NRML`."""
    ours: str
    theirs: str
    order_id: str = ""
    """The broker's, of an order and of a trade."""
    exec_id: str = ""
    """Of a trade."""


_K = BreakKind

Agreed = dict[str, tuple[OrderState, OrderReport]]
"""By the broker's order id: an order and a row of it that were found equal."""


def reconcile(
    blotter: Blotter,
    book: BookRead,
    trades: TradesRead | None = None,
    positions: Iterable[BrokerPosition] | None = None,
    before: Mapping[Place, int] | None = None,
    agreed: Agreed | None = None,
) -> list[Break]:
    """Every difference, orders first, each list in a stated order. None of `trades` or `positions`: not compared.

    `agreed` is kept by who compares again and again: what was found equal and is the same is not looked at anew."""
    breaks = _orders(blotter, book, {} if agreed is None else agreed)
    if trades is not None:
        breaks += _trades(blotter, trades)
    if positions is not None:
        breaks += _positions(blotter, positions, before or {})
    return breaks


def _orders(blotter: Blotter, book: BookRead, agreed: Agreed) -> list[Break]:
    rows = {row.order_id: row for row in book.reports}
    breaks: list[Break] = []
    for order_id, row in sorted(rows.items()):
        order = blotter.find(f"#{order_id}")
        if order is None:
            stands = f"{row.word} {row.filled_qty}/{row.qty}"
            breaks.append(_break(_K.MISSING_HERE, f"order {order_id}", "none", stands, order_id))
        elif not _is_as_it_was(agreed.get(order_id), order, row):
            found = _order(order, row, book.started_ns)
            if not found and not _is_too_early(order, row, book.started_ns):
                agreed[order_id] = (order, row)
            breaks += found
    if not book.whole:
        return breaks
    for order in blotter.orders.values():
        known = order.order_id and order.order_id not in rows and max(order.row_ns, order.status_ns) < book.started_ns
        if known:
            of = f"order {order.order_id}"
            breaks.append(_break(_K.MISSING_THERE, of, _stands(order), "none", order.order_id))
    return breaks


def _order(order: OrderState, row: OrderReport, started_ns: int) -> list[Break]:
    of, id_ = f"order {row.order_id}", row.order_id
    breaks: list[Break] = []
    if order.intent is None:
        breaks.append(_break(_K.FOREIGN, of, "no intent", f"{row.side} {row.filled_qty}/{row.qty} {row.key}", id_))
    if row.product is not order.product:
        breaks.append(_break(_K.PRODUCT, of, order.product, row.product, id_))
    if _is_too_early(order, row, started_ns):
        return breaks
    if order.cum_qty != row.filled_qty:
        breaks.append(_break(_K.FILLED, of, str(order.cum_qty), str(row.filled_qty), id_))
    if order.ended != (row.word in END_RANK) or (order.ended and _ENDS[row.word] is not order.status):
        breaks.append(_break(_K.STATUS, of, order.status, row.word, id_))
    if order.qty != row.qty:
        breaks.append(_break(_K.QTY, of, str(order.qty), str(row.qty), id_))
    if order.status in AT_BROKER and order.price_paise != row.price_paise:
        breaks.append(_break(_K.PRICE, of, str(order.price_paise), str(row.price_paise), id_))
    average = _average(order)
    if average is not None and row.average_paise and abs(average - row.average_paise) > 1:
        breaks.append(_break(_K.PRICE, f"fills of {of}", str(average), str(row.average_paise), id_))
    return breaks


def _is_too_early(order: OrderState, row: OrderReport, started_ns: int) -> bool:
    """Whether more has been heard since the read began."""
    is_later = order.row != row and order.row_ns > started_ns
    return is_later or (order.cum_qty > row.filled_qty and order.filled_ns > started_ns)


def _is_as_it_was(agreed: tuple[OrderState, OrderReport] | None, order: OrderState, row: OrderReport) -> bool:
    return agreed is not None and agreed[0] is order and agreed[1] is row


_ENDS = {
    Word.FILLED: OrdStatus.FILLED,
    Word.CANCELED: OrdStatus.CANCELED,
    Word.REJECTED: OrdStatus.REJECTED,
    Word.EXPIRED: OrdStatus.EXPIRED,
}


def _trades(blotter: Blotter, read: TradesRead) -> list[Break]:
    theirs = {(str(fill.order_id), fill.exec_id): fill for fill in read.fills}
    ours = {
        (order.order_id, exec_id): fill for order in blotter.orders.values() for exec_id, fill in order.fills.items()
    }
    breaks: list[Break] = []
    for name in sorted(set(theirs) | set(ours)):
        mine, other = ours.get(name), theirs.get(name)
        of = f"trade {name[1]} of order {name[0]}"
        if mine is None:
            breaks.append(_break(_K.MISSING_HERE, of, "none", _said(other), *name))
        elif other is None:
            breaks.append(_break(_K.MISSING_THERE, of, _said(mine), "none", *name))
        elif (mine.qty, mine.price_paise) != (other.qty, other.price_paise):
            kind = _K.QTY if mine.qty != other.qty else _K.PRICE
            breaks.append(_break(kind, of, _said(mine), _said(other), *name))
    return breaks


def _positions(blotter: Blotter, read: Iterable[BrokerPosition], before: Mapping[Place, int]) -> list[Break]:
    theirs = {(position.key, position.product): position.qty for position in read}
    ours = {place: exposure.filled for place, exposure in exposures(blotter, before).items()}
    return [
        _break(_K.POSITION, f"position {place[0]} {place[1]}", str(ours.get(place, 0)), str(theirs.get(place, 0)))
        for place in sorted(set(theirs) | set(ours))
        if ours.get(place, 0) != theirs.get(place, 0)
    ]


def _average(order: OrderState) -> int | None:
    """Of the fills, once all of them are known."""
    if not order.traded_qty or order.fills_missing:
        return None
    value = sum(fill.qty * fill.price_paise for fill in order.fills.values())
    return round(value / order.traded_qty)


def _stands(order: OrderState) -> str:
    return f"{order.status} {order.cum_qty}/{order.qty}"


def _said(fill: Fill | None) -> str:
    return f"{fill.side} {fill.qty} at {fill.price_paise}" if fill else "none"


def _break(kind: BreakKind, of: str, ours: str, theirs: str, order_id: str = "", exec_id: str = "") -> Break:
    return Break(kind=kind, of=of, ours=ours, theirs=theirs, order_id=order_id, exec_id=exec_id)
