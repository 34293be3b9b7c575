"""The strategies that the settings name, made anew with every start."""

import importlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tarazu.app.settings import StrategySettings
from tarazu.engine.config import EngineConfig
from tarazu.strategy.base import Strategy

_CALLS = ("on_market", "on_second", "on_fill")
Factory = Callable[[Mapping[str, Any]], Strategy]


class BadStrategy(Exception):
    """It cannot be traded by; the message says which and why, and is for the user."""


class Strategies:
    """`engine.strategies.MakeStrategies`. Every factory was tried once before the engine calls it."""

    def __init__(self, settings: Sequence[StrategySettings]) -> None:
        """Raises BadStrategy."""
        self._made = [(_factory(row), row) for row in settings]
        self.running: Sequence[Strategy] = self._make()
        names = self.names
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise BadStrategy(f"[[engine.strategies]]: two are called {twice!r}: each needs a name")

    def __call__(self, config: EngineConfig) -> Sequence[Strategy]:
        self.running = self._make()
        return self.running

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(strategy.name for strategy in self.running)

    @property
    def watches(self) -> frozenset[str]:
        """Instrument keys of all that run."""
        return frozenset[str]().union(*(strategy.watches for strategy in self.running))

    def _make(self) -> tuple[Strategy, ...]:
        return tuple(_strategy(factory, row) for factory, row in self._made)


def _factory(row: StrategySettings) -> Factory:
    module, _, name = row.factory.partition(":")
    try:
        found: Factory = getattr(importlib.import_module(module), name)
    except Exception as bad:  # whatever a stranger's module does when it is imported
        raise BadStrategy(f"{row.factory} cannot be imported: {type(bad).__name__}: {bad}") from bad
    if not callable(found):
        raise BadStrategy(f"{row.factory} is no callable")
    return found


def _strategy(factory: Factory, row: StrategySettings) -> Strategy:
    try:
        made = factory(row.params)
    except Exception as bad:  # whatever a stranger's factory does with its params
        raise BadStrategy(f"{row.factory} with {row.params}: {type(bad).__name__}: {bad}") from bad
    lacks = [call for call in _CALLS if not callable(getattr(made, call, None))]
    if not isinstance(getattr(made, "name", None), str):
        lacks.append("name (text)")
    if not isinstance(getattr(made, "watches", None), frozenset):
        lacks.append("watches (a frozenset of instrument keys)")
    if lacks:
        raise BadStrategy(f"{row.factory} gave a {type(made).__name__} without {', '.join(lacks)}: no Strategy")
    return made
