"""What a strategy with a bug wants on the days that have it: the one thing that a single check of the gate forbids.

Days without them throw none of these dice.
"""

from collections.abc import Iterator, Mapping
from datetime import time
from random import Random
from typing import TYPE_CHECKING

from tarazu.dst.market import LOT
from tarazu.dst.marks import Marks
from tarazu.dst.master import EXPIRED
from tarazu.dst.strategy import CALL, PRODUCT, PUT, SHARE
from tarazu.model import ist
from tarazu.model.instrument import Instrument
from tarazu.model.order import OrdType, Product, Side
from tarazu.strategy.wants import EntryWant, LegWant, SpreadWant, StopPlan, Want

if TYPE_CHECKING:
    from tarazu.dst.world import World
    from tarazu.strategy.base import View

ODDS = 0.1
"""By second, of each."""
MIS_UNTIL = time(15, 10)
"""Of the share: the broker squares it off at 15:20, and nothing new is entered ten minutes before."""
TO = time(15, 30)


class Mistakes:
    def __init__(self, world: "World", epoch: int) -> None:
        self._happens = world.plan.happens
        self._dice = Random(f"mistakes {world.seed} {epoch}")
        self._listed: Mapping[str, Instrument] = world.listed
        self._band = world.market.band
        self._marks: Marks = world.marks

    def wants(self, view: "View") -> Iterator[Want]:
        """Of this second."""
        if "untradable" in self._happens and self._dice.random() < ODDS:
            self._marks.hit("wanted_untradable")
            yield from self._entry(view, EXPIRED, PRODUCT)
        if "far_leg" in self._happens and self._dice.random() < ODDS:
            yield from self._far_leg(view)
        if "late" in self._happens and self._dice.random() < ODDS and self._is_past(view):
            self._marks.hit("wanted_late_mis")
            yield from self._entry(view, self._listed[SHARE], Product.MIS)

    def _is_past(self, view: "View") -> bool:
        """Earlier it would be taken, and the account hold what is to be gone by the evening."""
        return MIS_UNTIL <= ist.clock_of(view.wall_ns) < TO

    def _entry(self, view: "View", it: Instrument, product: Product) -> Iterator[Want]:
        touch = view.quotes.touch(it.key)
        if touch is None or touch.last_paise is None:
            return
        tick = it.tick_size_paise
        yield EntryWant(
            strategy="seeded",
            key=it.key,
            side=Side.BUY,
            qty=LOT,
            product=product,
            order_type=OrdType.LIMIT,
            price_paise=touch.last_paise // tick * tick,
            stop=StopPlan(distance_paise=tick * self._dice.randint(10, 120), width_paise=tick * 60),
        )

    def _far_leg(self, view: "View") -> Iterator[Want]:
        """A hedge that is bid for below the day's lowest price: no stop is asked of a leg, and no collar holds it."""
        main, tick = view.quotes.touch(PUT), self._listed[CALL].tick_size_paise
        if main is None or main.bid_paise is None:
            return
        self._marks.hit("wanted_far_leg")
        low = (self._band(CALL)[0] // tick - self._dice.randint(1, 100)) * tick
        yield SpreadWant(
            strategy="seeded",
            product=PRODUCT,
            sets=1,
            hedges=(LegWant(name="hedge", key=CALL, side=Side.BUY, per_set=LOT, price_paise=low),),
            mains=(LegWant(name="main", key=PUT, side=Side.SELL, per_set=LOT, price_paise=main.bid_paise - 50),),
            overdue_s=15.0,
        )
