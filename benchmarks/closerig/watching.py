"""The crossing of `replayrig`, woken by every frame of every instrument, as a desk with many strategies is."""

from collections.abc import Mapping
from typing import Any

from replayrig.crossing import Plain
from tarazu.strategy.day import TradingDay


def everywhere(params: Mapping[str, Any], day: TradingDay) -> Plain:
    """Decides by one instrument, and looks at all of the day's."""
    made = Plain(**params)
    made.watches = frozenset(day.instruments)
    return made
