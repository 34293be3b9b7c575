"""Buys NIFTY's future when a rising day takes a breath, with a stop at the exchange.

It is no promise of profit. It has the parts that every strategy has, in forty lines beside its imports;
docs/first-strategy.md explains them.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

import msgspec

from tarazu.model.execution import Fill
from tarazu.model.order import Product, Side
from tarazu.model.units import MINUTE_NS
from tarazu.strategy import base, clock, leaving, own
from tarazu.strategy.day import TradingDay
from tarazu.strategy.decision import Decision, Verb
from tarazu.strategy.option_view import OptionView
from tarazu.strategy.params import param, read
from tarazu.strategy.wants import EntryWant, StopPlan


class Params(msgspec.Struct, forbid_unknown_fields=True):
    dip_bps: Annotated[float, param("bps", "A dip is so far below the high; the rise before it, twice that.", gt=0)] = 5
    stop_bps: Annotated[float, param("bps", "The stop rests so far below the entry.", ge=5, le=500)] = 30


class Pullback:
    name = "pullback"

    def __init__(self, params: Params, day: TradingDay) -> None:
        future = OptionView(day, "NSE:NIFTY 50", "NIFTY").future
        assert future is not None, "today's master has no future of NIFTY"  # main does not start, and says so
        self.day, self.future, self.dip_bps, self.stop_bps = day, future, params.dip_bps, params.stop_bps
        self.watches = frozenset({future.key})  # on_market is called when one of these has moved
        self.trades = frozenset({(future.key, Product.NRML)})  # no other strategy may hold anything there
        self.first = self.high = 0  # paise; forgotten over a restart of main

    def on_market(self, view: base.View) -> Iterable[base.Word]:
        left, touch = clock.minutes_left(self.day, view.wall_ns), view.quotes.touch(self.future.key)
        if left < 30 or touch is None or touch.last_paise is None or touch.ask_paise is None:
            return ()  # too late, or no price to go by
        self.first, self.high = self.first or touch.last_paise, max(self.high, touch.last_paise)
        rise, dip = (self.high / self.first - 1) * 10_000, (1 - touch.last_paise / self.high) * 10_000
        if dip < self.dip_bps or rise < 2 * self.dip_bps or view.held(self.name) or view.is_busy(self.name):
            return ()  # one position at a time, and no new risk while anything of its own is on its way
        self.high = touch.last_paise  # the next dip is measured from here, whatever becomes of this one
        limit = touch.ask_paise + 4 * self.future.tick_size_paise  # through the ask: it should fill at once
        stop = StopPlan(distance_paise=round(limit * self.stop_bps / 10_000), width_paise=1_000)
        want = EntryWant(strategy=self.name, key=self.future.key, side=Side.BUY, qty=self.future.lot_size,
                         product=Product.NRML, price_paise=limit, stop=stop)  # fmt: skip
        return [Decision(strategy=self.name, verb=Verb.ENTER, about=self.future.key, why="a dip in a rising day",
                         numbers={"rise_bps": rise, "dip_bps": dip}, wants=(want,))]  # fmt: skip

    def on_second(self, view: base.View) -> Iterable[base.Word]:
        held = own.of_product(view.held(self.name), Product.NRML)  # by its orders of the day: a restart finds it again
        old_ns, left = view.now_ns - 15 * MINUTE_NS, clock.minutes_left(self.day, view.wall_ns)
        is_over = left < 15 or all(order.intended_ns < old_ns for order in view.orders(self.name))
        why = "held for 15 minutes, or the day ends" if is_over else "not filled in 20 seconds"
        leave = leaving.left(view, self.name, held, Product.NRML, why)  # nothing, where it is being left already
        wants = leave if is_over else leaving.taken_back(view, self.name, 20, why)
        said = Decision(strategy=self.name, verb=Verb.LEAVE, about=self.future.key, why=why, wants=wants)
        return [said] if wants else ()

    def on_fill(self, view: base.View, ref: str, fill: Fill) -> Iterable[base.Word]:
        return ()  # the engine has put the stop behind it already


def make(params: Mapping[str, Any], day: TradingDay) -> Pullback:
    return Pullback(read(Params, params), day)
