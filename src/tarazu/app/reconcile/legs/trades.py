"""Our fills beside the broker's trades: by order id and trade id, every fill of the day on either side."""

from collections.abc import Iterator

from tarazu.app.account.reading import AccountRead
from tarazu.app.reconcile.breaks import Against, Amount, Break, BreakKind, Compared
from tarazu.app.reconcile.legs.orders import Leg, why_not
from tarazu.app.reconcile.ours import OurDay
from tarazu.model.execution import Fill
from tarazu.orders import reconcile as engine
from tarazu.orders.kite_rows import trades_read
from tarazu.orders.messages import BookRead
from tarazu.wire.kite_orders import TradeRow

_K = BreakKind
_NO_BOOK = BookRead(started_ns=0, reports=(), whole=False, ts_ns=0)
"""Orders are not asked about here, and an empty read that is not whole says nothing of them."""
TradeId = tuple[str, str]
"""Order id and trade id: who trades with himself has two fills of one trade."""


def compare_trades(ours: OurDay, account: AccountRead, began_ns: int) -> Leg:
    """`began_ns`: when the broker was asked; a fill of ours that was heard since may not be there yet."""
    rows = account.trades.value
    if rows is None:
        return Compared(against=Against.TRADES, ours=ours.fills, unknown=why_not(account.trades.failure)), []
    read, odd = trades_read(rows, began_ns, began_ns)
    theirs: dict[TradeId, Fill] = {(str(fill.order_id), fill.exec_id): fill for fill in read.fills}
    breaks = list(_repeated(rows))
    for found in engine.reconcile(ours.state.blotter, _NO_BOOK, read):
        breaks += _of_trade(ours, theirs, (found.order_id, found.exec_id), began_ns)
    for name, fill in theirs.items():
        breaks += _other_terms(ours, name, fill)
    unknown = f"{len(odd)} trades of the broker do not read, {odd[0]}" if odd else ""
    return Compared(against=Against.TRADES, ours=ours.fills, broker=len(rows), unknown=unknown), breaks


def ref_of(ours: OurDay, order_id: str) -> str:
    """Our tag of the broker's order; empty where it is none of ours."""
    order = ours.state.blotter.find(f"#{order_id}")
    return "" if order is None or order.intent is None else order.ref


def _of_trade(ours: OurDay, theirs: dict[TradeId, Fill], name: TradeId, began_ns: int) -> Iterator[Break]:
    mine, other = _our_fill(ours, name), theirs.get(name)
    if mine is not None and other is not None:
        if mine.qty != other.qty:
            yield _break(ours, _K.QTY, mine, mine.qty, other.qty, "units")
        if mine.price_paise != other.price_paise:
            yield _break(ours, _K.PRICE, mine, mine.price_paise, other.price_paise, "paise")
    elif other is not None:
        yield _break(ours, _K.EXTRA_FILL, other, None, _said(other))
    elif mine is not None and not _is_too_early(ours, name, began_ns):
        yield _break(ours, _K.MISSING_FILL, mine, _said(mine), None)


def _is_too_early(ours: OurDay, name: TradeId, began_ns: int) -> bool:
    order = ours.state.blotter.find(f"#{name[0]}")
    return order is not None and order.filled_ns > began_ns


def _repeated(rows: list[TradeRow]) -> Iterator[Break]:
    by_name: dict[TradeId, list[TradeRow]] = {}
    for row in rows:
        by_name.setdefault((row.order_id, row.trade_id), []).append(row)
    for (order_id, trade_id), alike in by_name.items():
        if len(alike) > 1:
            yield Break(
                kind=_K.DUPLICATE_FILL,
                against=Against.TRADES,
                order_id=order_id,
                trade_id=trade_id,
                key=f"{alike[0].exchange}:{alike[0].tradingsymbol}",
                product=alike[0].product,
                ours=1,
                broker=len(alike),
                unit="trades",
            )


def _other_terms(ours: OurDay, name: TradeId, theirs: Fill) -> Iterator[Break]:
    """The engine compares units and price; of a finished day also what was traded, and which way."""
    mine = _our_fill(ours, name)
    if mine is None:
        return
    if mine.key != theirs.key:
        yield _break(ours, _K.TERMS, mine, mine.key, theirs.key, field="key")
    if mine.side is not theirs.side:
        yield _break(ours, _K.TERMS, mine, str(mine.side), str(theirs.side), field="side")


def _break(
    ours: OurDay, kind: BreakKind, of: Fill, mine: Amount, theirs: Amount, unit: str = "", field: str = ""
) -> Break:
    return Break(
        kind=kind,
        against=Against.TRADES,
        field=field,
        order_id=of.order_id,
        trade_id=of.exec_id,
        ref=ref_of(ours, of.order_id),
        key=of.key,
        product=str(of.product),
        ours=mine,
        broker=theirs,
        unit=unit,
    )


def _our_fill(ours: OurDay, name: TradeId) -> Fill | None:
    order = ours.state.blotter.find(f"#{name[0]}")
    return None if order is None else order.fills.get(name[1])


def _said(fill: Fill) -> str:
    return f"{fill.side} {fill.qty} at {fill.price_paise} paise"
