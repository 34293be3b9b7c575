"""The strategies that ship with tarazu, by the name that settings say. None of them is a promise of profit: each one's
own docstring says what it bets on, what loses, and what it costs.
"""

import importlib
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from tarazu.strategy.base import Strategy
from tarazu.strategy.day import TradingDay

MODULES = {
    "orb_spread": "tarazu.strategy.orb_spread",
    "iron_fly": "tarazu.strategy.iron_fly",
    "momentum": "tarazu.strategy.momentum",
}
"""Each has `Params`, and `make(params, day)`. Imported when it is asked for: not every desk needs its maths."""

Make = Callable[[Mapping[str, Any], TradingDay], Strategy]


class Bundled(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    params: type[msgspec.Struct]
    make: Make
    about: str
    """What it does, its bet and its costs: the module's docstring."""

    @property
    def summary(self) -> str:
        return self.about.partition("\n\n")[0].replace("\n", " ")


def bundled(name: str) -> Bundled | None:
    module = MODULES.get(name)
    if module is None:
        return None
    found = importlib.import_module(module)
    return Bundled(name=name, params=found.Params, make=found.make, about=(found.__doc__ or "").strip())
