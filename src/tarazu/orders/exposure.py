"""How far a position may be from what it seems: filled, and everything that may still fill, on both sides.

An upper bound of the truth at every moment (RELIABILITY I5, C14). What is working, what is intended or unknown, and
what was canceled less than two minutes before the last complete read all count in full, on their sides, never netted.
"""

from collections.abc import Iterable, Mapping

import msgspec

from tarazu.model.order import Product, Side
from tarazu.orders.blotter import Blotter
from tarazu.orders.lifecycle import AT_BROKER, UNANSWERED, OrdStatus
from tarazu.orders.order_state import OrderState
from tarazu.orders.standing import Place

__all__ = ["Exposure", "Open", "Place", "exposure_of", "exposures", "open_part"]

_BUY, _WORKING = Side.BUY, AT_BROKER | {OrdStatus.INTENDED}


class Open(msgspec.Struct, frozen=True, gc=False):
    """Units of one side that may still fill."""

    working: int = 0
    """At the broker, or intended and not sent yet."""
    unknown: int = 0
    """Sent without an answer to believe, or not answered yet."""
    cooling: int = 0

    @property
    def total(self) -> int:
        return self.working + self.unknown + self.cooling


class Exposure(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    key: str
    product: Product
    filled: int
    """Net units: what was held before the day, and the day's fills as far as rows or trades show them."""
    buy: Open = Open()
    sell: Open = Open()

    @property
    def highest(self) -> int:
        return self.filled + self.buy.total

    @property
    def lowest(self) -> int:
        return self.filled - self.sell.total

    @property
    def worst(self) -> int:
        """The larger of the two ends, without its sign."""
        return max(self.highest, -self.lowest)


def exposure_of(blotter: Blotter, key: str, product: Product, before: int = 0) -> Exposure:
    """Of one place; `before` is the net quantity carried into the day. Reckoned once until something changes there."""
    asked = (before, blotter.coolings())
    known = blotter.standing.exposures.get((key, product))
    if known is not None and known[0] == asked:
        return known[1]  # type: ignore[no-any-return]
    mine = (order for order in blotter.open_of(key) if order.product is product)
    found = _sum(key, product, before, mine, blotter)
    blotter.standing.exposures[key, product] = (asked, found)
    return found


def exposures(blotter: Blotter, before: Mapping[Place, int] | None = None) -> dict[Place, Exposure]:
    """Of every place there is an order or a carried position in."""
    carried = before or {}
    places = {*blotter.standing.places, *carried}
    return {place: exposure_of(blotter, *place, carried.get(place, 0)) for place in sorted(places)}


def filled(blotter: Blotter, place: Place, before: int = 0) -> int:
    """Net units of one place, carried ones too, as far as rows or trades show them."""
    return before + blotter.standing.filled.get(place, 0)


def open_part(order: OrderState, read_ns: int, cooling_ns: int) -> Open:
    """What of one order may still fill, and why it counts."""
    leaves = order.leaves_worst
    if order.status in _WORKING:
        return Open(working=leaves)
    if order.status in UNANSWERED:
        return Open(unknown=leaves)
    return Open(cooling=leaves) if order.cools(read_ns, cooling_ns) else Open()


def _sum(key: str, product: Product, before: int, orders: Iterable[OrderState], blotter: Blotter) -> Exposure:
    filled = before + blotter.standing.filled.get((key, product), 0)
    read_ns, cooling_ns = blotter.read_ns, blotter.patience.cooling_ns
    buy: list[Open] = []
    sell: list[Open] = []
    for order in orders:
        (buy if order.side is _BUY else sell).append(open_part(order, read_ns, cooling_ns))
    return Exposure(key=key, product=product, filled=filled, buy=_together(buy), sell=_together(sell))


def _together(parts: list[Open]) -> Open:
    if not parts:
        return _NOTHING
    return parts[0] if len(parts) == 1 else Open(*(sum(column) for column in zip(*map(_figures, parts), strict=True)))


def _figures(part: Open) -> tuple[int, int, int]:
    return part.working, part.unknown, part.cooling


_NOTHING = Open()
