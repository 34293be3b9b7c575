"""The post-close session of one share: trades at the closing price only."""

from tarazu.model.order import Side
from tarazu.sim.exchange.book import Book, Match
from tarazu.sim.exchange.exchange_order import ExchangeOrder, Place
from tarazu.sim.market import AuctionInterest


class PostClose:
    """Everybody else is taken to come once more with what asked for just this price in the closing interest.

    No source says how much trades in this session; it is little.
    """

    def __init__(self, closing_paise: int, interest: AuctionInterest) -> None:
        self._price = closing_paise
        levels = zip(interest.prices, interest.buy_qty, interest.sell_qty, strict=True)
        _, buy, sell = min(levels, key=lambda level: abs(level[0] - closing_paise), default=(0, 0, 0))
        self._pool = {Side.BUY: buy, Side.SELL: sell}
        self._book = Book()

    def orders(self) -> tuple[ExchangeOrder, ...]:
        return tuple(self._book.orders())

    def take(self, order: ExchangeOrder) -> list[Match]:
        """Match with our resting orders first, then with everybody else."""
        order.price_paise = self._price
        matches = self._book.take(order.side, order.leaves, self._price, order)
        qty = min(order.leaves, self._pool[order.side.opposite])
        if qty:
            self._pool[order.side.opposite] -= qty
            order.fill(qty)
            matches.append(Match(self._price, qty, order, None))
        return matches

    def add(self, order: ExchangeOrder) -> None:
        self._book.add(order)
        order.place = Place.POST_CLOSE

    def remove(self, order: ExchangeOrder) -> None:
        self._book.remove(order)
