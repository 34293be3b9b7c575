"""What is heard of an order, and what that makes of it.

The evidence is a lattice: the best row seen (most filled; with equally much filled an end before no end; then the
latest by the broker's stamp, and by hearing within one stamp), and the trades by their id. Neither can be undone by
hearing things twice, late or in another order. The status follows the evidence through the table in `lifecycle`.
"""

import msgspec

from tarazu.model.execution import Fill
from tarazu.model.units import SECOND_NS
from tarazu.orders.asks import Ask, seen_without_effect, took
from tarazu.orders.lifecycle import AT_BROKER, Heard
from tarazu.orders.order_state import OrderState, Patience, heard
from tarazu.orders.report import END_RANK, OrderReport, Word

BEHIND_NS = 5 * SECOND_NS
"""Ours: a book that is read may be as old as this when the read begins. No larger quantity is forgotten on its word."""


def with_row(
    order: OrderState, row: OrderReport, at_ns: int, now_ns: int, patience: Patience, *, read: bool
) -> OrderState:
    """Take one row. `at_ns` is when it was heard, or, of a full read, when that began: a read is later than what was
    heard before only if it began after that, for two reads under way at once may answer in either order."""
    before = order.cum_qty
    settled = _asks_settled(order, row, at_ns, patience, read=read)
    is_over = (order.change is not None and settled.change is None) or (
        order.cancel is not None and settled.cancel is None
    )
    order = _with_terms(settled, row, at_ns, now_ns, read=read)
    if is_over:
        order = ask_over(order, now_ns)
    if _contradicts(order, row, at_ns, read=read):
        order = msgspec.structs.replace(order, ended_ns=now_ns)
    return _follow(order, before, now_ns)


def ask_over(order: OrderState, now_ns: int) -> OrderState:
    """After the last thing asked of it is settled: where its rows say it stands."""
    if order.change or order.cancel:
        return order
    order = heard(order, Heard.ASK_OVER, now_ns)
    return _follow(order, order.cum_qty, now_ns) if order.row else order


def with_fills(order: OrderState, fills: list[Fill], now_ns: int) -> OrderState:
    """Take trades of this order, by their id: one heard again changes nothing."""
    new = {fill.exec_id: fill for fill in fills if fill.exec_id not in order.fills}
    if not new:
        return order
    before = order.cum_qty
    traded = order.traded_qty + sum(fill.qty for fill in new.values())
    order = msgspec.structs.replace(order, fills=order.fills | new, traded_qty=traded)
    if order.row:
        return _follow(order, before, now_ns)
    return heard(_grown(order, before, now_ns), Heard.FILL, now_ns)


def _is_news(order: OrderState, row: OrderReport, at_ns: int, *, read: bool) -> bool:
    if order.row is None or row.rank > order.row.rank:
        return True
    if row.rank != order.row.rank or row.word in END_RANK or at_ns < order.row_ns:
        return False
    return not _is_older(row, order.row) or (read and at_ns >= order.row_ns + BEHIND_NS)


def _is_older(row: OrderReport, known: OrderReport) -> bool:
    """By the broker's own stamps, which are of whole seconds: an update may come after those that followed it."""
    return 0 < row.ts_event_ns < known.ts_event_ns


def _with_terms(order: OrderState, row: OrderReport, at_ns: int, now_ns: int, *, read: bool) -> OrderState:
    """The row as the best seen, if it is; and the larger and the smaller quantity, whichever they are, until a later
    full read."""
    is_over = order.row is not None and order.row.word in END_RANK
    high = order.qty_high if is_over else max(order.qty_high, row.qty)
    low = order.qty_low if is_over else min(order.qty_low, row.qty)
    if not _is_news(order, row, at_ns, read=read):
        return _between(order, low, high)
    is_latest = row.word in END_RANK or (read and order.change is None and at_ns >= order.row_ns + BEHIND_NS)
    if is_latest:
        low = high = row.qty
    if row == order.row:
        return _between(order, low, high)
    return msgspec.structs.replace(
        order,
        order_id=row.order_id,
        order_type=row.order_type,
        variety=row.variety,
        parent_order_id=row.parent_order_id,
        qty=row.qty,
        price_paise=row.price_paise,
        trigger_paise=row.trigger_paise,
        qty_high=high,
        qty_low=low,
        row=row,
        row_ns=now_ns,
        text=row.text or order.text,
    )


def _between(order: OrderState, low: int, high: int) -> OrderState:
    is_known = (low, high) == (order.qty_low, order.qty_high)
    return order if is_known else msgspec.structs.replace(order, qty_low=low, qty_high=high)


def _asks_settled(order: OrderState, row: OrderReport, at_ns: int, patience: Patience, *, read: bool) -> OrderState:
    change, cancel = order.change, order.cancel
    if change is None and cancel is None:
        return order
    if row.word in END_RANK:
        return msgspec.structs.replace(order, change=None, cancel=None)
    if change and took(change, row) and (_lowers(change, order) or (read and at_ns >= change.asked_ns)):
        change = None  # a hint may be as old as the day: it settles nothing that could let a quantity go too early
    if read:
        rule = (at_ns, patience.quarantine_ns, patience.reads_min)
        change = change and seen_without_effect(change, row, *rule)
        cancel = cancel and seen_without_effect(cancel, row, *rule)
    return msgspec.structs.replace(order, change=change, cancel=cancel)


def _lowers(ask: Ask, order: OrderState) -> bool:
    return ask.change is not None and (ask.change.qty or 0) <= order.qty


def _contradicts(order: OrderState, row: OrderReport, at_ns: int, *, read: bool) -> bool:
    """Whether a later full read shows at work what the broker had called ended."""
    return read and order.ended_ns > 0 and order.ended and row.word not in END_RANK and at_ns >= order.row_ns


def _grown(order: OrderState, cum_before: int, now_ns: int) -> OrderState:
    """Fills after an end make its remainder cool anew."""
    if order.cum_qty <= cum_before:
        return order
    cooled = now_ns if order.ended and order.ended_ns > 0 else order.ended_ns
    return msgspec.structs.replace(order, filled_ns=now_ns, ended_ns=cooled)


def _follow(order: OrderState, cum_before: int, now_ns: int) -> OrderState:
    """The status that the evidence makes, through the table."""
    row = order.row
    assert row is not None
    order = _grown(order, cum_before, now_ns)
    what = seen(row.word, order.cum_qty, order.qty)
    asked = (order.change or order.cancel) and order.status in AT_BROKER
    if asked and what in (Heard.SEEN_SUBMITTED, Heard.SEEN_WORKING, Heard.SEEN_PARTIAL):
        return order  # it stays pending until the ask is settled
    return heard(order, what, now_ns)


def seen(word: Word, cum_qty: int, qty: int) -> Heard:
    """What a row says, given all that is filled. COMPLETE counts only with its quantity filled."""
    if word in END_RANK and cum_qty >= qty > 0:
        return Heard.SEEN_FILLED
    if word in _ENDED:
        return _ENDED[word]
    if word in _PASSING:
        return _PASSING[word]
    if cum_qty > 0:
        return Heard.SEEN_PARTIAL
    return Heard.SEEN_SUBMITTED if word is Word.SUBMITTED else Heard.SEEN_WORKING


_ENDED = {
    Word.CANCELED: Heard.SEEN_CANCELED,
    Word.REJECTED: Heard.SEEN_REJECTED,
    Word.EXPIRED: Heard.SEEN_EXPIRED,
}
_PASSING = {Word.MODIFYING: Heard.SEEN_MODIFYING, Word.CANCELING: Heard.SEEN_CANCELING}
