"""A contract note beside our fills and charges: trades by order id and trade id, charges by order or of the day."""

from collections.abc import Iterator, Mapping

from tarazu.app.account.day_money import is_ours
from tarazu.app.reconcile.breaks import Against, Amount, Break, BreakKind, Compared
from tarazu.app.reconcile.legs.charge_lines import TOTAL, differing, our_lines
from tarazu.app.reconcile.legs.charges import line_break, note_of, traded
from tarazu.app.reconcile.legs.trades import ref_of
from tarazu.app.reconcile.note.contract_note import ContractNote, NoteCharges, NoteFill
from tarazu.app.reconcile.ours import OurDay
from tarazu.model.calendar import NotCovered
from tarazu.model.execution import Fill
from tarazu.model.order_request import TradedOrder
from tarazu.model.units import div_half_up
from tarazu.portfolio.breaks import MILLIPAISE
from tarazu.portfolio.charges import NOTHING

_K = BreakKind
TradeId = tuple[str, str]


def compare_note(ours: OurDay, note: ContractNote | None) -> tuple[Compared, list[Break], int | None]:
    """And what the note's charges come to, paise; None: it tells none, or there is no note."""
    if note is None:
        return (
            Compared(against=Against.NOTE, skipped="no contract note was taken in: tarazu close import-note"),
            [],
            None,
        )
    breaks: list[Break] = []
    if note.fills:
        breaks += _of_fills(ours, note.fills)
    try:
        breaks += _of_charges(ours, note.charges)
    except NotCovered as bad:
        unknown = f"our charges are not known: {bad}"
        return Compared(against=Against.NOTE, ours=ours.fills, broker=len(note.fills), unknown=unknown), [], None
    count = (ours.fills, len(note.fills)) if note.fills else (len(traded(ours)), len(note.charges))
    return Compared(against=Against.NOTE, ours=count[0], broker=count[1]), breaks, _total(note.charges)


# Fills.


def _of_fills(ours: OurDay, told: tuple[NoteFill, ...]) -> Iterator[Break]:
    """Of the segments that the desk trades: the note is of the whole account."""
    fills = (fill for order in ours.orders for fill in order.fills.values())
    mine: dict[TradeId, Fill] = {(str(f.order_id), f.exec_id): f for f in fills if is_ours(f.key)}
    theirs: dict[TradeId, NoteFill] = {}
    for fill in told:
        name = (fill.order_id, fill.trade_id)
        if name in theirs:
            yield _break(ours, _K.DUPLICATE_FILL, name, fill.key, 1, 2, "trades")
        theirs[name] = fill
    for name in sorted({*mine, *theirs}):
        one, other = mine.get(name), theirs.get(name)
        if one is not None and other is not None:
            yield from _of_both(ours, name, one, other)
        elif one is not None:
            yield _break(ours, _K.MISSING_FILL, name, one.key, f"{one.side} {one.qty} at {one.price_paise} paise", None)
        elif other is not None and is_ours(other.key):
            said = f"{other.side} {other.qty} at {other.price_paise} paise"
            yield _break(ours, _K.EXTRA_FILL, name, other.key, None, said)


def _of_both(ours: OurDay, name: TradeId, mine: Fill, theirs: NoteFill) -> Iterator[Break]:
    if mine.qty != theirs.qty:
        yield _break(ours, _K.QTY, name, mine.key, mine.qty, theirs.qty, "units")
    if mine.price_paise != theirs.price_paise:
        yield _break(ours, _K.PRICE, name, mine.key, mine.price_paise, theirs.price_paise, "paise")
    if mine.key != theirs.key:
        yield _break(ours, _K.TERMS, name, mine.key, mine.key, theirs.key, field="key")
    if str(mine.side) != theirs.side:
        yield _break(ours, _K.TERMS, name, mine.key, str(mine.side), theirs.side, field="side")


def _break(
    day: OurDay, kind: BreakKind, name: TradeId, key: str, ours: Amount, theirs: Amount, unit: str = "", field: str = ""
) -> Break:
    return Break(
        kind=kind,
        against=Against.NOTE,
        field=field,
        order_id=name[0],
        trade_id=name[1],
        ref=ref_of(day, name[0]),
        key=key,
        ours=ours,
        broker=theirs,
        unit=unit,
    )


# Charges.


def _of_charges(ours: OurDay, told: tuple[NoteCharges, ...]) -> Iterator[Break]:
    """Raises NotCovered."""
    orders = {order.order_id: order for order in traded(ours)}
    left = dict(orders)
    of_orders = [row for row in told if not row.is_of_the_day and (not row.key or is_ours(row.key))]
    for row in of_orders:
        order = _order_of(row, left)
        if order is None:
            yield _strange(row)
            continue
        del left[order.order_id]
        mine = our_lines(note_of(ours, order))
        yield from (line_break(Against.NOTE, at, mine[at], row.lines[at], order) for at in differing(mine, row.lines))
    for row in told:
        if row.is_of_the_day:
            mine = our_lines(sum((note_of(ours, order) for order in orders.values()), NOTHING))
            lines = differing(mine, row.lines, of_the_day=True)
            yield from (line_break(Against.NOTE, at, mine[at], row.lines[at], None) for at in lines)
    if of_orders:
        for order in left.values():
            yield _missing(order)


def _order_of(row: NoteCharges, left: Mapping[str, TradedOrder]) -> TradedOrder | None:
    """By its id; a row without one is of an order that is as it says, and any of two that are equal will do."""
    if row.order_id:
        return left.get(row.order_id)
    wanted = (row.key, row.side, row.product, row.qty, row.price_paise)
    return next((order for order in left.values() if _as_told(order) == wanted), None)


def _as_told(order: TradedOrder) -> tuple[str, str, str, int, int]:
    key = f"{order.exchange}:{order.tradingsymbol}"
    return key, str(order.side), str(order.product), order.qty, order.average_paise


def _strange(row: NoteCharges) -> Break:
    said = f"{row.side} {row.qty} at {row.price_paise} paise" if row.key else "charges"
    return Break(
        kind=_K.UNKNOWN_ORDER,
        against=Against.NOTE,
        order_id=row.order_id,
        key=row.key,
        product=row.product,
        broker=said,
    )


def _missing(order: TradedOrder) -> Break:
    said = f"{order.side} {order.qty} at {order.average_paise} paise"
    key = f"{order.exchange}:{order.tradingsymbol}"
    return Break(
        kind=_K.MISSING_AT_BROKER,
        against=Against.NOTE,
        order_id=order.order_id,
        key=key,
        product=str(order.product),
        ours=said,
    )


def _total(told: tuple[NoteCharges, ...]) -> int | None:
    """The day's own where it is told, else that of all orders."""
    of_day = [row for row in told if row.is_of_the_day] or list(told)
    sums = [_sum(row.lines) for row in of_day]
    known = [one for one in sums if one is not None]
    return div_half_up(sum(known), MILLIPAISE) if known and len(known) == len(sums) else None


def _sum(lines: Mapping[str, int]) -> int | None:
    """Millipaise; None: neither a total nor a line is told."""
    if TOTAL in lines:
        return lines[TOTAL]
    return sum(lines.values()) if lines else None
