"""A page read as a browser reads it: every element that is opened is closed, in order; nothing runs, nothing is
fetched, and no place of its template is left."""

import re
from html.parser import HTMLParser

VOID = {"meta", "br"}
"""Never closed: what ends with `/>` is closed at once."""


class WholePage(HTMLParser):
    """page = whole(text); page.words has what a person reads, page.links where they may go."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.links: list[str] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag, tag

    def handle_data(self, data: str) -> None:
        if not {"style", "title"} & set(self.open):
            self.words += f" {' '.join(data.split())}"


def whole(text: str) -> WholePage:
    page = WholePage()
    page.feed(text)
    assert page.open == [], "every element is closed"
    assert "script" not in page.seen and not re.search(r" on[a-z]+=", text), "nothing runs"
    assert not re.search(r"url\(|@import|https?:|src=", text), "nothing is fetched"
    assert "<!--" not in text, "every place of the template is filled"
    return page
