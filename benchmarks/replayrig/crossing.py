"""Long while the fast average of a middle is above the slow one, flat while it is below: in Python, called at every
frame, and with a compiled step, called where the two have changed places."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from tarazu.market.state import Derive
from tarazu.model.execution import Fill
from tarazu.model.order import Product, Side
from tarazu.strategy.base import View, Word
from tarazu.strategy.compiled import Program, step
from tarazu.strategy.day import TradingDay
from tarazu.strategy.wants import EntryWant, ExitWant

CROSS_PAISE = 500
"""Above the ask: what buys at once."""


class Plain:
    """In Python alone."""

    name = "crossing"

    def __init__(self, key: str, qty: int, fast: int, slow: int) -> None:
        self.watches = frozenset({key})
        self._key, self._qty, self._alphas = key, qty, (2.0 / (fast + 1), 2.0 / (slow + 1))
        self._fast = self._slow = 0.0
        self._above = False

    def on_market(self, view: View) -> Iterable[Word]:
        touch = view.quotes.touch(self._key)
        if touch is None or touch.bid_paise is None or touch.ask_paise is None:
            return ()
        middle = (touch.bid_paise + touch.ask_paise) / 2
        if not self._fast:
            self._fast = self._slow = middle
        self._fast += self._alphas[0] * (middle - self._fast)
        self._slow += self._alphas[1] * (middle - self._slow)
        was, self._above = self._above, self._fast > self._slow
        return self.act(view, touch.ask_paise) if self._above is not was else ()

    def act(self, view: View, ask_paise: int) -> Iterable[Word]:
        held = view.position(self._key, Product.NRML)
        if held and not self._above:
            return (ExitWant(strategy=self.name, key=self._key, product=Product.NRML, why="the fast one is below"),)
        if held or not self._above or not view.is_active:
            return ()
        price_paise = ask_paise + CROSS_PAISE
        want = EntryWant(
            strategy=self.name,
            key=self._key,
            side=Side.BUY,
            qty=self._qty,
            product=Product.NRML,
            price_paise=price_paise - price_paise % 10,
        )
        return (want,)

    def on_second(self, view: View) -> Iterable[Word]:
        return ()

    def on_fill(self, view: View, ref: str, fill: Fill) -> Iterable[Word]:
        return ()


@step
def crossed(now_ns, frame, rows, slots, bars, changed, places, memory):  # type: ignore[no-untyped-def]
    """Memory: fast, slow, their weights, whether fast is above. True where that has changed."""
    at = places[0]
    if at < 0 or slots[at].frame != frame or not slots[at].mid > 0.0:
        return False
    mid = slots[at].mid
    if memory[0] == 0.0:
        memory[0] = memory[1] = mid
    memory[0] += memory[2] * (mid - memory[0])
    memory[1] += memory[3] * (mid - memory[1])
    above = 1.0 if memory[0] > memory[1] else 0.0
    if above == memory[4]:
        return False
    memory[4] = above
    return True


class Compiled(Plain):
    def __init__(self, key: str, qty: int, fast: int, slow: int) -> None:
        super().__init__(key, qty, fast, slow)
        self.program = Program(crossed, (key,), np.array([0.0, 0.0, *self._alphas, 0.0]), Derive.BOOK)

    def on_market(self, view: View) -> Iterable[Word]:
        self._above = bool(self.program.memory[4])
        touch = view.quotes.touch(self._key)
        return self.act(view, touch.ask_paise) if touch is not None and touch.ask_paise is not None else ()


def plain(params: Mapping[str, Any], day: TradingDay) -> Plain:
    return Plain(**params)


def compiled(params: Mapping[str, Any], day: TradingDay) -> Compiled:
    return Compiled(**params)
