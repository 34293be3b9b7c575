"""Everybody else's orders in a call auction: a curve of demand and one of supply that cross where chance wants them."""

from tarazu.sim.dice import Dice
from tarazu.sim.market import AuctionInterest

LEVELS = 12
"""Price levels on either side of the equilibrium."""


def interest(centre: int, reference: int, band: tuple[int, int], tick: int, depth: float, word: int) -> AuctionInterest:
    """Orders whose uncrossing is at `centre`, and nowhere else.

    Supply mirrors demand about the centre, so both are equal there and the matched volume is less at any other price.
    Levels the band cuts off are added to the last one inside it.
    """
    dice = Dice(word)
    spacing = max(1, centre // (5_000 * tick)) * tick
    prices = [centre + n * spacing for n in range(-LEVELS, LEVELS + 1)]
    # Buyers stand mostly below the centre, some above it; sellers the other way round, in the same sizes.
    buys = [max(int(depth * 8 * (1.5 - 0.5 * n / LEVELS) * (0.5 + dice.unit(n + LEVELS))), 1) for n in _offsets()]
    ladder: dict[int, list[int]] = {}
    for price, buy, sell in zip(prices, buys, reversed(buys), strict=True):
        level = ladder.setdefault(min(max(price, band[0]), band[1]), [0, 0])
        level[0] += buy
        level[1] += sell
    rungs = sorted(ladder.items())
    return AuctionInterest(
        prices=tuple(p for p, _ in rungs),
        buy_qty=tuple(b for _, (b, _) in rungs),
        sell_qty=tuple(s for _, (_, s) in rungs),
        reference_paise=reference,
    )


def matched(curves: AuctionInterest, price: int) -> int:
    """Units that would trade at `price`: the lesser of what is bid at or above and offered at or below it."""
    rungs = list(zip(curves.prices, curves.buy_qty, curves.sell_qty, strict=True))
    return min(sum(b for p, b, _ in rungs if p >= price), sum(s for p, _, s in rungs if p <= price))


def _offsets() -> range:
    return range(-LEVELS, LEVELS + 1)
