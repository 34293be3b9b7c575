"""Tables and tiles as HTML text. Cells are HTML: who makes them escapes what others said (`text`)."""

from collections.abc import Iterable, Sequence
from html import escape

import msgspec

from tarazu.app.verdict import Check, Status, plain

MARKS = {Status.OK: "ok", Status.SKIP: "skip", Status.WARN: "warn", Status.UNKNOWN: "unknown", Status.CRIT: "crit"}
"""The class of a status."""


class Cell(msgspec.Struct, frozen=True):
    """HTML with a class: `n` of a number."""

    html: str
    style: str = ""


def text(said: str) -> str:
    """Of others, as it was said: shown, not obeyed."""
    return escape(plain(said))


def code(said: str) -> str:
    return f"<code>{text(said)}</code>"


def mark(status: Status) -> str:
    return f'<b class="{MARKS[status]}">{status}</b>'


def told_by(check: Check) -> str:
    """What it says for people, as HTML; a number where it has a unit, or says all there is to say."""
    unit = f" {check.unit}" if check.unit else ""
    limit = "" if check.limit is None else f", limit {_value(check.limit)}{unit}"
    is_told = check.observed is not None and (check.unit or not check.detail)
    seen = f"{_value(check.observed)}{unit}{limit}" if is_told and check.observed is not None else ""
    return text("; ".join(part for part in (check.code, check.detail, seen) if part))


def number(told: str, style: str = "") -> Cell:
    return Cell(told, f"n {style}".strip())


def table(head: Sequence[str | Cell], rows: Iterable[Sequence[str | Cell]], style: str = "") -> str:
    """Without a head where it is empty."""
    top = f"<thead><tr>{''.join(_cell('th', one) for one in head)}</tr></thead>" if head else ""
    body = "".join(f"<tr>{''.join(_cell('td', one) for one in row)}</tr>" for row in rows)
    return f"<table{_class(style)}>{top}<tbody>{body}</tbody></table>"


def tiles(rows: Iterable[tuple[str, str, str]]) -> str:
    """Name, value, the value's class: none of them HTML."""
    return "".join(
        f'<div class="tile"><span>{escape(name)}</span><b{_class(style)}>{escape(value)}</b></div>'
        for name, value, style in rows
    )


def none(why: str) -> str:
    """Instead of an empty plot or table."""
    return f'<p class="none">{escape(why)}</p>'


def _value(value: float | int | str) -> str:
    return value if isinstance(value, str) else f"{value:,}"


def _cell(tag: str, cell: str | Cell) -> str:
    one = cell if isinstance(cell, Cell) else Cell(cell)
    return f"<{tag}{_class(one.style)}>{one.html}</{tag}>"


def _class(style: str) -> str:
    return f' class="{style}"' if style else ""
