"""The broker's books against ours, order by order: each difference is a break, with both sides of it.

Compare after the blotter has taken the same reads. What has changed since a read began is not compared: it would be a
break of time only. The blotter merges upwards and never back, so what it may not take from a read shows up here.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum

import msgspec

from tarazu.model.execution import Fill
from tarazu.orders.blotter import Blotter
from tarazu.orders.exposure import Place, filled
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

TradeId = tuple[str, str]
"""Order id and exec id."""

Agreed = dict[str, tuple[OrderState, OrderReport]]
"""By the broker's order id: an order and a row of it that were found equal."""


def reconcile(
    blotter: Blotter,
    book: BookRead,
    trades: TradesRead | None = None,
    positions: Iterable[BrokerPosition] | None = None,
    before: Mapping[Place, int] | None = None,
) -> list[Break]:
    """Every difference, orders first, each list in a stated order. None of `trades` or `positions`: not compared."""
    rows = {str(row.order_id): row for row in book.reports}
    breaks = _orders(blotter, rows, book.started_ns, {}, whole=book.whole)
    if trades is not None:
        breaks += _trades(blotter, {(str(fill.order_id), fill.exec_id): fill for fill in trades.fills})
    if positions is not None:
        held = {(position.key, position.product): position.qty for position in positions}
        breaks += _positions(blotter, held, before or {})
    return breaks


def reconcile_kept(
    blotter: Blotter,
    rows: Mapping[str, OrderReport],
    started_ns: int,
    fills: Mapping[TradeId, Fill],
    held: Mapping[Place, int],
    before: Mapping[Place, int],
    agreed: Agreed,
) -> list[Break]:
    """As `reconcile`, for who keeps the books by name and compares them again and again: `rows` of a whole read that
    began at `started_ns`. What `agreed` says was found equal, and is the same, is not looked at anew."""
    breaks = _orders(blotter, rows, started_ns, agreed, whole=True)
    return breaks + _trades(blotter, fills) + _positions(blotter, held, before)


def _orders(
    blotter: Blotter, rows: Mapping[str, OrderReport], started_ns: int, agreed: Agreed, *, whole: bool
) -> list[Break]:
    breaks: list[Break] = []
    for order_id in sorted(_to_compare(blotter, rows, agreed)):
        order, row = blotter.find(f"#{order_id}"), rows[order_id]
        if order is None:
            stands = f"{row.word} {row.filled_qty}/{row.qty}"
            breaks.append(_break(_K.MISSING_HERE, f"order {order_id}", "none", stands, order_id))
            continue
        found = _order(order, row, started_ns)
        if not found and not _is_too_early(order, row, started_ns):
            agreed[order_id] = (order, row)
        breaks += found
    if not whole or blotter.refs.keys() <= rows.keys():
        return breaks
    for order in blotter.orders.values():
        known = order.order_id and order.order_id not in rows and max(order.row_ns, order.status_ns) < started_ns
        if known:
            of = f"order {order.order_id}"
            breaks.append(_break(_K.MISSING_THERE, of, _stands(order), "none", order.order_id))
    return breaks


def _to_compare(blotter: Blotter, rows: Mapping[str, OrderReport], agreed: Agreed) -> Iterable[str]:
    """Of which the order or the row is not the one that was found equal."""
    if not agreed:
        return rows
    orders, refs = blotter.orders, blotter.refs
    nothing = (None, None)
    return [
        order_id
        for order_id, row in rows.items()
        if (was := agreed.get(order_id, nothing))[1] is not row or orders.get(refs.get(order_id, "")) is not was[0]
    ]


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


_ENDS = {
    Word.FILLED: OrdStatus.FILLED,
    Word.CANCELED: OrdStatus.CANCELED,
    Word.REJECTED: OrdStatus.REJECTED,
    Word.EXPIRED: OrdStatus.EXPIRED,
}


def _trades(blotter: Blotter, theirs: Mapping[TradeId, Fill]) -> list[Break]:
    if _are_equal(blotter, theirs):
        return []
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


def _are_equal(blotter: Blotter, theirs: Mapping[TradeId, Fill]) -> bool:
    """Each of theirs is one of ours, and we have no more."""
    if blotter.standing.trades != len(theirs):
        return False
    orders, refs = blotter.orders, blotter.refs
    for (order_id, exec_id), fill in theirs.items():
        order = orders.get(refs.get(order_id, ""))
        mine = order.fills.get(exec_id) if order is not None and order.order_id == order_id else None
        if mine is not fill and (mine is None or (mine.qty, mine.price_paise) != (fill.qty, fill.price_paise)):
            return False
    return True


def _positions(blotter: Blotter, theirs: Mapping[Place, int], before: Mapping[Place, int]) -> list[Break]:
    places = {*theirs, *blotter.standing.places, *before}
    ours = {place: filled(blotter, place, before.get(place, 0)) for place in places}
    return [
        _break(_K.POSITION, f"position {place[0]} {place[1]}", str(ours[place]), str(theirs.get(place, 0)))
        for place in sorted(place for place in places if ours[place] != theirs.get(place, 0))
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
