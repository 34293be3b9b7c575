"""One line that says what is being waited for, on a terminal and nowhere else."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import TextIO

from tarazu.app.verdict import plain

WIDTH = 110
CLEAR = "\r\x1b[K"


@contextlib.contextmanager
def progress_line(stream: TextIO | None = None) -> Iterator[Callable[[str], None]]:
    """A function that shows a text in place of the one before, and the seconds gone by; the line is gone in the end."""
    out = sys.stderr if stream is None else stream
    if not out.isatty():
        yield lambda _: None
        return
    began = time.monotonic()

    def show(text: str) -> None:
        line = f"{time.monotonic() - began:5.1f} s  {plain(text)}"
        written(f"{CLEAR}{line[:WIDTH]}")

    def written(text: str) -> None:
        with contextlib.suppress(OSError):  # a terminal that has gone away stops nothing of what is being done
            print(text, end="", file=out, flush=True)

    try:
        yield show
    finally:
        written(CLEAR)
