"""Where the broker's positions and ours differ: one typed break each, for reconciliation to act on.

Quantities are compared first; averages and results only where the quantities agree, for there they would differ as a
mere consequence. What agrees in sum but not by product is one break of product: a conversion that we were not told of.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from tarazu.model.instrument import Instrument
from tarazu.model.order import Product, Side
from tarazu.portfolio.positions import Position
from tarazu.portfolio.postings import Carried
from tarazu.portfolio.unknown_paise import Cause

if TYPE_CHECKING:
    from tarazu.portfolio.book import Books

MILLIPAISE = 1_000  # in a paisa
AVERAGE_MILLIPAISE_MAX = 500
"""Averages that differ by less are equal: a broker may show them rounded to the paisa, we compare the exact value."""


class BrokerPosition(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the broker's net positions, in whole numbers. Absent rows count as all zero."""

    key: str
    product: Product
    qty: int
    """Net, signed."""
    overnight_qty: int = 0
    """Signed."""
    day_buy_qty: int = 0
    day_sell_qty: int = 0
    buy_value_paise: int = 0
    """Carried units among it, at their cost; so the next."""
    sell_value_paise: int = 0
    day_buy_value_paise: int = 0
    day_sell_value_paise: int = 0
    average_millipaise: int = 0
    """Of an open unit, at or above 0: Kite shows averages that are no whole paise."""
    close_paise: int = 0
    """Yesterday's close or settlement price; 0 when not told."""
    last_paise: int = 0
    """What it last traded at, by the broker; 0 when not told. Compared with nothing."""
    realised_paise: int | None = None
    """None leaves it out of the comparison: live rows are known to show 0 here and all of it in `pnl`."""


class BreakKind(StrEnum):
    UNKNOWN_INSTRUMENT = "UNKNOWN_INSTRUMENT"
    """The broker holds what is not in the day's master. Nothing else is said of it."""
    QTY = "QTY"
    """Net units over all products: exposure is not what we think."""
    PRODUCT = "PRODUCT"
    """Net units of a product, where those over all products agree."""
    CARRIED = "CARRIED"
    """Units carried in."""
    TRADED = "TRADED"
    """Units bought or sold today, where the net agrees: round trips we do not know, or that are not there."""
    VALUE = "VALUE"
    """What the day's units were bought or sold for."""
    AVERAGE = "AVERAGE"
    REALISED = "REALISED"


class Break(msgspec.Struct, frozen=True, kw_only=True):
    """One difference. Units for quantities; paise for VALUE and REALISED; millipaise for AVERAGE."""

    kind: BreakKind
    key: str
    product: Product | None
    """None: over all products."""
    ours: int
    broker: int


class Comparison(msgspec.Struct, frozen=True):
    """All differences, in the order of key, product and kind; none is agreement."""

    breaks: tuple[Break, ...]

    @property
    def agrees(self) -> bool:
        return not self.breaks


def compare(books: "Books", broker: Iterable[BrokerPosition]) -> Comparison:
    """Our positions against the broker's net rows of the same moment, in the broker's own way of counting."""
    theirs = {(row.key, row.product): row for row in broker}
    ours = {(p.key, p.product): p for p in books.positions()}
    keys = sorted({key for key, _ in (*theirs, *ours)})
    return Comparison(tuple(found for key in keys for found in _of_instrument(key, ours, theirs, books.instruments)))


def carried_of(row: BrokerPosition) -> Carried | None:
    """What a row says was carried in, at any time of the day: the start of books that have no yesterday.

    The carried units' cost is what the row's totals hold beyond the day's trades.
    """
    if row.overnight_qty == 0:
        return None
    long = row.overnight_qty > 0
    beyond = row.buy_value_paise - row.day_buy_value_paise if long else row.day_sell_value_paise - row.sell_value_paise
    return Carried(
        key=row.key,
        product=row.product,
        qty=row.overnight_qty,
        cost_paise=beyond,
        close_value_paise=row.overnight_qty * row.close_paise if row.close_paise else None,
    )


_Ours = Mapping[tuple[str, Product], Position]
_Theirs = Mapping[tuple[str, Product], BrokerPosition]


def _of_instrument(key: str, ours: _Ours, theirs: _Theirs, instruments: Mapping[str, Instrument]) -> Iterable[Break]:
    pairs = [
        (
            ours.get((key, product)) or Position(key=key, product=product),
            theirs.get((key, product)) or BrokerPosition(key=key, product=product, qty=0),
        )
        for product in Product
        if (key, product) in ours or (key, product) in theirs
    ]
    net, their_net = sum(p.qty for p, _ in pairs), sum(row.qty for _, row in pairs)
    if key not in instruments and any(row.qty or row.day_buy_qty or row.day_sell_qty for _, row in pairs):
        yield Break(kind=BreakKind.UNKNOWN_INSTRUMENT, key=key, product=None, ours=net, broker=their_net)
        return
    if net != their_net:
        yield Break(kind=BreakKind.QTY, key=key, product=None, ours=net, broker=their_net)
    for position, row in pairs:
        yield from _of_pair(position, row, net == their_net)


def _of_pair(p: Position, row: BrokerPosition, net_agrees: bool) -> Iterable[Break]:
    def broken(kind: BreakKind, ours: int, broker: int) -> Iterable[Break]:
        if ours != broker:
            yield Break(kind=kind, key=p.key, product=p.product, ours=ours, broker=broker)

    if p.qty != row.qty:
        if net_agrees:
            yield from broken(BreakKind.PRODUCT, p.qty, row.qty)
        return
    yield from broken(BreakKind.CARRIED, p.overnight_qty, row.overnight_qty)
    traded = (*broken(BreakKind.TRADED, p.buy_qty, row.day_buy_qty),)
    traded = traded or (*broken(BreakKind.TRADED, p.sell_qty, row.day_sell_qty),)
    yield from traded
    if traded or p.overnight_qty != row.overnight_qty or p.doubt is Cause.OTHER_SEGMENT:
        return
    yield from broken(BreakKind.VALUE, p.buy_value_paise, row.day_buy_value_paise)
    yield from broken(BreakKind.VALUE, p.sell_value_paise, row.day_sell_value_paise)
    qty, value = p.total(Side.BUY if p.qty > 0 else Side.SELL)
    exact = value * MILLIPAISE if p.qty else 0
    if abs(exact - row.average_millipaise * qty) > AVERAGE_MILLIPAISE_MAX * qty and p.qty:
        yield from broken(BreakKind.AVERAGE, exact // qty, row.average_millipaise)
    if row.realised_paise is not None:
        yield from broken(BreakKind.REALISED, p.kite_realised_paise(), row.realised_paise)
