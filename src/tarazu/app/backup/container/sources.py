"""A file as it goes into a backup: so many of its bytes, and zeros to its size."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

CHUNK_BYTES = 4 << 20
RAW_BYTES_MAX = 4_096
"""Smaller ones stay as they are, for whoever looks into a backup with tar alone."""
PACKED_ALREADY = (".gz", ".parquet", ".age", ".zip", ".xlsx")
"""Compressing these once more takes time and gains nothing."""
FEED = "feed/"
"""Frames shrink to a half at 65 MB/s: half a minute of a day's close, for a file that the rollup makes Parquet of."""


class Source(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    """In the home it is restored to."""
    path: Path
    upto: int
    """So many of its bytes are taken; what follows is not yet, or not ours."""
    bytes: int
    """Its size when restored: behind `upto` zeros."""
    stamp: tuple[int, int, int] | None = None
    """Inode, size and mtime (ns) that it has to have when it is read; None: it grows, and what is taken of it stays."""

    @property
    def coding(self) -> Literal["raw", "gzip"]:
        is_raw = self.upto <= RAW_BYTES_MAX or self.name.endswith(PACKED_ALREADY) or self.name.startswith(FEED)
        return "raw" if is_raw else "gzip"


class Changed(OSError):
    """It is another file than the one that was looked at."""


class Shrunk(OSError):
    """The file is shorter than it was a moment ago."""


def source_of(name: str, path: Path) -> Source:
    """The whole file as it is now. Raises OSError; also for a link, or anything but a file."""
    found = path.lstat()
    if not stat.S_ISREG(found.st_mode):
        raise OSError(f"{path} is no plain file")
    return Source(name=name, path=path, upto=found.st_size, bytes=found.st_size, stamp=_stamp(found))


def _stamp(found: os.stat_result) -> tuple[int, int, int]:
    return found.st_ino, found.st_size, found.st_mtime_ns


def chunks(source: Source) -> Iterator[bytes]:
    """What is taken of it, up to its last byte that is not zero. Raises OSError, Changed, Shrunk."""
    fd = os.open(source.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        if source.stamp is not None and _stamp(os.fstat(fd)) != source.stamp:
            raise Changed(f"{source.path} was replaced or written meanwhile")
        at, held = 0, 0
        while at < source.upto:
            chunk = os.pread(fd, min(CHUNK_BYTES, source.upto - at), at)
            if not chunk:
                raise Shrunk(f"{source.path} ends at {at}, and had {source.upto} bytes")
            at += len(chunk)
            ends = len(chunk.rstrip(b"\0"))
            if not ends:
                held += len(chunk)
                continue
            yield from zeros(held)
            yield chunk[:ends]
            held = len(chunk) - ends
    finally:
        os.close(fd)


def zeros(count: int) -> Iterator[bytes]:
    while count > 0:
        yield bytes(min(CHUNK_BYTES, count))
        count -= CHUNK_BYTES
