"""One writer a day: a lock on a file, held for the writer's life and dropped by the kernel however it dies."""

import fcntl
import os
from pathlib import Path


class SecondWriter(Exception):
    """Another process writes this day's log. `pid` is who, 0 when it has not said yet."""

    def __init__(self, folder: Path, pid: int) -> None:
        super().__init__(f"{folder} is being written by process {pid or 'unknown'}: one writer at a time")
        self.folder, self.pid = folder, pid


class WriterLock:
    """Held from construction to `close`. Raises SecondWriter."""

    def __init__(self, folder: Path) -> None:
        self._fd = os.open(_path(folder), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = int(os.pread(self._fd, 32, 0).strip() or 0)
            os.close(self._fd)
            raise SecondWriter(folder, pid) from None
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, b"%d\n" % os.getpid(), 0)

    def close(self) -> None:
        os.close(self._fd)


def is_being_written(folder: Path) -> bool:
    """Whether a writer holds the lock. Looks without touching it, so that a starting writer is never turned away."""
    path = _path(folder)
    if not path.exists():
        return False
    inode = str(path.stat().st_ino)
    held = (line.split() for line in Path("/proc/locks").read_text().splitlines())
    return any(f[1] == "FLOCK" and f[5].rpartition(":")[2] == inode for f in held if len(f) > 5)


def _path(folder: Path) -> Path:
    return folder / "writer.lock"
