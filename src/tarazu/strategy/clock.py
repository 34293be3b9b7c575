"""Where in its day a strategy is."""

from tarazu.model.units import MINUTE_NS
from tarazu.strategy.day import TradingDay


def minutes_open(day: TradingDay, wall_ns: int) -> float:
    """Since the open; below 0 before it."""
    return (wall_ns - day.opens_ns) / MINUTE_NS


def minutes_left(day: TradingDay, wall_ns: int) -> float:
    """To the close."""
    return (day.closes_ns - wall_ns) / MINUTE_NS


def is_open(day: TradingDay, wall_ns: int) -> bool:
    """Never where nobody has said the hours."""
    return day.opens_ns <= wall_ns < day.closes_ns
