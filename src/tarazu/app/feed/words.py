"""Spans, names and tables as every command about the feed prints them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tarazu.app.verdict import plain
from tarazu.model import ist
from tarazu.model.calendar import Phase
from tarazu.model.units import DAY_NS, HOUR_NS, MINUTE_NS, SECOND_NS

if TYPE_CHECKING:
    from tarazu.app.depth_ws.health import DepthWsHealth

FOREVER_NS = 1_000 * DAY_NS
"""An age beyond this is that of something that never happened (`market.feeds.NEVER_NS` is 36 years)."""


def span(ns: int | None) -> str:
    """`0.41 s`, `42 s`, `3m12s`, `4h59m`, `2d3h`; `never` for what did not happen."""
    if ns is None or ns >= FOREVER_NS:
        return "never"
    if ns < MINUTE_NS:
        return f"{ns / SECOND_NS:.2f} s" if ns < 10 * SECOND_NS else f"{ns / SECOND_NS:.0f} s"
    if ns < HOUR_NS:
        return f"{ns // MINUTE_NS}m{ns % MINUTE_NS // SECOND_NS:02}s"
    if ns < DAY_NS:
        return f"{ns // HOUR_NS}h{ns % HOUR_NS // MINUTE_NS:02}m"
    return f"{ns // DAY_NS}d{ns % DAY_NS // HOUR_NS}h"


def seconds(ns: int | None) -> float | None:
    """To the millisecond; None for what did not happen."""
    return None if ns is None or ns >= FOREVER_NS else round(ns / SECOND_NS, 3)


def names(symbols: Sequence[str], count: int, most: int = 4) -> str:
    """`NFO:NIFTY26NOV26000CE, NFO:NIFTY26NOV26000PE, +39` of `count`, of which `symbols` are the first."""
    told = [plain(s) for s in symbols[:most]]
    rest = count - len(told)
    return ", ".join([*told, *([f"+{rest}"] if rest > 0 else [])])


def clock(ts_ns: int | None) -> str:
    """IST time of day; `-` for what did not happen."""
    return "-" if ts_ns is None else ist.stamp(ts_ns)[11:]


def market(health: "DepthWsHealth") -> str:
    """`market OPEN, closes 15:30 (4h59m)`, `market PRE_OPEN until 09:08:00 (3m12s)`, `market CLOSED`."""
    left = "" if health.phase_ends_ns is None else f" ({span(max(health.phase_ends_ns - health.wall_ns, 0))})"
    if is_open(health):
        return f"market OPEN, closes {clock(health.phase_ends_ns)}{left}" if left else "market OPEN"
    if health.phase in ("", Phase.CLOSED):
        return "market CLOSED"
    return f"market {health.phase} until {clock(health.phase_ends_ns)}{left}" if left else f"market {health.phase}"


def is_open(health: "DepthWsHealth") -> bool:
    """Some venue trades continuously, whether or not anything of it was selected yet."""
    return health.market_open or health.phase == Phase.CONTINUOUS


def table(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Rows of cells as lines of columns; the first row is the head."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return tuple(
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
