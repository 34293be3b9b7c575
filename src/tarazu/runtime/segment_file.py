"""A segment as a file: made whole before it is named, mapped for its one writer or for a reader."""

import ctypes
import mmap
import os
import time
from datetime import date
from pathlib import Path

from tarazu.runtime.segment import SEGMENT_HEADER_BYTES, segment_header, segment_path

_MADV_POPULATE_WRITE = 23  # Linux 5.14, uapi/asm-generic/mman-common.h; older kernels say EINVAL and we go without
_libc = ctypes.CDLL(None)  # a foreign call leaves the interpreter lock, mmap.madvise keeps it
_libc.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]


class WrittenSegment:
    """A segment mapped for writing. Closing it is the keeper's, once its last bytes are on the disk."""

    def __init__(self, path: Path, number: int) -> None:
        """Map an existing file."""
        self.path, self.number = path, number
        self.fd = os.open(path, os.O_RDWR)
        try:
            self.map = mmap.mmap(self.fd, 0)
        except (OSError, ValueError):
            os.close(self.fd)
            raise
        self.view = memoryview(self.map)
        self.words = self.view.cast("I")

    def warm(self, start: int, size: int) -> None:
        """Make pages present and writable, so that an append there meets no page fault (measured: 3 us a page).

        A sync makes them read-only again. Without a kernel that can, appends are that much slower and no less right.
        """
        start -= start % mmap.PAGESIZE
        size = min(size, len(self.map) - start)
        first = ctypes.c_char.from_buffer(self.map)
        _libc.madvise(ctypes.addressof(first) + start, size, _MADV_POPULATE_WRITE)

    def sync(self) -> None:
        """Return when what was written before the call is on the disk. Raises OSError."""
        os.fdatasync(self.fd)

    def close(self) -> None:
        self.words.release()
        self.view.release()
        self.map.close()
        os.close(self.fd)


def make_segment(folder: Path, day: date, number: int, size: int) -> WrittenSegment:
    """A new segment, preallocated, zero but for its header, and durable under its name. Raises OSError.

    It gets its name last: a segment that can be seen is whole, whatever happened while it was made.
    """
    unfinished = folder / f"{number:06}.part"
    try:
        _fill(unfinished, segment_header(day, number, size, time.time_ns()), size)
        segment = WrittenSegment(unfinished, number)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise
    try:
        segment.sync()
        segment.path = segment_path(folder, number)
        unfinished.rename(segment.path)
        sync_folder(folder)
    except OSError:
        segment.close()
        unfinished.unlink(missing_ok=True)
        raise
    segment.warm(0, size)
    return segment


def _fill(path: Path, header: bytes, size: int) -> None:
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.posix_fallocate(fd, 0, size)
        os.pwrite(fd, header, 0)
    finally:
        os.close(fd)


def sync_folder(folder: Path) -> None:
    """Make the folder's names durable."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def map_segment(folder: Path, number: int) -> memoryview | None:
    """A read-only view of a segment; None when there is none. The mapping lives as long as a view of it does."""
    try:
        fd = os.open(segment_path(folder, number), os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        size = os.fstat(fd).st_size
        if size < SEGMENT_HEADER_BYTES:
            return memoryview(os.pread(fd, size, 0))
        return memoryview(mmap.mmap(fd, 0, mmap.MAP_SHARED, mmap.PROT_READ))
    finally:
        os.close(fd)
