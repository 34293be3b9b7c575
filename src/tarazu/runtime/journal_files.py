"""Where the journal is on the disk, and a day of it as bytes.

<root>/                 home.root/journal
  writer.lock           held by the one writer, for its life
  epoch                 the last opening's number
  reserve               room kept for the exits of a full disk
  <day>/
    000001.seg          segments: whole and zero-filled before they are named
    watermark           what had been on the disk
    checkpoints         signed notes, an empty line after each
"""

import errno
import mmap
import os
import time
from datetime import date
from pathlib import Path

from tarazu.journal.codec import WATERMARK_SLOT_BYTES, WATERMARK_SLOTS, BadBytes, decode_watermark
from tarazu.journal.evidence import DayFiles
from tarazu.ports.disk import Disk

MIB = 1 << 20
SEGMENT_BYTES = 64 * MIB
WATERMARK_BYTES = WATERMARK_SLOTS * WATERMARK_SLOT_BYTES
_TORN_READS = 100
_TORN_READ_S = 0.001


def day_folder(root: Path, day: date) -> Path:
    return root / day.isoformat()


def days(root: Path) -> list[date]:
    """The days there are, ascending."""
    found = []
    for path in root.glob("[0-9]*-[0-9]*-[0-9]*"):
        try:
            found.append(date.fromisoformat(path.name))
        except ValueError:
            continue  # not ours
    return sorted(found)


def segment_path(folder: Path, number: int) -> Path:
    return folder / f"{number:06}.seg"


def watermark_path(folder: Path) -> Path:
    return folder / "watermark"


def checkpoints_path(folder: Path) -> Path:
    return folder / "checkpoints"


def segment_numbers(folder: Path) -> list[int]:
    return sorted(int(path.stem) for path in folder.glob("[0-9]*.seg"))


def read_day(folder: Path) -> DayFiles:
    """A day's files, mapped; the watermark before the checkpoints before the segments, so that a live day agrees."""
    watermark = _watermark(watermark_path(folder))
    points = checkpoints_path(folder)
    checkpoints = points.read_bytes() if points.exists() else b""
    segments = [(number, map_file(segment_path(folder, number))) for number in segment_numbers(folder)]
    return DayFiles(
        day=date.fromisoformat(folder.name), segments=segments, watermark=watermark, checkpoints=checkpoints
    )


def map_file(path: Path) -> memoryview:
    """A read-only view of a file as it is and as it will be; it lives as long as a view of it does."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if not os.fstat(fd).st_size:
            return memoryview(b"")
        return memoryview(mmap.mmap(fd, 0, mmap.MAP_SHARED, mmap.PROT_READ))
    finally:
        os.close(fd)


def _watermark(path: Path) -> bytes | None:
    """Read again while a slot is not whole: its writer may be at it."""
    if not path.exists():
        return None
    raw = b""
    for _ in range(_TORN_READS):
        raw = path.read_bytes()
        if _is_whole(raw):
            return raw
        time.sleep(_TORN_READ_S)
    return raw


def _is_whole(raw: bytes) -> bool:
    for at in range(0, WATERMARK_BYTES, WATERMARK_SLOT_BYTES):
        slot = memoryview(raw)[at : at + WATERMARK_SLOT_BYTES]
        try:
            if any(slot):
                decode_watermark(slot)
        except BadBytes:
            return False
    return True


def write_all(disk: Disk, fd: int, data: bytes | memoryview, offset: int) -> None:
    """All of it in one call, or OSError: a short write is a disk that is full or broken, and nobody tries again."""
    taken = disk.pwrite(fd, data, offset)
    if taken != len(data):
        raise OSError(errno.EIO, f"short write: {taken} bytes of {len(data)}")
