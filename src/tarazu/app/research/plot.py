"""Plots as inline SVG text: lines, areas and marks over a day's minutes or many days', with their axes.

Colours are classes; the page says what they look like by day and by night. No script: what is worth reading out is in
a mark's title.
"""

import math
from collections.abc import Callable, Sequence
from html import escape

import msgspec

WIDTH, LEFT, RIGHT, TOP, BOTTOM = 1160, 84, 14, 10, 24
LABELS_MAX = 8
POINTS_MAX = 1_400
"""Of one line: more than there are pixels says nothing."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    style: str
    """A class of the page's: `one`, `two`, `under`."""
    values: Sequence[float]
    filled: bool = False
    """Down to zero."""


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    x: float
    y: float
    up: bool
    title: str


class Axis(msgspec.Struct, frozen=True, kw_only=True):
    """Positions 0 to `length`; labels at some of them, rulers at others."""

    length: float
    labels: Sequence[tuple[float, str]]
    rulers: Sequence[float] = ()


def plot(
    axis: Axis,
    lines: Sequence[Line],
    told: Callable[[float], str],
    height: int,
    marks: Sequence[Mark] = (),
    zero: bool = True,
) -> str:
    """`told` writes a value for people. With `zero` it is on the scale, and ruled."""
    values = [v for line in lines for v in line.values] + [mark.y for mark in marks] + ([0.0] if zero else [])
    low, high, steps = _scale(min(values, default=0.0), max(values, default=1.0))
    across = (WIDTH - LEFT - RIGHT) / max(axis.length, 1e-9)
    down = (height - TOP - BOTTOM) / (high - low)

    def at(x: float, y: float) -> str:
        return f"{LEFT + x * across:.1f},{TOP + (high - y) * down:.1f}"

    parts = [
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(", ".join(line.name for line in lines))}">'
    ]
    for value in steps:
        y = TOP + (high - value) * down
        style = "zero" if zero and value == 0 else "grid"
        parts.append(f'<line class="{style}" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(
            f'<text class="tick" x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{escape(told(value))}</text>'
        )
    for x in axis.rulers:
        px = LEFT + x * across
        parts.append(f'<line class="ruler" x1="{px:.1f}" x2="{px:.1f}" y1="{TOP}" y2="{height - BOTTOM}"/>')
    for x, label in axis.labels:
        px = LEFT + x * across
        parts.append(f'<text class="tick" x="{px:.1f}" y="{height - 6}" text-anchor="middle">{escape(label)}</text>')
    for line in lines:
        parts.append(_line(line, at))
    for mark in marks:
        x, y = (float(part) for part in at(mark.x, mark.y).split(","))
        parts.append(_mark(x, y, mark))
    return "".join([*parts, "</svg>"])


def _line(line: Line, at: Callable[[float, float], str]) -> str:
    points = _thinned(line.values)
    if not points:
        return ""
    path = " ".join(at(x, y) for x, y in points)
    fill = ""
    if line.filled:
        ends = at(points[0][0], 0), at(points[-1][0], 0)
        fill = f'<polygon class="{line.style} fill" points="{ends[0]} {path} {ends[1]}"/>'
    return f'{fill}<polyline class="{line.style}" points="{path}"><title>{escape(line.name)}</title></polyline>'


def _mark(x: float, y: float, mark: Mark) -> str:
    style, tip, base = ("buy", y + 4, y + 14) if mark.up else ("sell", y - 4, y - 14)
    points = f"{x:.1f},{tip:.1f} {x - 5.5:.1f},{base:.1f} {x + 5.5:.1f},{base:.1f}"
    return f'<polygon class="{style}" points="{points}"><title>{escape(mark.title)}</title></polygon>'


def _thinned(values: Sequence[float]) -> list[tuple[float, float]]:
    """Lowest and highest of each bucket, in their order: no spike is lost."""
    each = max(1, math.ceil(2 * len(values) / POINTS_MAX))
    if each <= 2:
        return [(float(n), v) for n, v in enumerate(values)]
    found: list[tuple[float, float]] = []
    for start in range(0, len(values), each):
        bucket = range(start, min(start + each, len(values)))
        ends = {min(bucket, key=values.__getitem__), max(bucket, key=values.__getitem__)}
        found += [(float(n), values[n]) for n in sorted(ends)]
    last = (float(len(values) - 1), values[-1])
    return found if found[-1] == last else [*found, last]


def _scale(low: float, high: float) -> tuple[float, float, list[float]]:
    """A little wider than what is to be shown, with round steps in it."""
    if high - low < 1e-9:
        low, high = low - 1, high + 1
    room = (high - low) * 0.06
    low, high = low - room * (low != 0), high + room * (high != 0)
    rough = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * each for each in (1, 2, 2.5, 5, 10) if power * each >= rough)
    first = math.ceil(low / step)
    return low, high, [n * step for n in range(first, math.floor(high / step) + 1)]
