"""A day of a desk with everything `main` would make of it now: this program's build, the strategies of the settings."""

import functools
from collections.abc import Mapping
from datetime import date

from tarazu import reference
from tarazu.app.home import Home
from tarazu.app.main.build import build
from tarazu.app.main.strategies import BadStrategy, Strategies
from tarazu.app.masters.store import MasterStore
from tarazu.app.models.active import BadModels, models_of
from tarazu.app.replaying.past_day import CannotReplay, PastDay
from tarazu.app.settings import BadSettings, read_settings
from tarazu.engine.strategies import MakeStrategies
from tarazu.runtime.journal_files import day_folder
from tarazu.runtime.segment import day_folder as feed_folder


def past_day(desk: Home, day: date, *, decides: bool) -> PastDay:
    """`decides`: anew, which takes the strategies. Raises CannotReplay."""
    return PastDay(
        day,
        journal=day_folder(desk.journal, day),
        feed=feed_folder(desk.feed, day),
        masters=MasterStore(desk.masters),
        rates=reference.charge_rates(),
        make_strategies=_strategies(desk) if decides else lambda config: (),
        build=build(),
        ask_models=functools.partial(_ask_models, desk) if decides else lambda hashes: None,
    )


def _ask_models(desk: Home, hashes: Mapping[str, str]) -> None:
    """Those that were used then, not those that are active now. Raises CannotReplay."""
    try:
        models_of(desk.models, hashes)
    except (BadModels, OSError) as bad:
        raise CannotReplay(f"a model that was used on that day is gone: {bad}") from bad


def _strategies(desk: Home) -> MakeStrategies:
    try:
        return Strategies(read_settings(desk.settings_file).engine.strategies, desk.models)
    except (BadSettings, BadStrategy, OSError) as bad:
        raise CannotReplay(f"the strategies that traded cannot be made: {bad}") from bad
