"""Who looks on: the live view where there is a terminal for it, plain lines everywhere else."""

import os
import sys

from tarazu.app.demo.told import Onlooker
from tarazu.app.demo.view.plain_lines import PlainLines

FEWEST_COLUMNS, FEWEST_ROWS = 60, 16
"""Of a terminal on which the live view begins; it goes on when the window is made smaller."""


def onlooker(plain: bool) -> Onlooker:
    """Writes to stdout. `plain`: lines, whatever stdout is."""
    if plain or not _suits():
        return PlainLines(sys.stdout)
    from tarazu.app.demo.view.live import LiveView  # rich is imported for a terminal alone

    return LiveView()


def _suits() -> bool:
    """A terminal that moves its cursor, and is large enough."""
    if not sys.stdout.isatty() or os.environ.get("TERM", "dumb") in ("dumb", "unknown"):
        return False
    size = os.get_terminal_size(sys.stdout.fileno())
    return size.columns >= FEWEST_COLUMNS and size.lines >= FEWEST_ROWS
