"""What happened, in a pane: the newest last."""

import textwrap
from collections.abc import Iterator

from rich.text import Text

from tarazu.app.demo.told import Happened, Kind
from tarazu.app.demo.view.ink import Ink
from tarazu.app.demo.view.lines import FAINT, LOUD, NEAR, OF_STATUS, pane, rule
from tarazu.app.demo.view.seen import Seen
from tarazu.app.demo.view.words import KIND_WIDTH, seconds, shown, status_word

LINES_EACH = 2
STYLES = {Kind.FAULT: f"{LOUD} {NEAR}", Kind.FILL: LOUD, Kind.DECISION: FAINT}


def events(seen: Seen, width: int, height: int, ink: Ink) -> list[Text]:
    head = rule("EVENTS", Text(f"{len(seen.happened)}, {len(seen.fills)} fills", FAINT), width, ink)
    lines: list[Text] = []
    for what in reversed(seen.happened):
        its = list(_event(what, width))
        if len(its) + len(lines) > height - 1:
            break
        lines = [*its, *lines]
    return pane(head, lines, width, height, ink)


def _event(what: Happened, width: int) -> Iterator[Text]:
    """` 54.6 s  feed     CRIT FEED_STALE options: no tick ...`."""
    word = status_word(what.status)
    text = f"{word} {shown(what.text)}" if word else shown(what.text)
    label = f"{seconds(what.at_s)} {what.kind:<{KIND_WIDTH}} "
    room = max(width - len(label), 8)
    told = textwrap.wrap(text, room, max_lines=LINES_EACH, placeholder=" ..")
    style = OF_STATUS[what.status] if word else STYLES.get(what.kind, "")
    for n, part in enumerate(told):
        yield Text.assemble((" " * len(label) if n else label, FAINT), (part, style))
