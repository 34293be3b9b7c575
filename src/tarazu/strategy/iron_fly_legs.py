"""The four legs of an iron fly at the prices it could be had at now."""

from typing import NamedTuple

from tarazu.market.touch import Quotes
from tarazu.model.instrument import Instrument, Kind
from tarazu.model.order import Product, Side
from tarazu.strategy.option_view import OptionView
from tarazu.strategy.sizing import crossing_paise, spread_bps
from tarazu.strategy.wants import LegWant, SpreadWant


class FlyLeg(NamedTuple):
    name: str
    of: Instrument
    side: Side
    price_paise: int
    """The limit it would be sent at."""
    spread_bps: float


class Fly(NamedTuple):
    """Per unit, paise."""

    legs: tuple[FlyLeg, ...]
    body_paise: int
    wing_paise: int
    """The nearer wing's distance; the farther one's is what can be lost."""
    reach_paise: int

    @property
    def credit_paise(self) -> int:
        return -sum(leg.side.sign * leg.price_paise for leg in self.legs)

    @property
    def loss_paise(self) -> int:
        """At expiry, beyond the farther wing."""
        return self.reach_paise - self.credit_paise

    @property
    def widest_bps(self) -> float:
        return max(leg.spread_bps for leg in self.legs)

    @property
    def facts(self) -> dict[str, float]:
        return {
            "body_paise": self.body_paise,
            "wing_paise": self.wing_paise,
            "credit_paise": self.credit_paise,
            "leg_spread_bps": self.widest_bps,
        }

    def want(self, strategy: str, product: Product, lots: int) -> SpreadWant:
        legs = [
            LegWant(name=leg.name, key=leg.of.key, side=leg.side, per_set=leg.of.lot_size, price_paise=leg.price_paise)
            for leg in self.legs
        ]
        return SpreadWant(strategy=strategy, product=product, sets=lots, hedges=tuple(legs[:2]), mains=tuple(legs[2:]))


class Unpriced(NamedTuple):
    why: str


def fly_at(options: OptionView, quotes: Quotes, spot_paise: int, wing: int, ticks: int) -> Fly | Unpriced:
    """The wings first."""
    at = options.at_the_money(spot_paise)
    plan = (
        ("call wing", at + wing, Kind.CE, Side.BUY),
        ("put wing", at - wing, Kind.PE, Side.BUY),
        ("call", at, Kind.CE, Side.SELL),
        ("put", at, Kind.PE, Side.SELL),
    )
    legs: list[FlyLeg] = []
    for name, place, kind, side in plan:
        option = options.option(place, kind)
        if option is None:
            return Unpriced("the ladder of strikes does not reach to the wings")
        touch = quotes.touch(option.key)
        if touch is None or touch.bid_paise is None or touch.ask_paise is None:
            return Unpriced("a leg has no two-sided market")
        best = touch.ask_paise if side is Side.BUY else touch.bid_paise
        price = crossing_paise(side, best, ticks, option.tick_size_paise)
        legs.append(FlyLeg(name, option, side, price, spread_bps(touch.bid_paise, touch.ask_paise)))
    up, down = options.strikes[at + wing] - options.strikes[at], options.strikes[at] - options.strikes[at - wing]
    return Fly(tuple(legs), options.strikes[at], min(up, down), max(up, down))
