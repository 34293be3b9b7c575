"""The disk as the journal's writer sees it: the few calls whose failure, shortness or loss it must survive."""

from pathlib import Path
from typing import Protocol


class Disk(Protocol):
    """Every call may raise OSError. Files are named by descriptors of the disk's own."""

    def open(self, path: Path) -> int:
        """For reading and writing; made when it is not there, mode 0600."""
        ...

    def close(self, fd: int) -> None: ...

    def pwrite(self, fd: int, data: bytes | memoryview, offset: int) -> int:
        """How many bytes were taken: fewer than given is for the caller to notice."""
        ...

    def fdatasync(self, fd: int) -> None:
        """Return when what was written through `fd` is on the disk."""
        ...

    def allocate(self, fd: int, size: int) -> None:
        """Have room for the file up to `size`."""
        ...

    def truncate(self, fd: int, size: int) -> None: ...

    def rename(self, path: Path, name: Path) -> None: ...

    def unlink(self, path: Path) -> None: ...

    def sync_folder(self, folder: Path) -> None:
        """Return when the folder's names are on the disk."""
        ...

    def free_bytes(self, folder: Path) -> int:
        """What the folder's file system has left for us."""
        ...
