"""The feed log's format: a day is a folder of segments, a segment a header and frames, a frame a header and raw bytes.

Everything is little-endian and every frame begins on a multiple of 8. A segment is zero where nothing has been written,
so a length of 0 is the end. A frame's length is stored last, in one aligned store, after every other byte of it.
"""

import struct
from datetime import date
from enum import IntEnum
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from tarazu.journal.crc import crc32c

MAGIC = b"TZFEED\r\n"  # the line end shows a copy made in text mode, as PNG's signature does
VERSION = 1
BYTE_ORDER = 0x0102_0304

# magic, version u32, byte order u32, day u32 (20261122), segment u32, segment bytes u64, made at (wall ns) i64, then
# zeros up to a CRC-32C of all before it.
_SEGMENT = struct.Struct("<8sIIIIQq")
SEGMENT_HEADER_BYTES = 64
_SEGMENT_CRC = struct.Struct("<I")

# length u32 (header and payload), CRC-32C u32 (of everything after it, payload included), sequence u64,
# received at (wall ns, monotonic ns) i64, connection u16, kind u8, 5 bytes of padding.
FRAME = struct.Struct("<IIQqqHB5x")
FRAME_HEADER_BYTES = FRAME.size
CRC_FROM = 8
assert FRAME_HEADER_BYTES == 40 and FRAME_HEADER_BYTES % 8 == 0

# Kite's largest message, 3,000 full packets, is 558 kB; beyond this a length is taken for damage.
PAYLOAD_BYTES_MAX = 16 << 20

_SCAN_BYTES = 1 << 20

FIRST_SEQUENCE = 1
"""Sequences count a day's frames from here without a gap, over all its segments and writers."""


class Kind(IntEnum):
    """What a frame's payload is."""

    BINARY = 1  # a binary websocket frame, as received
    TEXT = 2  # a text websocket frame, as received
    EVENT = 3  # what the feed process has to say: connected, stale, recovered
    MARK = 4  # what the log has to say of itself, as JSON: recording stopped, resumed
    SEAL = 5  # the segment is full, the next one continues; carries the next frame's sequence and is not counted


class Position(NamedTuple):
    """Where a frame is in its day."""

    segment: int
    offset: int


class Frame(msgspec.Struct, frozen=True, gc=False):
    """One frame. `payload` is a view of the file itself: copy what must outlive the segment's pages."""

    sequence: int
    wall_ns: int
    mono_ns: int
    connection: int
    kind: int
    payload: memoryview
    segment: int
    offset: int

    @property
    def position(self) -> Position:
        return Position(self.segment, self.offset)

    @property
    def after(self) -> int:
        """The offset of the frame that follows."""
        return self.offset + aligned(FRAME_HEADER_BYTES + len(self.payload))


def aligned(size: int) -> int:
    """`size` rounded up to where a frame may begin."""
    return (size + 7) & ~7


def day_folder(feed: Path, day: date) -> Path:
    """The folder of one day's segments under the feed folder."""
    return feed / day.isoformat()


def segment_path(folder: Path, segment: int) -> Path:
    return folder / f"{segment:06}.seg"


def segments(folder: Path) -> list[int]:
    """The numbers of the segments in a day's folder, ascending; none when there is no folder."""
    return sorted(int(path.stem) for path in folder.glob("[0-9]*.seg"))


def segment_header(day: date, segment: int, size: int, made_ns: int) -> bytes:
    """The first bytes of a segment."""
    head = _SEGMENT.pack(MAGIC, VERSION, BYTE_ORDER, _day_number(day), segment, size, made_ns)
    head = head.ljust(SEGMENT_HEADER_BYTES - _SEGMENT_CRC.size, b"\0")
    return head + _SEGMENT_CRC.pack(crc32c(head))


def header_fault(view: memoryview, day: date, segment: int) -> str | None:
    """What is wrong with a segment's header; None when it is the header of this segment of this day."""
    if len(view) < SEGMENT_HEADER_BYTES:
        return f"{len(view)} bytes are no segment"
    head = view[: SEGMENT_HEADER_BYTES - _SEGMENT_CRC.size]
    magic, version, order, its_day, its_number, size, _ = _SEGMENT.unpack_from(head)
    checks = {
        "not a feed segment": magic == MAGIC,
        "header checksum does not match": _SEGMENT_CRC.unpack_from(view, len(head))[0] == crc32c(head),
        f"format version {version}, this program reads {VERSION}": version == VERSION,
        "written in another byte order": order == BYTE_ORDER,
        f"segment {its_number} of day {its_day}": (its_day, its_number) == (_day_number(day), segment),
        f"{len(view)} bytes of {size}": size == len(view),
    }
    return next((fault for fault, fine in checks.items() if not fine), None)


def frame_at(view: memoryview, at: int, segment: int) -> Frame | None:
    """The whole, intact frame at an offset; None when there is none (yet)."""
    if at + FRAME_HEADER_BYTES > len(view):
        return None
    length, crc, sequence, wall_ns, mono_ns, connection, kind = FRAME.unpack_from(view, at)
    end = at + length
    if length < FRAME_HEADER_BYTES or end > len(view) or crc32c(view[at + CRC_FROM : end]) != crc:
        return None
    return Frame(sequence, wall_ns, mono_ns, connection, kind, view[at + FRAME_HEADER_BYTES : end], segment, at)


def next_frame(view: memoryview, at: int, segment: int, sequence: int) -> Frame | None:
    """The first intact frame after the damaged place `at`, where frame `sequence` should have been; None without one.

    The damaged frame's own length is believed first, so that frames inside its payload are not taken for ours. Without
    a known sequence (0) any frame will do.
    """
    length = int.from_bytes(view[at : at + 4], "little")
    if FRAME_HEADER_BYTES <= length <= FRAME_HEADER_BYTES + PAYLOAD_BYTES_MAX:
        beyond = frame_at(view, at + aligned(length), segment)
        if beyond is not None and (sequence == 0 or beyond.sequence == sequence + 1):
            return beyond
    found = (frame_at(view, offset, segment) for offset in _likely_frames(view, at + 8, sequence))
    return next((frame for frame in found if frame is not None), None)


def last_written(view: memoryview, at: int) -> int:
    """The offset after the last byte that is not zero, at or after `at`; `at` when all are zero."""
    octets = np.frombuffer(view, np.uint8)
    for end in range(len(octets), at, -_SCAN_BYTES):
        start = max(at, end - _SCAN_BYTES)
        part = octets[start:end]
        if not part.any():
            continue
        written = np.flatnonzero(part.copy())  # a copy: a live writer may be filling it
        if len(written):
            return start + int(written[-1]) + 1
    return at


def is_begun(view: memoryview) -> bool:
    """Whether anything was ever written after the segment's header."""
    first = view[SEGMENT_HEADER_BYTES : SEGMENT_HEADER_BYTES + FRAME_HEADER_BYTES]
    return any(first) or last_written(view, SEGMENT_HEADER_BYTES) > SEGMENT_HEADER_BYTES


def _likely_frames(view: memoryview, start: int, sequence: int) -> list[int]:
    """Offsets from `start` on whose length and sequence could be those of a frame after `sequence`."""
    whole = last_written(view, start) & ~7
    if whole - start < FRAME_HEADER_BYTES:
        return []
    words = np.frombuffer(view[:whole], "<u4")
    offsets = np.arange(start, whole - FRAME_HEADER_BYTES + 1, 8)
    lengths = words[offsets // 4].astype(np.int64)
    fits = (lengths >= FRAME_HEADER_BYTES) & (offsets + lengths <= whole + 7)
    offsets = offsets[fits]
    sequences = np.frombuffer(view[:whole], "<u8")[offsets // 8 + 1]
    # No more frames can lie between than there is room for; without a known sequence any will do.
    most = sequence + len(view) // FRAME_HEADER_BYTES if sequence else 1 << 62
    return [int(o) for o in offsets[(sequences >= sequence) & (sequences <= most)]]


def _day_number(day: date) -> int:
    return day.year * 10_000 + day.month * 100 + day.day
