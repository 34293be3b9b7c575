"""A file that grows at its end, as the original does: read here, written there, at the same places."""

import os
from pathlib import Path

from tarazu.app.shipping.failing import reading, writing
from tarazu.app.shipping.target import write_at
from tarazu.ports.disk import Disk


class Original:
    """A file that another process writes. Read by calls, not by mapping: a disk that fails is an error, no signal."""

    def __init__(self, path: Path) -> None:
        """Raises SourceFailed."""
        self.path = path
        with reading(path):
            self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)

    @property
    def size(self) -> int:
        with reading(self.path):
            return os.fstat(self._fd).st_size

    def is_replaced(self) -> bool:
        """Whether another file, or none, has its name now. Raises SourceFailed."""
        with reading(self.path):
            try:
                now, then = self.path.stat(), os.fstat(self._fd)
            except FileNotFoundError:
                return True
            return (now.st_dev, now.st_ino) != (then.st_dev, then.st_ino)

    def read(self, at: int, most: int) -> bytes:
        """Fewer bytes at the end of the file. Raises SourceFailed."""
        parts: list[bytes] = []
        with reading(self.path):
            while most > 0 and (part := os.pread(self._fd, most, at)):
                parts.append(part)
                at, most = at + len(part), most - len(part)
        return b"".join(parts)

    def close(self) -> None:
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)


class Copy:
    """Its copy. Every method raises TargetFailed."""

    def __init__(self, disk: Disk, path: Path) -> None:
        """Made, empty, where it is not there."""
        self.path, self._disk, self._fd = path, disk, -1
        self._dirty = False
        with writing(path.parent):
            self._fd = disk.open(path)

    @classmethod
    def begun(cls, disk: Disk, path: Path, head: bytes, size: int) -> "Copy":
        """A new one of `size` bytes, zeros behind its head, as the format wants it: named when it is whole."""
        with writing(path.parent):
            unfinished = path.with_suffix(".part")
            fd = disk.open(unfinished)
            try:
                disk.truncate(fd, 0)
                disk.truncate(fd, size)
                write_at(disk, fd, head, 0)
                disk.fdatasync(fd)
            finally:
                disk.close(fd)
            disk.rename(unfinished, path)
            disk.sync_folder(path.parent)
        return cls(disk, path)

    @property
    def size(self) -> int:
        with writing(self.path.parent):
            return os.fstat(self._fd).st_size

    def read(self, at: int, most: int) -> bytes:
        with writing(self.path.parent):
            return os.pread(self._fd, most, at)

    def write(self, data: bytes | memoryview, at: int) -> None:
        if data:
            self._dirty = True
            with writing(self.path.parent):
                write_at(self._disk, self._fd, data, at)

    def cut(self, size: int) -> None:
        with writing(self.path.parent):
            self._disk.truncate(self._fd, size)
            self._disk.fdatasync(self._fd)

    def sync(self) -> None:
        """All that was written is on the disk when it returns."""
        if self._dirty:
            with writing(self.path.parent):
                self._disk.fdatasync(self._fd)
            self._dirty = False

    def close(self) -> None:
        fd, self._fd = self._fd, -1
        if fd >= 0:
            self._disk.close(fd)


class OnBothSides:
    """Of a day the segment that is followed, here and in the copy; neither is open between two of them."""

    def __init__(self) -> None:
        self._original: Original | None = None
        self._copy: Copy | None = None

    def is_replaced(self) -> bool:
        """Whether it is another file here now: the copy is to be compared with it anew."""
        return self._original is not None and self._original.is_replaced()

    def close(self) -> None:
        for file in (self._original, self._copy):
            if file is not None:
                file.close()
        self._original = self._copy = None
