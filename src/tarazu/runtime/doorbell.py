"""Waking readers in other processes without polling and without ever waiting for one.

A reader makes a FIFO of its own in the day's `bells` folder and keeps both ends open; the writer opens every FIFO it
finds there and writes a byte without blocking after each frame. A full FIFO is a bell already ringing; a FIFO without a
reader is a dead reader's, and is removed. Chosen over datagram sockets for three reasons: no 108-byte limit on the
path, the kernel says at once that a reader is dead (ENXIO, EPIPE), and a restarted writer is no hang-up for the reader.
"""

import contextlib
import errno
import itertools
import os
import select
from collections import deque
from pathlib import Path

_numbers = itertools.count(1)
_FIFO_BYTES = 1 << 16  # pipe(7), "Pipe capacity"


def _bells(folder: Path) -> Path:
    return folder / "bells"


class Doorbell:
    """The reader's side. Drain it, read the log until it has no more, then wait: no frame is missed in between."""

    def __init__(self, folder: Path) -> None:
        bells = _bells(folder)
        bells.mkdir(parents=True, exist_ok=True)
        self._path = bells / f"reader-{os.getpid()}-{next(_numbers)}"
        unfinished = self._path.with_name(f".{self._path.name}")
        os.mkfifo(unfinished, 0o600)
        self._fd = os.open(unfinished, os.O_RDWR | os.O_NONBLOCK)
        unfinished.rename(self._path)  # only now may the writer see it: a FIFO nobody has open is taken for dead

    def fileno(self) -> int:
        return self._fd

    def drain(self) -> None:
        """Quiet until it is rung again: one read takes all that a FIFO holds."""
        with contextlib.suppress(BlockingIOError):
            os.read(self._fd, _FIFO_BYTES)

    def wait(self, timeout_s: float | None = None) -> bool:
        """Block until it rings; False when the time is up first. It is left ringing."""
        poll = select.poll()
        poll.register(self._fd, select.POLLIN)
        return bool(poll.poll(None if timeout_s is None else timeout_s * 1000))

    def close(self) -> None:
        self._path.unlink(missing_ok=True)
        os.close(self._fd)


class Bells:
    """The writer's side: every reader's bell. `ring` is the appending thread's, `discover` another's."""

    def __init__(self, folder: Path) -> None:
        self._folder = _bells(folder)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._known: set[str] = set()
        self._found: deque[tuple[str, int]] = deque()
        self._fds: dict[str, int] = {}  # only `ring` changes it, so that it never writes to a closed descriptor

    def __len__(self) -> int:
        return len(self._known)

    def ring(self) -> None:
        """Wake every reader; never blocks."""
        if not self._known:
            return
        while self._found:
            name, fd = self._found.popleft()
            self._fds[name] = fd
        dead = [name for name, fd in self._fds.items() if not _strike(fd)]
        for name in dead:
            os.close(self._fds.pop(name))
            (self._folder / name).unlink(missing_ok=True)
            self._known.discard(name)

    def discover(self) -> None:
        """Find readers that came since, and ring theirs: they may have missed a frame before they were found."""
        for name in [path.name for path in self._folder.iterdir()]:
            if name.startswith("reader-") and name not in self._known:
                fd = self._open(name)
                if fd is not None:
                    self._known.add(name)
                    self._found.append((name, fd))

    def _open(self, name: str) -> int | None:
        try:
            fd = os.open(self._folder / name, os.O_WRONLY | os.O_NONBLOCK)
        except (FileNotFoundError, PermissionError):
            return None  # it left; or it is another user's, who waits without being woken
        except OSError as nobody:
            if nobody.errno != errno.ENXIO:
                raise
            (self._folder / name).unlink(missing_ok=True)
            return None
        _strike(fd)
        return fd

    def close(self) -> None:
        for fd in [*self._fds.values(), *(fd for _, fd in self._found)]:
            os.close(fd)


def _strike(fd: int) -> bool:
    """Ring one bell; False when its reader is dead."""
    try:
        os.write(fd, b"\1")
    except BlockingIOError:
        return True  # full: it is ringing
    except BrokenPipeError:
        return False
    return True
