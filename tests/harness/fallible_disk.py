"""A real disk that fails when told to, and that can lose its power: what was not synced is then there in part.

Everything above it is the product's own: the faults happen below the writer.
"""

import errno
import os
import random
from collections.abc import Callable
from pathlib import Path

from tarazu.runtime.os_disk import OsDisk

SECTOR = 512


class PowerCut(BaseException):
    """The machine is gone: nothing catches this."""


class FallibleDisk(OsDisk):
    """`fault(call number, what)` may raise, or return how many bytes of a pwrite are taken."""

    def __init__(self, fault: Callable[[int, str], int | None] = lambda number, what: None) -> None:
        self.calls: list[str] = []
        self.after_failure: list[str] = []
        self._fault = fault
        self._failed = False
        self._paths: dict[int, Path] = {}
        self._unsynced: list[tuple[int, Path, int, bytes, int]] = []  # fd, path, offset, old bytes, size
        self._unsynced_names: list[tuple[Path, Path]] = []

    def _called(self, what: str) -> int | None:
        if self._failed:
            self.after_failure.append(what)
        self.calls.append(what)
        try:
            taken = self._fault(len(self.calls), what)
        except BaseException:
            self._failed = True
            raise
        self._failed = self._failed or taken is not None
        return taken

    def open(self, path: Path) -> int:
        self._called("open")
        fd = super().open(path)
        self._paths[fd] = path
        return fd

    def pwrite(self, fd: int, data: bytes | memoryview, offset: int) -> int:
        taken = self._called("pwrite")
        data = bytes(data)[: len(data) if taken is None else taken]
        self._unsynced.append((fd, self._paths[fd], offset, os.pread(fd, len(data), offset), len(data)))
        return super().pwrite(fd, data, offset) if data else 0

    def fdatasync(self, fd: int) -> None:
        self._called("fdatasync")
        super().fdatasync(fd)
        self._unsynced = [w for w in self._unsynced if w[0] != fd]

    def allocate(self, fd: int, size: int) -> None:
        self._called("allocate")
        super().allocate(fd, size)

    def rename(self, path: Path, name: Path) -> None:
        self._called("rename")
        super().rename(path, name)
        self._unsynced_names.append((path, name))
        self._paths = {fd: name if p == path else p for fd, p in self._paths.items()}
        self._unsynced = [(fd, name if p == path else p, *rest) for fd, p, *rest in self._unsynced]  # type: ignore[misc]

    def sync_folder(self, folder: Path) -> None:
        self._called("sync_folder")
        super().sync_folder(folder)
        self._unsynced_names = [n for n in self._unsynced_names if n[1].parent != folder]

    def lose_power(self, chance: random.Random) -> None:
        """Of each unsynced write any sectors may be lost; of a file that grew, any end; of names not synced, any."""
        for _, path, offset, old, size in reversed(self._unsynced):
            if path.exists():
                _lose(path, offset, old, size, chance)
        for path, name in reversed(self._unsynced_names):
            if chance.random() < 0.5 and name.exists():
                name.rename(path)


def _lose(path: Path, offset: int, old: bytes, size: int, chance: random.Random) -> None:
    fd = os.open(path, os.O_RDWR)
    try:
        if len(old) < size:
            os.ftruncate(fd, offset + len(old) + chance.randrange(size - len(old) + 1))
        for at in range(offset - offset % SECTOR, offset + len(old), SECTOR):
            begin, end = max(at, offset), min(at + SECTOR, offset + len(old))
            if chance.random() < 0.5:
                os.pwrite(fd, old[begin - offset : end - offset], begin)
    finally:
        os.close(fd)


def failing(number: int, error: int) -> Callable[[int, str], int | None]:
    """The call of this number fails so; a pwrite may take part before it does."""

    def fault(call: int, what: str) -> int | None:
        if call == number:
            raise OSError(error, os.strerror(error))
        return None

    return fault


def short(number: int) -> Callable[[int, str], int | None]:
    """The pwrite of this number takes 5 bytes, and says so."""
    return lambda call, what: 5 if call == number and what == "pwrite" else None


def cut(number: int) -> Callable[[int, str], int | None]:
    """The power fails before the call of this number."""

    def fault(call: int, what: str) -> int | None:
        if call >= number:
            raise PowerCut
        return None

    return fault


ERRORS = {"EIO": errno.EIO, "ENOSPC": errno.ENOSPC}
