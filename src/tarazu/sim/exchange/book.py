"""The order book of one instrument: price levels, first in first out, everybody else's quantity and ours in one queue.

Everybody else ("the background") is known only by the five displayed levels, so it stands as anonymous quantity. Where
it grows, the growth joins the tail, behind our orders; where it shrinks, the newest of it leaves first. Our place in
the queue is therefore never better than it could have been.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from tarazu.model.order import Side
from tarazu.sim.exchange.exchange_order import ExchangeOrder, Place

Ladder = Iterable[tuple[int, int, int]]
"""Displayed levels: (price, units, orders)."""


class Match(NamedTuple):
    """One trade. None stands for everybody else; the maker's price is the trade's."""

    price_paise: int
    qty: int
    taker: ExchangeOrder | None
    maker: ExchangeOrder | None


class Entry:
    """A place in a queue: one of our orders, or a lot of background quantity."""

    __slots__ = ("order", "qty")

    def __init__(self, order: ExchangeOrder | None, qty: int) -> None:
        self.order = order
        self.qty = qty
        """Units showing; a disclosed order's hidden part stands nowhere."""


class Level:
    """The queue at one price."""

    __slots__ = ("orders", "queue")

    def __init__(self) -> None:
        self.queue: deque[Entry] = deque()
        self.orders = 0
        """How many orders the background showed here."""

    @property
    def background(self) -> int:
        return sum(e.qty for e in self.queue if e.order is None)

    def resize(self, target: int) -> None:
        """Bring the background to `target` units: growth joins the tail, the newest leaves first."""
        change = target - self.background
        if change > 0 and self.queue and self.queue[-1].order is None:
            self.queue[-1].qty += change
        elif change > 0:
            self.queue.append(Entry(None, change))
        elif change < 0:
            self._withdraw(-change)

    def _withdraw(self, units: int) -> None:
        for entry in reversed(self.queue):
            if entry.order is None:
                gone = min(entry.qty, units)
                entry.qty -= gone
                units -= gone
        self.queue = deque(e for e in self.queue if e.qty)

    def shown(self) -> tuple[int, int]:
        """Units and orders on display."""
        units = ours = background = 0
        for entry in self.queue:
            units += entry.qty
            if entry.order is None:
                background += entry.qty
            else:
                ours += 1
        return units, ours + (max(self.orders, 1) if background else 0)


class Book:
    """Price-time priority. Never crossed after any of its methods returns."""

    def __init__(self, bids: Ladder = (), asks: Ladder = ()) -> None:
        self._levels: dict[Side, dict[int, Level]] = {Side.BUY: {}, Side.SELL: {}}
        self._ours = 0
        self.refresh(bids, asks)

    @property
    def has_ours(self) -> bool:
        return self._ours > 0

    def best(self, side: Side) -> int | None:
        """The best price at which `side` shows quantity."""
        return _best(side, self._levels[side])

    def touch(self, side: Side) -> int | None:
        """The best price at which everybody else shows quantity."""
        return _best(side, [p for p, level in self._levels[side].items() if level.background])

    def orders(self) -> Iterator[ExchangeOrder]:
        """Our orders, bids then asks, best price first, in queue order."""
        for side in Side:
            for _, level in self._sorted(side):
                yield from (e.order for e in level.queue if e.order is not None)

    def levels(self, side: Side) -> list[tuple[int, int, int]]:
        """What is on display, best price first: (price, units, orders)."""
        return [(price, *level.shown()) for price, level in self._sorted(side)]

    def ahead(self, order: ExchangeOrder) -> int:
        """Units that trade before `order` at its own price."""
        units = 0
        for entry in self._levels[order.side][order.price_paise].queue:
            if entry.order is order:
                break
            units += entry.qty
        return units

    def add(self, order: ExchangeOrder) -> None:
        """`order` joins the tail of its level. It must not cross: `take` comes first."""
        assert order.price_paise > 0 and order.leaves > 0
        self._level(order.side, order.price_paise).queue.append(Entry(order, order.shown))
        order.place = Place.BOOK
        self._ours += 1

    def remove(self, order: ExchangeOrder) -> None:
        level = self._levels[order.side][order.price_paise]
        level.queue = deque(e for e in level.queue if e.order is not order)
        self._drop_if_empty(order.side, order.price_paise)
        order.place = Place.GONE
        self._ours -= 1

    def shrink(self, order: ExchangeOrder) -> None:
        """Its quantity or disclosed part became smaller: the order keeps its place and shows less."""
        for entry in self._levels[order.side][order.price_paise].queue:
            if entry.order is order:
                entry.qty = min(entry.qty, order.shown)

    def take(self, side: Side, qty: int, limit_paise: int | None, taker: ExchangeOrder | None) -> list[Match]:
        """Match up to `qty` against the other side, best price first, none worse than the limit.

        Returns the trades that have one of ours in them; what everybody else trades among themselves just leaves.
        """
        matches: list[Match] = []
        while qty > 0:
            price = self.best(side.opposite)
            if price is None or (limit_paise is not None and (price - limit_paise) * side.sign > 0):
                break
            traded, maker = self._take_front(side.opposite, price, qty)
            qty -= traded
            if taker is not None:
                taker.fill(traded)
            if taker is not None or maker is not None:
                matches.append(Match(price, traded, taker, maker))
        return matches

    def refresh(self, bids: Ladder, asks: Ladder) -> list[Match]:
        """Bring the background to what is displayed now, and trade where it crosses our orders.

        A new ladder beyond our price means the market traded through it: we fill at our price, for no more than the
        crossing quantity.
        """
        for side, ladder in ((Side.BUY, bids), (Side.SELL, asks)):
            shown = {price: (qty, orders) for price, qty, orders in ladder if price > 0 and qty > 0}
            for price in sorted({*self._levels[side], *shown}):
                qty, orders = shown.get(price, (0, 0))
                level = self._level(side, price)
                level.resize(qty)
                level.orders = orders
                self._drop_if_empty(side, price)
        return self._uncross()

    def _uncross(self) -> list[Match]:
        matches: list[Match] = []
        while True:
            bid, ask = self.best(Side.BUY), self.best(Side.SELL)
            if bid is None or ask is None or bid < ask:
                return matches
            bid_front = self._levels[Side.BUY][bid].queue[0]
            ask_front = self._levels[Side.SELL][ask].queue[0]
            qty = min(bid_front.qty, ask_front.qty)
            price = ask if ask_front.order is not None else bid
            _, buyer = self._take_front(Side.BUY, bid, qty)
            _, seller = self._take_front(Side.SELL, ask, qty)
            if buyer is not None or seller is not None:
                taker = buyer if seller is not None else None
                matches.append(Match(price, qty, taker, seller or buyer))

    def _take_front(self, side: Side, price: int, qty: int) -> tuple[int, ExchangeOrder | None]:
        """Trade up to `qty` with the first in the queue; a disclosed order shows its next part at the tail."""
        level = self._levels[side][price]
        entry = level.queue[0]
        traded = min(entry.qty, qty)
        entry.qty -= traded
        order = entry.order
        if order is not None:
            order.fill(traded)
        if entry.qty == 0:
            level.queue.popleft()
            if order is not None and order.leaves:
                level.queue.append(Entry(order, order.shown))
            elif order is not None:
                self._ours -= 1
            self._drop_if_empty(side, price)
        return traded, order

    def _sorted(self, side: Side) -> list[tuple[int, Level]]:
        return sorted(self._levels[side].items(), reverse=side is Side.BUY)

    def _level(self, side: Side, price: int) -> Level:
        return self._levels[side].setdefault(price, Level())

    def _drop_if_empty(self, side: Side, price: int) -> None:
        if not self._levels[side][price].queue:
            del self._levels[side][price]


def _best(side: Side, prices: Iterable[int]) -> int | None:
    return max(prices, default=None) if side is Side.BUY else min(prices, default=None)
