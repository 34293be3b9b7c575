"""Plots as inline SVG text: lines, areas and marks over a day's minutes or many days', with their axes.

Colours are classes; the page says what they look like by day and by night. No script: what is worth reading out is in
a mark's title.
"""

import math
from collections.abc import Callable, Sequence
from html import escape
from itertools import groupby

import msgspec

from tarazu.app.pages.paper import BOTTOM, TOP, WIDE, Axis, Paper, Range, Scale, along, drawn_axis, opened, range_of

POINTS_MAX = 1_400
"""Of one line: more than there are pixels says nothing."""

Point = tuple[float, float]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    style: str
    """A class of the page's: `one`, `two`, `under`."""
    values: Sequence[float | None]
    """None: not known there, and nothing is drawn."""
    at: Sequence[float] = ()
    """Their positions; empty: each value's place among them."""
    filled: bool = False
    """Down to zero."""


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    x: float
    y: float
    up: bool
    title: str


def plot(
    axis: Axis,
    lines: Sequence[Line],
    told: Callable[[float], str],
    height: int,
    marks: Sequence[Mark] = (),
    scale: Scale = Scale.ZERO,
    paper: Paper = WIDE,
) -> str:
    """`told` writes a value for people."""
    known = [v for line in lines for v in line.values if v is not None] + [mark.y for mark in marks]
    values = range_of(known, scale)

    def at(x: float, y: float) -> Point:
        return along(paper, axis, x), TOP + (1 - values.share(y)) * (height - TOP - BOTTOM)

    parts = [opened(paper.width, height, ", ".join(line.name for line in lines)), *drawn_axis(paper, axis, height)]
    parts += _steps(values, scale, told, paper, at)
    parts += [_line(line, at) for line in lines]
    parts += [_mark(*at(mark.x, mark.y), mark) for mark in marks]
    return "".join([*parts, "</svg>"])


def _steps(
    values: Range, scale: Scale, told: Callable[[float], str], paper: Paper, at: Callable[[float, float], Point]
) -> list[str]:
    parts = []
    for value in values.steps:
        y = at(0, value)[1]
        style = "zero" if scale is Scale.ZERO and value == 0 else "grid"
        parts.append(f'<line class="{style}" x1="{paper.left}" x2="{paper.right}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(
            f'<text class="tick" x="{paper.left - 8}" y="{y + 4:.1f}" text-anchor="end">{escape(told(value))}</text>'
        )
    return parts


def _line(line: Line, at: Callable[[float, float], Point]) -> str:
    return "".join(_stretch(line, thinned(points), at) for points in _stretches(line))


def _stretch(line: Line, points: Sequence[Point], at: Callable[[float, float], Point]) -> str:
    path = " ".join(_told(at(x, y)) for x, y in points)
    fill = ""
    if line.filled:
        first, last = _told(at(points[0][0], 0)), _told(at(points[-1][0], 0))
        fill = f'<polygon class="{line.style} fill" points="{first} {path} {last}"/>'
    return f'{fill}<polyline class="{line.style}" points="{path}"><title>{escape(line.name)}</title></polyline>'


def _told(point: Point) -> str:
    return f"{point[0]:.1f},{point[1]:.1f}"


def _mark(x: float, y: float, mark: Mark) -> str:
    style, tip, base = ("buy", y + 4, y + 14) if mark.up else ("sell", y - 4, y - 14)
    points = f"{x:.1f},{tip:.1f} {x - 5.5:.1f},{base:.1f} {x + 5.5:.1f},{base:.1f}"
    return f'<polygon class="{style}" points="{points}"><title>{escape(mark.title)}</title></polygon>'


def _stretches(line: Line) -> list[list[Point]]:
    """What is known without a gap."""
    points = list(zip(line.at or [float(n) for n in range(len(line.values))], line.values, strict=True))
    groups = groupby(points, key=lambda point: point[1] is not None)
    return [[(x, y) for x, y in group if y is not None] for known, group in groups if known]


def thinned(points: Sequence[Point]) -> Sequence[Point]:
    """Lowest and highest of each bucket, in their order: no spike is lost."""
    each = max(1, math.ceil(2 * len(points) / POINTS_MAX))
    if each <= 2:
        return points
    found: list[Point] = []
    for start in range(0, len(points), each):
        bucket = points[start : start + each]
        ends = {min(bucket, key=lambda point: point[1]), max(bucket, key=lambda point: point[1])}
        found += sorted(ends)
    return found if found[-1] == points[-1] else [*found, points[-1]]
