"""A segment as a file: made whole before it is named, mapped for its one writer or for a reader."""

import ctypes
import mmap
import os
import time
from datetime import date
from pathlib import Path

from tarazu.runtime.segment import SEGMENT_HEADER_BYTES, segment_header, segment_path
from tarazu.runtime.whole import sync_folder

_MADV_POPULATE_WRITE = 23  # Linux 5.14, uapi/asm-generic/mman-common.h; older kernels say EINVAL and we go without
_MADV_DONTNEED, _MS_SYNC = 4, 4  # Linux, uapi/asm-generic/mman-common.h
# A foreign call leaves the interpreter lock; mmap's own madvise and flush keep it.
_libc = ctypes.CDLL(None, use_errno=True)
_libc.madvise.argtypes = _libc.msync.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]

_ZEROS = memoryview(bytes(1 << 20))


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
        self.synced_to = 0
        """What is before this offset is on the disk."""

    def cache(self) -> None:
        """Have every page in memory, of a segment that is zero but for its header. Raises OSError.

        Plain writes, because the kernel makes them in large pages: half the CPU of faults that read the same zeros in.
        """
        for chunk in range(0, len(self.map), len(_ZEROS)):
            start = chunk or SEGMENT_HEADER_BYTES
            os.pwrite(self.fd, _ZEROS[: min(len(_ZEROS), len(self.map) - chunk) - (start - chunk)], start)

    def warm(self, start: int, size: int) -> None:
        """Make pages present and writable, so that an append there meets no page fault (measured: 3 us a page).

        A sync makes them read-only again. Without a kernel that can, appends are that much slower and no less right.
        """
        start -= start % mmap.PAGESIZE
        size = min(size, len(self.map) - start)
        _libc.madvise(self._address() + start, size, _MADV_POPULATE_WRITE)

    def sync_to(self, end: int) -> None:
        """Return when the bytes before `end` are on the disk. Raises OSError.

        As durable as fdatasync, whose journal commit and disk flush it does too, but of these bytes only: fdatasync
        would also write out the warm pages ahead and make them cold again (measured: 230 us a 186 kB frame, not 45).
        """
        assert self.synced_to <= end <= len(self.map)
        start = self._leave(end)
        if _libc.msync(self._address() + start, end - start, _MS_SYNC):
            code = ctypes.get_errno()
            raise OSError(code, f"msync: {os.strerror(code)}")
        self.synced_to = end

    def sync(self) -> None:
        """Return when all of it is on the disk. Raises OSError."""
        self._leave(len(self.map))
        os.fdatasync(self.fd)

    def _leave(self, end: int) -> int:
        """Unmap the whole pages from `synced_to` to `end` all at once; returns where they begin.

        They are complete, and stay in the page cache. A sync would make them read-only one by one, interrupting the
        appending thread's processor for each (measured: a quarter of all CPU of a flood).
        """
        start = self.synced_to - self.synced_to % mmap.PAGESIZE
        _libc.madvise(self._address() + start, end - end % mmap.PAGESIZE - start, _MADV_DONTNEED)
        return start

    def _address(self) -> int:
        return ctypes.addressof(ctypes.c_char.from_buffer(self.map))

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
        segment.cache()
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
