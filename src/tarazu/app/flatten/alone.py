"""One flattener at a time: a lock of flattens, and main's own, so that no main begins beside one that sends."""

import contextlib
import os
import signal
import time
from pathlib import Path

from tarazu.app.home import Home
from tarazu.runtime.writer_lock import SecondWriter, WriterLock

_LOOK_S = 0.005
"""Shorter than any start of main: who takes its place is first at its lock."""


class AnotherFlatten(Exception):
    """One runs already; the message names it."""


class Alone:
    """Holds the lock of flattens from construction to `close`. Raises AnotherFlatten."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._main: WriterLock | None = None
        self._mine: WriterLock | None = None
        self.trouble = ""
        """Why a lock cannot be had of a disk that cannot be written; a main could not begin there either."""
        try:
            self._mine = _lock(home.run / "flatten")
        except SecondWriter as second:
            raise AnotherFlatten(f"another flatten runs as process {second.pid}") from second
        except OSError as bad:
            self.trouble = str(bad)

    def take_mains_place(self) -> int:
        """Hold main's lock: 0 when it is held, else the pid of the main that runs."""
        if self._main is not None:
            return 0
        try:
            self._main = _lock(self._home.run / "main")
        except SecondWriter as second:
            return second.pid or -1
        except OSError as bad:
            self.trouble = str(bad)
        return 0

    def kill_main(self, pid: int, patience_s: float = 5.0) -> bool:
        """Whether its place is ours. A main that does not leave positions when it is told to is worse than none."""
        if not is_main(pid):
            return self.take_mains_place() == 0
        with contextlib.suppress(ProcessLookupError):  # it may end by itself
            os.kill(pid, signal.SIGKILL)
        end = time.monotonic() + patience_s
        while self.take_mains_place():
            if time.monotonic() > end:
                return False
            time.sleep(_LOOK_S)
        return True

    def close(self) -> None:
        for lock in (self._main, self._mine):
            if lock is not None:
                lock.close()
        self._main = self._mine = None


def is_main(pid: int) -> bool:
    """Whether this very process is a main: a pid in a file may be another's by now."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return b"tarazu.app.main" in words


def _lock(folder: Path) -> WriterLock:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return WriterLock(folder)
