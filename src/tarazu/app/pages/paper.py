"""Where things of a plot are on the paper: positions along it, values up it, with round steps; and its axis drawn.

Positions are whatever the page counts by: minutes, trades, seconds. All of a page's plots of one day are drawn on
papers of one width and margin, so that what happened stands below what was seen.
"""

import math
from collections.abc import Sequence
from enum import Enum, auto
from html import escape

import msgspec

TOP, BOTTOM, RIGHT = 10, 24, 14
_ROUND = (1, 2, 2.5, 5, 10)


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """In pixels of the drawing, which is scaled to the page."""

    width: int = 1_160
    left: int = 84
    """Left of the plot, for the words of values and lanes."""

    @property
    def right(self) -> int:
        return self.width - RIGHT


WIDE = Paper()


class Band(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of the axis that is shaded."""

    first: float
    last: float
    style: str
    title: str


class Axis(msgspec.Struct, frozen=True, kw_only=True):
    """Positions 0 to `length`; labels at some of them, rulers at others."""

    length: float
    labels: Sequence[tuple[float, str]]
    rulers: Sequence[float] = ()
    bands: Sequence[Band] = ()


class Scale(Enum):
    """How far up the paper values go."""

    ZERO = auto()
    """Zero is on it, and ruled."""
    FREE = auto()
    """From the least to the most."""
    LOG = auto()
    """By powers of ten; all values are above zero."""


class Range(msgspec.Struct, frozen=True, kw_only=True):
    """What the values' axis shows: a little more than there is, with round steps in it."""

    low: float
    high: float
    steps: Sequence[float]
    is_log: bool = False

    def share(self, value: float) -> float:
        """0 at the bottom, 1 at the top."""
        if self.is_log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)


def range_of(values: Sequence[float], scale: Scale) -> Range:
    if scale is Scale.LOG:
        return _powers(min(values, default=1.0), max(values, default=10.0))
    known = [*values, 0.0] if scale is Scale.ZERO else values
    low, high = min(known, default=0.0), max(known, default=1.0)
    if high - low < 1e-9:
        low, high = low - 1, high + 1
    room = (high - low) * 0.06
    low, high = low - room * (low != 0), high + room * (high != 0)
    rough = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * each for each in _ROUND if power * each >= rough)
    return Range(
        low=low, high=high, steps=[n * step for n in range(math.ceil(low / step), math.floor(high / step) + 1)]
    )


def _powers(low: float, high: float) -> Range:
    """Whole powers of ten; one that is hardly reached is not shown."""
    first = math.floor(math.log10(low) + 0.15)
    last = max(math.ceil(math.log10(high) - 0.15), first + 1)
    return Range(
        low=min(low, 10.0**first),
        high=max(high, 10.0**last),
        steps=[10.0**n for n in range(first, last + 1)],
        is_log=True,
    )


def along(paper: Paper, axis: Axis, x: float) -> float:
    """Pixels from the left."""
    return paper.left + x * (paper.right - paper.left) / max(axis.length, 1e-9)


def drawn_axis(paper: Paper, axis: Axis, height: int) -> list[str]:
    """Bands, rulers and labels, of a plot or of lanes."""
    parts, bottom = [], height - BOTTOM
    for band in axis.bands:
        left, right = along(paper, axis, band.first), along(paper, axis, band.last)
        parts.append(
            f'<rect class="{band.style}" x="{left:.1f}" y="{TOP}" width="{max(right - left, 1):.1f}" '
            f'height="{bottom - TOP}"><title>{escape(band.title)}</title></rect>'
        )
    for x in axis.rulers:
        px = along(paper, axis, x)
        parts.append(f'<line class="ruler" x1="{px:.1f}" x2="{px:.1f}" y1="{TOP}" y2="{bottom}"/>')
    for x, label in axis.labels:
        px = along(paper, axis, x)
        parts.append(f'<text class="tick" x="{px:.1f}" y="{height - 6}" text-anchor="middle">{escape(label)}</text>')
    return parts


def opened(width: int, height: int, told: str, style: str = "") -> str:
    """The drawing's first tag; `told` is read out."""
    kind = f' class="{style}"' if style else ""
    return f'<svg{kind} viewBox="0 0 {width} {height}" role="img" aria-label="{escape(told)}">'
