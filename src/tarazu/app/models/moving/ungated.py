"""Who would trade on without a model of a family: what is asked before none is made active.

By the settings, for main may be down and begins with what they say; and by those that a running main has read, for it
goes on by them. A strategy of one's own may do anything without a model, settings that do not read may name one, and a
running main may have left no word of its own: of these nobody can tell.
"""

import msgspec

from tarazu.app.config.running import running_settings
from tarazu.app.health import BadHealth
from tarazu.app.home import Home
from tarazu.app.main.health import read_main_health
from tarazu.app.settings import BadSettings, StrategySettings, read_settings
from tarazu.app.supervision.orphans import is_running
from tarazu.app.supervision.programs import MAIN
from tarazu.strategy.bundled import bundled
from tarazu.strategy.params import BadParams, read


class NoWord(Exception):
    """Main runs, and by what settings is not known."""


def ungated(home: Home, family: str) -> tuple[str, ...]:
    """One sentence for each; empty: every strategy passes, or asks other models. Raises OSError."""
    try:
        rows = [*read_settings(home.settings_file).engine.strategies, *_running(home)]
    except (BadSettings, BadHealth, NoWord, msgspec.ValidationError) as bad:
        return (f"nobody can tell who trades without {family}: {bad}",)
    return tuple(dict.fromkeys(told for row in rows if (told := _without(row, family))))


def _running(home: Home) -> list[StrategySettings]:
    """Of main; none where it does not run. Raises BadHealth, NoWord, msgspec.ValidationError, OSError."""
    told = running_settings(home, MAIN)
    if told is not None:
        return msgspec.convert(told.settings.get("engine", {}).get("strategies", []), list[StrategySettings])
    health = read_main_health(home.main_health)
    if health is not None and is_running(health.pid):
        raise NoWord(f"main ({health.pid}) runs, and its word on the settings it runs by is gone or torn")
    return []


def _without(row: StrategySettings, family: str) -> str:
    known = bundled(row.factory)
    if known is None:
        return f"nobody can tell what {row.factory} does without {family}"
    try:
        params = read(known.params, row.params)
    except BadParams as bad:
        return f"nobody can tell what {row.factory} does without {family}: {bad}"
    trades_without = getattr(params, "trades_without", None)  # one that has none asks no model
    is_on = trades_without is not None and trades_without(family)
    return f'{row.factory} trades on without {family}: without_model = "trade"' if is_on else ""
