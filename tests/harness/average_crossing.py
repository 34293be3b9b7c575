"""Two averages of a price in a compiled step: long while the fast one is above, flat while it is below."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from tarazu.market.state import Derive
from tarazu.model.execution import Fill
from tarazu.model.order import Product, Side
from tarazu.strategy.base import View, Word
from tarazu.strategy.compiled import Program, step
from tarazu.strategy.day import TradingDay
from tarazu.strategy.wants import EntryWant, ExitWant, StopPlan

FAST, SLOW, ALPHA_FAST, ALPHA_SLOW, ABOVE = range(5)


@step
def crossed(now_ns, frame, rows, slots, bars, changed, places, memory):  # type: ignore[no-untyped-def]
    """True where the averages have changed places."""
    at = places[0]
    if at < 0 or slots[at].frame != frame or not slots[at].mid > 0.0:
        return False
    mid = slots[at].mid
    if not memory[0] > 0.0:
        memory[0] = memory[1] = mid
    memory[0] += memory[2] * (mid - memory[0])
    memory[1] += memory[3] * (mid - memory[1])
    above = 1.0 if memory[0] > memory[1] else 0.0
    if above == memory[4]:
        return False
    memory[4] = above
    return True


class AverageCrossing:
    def __init__(self, key: str, lot: int, fast: int, slow: int, stop: StopPlan | None) -> None:
        self.name, self.watches = "crossing", frozenset({key})
        self.program = Program(crossed, (key,), np.array([0, 0, 2 / (fast + 1), 2 / (slow + 1), 0]), Derive.BOOK)
        self._key, self._lot, self._stop = key, lot, stop

    def on_market(self, view: View) -> Iterable[Word]:
        above, held = self.program.memory[ABOVE] > 0.0, view.position(self._key, Product.NRML)
        touch = view.quotes.touch(self._key)
        if not above and held:
            yield ExitWant(strategy=self.name, key=self._key, product=Product.NRML, why="the fast one is below")
        elif above and not held and view.is_active and touch is not None and touch.ask_paise is not None:
            yield EntryWant(
                strategy=self.name,
                key=self._key,
                side=Side.BUY,
                qty=self._lot,
                product=Product.NRML,
                price_paise=touch.ask_paise,
                stop=self._stop,
            )

    def on_second(self, view: View) -> Iterable[Word]:
        return ()

    def on_fill(self, view: View, ref: str, fill: Fill) -> Iterable[Word]:
        return ()


def make(params: Mapping[str, Any], day: TradingDay) -> AverageCrossing:
    key, away = params["key"], params.get("stop_paise")
    stop = StopPlan(distance_paise=away, width_paise=500) if away else None
    return AverageCrossing(key, day.instruments[key].lot_size, params["fast"], params["slow"], stop)
