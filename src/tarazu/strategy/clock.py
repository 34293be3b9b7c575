"""Where in its day a strategy is: in minutes of the market, which pass faster where a session is played short."""

from tarazu.model.calendar import nominal_at
from tarazu.model.units import MINUTE_NS
from tarazu.strategy.day import TradingDay


def minutes_open(day: TradingDay, wall_ns: int) -> float:
    """Since the open; below 0 before it."""
    return (nominal_at(day.knots, wall_ns) - nominal_at(day.knots, day.opens_ns)) / MINUTE_NS


def minutes_left(day: TradingDay, wall_ns: int) -> float:
    """To the close."""
    return (nominal_at(day.knots, day.closes_ns) - nominal_at(day.knots, wall_ns)) / MINUTE_NS


def share_gone(day: TradingDay, wall_ns: int) -> float:
    """Of its hours, 0 at the open and 1 at the close."""
    gone, left = minutes_open(day, wall_ns), minutes_left(day, wall_ns)
    return gone / (gone + left)


def is_open(day: TradingDay, wall_ns: int) -> bool:
    """Never where nobody has said the hours."""
    return day.opens_ns <= wall_ns < day.closes_ns
