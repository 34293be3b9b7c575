"""The day's result: gross, charges, net, for every way of cutting it. Exact: the parts of any cut add up to the whole.

Gross is the day alone, carried units from yesterday's close on (Kite's m2m). It is split into realised and unrealised
by instrument and product; by strategy it is not, for in one net position what one strategy opened another may close.
"""

from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

import msgspec

from tarazu.model.order import Product
from tarazu.portfolio.unknown_paise import Paise, UnknownPaise

K = TypeVar("K", bound=Hashable)


class Pnl(msgspec.Struct, frozen=True, gc=False):
    """Paise; a profit is positive, charges are what was paid."""

    gross_paise: Paise = 0
    charges_paise: Paise = 0

    @property
    def net_paise(self) -> Paise:
        return self.gross_paise - self.charges_paise

    def __add__(self, other: "Pnl") -> "Pnl":
        return Pnl(self.gross_paise + other.gross_paise, self.charges_paise + other.charges_paise)


FLAT = Pnl()


class Line(msgspec.Struct, frozen=True, gc=False):
    """One instrument in one product at a moment; with empty key and no product, what the account itself was charged."""

    key: str
    product: Product | None
    underlying: str
    """Key of the underlying; of shares, and of what is not in the master, its own."""
    qty: int
    average_paise: int | None
    mark_paise: Paise | None
    """None when flat: no mark was asked for."""
    realised_paise: Paise
    unrealised_paise: Paise
    charges_paise: Paise

    @property
    def pnl(self) -> Pnl:
        return Pnl(self.realised_paise + self.unrealised_paise, self.charges_paise)


class Snapshot(msgspec.Struct, frozen=True):
    """The books at one moment and one set of marks, in the order of key and product."""

    lines: tuple[Line, ...]

    @property
    def realised_paise(self) -> Paise:
        return sum_paise(line.realised_paise for line in self.lines)

    @property
    def unrealised_paise(self) -> Paise:
        return sum_paise(line.unrealised_paise for line in self.lines)

    @property
    def total(self) -> Pnl:
        charged = sum_paise(line.charges_paise for line in self.lines)
        return Pnl(self.realised_paise + self.unrealised_paise, charged)

    def by_instrument(self) -> dict[str, Pnl]:
        return self._cut(lambda line: line.key)

    def by_product(self) -> dict[Product | None, Pnl]:
        """None: the account's own charges."""
        return self._cut(lambda line: line.product)

    def by_underlying(self) -> dict[str, Pnl]:
        return self._cut(lambda line: line.underlying)

    def _cut(self, name: Callable[[Line], K]) -> dict[K, Pnl]:
        return summed((name(line), line.pnl) for line in self.lines)


class Drawdown(msgspec.Struct, frozen=True, kw_only=True):
    """Net result of the day below its high-water mark. The day begins at 0, so a loss from the start is one.

    An unknown net leaves the marks where they were, and the drawdown is unknown until it is known again.
    """

    net_paise: Paise = 0
    high_water_paise: int = 0
    worst_paise: int = 0
    """The deepest so far that was known."""

    @property
    def paise(self) -> Paise:
        """At or above 0."""
        return self.high_water_paise - self.net_paise

    def after(self, net_paise: Paise) -> "Drawdown":
        if isinstance(net_paise, UnknownPaise):
            return msgspec.structs.replace(self, net_paise=net_paise)
        high = max(self.high_water_paise, net_paise)
        worst = max(self.worst_paise, high - net_paise)
        return Drawdown(net_paise=net_paise, high_water_paise=high, worst_paise=worst)


def sum_paise(parts: Iterable[Paise]) -> Paise:
    """Known if every part is."""
    total: Paise = 0
    for part in parts:
        total += part
    return total


def summed(parts: Iterable[tuple[K, Pnl]]) -> dict[K, Pnl]:
    """The parts of each name together, names in the order in which they came."""
    found: dict[K, Pnl] = {}
    for name, part in parts:
        found[name] = found.get(name, FLAT) + part
    return found
