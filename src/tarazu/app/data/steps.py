"""Long work shows how far it is: a step is a bar on stderr where that is a terminal, and nothing elsewhere."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import click

Progress = Callable[[int, int], None]
"""Told how much is done and how much there is in all."""
Steps = Callable[[str], AbstractContextManager[Progress]]
"""Opens one step of the work, by its name."""

_BEAT_S = 0.1
_PARTS = 1_000


def steps() -> Steps:
    return _bar if sys.stderr.isatty() else _silence


@contextlib.contextmanager
def _silence(label: str) -> Iterator[Progress]:
    yield lambda done, total: None


@contextlib.contextmanager
def _bar(label: str) -> Iterator[Progress]:
    with click.progressbar(length=_PARTS, label=f"{label:<10}", file=sys.stderr) as bar:
        drawn_s = 0.0

        def progress(done: int, total: int) -> None:
            nonlocal drawn_s
            now_s = time.monotonic()
            if done >= total or now_s - drawn_s >= _BEAT_S:
                drawn_s = now_s
                bar.update(_PARTS * done // max(1, total) - bar.pos)

        yield progress
