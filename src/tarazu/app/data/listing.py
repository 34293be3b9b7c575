"""The recorded days as people and machines read them."""

from collections.abc import Iterable
from typing import Any

from tarazu.app.data.days import Glance
from tarazu.app.verdict import epoch
from tarazu.model import ist

UNITS = ("B", "KiB", "MiB", "GiB", "TiB")
_HEAD = ("DAY", "SIZE", "FRAMES", "TICKS", "FIRST", "LAST", "ARCHIVE", "DAMAGE")


def listing(glances: Iterable[Glance]) -> list[str]:
    """A table; none for no days. FRAMES is the last frame's sequence where the segments are there."""
    rows = [_row(g) for g in glances]
    if not rows:
        return []
    widths = [max(len(row[n]) for row in (_HEAD, *rows)) for n in range(len(_HEAD))]
    right = {1, 2, 3}
    return [
        "  ".join(f"{c:>{w}}" if n in right else f"{c:<{w}}" for n, (c, w) in enumerate(zip(row, widths, strict=True)))
        for row in (_HEAD, *rows)
    ]


def day_facts(glance: Glance) -> dict[str, Any]:
    """For machines; null is not known."""
    manifest = glance.manifest
    return {
        "day": glance.day,
        "recorded": glance.recorded,
        "recording": glance.recording,
        "bytes": glance.size,
        "archive_bytes": glance.archive_size,
        "archive": glance.archive or None,
        "last_sequence": glance.last_sequence,
        "frames": None if manifest is None else manifest.frames,
        "ticks": None if manifest is None else manifest.ticks,
        "first_epoch": None if glance.first_wall_ns is None else epoch(glance.first_wall_ns),
        "last_epoch": None if glance.last_wall_ns is None else epoch(glance.last_wall_ns),
        "torn_tail": glance.torn_tail,
        "damages": glance.damages,
    }


def size_text(size: int) -> str:
    """`1.8 GiB`."""
    value, unit = float(size), 0
    while value >= 1024 and unit < len(UNITS) - 1:
        value, unit = value / 1024, unit + 1
    return f"{value:.1f} {UNITS[unit]}" if unit else f"{size} B"


def _row(glance: Glance) -> tuple[str, ...]:
    manifest = glance.manifest
    frames = glance.last_sequence if manifest is None or glance.recorded else manifest.frames
    ticks = None if manifest is None or glance.archive in ("stale", "so far") else manifest.ticks
    return (
        f"{glance.day}",
        size_text(glance.size if glance.recorded else glance.archive_size),
        _number(frames),
        _number(ticks),
        _clock(glance.first_wall_ns),
        "now" if glance.recording else _clock(glance.last_wall_ns),
        glance.archive or "none",
        _damage(glance),
    )


def _damage(glance: Glance) -> str:
    known = [] if glance.damages is None else [f"{len(glance.damages)} places"] if glance.damages else ["none"]
    return ", ".join([*known, *(["torn tail"] if glance.torn_tail else [])]) or "-"


def _number(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"


def _clock(wall_ns: int | None) -> str:
    """IST."""
    return "-" if wall_ns is None else ist.stamp(wall_ns)[11:]
