"""Lanes below each other as inline SVG text, a subject each, with bars along one axis: who was up, which step ran."""

from collections.abc import Sequence
from html import escape

import msgspec

from tarazu.app.pages.paper import BOTTOM, TOP, WIDE, Axis, Paper, along, drawn_axis, opened

LANE, TALL, HEAD = 21, 33, 26
"""Pixels of a lane, of one with its name above, and of a heading."""
LETTER = 6.2
"""Pixels of one, about."""
THIN_MIN = 2.5
"""A bar that took no time is still to be seen."""
NARROW_BELOW = 600
"""On a paper of less width a lane's name stands above its bars."""


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    first: float
    last: float
    style: str
    title: str
    label: str = ""
    """On the bar, where it has room."""


class Lane(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    told: str = ""
    """Behind the last bar, or beside the name."""
    style: str = ""
    """Of `told`: a class of the page's."""
    bars: Sequence[Bar] = ()
    is_head: bool = False
    """A name for the lanes below it."""


def lanes(axis: Axis, rows: Sequence[Lane], about: str, paper: Paper = WIDE) -> str:
    """`about` says what is drawn, for who cannot see it."""
    heights = [_height(row, paper) for row in rows]
    height = TOP + sum(heights) + BOTTOM
    parts, y = [opened(paper.width, height, about), *drawn_axis(paper, axis, height)], TOP
    for row, tall in zip(rows, heights, strict=True):
        parts += _above(paper, axis, row, y) if paper.width < NARROW_BELOW else _beside(paper, axis, row, y)
        y += tall
    return "".join([*parts, "</svg>"])


def _height(row: Lane, paper: Paper) -> int:
    if row.is_head:
        return HEAD
    return TALL if paper.width < NARROW_BELOW else LANE


def _beside(paper: Paper, axis: Axis, row: Lane, y: float) -> list[str]:
    """The name left of the plot, the word behind the last bar, or before it where there is no room."""
    if row.is_head:
        return [_text("head", 0, y + HEAD - 7, row.name)]
    drawn = [_text("name", paper.left - 12, y + 15, row.name, "end")]
    drawn += [_bar(paper, axis, bar, y + 4, LANE - 7) for bar in row.bars]
    if row.told and row.bars:
        end = max(along(paper, axis, bar.last) for bar in row.bars)
        begin = min(along(paper, axis, bar.first) for bar in row.bars)
        room = paper.right - end > LETTER * len(row.told) + 7
        x, anchor = (max(end, begin + THIN_MIN) + 7, "start") if room else (begin - 7, "end")
        drawn.append(_text(f"said {row.style}", x, y + 15, row.told, anchor))
    return drawn


def _above(paper: Paper, axis: Axis, row: Lane, y: float) -> list[str]:
    if row.is_head:
        return [_text("head", 0, y + HEAD - 7, row.name)]
    drawn = [_text("name", 0, y + 14, row.name)]
    drawn += [_text(f"said {row.style}", paper.right, y + 14, row.told, "end")] if row.told else []
    return drawn + [_bar(paper, axis, bar, y + 18, LANE - 8) for bar in row.bars]


def _bar(paper: Paper, axis: Axis, bar: Bar, y: float, tall: float) -> str:
    left, right = along(paper, axis, bar.first), along(paper, axis, bar.last)
    size = f'width="{max(right - left, THIN_MIN):.1f}" height="{tall}"'
    label = _text("on", left + 7, y + tall - 3.5, bar.label) if right - left > LETTER * len(bar.label) + 14 else ""
    return (
        f'<rect class="{bar.style}" x="{left:.1f}" y="{y:.1f}" {size} rx="2"><title>{escape(bar.title)}</title></rect>'
        f"{label if bar.label else ''}"
    )


def _text(style: str, x: float, y: float, text: str, anchor: str = "start") -> str:
    return f'<text class="{style.strip()}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
