"""A segment being written: made whole, zeros and all, before it is needed, and named when the first entry comes.

The zeros are written, not only allocated: the first write to an allocated block changes the file system's own records,
and an fdatasync would wait for those as well.
"""

from collections.abc import Callable
from pathlib import Path

from tarazu.journal.codec import SEGMENT_HEADER_BYTES, SegmentHeader, encode_segment_header
from tarazu.ports.disk import Disk
from tarazu.runtime.journal_files import MIB, segment_path, write_all

_ZEROS = bytes(MIB)


class JournalSegment:
    """An open segment and where its next frame goes."""

    def __init__(self, disk: Disk, path: Path, fd: int, size: int, at: int = SEGMENT_HEADER_BYTES) -> None:
        self.disk, self.path, self.fd, self.size, self.at = disk, path, fd, size, at

    @property
    def room(self) -> int:
        return self.size - self.at

    def write(self, frames: bytes | memoryview) -> None:
        write_all(self.disk, self.fd, frames, self.at)
        self.at += len(frames)

    def sync(self) -> None:
        self.disk.fdatasync(self.fd)

    def close(self) -> None:
        """A second call does nothing: the number may be another file's by then."""
        fd, self.fd = self.fd, -1
        if fd >= 0:
            self.disk.close(fd)


def prepare(disk: Disk, path: Path, size: int, pause: Callable[[], object] = lambda: None) -> JournalSegment:
    """A file of zeros, on the disk, under a name that nobody reads. Raises OSError, and then leaves nothing.

    It is synced piece by piece with a `pause` between, for others wait for the same disk.
    """
    fd = disk.open(path)
    try:
        disk.truncate(fd, 0)
        disk.allocate(fd, size)
        for at in range(0, size, MIB):
            write_all(disk, fd, memoryview(_ZEROS)[: size - at], at)
            disk.fdatasync(fd)
            pause()
    except OSError:
        disk.close(fd)
        disk.unlink(path)
        raise
    return JournalSegment(disk, path, fd, size)


def begin(segment: JournalSegment, folder: Path, header: SegmentHeader) -> None:
    """Give a prepared segment its header and then its name, both on the disk when it returns."""
    write_all(segment.disk, segment.fd, encode_segment_header(header), 0)
    segment.sync()
    path = segment_path(folder, header.segment)
    segment.disk.rename(segment.path, path)
    segment.disk.sync_folder(folder)
    segment.path = path


def reopen(disk: Disk, folder: Path, number: int, at: int) -> JournalSegment:
    """The last segment of a log that goes on."""
    path = segment_path(folder, number)
    return JournalSegment(disk, path, disk.open(path), path.stat().st_size, at)
