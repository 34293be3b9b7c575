"""Walking one segment: each entry judged against the one before, up to the end or to the first that is not right."""

import msgspec

from tarazu.journal.chain import break_of, head_after
from tarazu.journal.codec import (
    FRAME_HEADER_BYTES,
    SEGMENT_HEADER_BYTES,
    BadBytes,
    SegmentHeader,
    aligned,
    decode_segment_header,
    entry_at,
)
from tarazu.journal.entry import PAYLOAD_BYTES_MAX, Entry, Head
from tarazu.journal.findings import SEGMENT, Fault, Finding

_STEP_BYTES = 1 << 16
_ZEROS = bytes(_STEP_BYTES)


class Progress(msgspec.Struct, kw_only=True):
    """How far the walk over a day has come."""

    day: int
    log: bytes | None
    """`log_id` of the journal; None when not known."""
    head: Head
    first_prev: bytes | None
    epoch: int = 0
    at: int = 0
    entries: int = 0
    payload_bytes: int = 0
    leaves: bytearray


def check_header(view: memoryview, number: int, progress: Progress) -> Finding | None:
    """What is wrong with a segment as a file; None when entries may be read from it."""
    try:
        header = decode_segment_header(view)
    except BadBytes as bad:
        short = len(view) < SEGMENT_HEADER_BYTES
        fault = Fault.TRUNCATED if short else Fault.CORRUPT
        return Finding(fault=fault, where=SEGMENT, segment=number, size=SEGMENT_HEADER_BYTES, detail=str(bad))
    for fault, detail in _header_faults(header, number, len(view), progress):
        return Finding(fault=fault, where=SEGMENT, segment=number, sequence=progress.head.sequence + 1, detail=detail)
    progress.epoch = max(progress.epoch, header.epoch)
    if progress.first_prev is None and header.first_sequence == progress.head.sequence + 1:
        progress.first_prev = header.prev
    return None


def _header_faults(header: SegmentHeader, number: int, size: int, progress: Progress) -> list[tuple[Fault, str]]:
    head = progress.head
    checks = (
        (header.day == progress.day, Fault.SWAPPED_DAY, f"this is of day {header.day}, not {progress.day}"),
        (progress.log in (None, header.log), Fault.SWAPPED_DAY, "this is another journal's"),
        (header.segment == number, Fault.CORRUPT, f"this is segment {header.segment}: moved or renamed"),
        (header.size == size, Fault.TRUNCATED, f"{size} bytes of {header.size}"),
        (
            header.first_sequence == head.sequence + 1,
            Fault.CORRUPT,
            f"begins with entry {header.first_sequence}: those from {head.sequence + 1} on are missing before it",
        ),
        (
            not head.sequence or header.prev == head.hash,
            Fault.CORRUPT,
            f"does not follow entry {head.sequence}: one of them was edited or replaced",
        ),
        (
            head.sequence > 0 or progress.first_prev in (None, header.prev),
            Fault.REWRITTEN,
            "the day begins after another entry than the last of the day before",
        ),
        (header.epoch >= progress.epoch, Fault.EPOCH, f"made in epoch {header.epoch} after {progress.epoch}"),
    )
    return [(fault, detail) for fine, fault, detail in checks if not fine]


def scan(view: memoryview, number: int, progress: Progress) -> Finding | None:
    """Take in the entries of a segment whose header was checked. None when they are in order up to the first zero.

    What follows the end, zeros or not, is `ending`'s.
    """
    at, head, epoch = SEGMENT_HEADER_BYTES, progress.head, progress.epoch
    finding = None
    while (entry := entry_at(view, at)) is not None:
        broken = _broken(entry, head, epoch, progress)
        if broken is not None:
            fault, detail = broken
            finding = Finding(
                fault=fault, where=SEGMENT, segment=number, offset=at, sequence=head.sequence + 1, detail=detail
            )
            break
        size = FRAME_HEADER_BYTES + len(entry.payload)
        if any(view[at + size : at + aligned(size)]):
            finding = Finding(
                fault=Fault.CORRUPT,
                where=SEGMENT,
                segment=number,
                offset=at + size,
                size=aligned(size) - size,
                sequence=entry.sequence,
                detail="padding; the entry itself is whole",
            )
            break
        head, epoch = head_after(entry), entry.epoch
        progress.leaves += entry.hash
        progress.entries += 1
        progress.payload_bytes += len(entry.payload)
        at += aligned(size)
    progress.head, progress.epoch, progress.at = head, epoch, at
    return finding


def _broken(entry: Entry, head: Head, epoch: int, progress: Progress) -> tuple[Fault, str] | None:
    if entry.day != progress.day:
        return Fault.SWAPPED_DAY, f"an entry of day {entry.day}"
    if entry.epoch < epoch:
        return Fault.EPOCH, f"an entry of epoch {entry.epoch} after {epoch}: a second writer"
    detail = break_of(entry, head, progress.first_prev)
    return None if detail is None else (Fault.CORRUPT, detail)


def next_entry(view: memoryview, at: int) -> tuple[int, Entry] | None:
    """The first whole entry after the damaged place `at`, and where; None without one.

    The damaged frame's own length is believed first, so that what lies inside its payload is not taken for an entry.
    """
    length = int.from_bytes(view[at : at + 4], "little")
    if FRAME_HEADER_BYTES <= length <= FRAME_HEADER_BYTES + PAYLOAD_BYTES_MAX:
        beyond = entry_at(view, at + aligned(length))
        if beyond is not None:
            return at + aligned(length), beyond
    end = last_written(view, at)
    for offset in range(at + 8, end - FRAME_HEADER_BYTES + 1, 8):
        if view[offset + 9] == 1 and (entry := entry_at(view, offset)) is not None:
            return offset, entry
    return None


def last_written(view: memoryview, at: int) -> int:
    """The offset after the last byte that is not zero, at or after `at`; `at` when all are zero."""
    for end in range(len(view), at, -_STEP_BYTES):
        start = max(at, end - _STEP_BYTES)
        kept = bytes(view[start:end])
        if kept != _ZEROS[: end - start]:
            return start + len(kept.rstrip(b"\0"))
    return at
