"""Intents and orders beside the broker's order book: by id, by the engine's own comparison.

`orders.reconcile` is what the engine compares by all day (`engine.agreement`); here it is asked once more of the whole
day. What it cannot see, for it folds rows by id, is added: rows that are there twice, and intents of which nobody knows
what became.
"""

from collections import Counter
from collections.abc import Iterator, Mapping

from tarazu.app.account.reading import AccountRead, Failure
from tarazu.app.reconcile.breaks import Against, Break, BreakKind, Compared
from tarazu.app.reconcile.ours import OurDay
from tarazu.orders import reconcile as engine
from tarazu.orders.kite_rows import book_read
from tarazu.orders.lifecycle import UNANSWERED
from tarazu.orders.messages import BookRead
from tarazu.orders.order_state import OrderState
from tarazu.orders.report import END_RANK, OrderReport, Word

Leg = tuple[Compared, list[Break]]

_E = engine.BreakKind
_K = BreakKind
_ORDERS = {
    _E.MISSING_HERE: (_K.UNKNOWN_ORDER, ""),
    _E.MISSING_THERE: (_K.MISSING_AT_BROKER, ""),
    _E.FOREIGN: (_K.FOREIGN_ORDER, ""),
    _E.STATUS: (_K.STATUS, ""),
    _E.FILLED: (_K.FILLED, ""),
    _E.QTY: (_K.TERMS, "qty"),
    _E.PRICE: (_K.TERMS, "price"),
    _E.PRODUCT: (_K.TERMS, "product"),
}
_WORDS = frozenset({_K.UNKNOWN_ORDER, _K.MISSING_AT_BROKER, _K.FOREIGN_ORDER, _K.STATUS})


def compare_orders(ours: OurDay, account: AccountRead, began_ns: int) -> Leg:
    """`began_ns`: when the broker was asked; what the journal heard since is no difference."""
    book = account.orders.value
    count = sum(bool(order.order_id) or order.status in UNANSWERED for order in ours.orders)  # others never got there
    if book is None:
        return Compared(against=Against.ORDERS, ours=count, unknown=why_not(account.orders.failure)), []
    read = book_read(book, began_ns, began_ns)
    rows = {str(row.order_id): row for row in read.reports}
    breaks = [*_doubled(ours, read, rows), *_unsettled(ours, read), *_other_terms(ours, rows)]
    breaks += [_of_order(ours, rows, found) for found in engine.reconcile(ours.state.blotter, read)]
    told = Compared(against=Against.ORDERS, ours=count, broker=len(read.reports), unknown=_unread(read))
    return told, breaks


def open_orders(account: AccountRead) -> int:
    """That still work at the broker."""
    book = account.orders.value
    return 0 if book is None else sum(row.word not in END_RANK for row in book_read(book, 0, 0).reports)


def why_not(failure: Failure | None) -> str:
    """A book that was not had, in words."""
    return "" if failure is None else f"{failure.why}: {failure.told}"


def _unread(read: BookRead) -> str:
    odd = [row for row in read.reports if row.word is Word.ODD]
    if not read.whole:
        return "an order of the broker has no id that could be read, so nothing is proven absent"
    return f"{len(odd)} orders of the broker do not read, order {odd[0].order_id}: {odd[0].text}" if odd else ""


def _of_order(ours: OurDay, rows: Mapping[str, OrderReport], found: engine.Break) -> Break:
    order, row = ours.state.blotter.find(f"#{found.order_id}"), rows.get(found.order_id)
    kind, field = (_K.AVERAGE, "") if found.of.startswith("fills") else _ORDERS[found.kind]
    words = kind in _WORDS or field == "product"
    unit = "" if words else "units" if kind is _K.FILLED or field == "qty" else "paise"
    one = order or row
    assert one is not None, "a break is of an order that one side has"
    return Break(
        kind=kind,
        against=Against.ORDERS,
        field=field,
        order_id=found.order_id,
        ref=order.ref if order is not None and order.intent is not None else "",
        key=one.key,
        product=str(one.product),
        ours=found.ours if words else int(found.ours),
        broker=found.theirs if words else int(found.theirs),
        unit=unit,
        money=_is_money(kind, order, row),
    )


def _is_money(kind: BreakKind, order: OrderState | None, row: OrderReport | None) -> bool:
    """An order that somebody else decided is counted and known; two words for one end cost nothing."""
    if kind is _K.FOREIGN_ORDER:
        return False
    ended = order is not None and row is not None and order.ended and row.word in END_RANK
    return not (kind is _K.STATUS and ended)


def _other_terms(ours: OurDay, rows: Mapping[str, OrderReport]) -> Iterator[Break]:
    """The engine finds an order by its id and compares how far it is; of a finished day also what it was for."""
    for order_id, row in rows.items():
        order = ours.state.blotter.find(f"#{order_id}")
        if order is None or row.word is Word.ODD:  # what does not read has no side
            continue
        for field, mine, theirs in (("key", order.key, row.key), ("side", str(order.side), str(row.side))):
            if mine != theirs:
                yield _terms(order, field, mine, theirs)


def _terms(order: OrderState, field: str, mine: str, theirs: str) -> Break:
    return Break(
        kind=_K.TERMS,
        against=Against.ORDERS,
        field=field,
        order_id=order.order_id,
        ref=order.ref if order.intent is not None else "",
        key=order.key,
        product=str(order.product),
        ours=mine,
        broker=theirs,
    )


def _doubled(ours: OurDay, read: BookRead, rows: Mapping[str, OrderReport]) -> Iterator[Break]:
    """Another program may give all of its orders one tag."""
    mine = {order.ref for order in ours.orders if order.intent is not None}
    ids = Counter(row.order_id for row in read.reports)
    tags = Counter(row.tag for row in rows.values() if row.tag in mine)
    for row in rows.values():
        if ids[row.order_id] > 1:
            yield _twice(row, "id", ids[row.order_id])
        if tags[row.tag] > 1:
            yield _twice(row, "tag", tags[row.tag])


def _twice(row: OrderReport, field: str, times: int) -> Break:
    return Break(
        kind=_K.DUPLICATE_ORDER,
        against=Against.ORDERS,
        field=field,
        order_id=row.order_id,
        ref=row.tag,
        key=row.key,
        product=str(row.product),
        ours=1,
        broker=times,
        unit="orders",
    )


def _unsettled(ours: OurDay, read: BookRead) -> Iterator[Break]:
    """Intents without an order id: nobody knows what became of them, or the broker has them by their tag after all."""
    by_tag = {row.tag: row for row in read.reports if row.tag}
    for order in ours.orders:
        row = by_tag.get(order.ref)
        if order.order_id or (row is None and order.status not in UNANSWERED):
            continue
        yield Break(
            kind=_K.UNSETTLED,
            against=Against.ORDERS,
            order_id="" if row is None else row.order_id,
            ref=order.ref,
            key=order.key,
            product=str(order.product),
            ours=str(order.status),
            broker=None if row is None else f"{row.word} {row.filled_qty}/{row.qty}",
        )
