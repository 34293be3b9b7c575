"""The exchange's auction for short deliveries: holders sell shares that other sellers owe, at one price a share.

It is no part of continuous trading: its orders meet nobody but the exchange, which buys all or nothing of each when the
session ends.
"""

from datetime import time

import msgspec

from tarazu.model import ist
from tarazu.model.instrument import Exchange, Kind
from tarazu.sim.dice import Dice
from tarazu.sim.market import Market
from tarazu.sim.orders import NewOrder, Report, ReportKind

OPENS, CLOSES = time(14, 0), time(14, 30)
"""Nominal market time. From memory of broker pages, which differ by up to half an hour: uncertain."""
RANGE_PCT = 20
"""An order's price may lie this far from the previous close; as the broker pages have it, uncertain."""
LISTED_SHARE = 0.3
"""Of shares that come up on a day. Ours, and far more than in life, where a user might wait for months to see one."""

NOT_RUNNING = "The auction session is not open for this security"
NOT_CANCELABLE = "Order cannot be canceled"
UNSOLD_TEXT = "Unmatched auction order canceled by the exchange"

# First numbers. The exchange's own trade ids stay below 1e8, its running order numbers near 1e6; 11: NSE's segment.
TRADE_ID = 800_000_000
EXCHANGE_ORDER_ID = 11_80_000_000_000_000


class Auction(msgspec.Struct, frozen=True):
    """One share's auction of the day. Prices in paise."""

    number: str
    lower_paise: int
    upper_paise: int
    """Between these orders may be priced."""
    clears_paise: int
    """What the exchange will pay; nobody is told before the end."""


class AuctionMarket:
    """Shut until `begin`. `enter` and `cancel` answer as the exchange does."""

    def __init__(self, seed: int) -> None:
        self._dice = Dice(Dice(seed).word("short deliveries"))
        self._hours_ns: tuple[int, int] | None = None
        self._auctions: dict[int, Auction] = {}
        self._orders: dict[str, NewOrder] = {}
        self._count = 0

    def begin(self, market: Market, all_day: bool) -> int:
        """A regular trading day, on which shares are delivered; `all_day` takes every share from its first moment to
        its last. When the session ends."""
        session, closes = market.session, market.rows["close"].tolist()
        opens_ns, closes_ns = (session.actual_ns(ist.at_ns(session.day, clock)) for clock in (OPENS, CLOSES))
        self._hours_ns = (session.first_ns, session.last_ns) if all_day else (opens_ns, closes_ns)
        self._auctions = {}
        day = session.day.toordinal()
        for index, i in enumerate(market.universe.instruments):
            is_share = i.kind is Kind.EQ and i.exchange is Exchange.NSE and closes[index]
            if is_share and (all_day or self._dice.chance(LISTED_SHARE, "listed", day, i.key)):
                number, word = str(len(self._auctions) + 1), self._dice.word("price", day, i.key)
                self._auctions[index] = _auction(number, closes[index], i.tick_size_paise, word)
        return self._hours_ns[1]

    def stay_shut(self) -> None:
        """A day without deliveries."""
        self._hours_ns = None

    def running(self, index: int, now_ns: int) -> Auction | None:
        """The share's auction, while it takes orders."""
        if self._hours_ns is None or not self._hours_ns[0] <= now_ns < self._hours_ns[1]:
            return None
        return self._auctions.get(index)

    def enter(self, new: NewOrder, now_ns: int) -> list[Report]:
        """Take an order that the broker has inspected; REJECTED when the session ended on its way."""
        if self.running(new.index, now_ns) is None:
            return [Report(kind=ReportKind.REJECTED, order_id=new.order_id, ts_ns=now_ns, text=NOT_RUNNING)]
        self._orders[new.order_id] = new
        number = self._next(EXCHANGE_ORDER_ID)
        kind = ReportKind.ACCEPTED
        return [Report(kind=kind, order_id=new.order_id, ts_ns=now_ns, exchange_order_id=number, qty=new.qty)]

    def cancel(self, order_id: str, now_ns: int) -> list[Report]:
        order = self._orders.pop(order_id, None)
        if order is None:
            text = NOT_CANCELABLE
            return [Report(kind=ReportKind.CANCEL_REFUSED, order_id=order_id, ts_ns=now_ns, text=text)]
        return [Report(kind=ReportKind.CANCELED, order_id=order_id, ts_ns=now_ns, qty=order.qty)]

    def close(self, now_ns: int) -> list[Report]:
        """The session ends: who asked for no more than the auction's price sells at it, the rest is canceled."""
        orders, self._orders = self._orders, {}
        return [self._outcome(order, now_ns) for order in orders.values()]

    def _outcome(self, order: NewOrder, now_ns: int) -> Report:
        price, order_id = self._auctions[order.index].clears_paise, order.order_id
        if price < order.price_paise:
            kind = ReportKind.CANCELED
            return Report(kind=kind, order_id=order_id, ts_ns=now_ns, qty=order.qty, text=UNSOLD_TEXT)
        trade_id, kind = self._next(TRADE_ID), ReportKind.TRADED
        return Report(kind=kind, order_id=order_id, ts_ns=now_ns, qty=order.qty, price_paise=price, trade_id=trade_id)

    def _next(self, first: int) -> str:
        self._count += 1
        return str(first + self._count)


def _auction(number: str, close_paise: int, tick: int, word: int) -> Auction:
    """The price is drawn evenly over the range, for want of a better law."""
    lower = -(-close_paise * (100 - RANGE_PCT) // (100 * tick)) * tick
    upper = close_paise * (100 + RANGE_PCT) // (100 * tick) * tick
    return Auction(number, lower, upper, lower + word % ((upper - lower) // tick + 1) * tick)
