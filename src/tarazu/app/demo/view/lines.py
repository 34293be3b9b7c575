"""Lines of a pane: cut and filled to a width, and set beside each other."""

from collections.abc import Iterable, Sequence

from rich.text import Text

from tarazu.app.demo.view.ink import Ink
from tarazu.app.verdict import Status

OK, NEAR, BAD, UNKNOWN, FAINT, LOUD = "green", "yellow", "bold red", "magenta", "dim", "bold"
"""Names of the terminal's own sixteen colours: readable on a light ground as on a dark one, and words without them."""
OF_STATUS = {Status.OK: OK, Status.SKIP: FAINT, Status.WARN: NEAR, Status.UNKNOWN: UNKNOWN, Status.CRIT: BAD}


def fitted(line: Text, width: int, ink: Ink) -> Text:
    """Exactly `width` cells."""
    fits = line.copy()
    if fits.cell_len > width:
        fits.truncate(max(width - 1, 0))
        fits.append(ink.cut[:width], FAINT)
    fits.truncate(width, pad=True)
    return fits


def rule(name: str, told: Text, width: int, ink: Ink) -> Text:
    """`── NIFTY 50 ─ 26,012.35 ──────`."""
    line = Text.assemble((f"{ink.rule * 2} ", FAINT), (name, LOUD))
    if told.cell_len:
        line = Text.assemble(line, (f" {ink.rule} ", FAINT), told)
    return fitted(Text.assemble(line, " ", (ink.rule * width, FAINT)), width + 1, ink)[:width]


def pane(head: Text, body: Sequence[Text], width: int, height: int, ink: Ink) -> list[Text]:
    """`height` lines of `width` cells; what of the body does not fit is left out."""
    lines = [head, *body][:height]
    return [fitted(line, width, ink) for line in [*lines, *[Text()] * (height - len(lines))]]


def beside(left: Sequence[Text], right: Sequence[Text], ink: Ink) -> list[Text]:
    between = (f" {ink.between} ", FAINT)
    return [Text.assemble(one, between, other) for one, other in zip(left, right, strict=True)]


def runs(cells: Iterable[tuple[str, str]]) -> Text:
    """Characters with their styles as one line; neighbours of one style are one span."""
    line, word, style = Text(), "", ""
    for character, its in cells:
        if its != style and word:
            line.append(word, style or None)
            word = ""
        word, style = word + character, its
    line.append(word, style or None)
    return line
