"""The strategy of the benchmark, and the order that both sides send: one each time a price comes to a threshold from
below."""

from collections.abc import Iterable, Mapping
from typing import Any

from tarazu.model.execution import Fill
from tarazu.model.order import Product, Side
from tarazu.strategy.base import View
from tarazu.strategy.day import TradingDay
from tarazu.strategy.wants import EntryWant, StopPlan, Want

CALM_PAISE, FIRE_PAISE, ABOVE_PAISE = 10_000, 12_000, 11_000
"""The last price in calm frames (up to 50 paise more), in a decisive one, and the threshold."""
PRICE_PAISE = 10_000
STOP = StopPlan(distance_paise=2_000, width_paise=1_000)


class Crossing:
    name = "t2o"

    def __init__(self, key: str, qty: int) -> None:
        self.watches = frozenset({key})
        self._key, self._armed = key, True
        self._want = EntryWant(
            strategy=self.name,
            key=key,
            side=Side.BUY,
            qty=qty,
            product=Product.NRML,
            price_paise=PRICE_PAISE,
            stop=STOP,
        )

    def on_market(self, view: View) -> Iterable[Want]:
        touch = view.quotes.touch(self._key)
        if touch is None or touch.last_paise is None:
            return ()
        fires = self._armed and touch.last_paise >= ABOVE_PAISE
        self._armed = touch.last_paise < ABOVE_PAISE
        return (self._want,) if fires else ()

    def on_second(self, view: View) -> Iterable[Want]:
        return ()

    def on_fill(self, view: View, ref: str, fill: Fill) -> Iterable[Want]:
        return ()


def crossing(params: Mapping[str, Any], _day: TradingDay) -> Crossing:
    """`[[engine.strategies]] factory`."""
    return Crossing(params["key"], params["qty"])
