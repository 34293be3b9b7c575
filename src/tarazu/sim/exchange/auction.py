"""The call auction: one price for everybody, at which the most trades.

SEBI HO/47/11/11(3)2025-MRD-POD2/I/2765/2026: maximum executable volume, then least imbalance, then closest to the
reference price; market orders come before limit orders, in the closing auction and, from 7 Sep 2026, in the pre-open.
Before that date the pre-open served limit orders first (NSE and BSE, "Pre-open: order matching").
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from tarazu.model.order import Side
from tarazu.sim.exchange.book import Ladder, Match
from tarazu.sim.exchange.exchange_order import ExchangeOrder
from tarazu.sim.market import AuctionInterest


class Bid(NamedTuple):
    """One order of an auction, either side; price 0 is a market order, `order` None is everybody else."""

    side: Side
    price_paise: int
    qty: int
    order: ExchangeOrder | None = None


class Outcome(msgspec.Struct, frozen=True):
    """`price_paise` 0: no price was found and nothing traded."""

    price_paise: int
    volume: int
    matches: tuple[Match, ...]


def interest_bids(interest: AuctionInterest) -> list[Bid]:
    """Everybody else, as bids. At one price with ours they are taken to have come first."""
    buys = [Bid(Side.BUY, p, q) for p, q in zip(interest.prices, interest.buy_qty, strict=True) if q > 0]
    sells = [Bid(Side.SELL, p, q) for p, q in zip(interest.prices, interest.sell_qty, strict=True) if q > 0]
    return buys + sells


def ladder_interest(bids: Ladder, asks: Ladder, reference_paise: int) -> AuctionInterest:
    """A displayed ladder as the interest of everybody else."""
    levels = [(price, qty, 0) for price, qty, _ in bids] + [(price, 0, qty) for price, qty, _ in asks]
    prices, buys, sells = ([level[n] for level in levels] for n in range(3))
    return AuctionInterest(tuple(prices), tuple(buys), tuple(sells), reference_paise)


def call(orders: Sequence[ExchangeOrder], interest: AuctionInterest, market_first: bool) -> Outcome:
    """Our orders against everybody else's interest."""
    ours = [Bid(o.side, o.price_paise, o.leaves, o) for o in sorted(orders, key=lambda o: o.priority)]
    return uncross(interest_bids(interest) + ours, interest.reference_paise, market_first)


def uncross(bids: Sequence[Bid], reference_paise: int, market_first: bool) -> Outcome:
    """Find the price and match. `bids` stand in time order. Fills are booked on our orders."""
    price = equilibrium(bids, reference_paise)
    if price == 0:
        return Outcome(0, 0, ())
    buys = _queue(bids, Side.BUY, price, market_first)
    sells = _queue(bids, Side.SELL, price, market_first)
    matches, volume = _pair(buys, sells, price)
    return Outcome(price, volume, tuple(matches))


def equilibrium(bids: Sequence[Bid], reference_paise: int) -> int:
    """The auction price, or 0 when nothing can trade. A last tie goes to the lower price."""
    prices = {b.price_paise for b in bids if b.price_paise > 0} | ({reference_paise} - {0})
    best = min(prices, key=lambda p: (*_rank(bids, p), abs(p - reference_paise), p), default=0)
    return best if best and _rank(bids, best)[0] < 0 else 0


def _rank(bids: Sequence[Bid], price: int) -> tuple[int, int]:
    """(minus executable volume, imbalance) at `price`: the smaller the better."""
    bought = sum(b.qty for b in bids if b.side is Side.BUY and _accepts(b, price))
    sold = sum(b.qty for b in bids if b.side is Side.SELL and _accepts(b, price))
    return -min(bought, sold), abs(bought - sold)


def _accepts(bid: Bid, price: int) -> bool:
    return bid.price_paise == 0 or (price - bid.price_paise) * bid.side.sign <= 0


def _queue(bids: Sequence[Bid], side: Side, price: int, market_first: bool) -> list[Bid]:
    """Who trades on `side`, in priority: market orders, better prices, time (sorting keeps the order of equals)."""
    market_rank = -1 if market_first else 1

    def priority(bid: Bid) -> tuple[int, int]:
        return (market_rank, 0) if bid.price_paise == 0 else (0, -bid.price_paise * side.sign)

    return _merged(sorted((b for b in bids if b.side is side and _accepts(b, price)), key=priority))


def _merged(bids: list[Bid]) -> list[Bid]:
    """Everybody else's neighbouring orders as one: at one price, who of them trades makes no difference."""
    merged: list[Bid] = []
    for bid in bids:
        if merged and bid.order is None and merged[-1].order is None:
            merged[-1] = merged[-1]._replace(qty=merged[-1].qty + bid.qty)
        else:
            merged.append(bid)
    return merged


def _pair(buys: list[Bid], sells: list[Bid], price: int) -> tuple[list[Match], int]:
    matches: list[Match] = []
    volume = b = s = 0
    buy_left = buys[0].qty if buys else 0
    sell_left = sells[0].qty if sells else 0
    while b < len(buys) and s < len(sells):
        qty = min(buy_left, sell_left)
        buyer, seller = buys[b].order, sells[s].order
        for order in (buyer, seller):
            if order is not None:
                order.fill(qty)
        if buyer is not None or seller is not None:
            matches.append(Match(price, qty, buyer, seller))
        volume += qty
        buy_left -= qty
        sell_left -= qty
        if buy_left == 0:
            b += 1
            buy_left = buys[b].qty if b < len(buys) else 0
        if sell_left == 0:
            s += 1
            sell_left = sells[s].qty if s < len(sells) else 0
    return matches, volume
