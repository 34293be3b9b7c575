"""Strategies for the pass: one counts the moves of its keys in a compiled step, one only watches."""

from collections.abc import Iterable, Sequence

import numpy as np

from tarazu.market.state import Derive
from tarazu.model.execution import Fill
from tarazu.strategy.base import View, Word
from tarazu.strategy.compiled import Program, step

COUNT, EVERY, SUM = range(3)


@step
def counted(now_ns, frame, rows, slots, bars, changed, places, memory):  # type: ignore[no-untyped-def]
    """Moves of the keys, and the sum of their middles; True at each so many-th."""
    woken = False
    for i in range(len(places)):
        if places[i] >= 0 and slots[places[i]].frame == frame:
            memory[0] += 1.0
            memory[2] += slots[places[i]].mid + now_ns % 1_000 + len(changed)
            woken = woken or memory[0] % memory[1] == 0.0
    return woken


class Watching:
    name = "watching"

    def __init__(self, watches: frozenset[str]) -> None:
        self.watches = watches
        self.calls = 0

    def on_market(self, view: View) -> Iterable[Word]:
        self.calls += 1
        return ()

    def on_second(self, view: View) -> Iterable[Word]:
        return ()

    def on_fill(self, view: View, ref: str, fill: Fill) -> Iterable[Word]:
        return ()


class Counting(Watching):
    name = "counting"

    def __init__(self, keys: Sequence[str], every: int = 1) -> None:
        super().__init__(frozenset(keys))
        self.program = Program(counted, keys, np.array([0.0, every, 0.0]), Derive.BOOK)
