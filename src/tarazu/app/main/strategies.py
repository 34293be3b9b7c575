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

from tarazu.app.models.active import BadModels, active_hashes, models_of
from tarazu.app.settings import StrategySettings
from tarazu.model.calendar import TradingSession
from tarazu.model.instrument import Instrument
from tarazu.orders.exposure import Place
from tarazu.strategy.base import Strategy
from tarazu.strategy.bundled import MODULES, Make, bundled
from tarazu.strategy.day import TradingDay, trading_day
from tarazu.strategy.params import BadParams, read
from tarazu.strategy.scored import Model

_CALLS = ("on_market", "on_second", "on_fill")


class BadStrategy(Exception):
    """It cannot be traded by; the message says which and why, and is for the user."""


class Strategies:
    """`engine.strategies.MakeStrategies`."""

    def __init__(self, settings: Sequence[StrategySettings], models: Path | None = None) -> None:
        """`models`: the folder of the registry. Raises BadStrategy."""
        self._made = [(_factory(row), row) for row in settings]
        self._models = models
        self._known: dict[tuple[str, str], Model] = {}
        """By name and hash: what was read once is not asked of the disk again."""
        self._rehearsed: tuple[_What, Sequence[Strategy]] | None = None
        self.running: Sequence[Strategy] = ()
        """None before there is a day."""
        self.model_hashes: Mapping[str, str] = {}
        """SHA-256 by name, of the models that they were made with."""

    def __call__(self, day: TradingDay) -> Sequence[Strategy]:
        """Those of a rehearsal are handed out once, where it was of the same. Raises BadStrategy."""
        rehearsed, self._rehearsed = self._rehearsed, None
        if rehearsed is not None and rehearsed[0] == _what(day):
            made = rehearsed[1]
        else:
            made = self._all_made(self._with_models(day))
        self.running, self.model_hashes = made, day.model_hashes
        return made

    def try_on(self, day: date, instruments: Mapping[str, Instrument], session: TradingSession | None) -> None:
        """Make them for a day that the engine has not begun yet, with the models that are active now; their files are
        read anew. Raises BadStrategy."""
        self._known = {}
        self(trading_day(day, instruments, session, self._active_now()))

    def rehearse(
        self,
        day: date,
        instruments: Mapping[str, Instrument],
        session: TradingSession | None,
        model_hashes: Mapping[str, str],
    ) -> None:
        """Make them with models that the engine does not use yet, and keep them for when it does: for a thread, while
        the others run on. Raises BadStrategy."""
        whole = trading_day(day, instruments, session, model_hashes)
        self._rehearsed = _what(whole), self._all_made(self._with_models(whole))

    def _all_made(self, day: TradingDay) -> Sequence[Strategy]:
        """Raises BadStrategy."""
        made = tuple(_strategy(make, row, day) for make, row in self._made)
        names = [strategy.name for strategy in made]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise BadStrategy(f"[[engine.strategies]]: two are called {twice!r}: each needs a name")
        _apart(made)
        return made

    def _active_now(self) -> Mapping[str, str]:
        """Raises BadStrategy."""
        try:
            return {} if self._models is None or not self._made else active_hashes(self._models)
        except (BadModels, OSError) as bad:
            raise BadStrategy(str(bad)) from bad

    def _with_models(self, day: TradingDay) -> TradingDay:
        """Raises BadStrategy."""
        if self._models is None or not self._made:
            return day
        known = self._known
        news = {name: sha256 for name, sha256 in day.model_hashes.items() if (name, sha256) not in known}
        try:
            read = {(name, model.sha256): model for name, model in models_of(self._models, news).items()}
        except (BadModels, OSError) as bad:
            raise BadStrategy(str(bad)) from bad
        self._known = known = {**known, **read}
        models = {name: known[name, sha256] for name, sha256 in day.model_hashes.items()}
        return msgspec.structs.replace(day, models=models)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(strategy.name for strategy in self.running)

    @property
    def watches(self) -> frozenset[str]:
        """Instrument keys of all that run."""
        return frozenset[str]().union(*(strategy.watches for strategy in self.running))


_What = tuple[date, int, tuple[tuple[str, str], ...]]


def _what(day: TradingDay) -> _What:
    """What a rehearsal was of."""
    return day.date, id(day.instruments), tuple(sorted(day.model_hashes.items()))


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
