"""The flags' folder: one command at a time changes it."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from tarazu.app.flags.versions import LOCK
from tarazu.runtime.alone import Held
from tarazu.runtime.alone import alone as held_alone

PATIENCE_S = 5.0


class FlagsBusy(OSError):
    """Another command has held the flags for too long."""


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """No other command changes them meanwhile; the folder is made. Raises FlagsBusy, OSError."""
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(held_alone(folder / LOCK, PATIENCE_S))
        except Held as busy:
            raise FlagsBusy(str(busy)) from None
        yield
