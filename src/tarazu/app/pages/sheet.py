"""A page made of its template: a file of HTML with places in it, `<!--NAME-->`, each filled once.

`<!--HEAD-->` is filled here: what every page's head says, and the looks that all share. What a page needs beside them
stands behind it, in a style of its own.
"""

import re
from collections.abc import Mapping
from functools import cache
from html import escape
from pathlib import Path

STYLE = Path(__file__).with_name("style.css")
_PLACE = re.compile(r"<!--([A-Z_]+)-->")
# No script runs and nothing is fetched, whatever a text on the page says.
_HEAD = """<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="color-scheme" content="{scheme}">
<title>{title}</title>
<style>
{style}</style>"""


def sheet(template: Path, title: str, words: Mapping[str, str], parts: Mapping[str, str]) -> str:
    """`words` are text, and escaped; `parts` are HTML. What they say is never taken for a place of the template.

    Raises KeyError for a place that nobody fills: a hole in a page is our bug. Raises OSError without the template.
    """
    filled = {"HEAD": head(title), "TITLE": escape(title)} | {name: escape(word) for name, word in words.items()}
    filled |= parts
    return _PLACE.sub(lambda place: filled[place[1]], template.read_text(encoding="utf-8"))


def head(title: str, own: str = "") -> str:
    """Of any page, between `<head>` and `</head>`. With a style of its own, light, it has none of the shared looks."""
    scheme = "light" if own else "light dark"
    return _HEAD.format(scheme=scheme, title=escape(title), style=own or _style())


@cache
def _style() -> str:
    return STYLE.read_text(encoding="utf-8")
