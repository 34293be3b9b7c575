"""The strategies that the settings name, made anew with every start of the engine, for its day.

Twice looked at before the engine makes them: their names and the bundled ones' params when the process begins, and
their making once there is a day. What cannot be made then is a refusal for people, and never a bug of the engine.
"""

import importlib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from tarazu.app.models.active import BadModels, active_models
from tarazu.app.settings import StrategySettings
from tarazu.model.calendar import TradingSession
from tarazu.model.instrument import Instrument
from tarazu.orders.exposure import Place
from tarazu.strategy.base import Strategy
from tarazu.strategy.bundled import MODULES, Make, bundled
from tarazu.strategy.day import TradingDay, trading_day
from tarazu.strategy.params import BadParams, read

_CALLS = ("on_market", "on_second", "on_fill")


class BadStrategy(Exception):
    """It cannot be traded by; the message says which and why, and is for the user."""


class Strategies:
    """`engine.strategies.MakeStrategies`."""

    def __init__(self, settings: Sequence[StrategySettings], models: Path | None = None) -> None:
        """`models`: the folder of the registry. Raises BadStrategy."""
        self._made = [(_factory(row), row) for row in settings]
        self._models = models
        self.running: Sequence[Strategy] = ()
        """None before there is a day."""

    def __call__(self, day: TradingDay) -> Sequence[Strategy]:
        """Raises BadStrategy."""
        whole = _with_models(day, self._models) if self._made else day
        made = tuple(_strategy(make, row, whole) for make, row in self._made)
        names = [strategy.name for strategy in made]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise BadStrategy(f"[[engine.strategies]]: two are called {twice!r}: each needs a name")
        _apart(made)
        self.running = made
        return made

    def try_on(self, day: date, instruments: Mapping[str, Instrument], session: TradingSession | None) -> None:
        """Make them for a day that the engine has not begun yet. Raises BadStrategy."""
        self(trading_day(day, instruments, session))

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(strategy.name for strategy in self.running)

    @property
    def watches(self) -> frozenset[str]:
        """Instrument keys of all that run."""
        return frozenset[str]().union(*(strategy.watches for strategy in self.running))


def _apart(made: Sequence[Strategy]) -> None:
    """An account has one position in a place: two strategies in it would each take the other's units for its own.
    Of a strategy that does not state what it `trades` nobody can tell. Raises BadStrategy."""
    claimed: dict[Place, str] = {}
    for strategy in made:
        trades: frozenset[Place] = getattr(strategy, "trades", frozenset())
        shared = min((place for place in trades if place in claimed), default=None)
        if shared is not None:
            key, product = shared
            raise BadStrategy(
                f"[[engine.strategies]]: {claimed[shared]} and {strategy.name} may both trade {key} {product}, and the "
                "account has one position there: let one of them run, or give one other contracts, another expiry "
                "(expiry_days_min) or another product"
            )
        claimed |= dict.fromkeys(trades, strategy.name)


def _with_models(day: TradingDay, models: Path | None) -> TradingDay:
    """Raises BadStrategy."""
    try:
        return day if models is None else msgspec.structs.replace(day, models=active_models(models))
    except (BadModels, OSError) as bad:
        raise BadStrategy(str(bad)) from bad


def _factory(row: StrategySettings) -> Make:
    module, _, name = row.factory.partition(":")
    known = bundled(row.factory)
    try:
        if known is not None:
            read(known.params, row.params)
            return known.make
        if not name:
            raise BadStrategy(f"{row.factory}: no strategy ships under that name; there are {', '.join(MODULES)}")
        found: Make = getattr(importlib.import_module(module), name)
    except BadParams as bad:
        raise BadStrategy(f"{row.factory}: {bad}. Look: tarazu strategies {row.factory}") from bad
    except BadStrategy:
        raise
    except Exception as bad:  # whatever a stranger's module does when it is imported
        raise BadStrategy(f"{row.factory} cannot be imported: {type(bad).__name__}: {bad}") from bad
    if not callable(found):
        raise BadStrategy(f"{row.factory} is no callable")
    return found


def _strategy(make: Make, row: StrategySettings, day: TradingDay) -> Strategy:
    try:
        made: Any = make(row.params, day)
    except Exception as bad:  # whatever a stranger's factory does with its params
        raise BadStrategy(f"{row.factory} with {row.params}: {type(bad).__name__}: {bad}") from bad
    lacks = [call for call in _CALLS if not callable(getattr(made, call, None))]
    if not isinstance(getattr(made, "name", None), str):
        lacks.append("name (text)")
    if not isinstance(getattr(made, "watches", None), frozenset):
        lacks.append("watches (a frozenset of instrument keys)")
    if lacks:
        raise BadStrategy(f"{row.factory} gave a {type(made).__name__} without {', '.join(lacks)}: no Strategy")
    strategy: Strategy = made
    return strategy
