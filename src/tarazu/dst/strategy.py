"""A strategy drawn from the seed: it enters with stops, changes, cancels and leaves, more often than any desk would."""

from collections.abc import Iterable, Mapping
from random import Random
from typing import TYPE_CHECKING

from tarazu.dst.market import LOT
from tarazu.dst.odd_wants import OddWants
from tarazu.model.execution import Fill
from tarazu.model.instrument import Instrument
from tarazu.model.order import OrdType, Product, Side, Validity
from tarazu.orders.lifecycle import AT_BROKER
from tarazu.orders.order_state import OrderState
from tarazu.strategy.base import View
from tarazu.strategy.wants import CancelWant, ChangeWant, EntryWant, ExitWant, LegWant, SpreadWant, StopPlan, Want

if TYPE_CHECKING:
    from tarazu.dst.mistakes import Mistakes

PRODUCT = Product.NRML
CALL, PUT, SHARE = "NFO:NIFTY26NOV26000CE", "NFO:NIFTY26NOV26000PE", "NSE:INFY"


class SeededStrategy:
    """`strategy.base.Strategy`. `calm` is the world's: from then on it wants nothing new."""

    name = "seeded"

    def __init__(
        self, seed: int, epoch: int, listed: Mapping[str, Instrument], pace: float, mistakes: "Mistakes"
    ) -> None:
        self._dice = Random(f"strategy {seed} {epoch}")
        taste = Random(f"taste {seed}")
        self._listed, self._pace = listed, pace
        self.watches = frozenset(listed)
        self._keys = tuple(listed)
        self._sides = {key: taste.choice((Side.BUY, Side.BUY, Side.SELL)) for key in listed}
        self._spreads = taste.random() < 0.4
        self._exits = taste.choice((0.02, 0.05, 0.15))
        self.calm = False
        self._odd = OddWants(Random(f"odd {seed} {epoch}"), listed)
        self._mistakes = mistakes
        self.wanted_ns: list[int] = []
        """When it wanted to enter, once for each single entry."""

    def on_market(self, view: View) -> Iterable[Want]:
        return ()

    def on_fill(self, view: View, ref: str, fill: Fill) -> Iterable[Want]:
        if not self.calm and self._dice.random() < 0.05:
            return (ExitWant(strategy=self.name, key=fill.key, product=fill.product, why="on a fill"),)
        return ()

    def on_second(self, view: View) -> Iterable[Want]:
        if self.calm:
            return ()
        wants: list[Want] = []
        if self._dice.random() < self._pace * (1.0 if view.is_active else 0.2):
            wants += self._entries(view)
        if self._dice.random() < 0.25:
            wants += self._about_resting(view)
        if self._dice.random() < self._exits:
            wants += self._exit(view)
        wants += self._mistakes.wants(view)
        self.wanted_ns += [view.now_ns for want in wants if isinstance(want, EntryWant)]
        return wants

    def _entries(self, view: View) -> list[Want]:
        if self._spreads and self._dice.random() < 0.15:
            return self._spread(view)
        burst = 1 if self._dice.random() < 0.85 else self._dice.randint(2, 4)
        return [want for _ in range(burst) for want in self._entry(view)]

    def _entry(self, view: View) -> list[Want]:
        key = self._dice.choice(self._keys)
        touch, instrument = view.quotes.touch(key), self._listed[key]
        if touch is None or touch.last_paise is None:
            return []
        side, tick = self._sides[key], instrument.tick_size_paise
        lots = self._dice.choice((1, 1, 2, 3, 4))
        ahead = self._dice.choice((-30, -10, -3, 0, 3, 10))
        is_market = self._dice.random() < 0.1
        want = EntryWant(
            strategy=self.name,
            key=key,
            side=side,
            qty=lots * (instrument.lot_size if instrument.lot_size > 1 else LOT),
            product=PRODUCT,
            order_type=OrdType.MARKET if is_market else OrdType.LIMIT,
            price_paise=None if is_market else touch.last_paise + side.sign * ahead * tick,
            validity=Validity.DAY,
            stop=StopPlan(distance_paise=tick * self._dice.randint(10, 120), width_paise=tick * 60),
        )
        return self._odd.of(want) if self._odd.strikes() else [want]

    def _spread(self, view: View) -> list[Want]:
        hedge, main = view.quotes.touch(CALL), view.quotes.touch(PUT)
        if hedge is None or main is None or hedge.ask_paise is None or main.bid_paise is None:
            return []
        return [
            SpreadWant(
                strategy=self.name,
                product=PRODUCT,
                sets=self._dice.randint(1, 2),
                hedges=(LegWant(name="hedge", key=CALL, side=Side.BUY, per_set=LOT, price_paise=hedge.ask_paise + 50),),
                mains=(LegWant(name="main", key=PUT, side=Side.SELL, per_set=LOT, price_paise=main.bid_paise - 50),),
                overdue_s=15.0,
            )
        ]

    def _about_resting(self, view: View) -> list[Want]:
        resting = [o for o in view.orders(self.name) if o.status in AT_BROKER and _is_entry(o)]
        if not resting:
            return []
        order = self._dice.choice(resting)
        throw = self._dice.random()
        if throw < 0.3:
            return [CancelWant(strategy=self.name, ref=order.ref, why="changed its mind")]
        if throw < 0.7:
            tick = self._listed[order.key].tick_size_paise
            return [ChangeWant(strategy=self.name, ref=order.ref, price_paise=self._nearer(view, order, tick))]
        lot = max(self._listed[order.key].lot_size, LOT)
        return [
            ChangeWant(strategy=self.name, ref=order.ref, qty=max(order.qty + lot * self._dice.choice((-1, 1)), lot))
        ]

    def _nearer(self, view: View, order: OrderState, tick: int) -> int:
        touch = view.quotes.touch(order.key)
        last = touch.last_paise if touch is not None and touch.last_paise is not None else order.price_paise
        return last + order.side.sign * tick * self._dice.choice((-5, 0, 3))

    def _exit(self, view: View) -> list[Want]:
        held = [key for key in self._keys if view.position(key, PRODUCT)]
        return (
            [ExitWant(strategy=self.name, key=self._dice.choice(held), product=PRODUCT, why="enough")] if held else []
        )


def _is_entry(order: OrderState) -> bool:
    return order.intent is not None and order.intent.purpose == "ENTRY"
