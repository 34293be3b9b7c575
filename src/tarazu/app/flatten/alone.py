"""One flattener at a time: a lock of flattens, and main's own, so that no main begins beside one that sends."""

import contextlib
import fcntl
import os
import signal
import time
from pathlib import Path

from tarazu.app.home import Home
from tarazu.runtime.writer_lock import SecondWriter, WriterLock, is_being_written

_LOOK_S = 0.005
"""Shorter than any start of main: who takes its place is first at its lock."""


class AnotherFlatten(Exception):
    """One runs already; the message names it."""


class Alone:
    """Holds the lock of flattens from construction to `close`. Raises AnotherFlatten."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._main: WriterLock | _ReadLock | None = None
        self._mine: WriterLock | _ReadLock | None = None
        self.trouble = ""
        """Why a lock cannot be had of a disk that cannot be written, and nobody is known to hold it."""
        self.has_killed = False
        """Whether a main was ended for it."""
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
            self.has_killed = True
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


class _ReadLock:
    """The same lock on a file that can only be read: it is the kernel's, and no byte is written. Raises SecondWriter,
    OSError."""

    def __init__(self, folder: Path) -> None:
        self._fd = os.open(folder / "writer.lock", os.O_RDONLY)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            said = os.pread(self._fd, 32, 0).strip()
            os.close(self._fd)
            raise SecondWriter(folder, int(said) if said.isdigit() else 0) from None

    def close(self) -> None:
        os.close(self._fd)


def _lock(folder: Path) -> WriterLock | _ReadLock:
    """Raises SecondWriter; OSError only where nobody is seen to hold it."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return WriterLock(folder)
    except OSError:
        try:
            return _ReadLock(folder)
        except OSError:
            if is_being_written(folder):
                raise SecondWriter(folder, 0) from None
        raise
