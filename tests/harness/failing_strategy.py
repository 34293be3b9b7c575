"""A strategy with a bug that shows when the market first moves."""

from collections.abc import Iterable, Mapping
from typing import Any

from tarazu.model.execution import Fill
from tarazu.strategy.base import View
from tarazu.strategy.day import TradingDay
from tarazu.strategy.wants import Want


class Failing:
    name = "failing"

    def __init__(self, key: str) -> None:
        self.watches = frozenset({key})

    def on_market(self, view: View) -> Iterable[Want]:
        raise ZeroDivisionError("the probe of a bug")

    def on_second(self, view: View) -> Iterable[Want]:
        return ()

    def on_fill(self, view: View, ref: str, fill: Fill) -> Iterable[Want]:
        return ()


def make(params: Mapping[str, Any], day: TradingDay) -> Failing:
    return Failing(params["key"])
