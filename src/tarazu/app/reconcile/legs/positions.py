"""Our positions beside the broker's net rows, in its own way of counting: units, values, averages, results.

The figures of `portfolio.breaks`, and `pnl` by Kite's formula at the last price that the row itself names.
"""

import msgspec

from tarazu.app.account.day_money import is_ours
from tarazu.app.account.reading import AccountRead
from tarazu.app.reconcile.breaks import Against, Break, BreakKind, Compared
from tarazu.app.reconcile.legs.orders import Leg, why_not
from tarazu.app.reconcile.ours import OurDay
from tarazu.model.order import Product
from tarazu.orders.kite_rows import paise, position_of
from tarazu.portfolio.book import Books
from tarazu.portfolio.breaks import BreakKind as Kind
from tarazu.portfolio.breaks import BrokerPosition, compare
from tarazu.wire.kite_money import PositionRow
from tarazu.wire.kite_orders import BadRow

PNL = "PNL"
PNL_PAISE_MAX = 1
"""Kite's `pnl` is a float of its own sums: half a paisa of either side is no difference."""
_UNITS = frozenset({Kind.QTY, Kind.PRODUCT, Kind.CARRIED, Kind.TRADED, Kind.UNKNOWN_INSTRUMENT})


def compare_positions(ours: OurDay, account: AccountRead) -> Leg:
    """Places of segments that the desk does not trade are left out, and told."""
    data, books = account.positions.value, ours.state.books
    places = None if books is None else len(books.positions())
    if data is None:
        return Compared(against=Against.POSITIONS, ours=places, unknown=why_not(account.positions.failure)), []
    mine, others, bad = _sorted_out(data.net)
    left_out = tuple(f"{row.exchange}:{row.tradingsymbol} {row.product} {row.quantity:+}" for row in others)
    if books is None:
        unknown = bad or ("" if not mine and not ours.fills else "the journal has no read of the broker's positions")
        count = 0 if not unknown else None
        told = Compared(against=Against.POSITIONS, ours=count, broker=len(mine), unknown=unknown, left_out=left_out)
        return told, []
    breaks = _of_books(books, [row for _, row in mine])
    breaks += _of_pnl(books, mine, {found.key for found in breaks})
    told = Compared(against=Against.POSITIONS, ours=places, broker=len(mine), unknown=bad, left_out=left_out)
    return told, breaks


_Read = list[tuple[int, BrokerPosition]]
"""Rows with their `pnl` in paise."""


def _sorted_out(rows: list[PositionRow]) -> tuple[_Read, list[PositionRow], str]:
    """Those of the desk's segments, the others, and why one does not read."""
    mine: _Read = []
    others: list[PositionRow] = []
    bad = ""
    for row in rows:
        read = _read(row)
        if not is_ours(f"{row.exchange}:{row.tradingsymbol}"):
            others.append(row)
        elif isinstance(read, BadRow):
            bad = bad or f"a position of the broker does not read, {read.text}"
        else:
            mine.append(read)
    return mine, others, bad


def _read(row: PositionRow) -> tuple[int, BrokerPosition] | BadRow:
    read = position_of(row)
    if isinstance(read, BadRow):
        return read
    try:
        pnl_paise = paise(row.pnl)
    except ValueError as bad:
        return BadRow(f"{read.key}: {bad}")
    if row.realised == 0 and row.unrealised == row.pnl:  # live rows have all of it in `pnl` (`BrokerPosition`)
        read = msgspec.structs.replace(read, realised_paise=None)
    return pnl_paise, read


def _of_books(books: Books, rows: list[BrokerPosition]) -> list[Break]:
    breaks = []
    for found in compare(books, rows).breaks:
        unit = "units" if found.kind in _UNITS else "millipaise" if found.kind is Kind.AVERAGE else "paise"
        breaks.append(_break(found.kind, found.key, found.product, found.ours, found.broker, unit))
    return breaks


def _of_pnl(books: Books, rows: _Read, differ: set[str]) -> list[Break]:
    """Where units and values agree, for else it is a mere consequence; the multiplier of our segments is 1."""
    breaks = []
    for pnl_paise, read in rows:
        position = books.position(read.key, read.product)
        if position is None or read.key in differ or (read.qty and read.last_paise <= 0):
            continue
        ours = position.kite_pnl_paise(read.last_paise)
        if abs(ours - pnl_paise) > PNL_PAISE_MAX:
            breaks.append(_break(PNL, read.key, read.product, ours, pnl_paise, "paise"))
    return breaks


def _break(field: str, key: str, product: Product | None, ours: int, broker: int, unit: str) -> Break:
    return Break(
        kind=BreakKind.POSITION,
        against=Against.POSITIONS,
        field=str(field),
        key=key,
        product="" if product is None else str(product),
        ours=ours,
        broker=broker,
        unit=unit,
    )
