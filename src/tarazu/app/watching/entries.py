"""The journal's entries of a stretch of time, without reading the day before it.

Kinds and times are taken from the frames' heads; only what may matter is looked into, and is then checked by its CRC.
The chain is not proven here: that is `tarazu audit verify`'s.
"""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from tarazu.engine import codec
from tarazu.engine.acts import Step
from tarazu.engine.codec import Record
from tarazu.engine.messages import Answered, FeedMoved, MarketMoved, Started, Wanted
from tarazu.journal.codec import FRAME, FRAME_HEADER_BYTES, SEGMENT_HEADER_BYTES, aligned, entry_at
from tarazu.journal.entry import PAYLOAD_BYTES_MAX
from tarazu.model.units import SECOND_NS
from tarazu.runtime.journal_files import map_file, segment_numbers, segment_path

_MOVED = codec.KINDS[MarketMoved]
_WHOLE = frozenset(codec.KINDS[kind] for kind in (Answered, FeedMoved, Started, Wanted)) | {codec.FAILED}
_TAGS = re.compile(b"Intend|Decide|Deny|Filled|Moved|SendOrder|Alert")
"""Of acts and outputs, as they stand in the bytes. One that stands in a text costs a look and nothing else."""

_TORN_READS, _TORN_READ_S = 20, 0.005


class Damaged(Exception):
    """The journal does not read to its end; the message says where."""


class Seen(msgspec.Struct, frozen=True, gc=False):
    """One entry that may matter."""

    ts_ns: int
    record: Record


def entries(folder: Path, from_ns: int, until_ns: int) -> Iterator[Seen]:
    """Of a day's folder, in order; `until_ns` not included. Of frames of the market that led to nothing, one a second.
    Raises Damaged, BadPayload, OSError."""
    moved_s = -1
    for number in _from(folder, from_ns):
        view = map_file(segment_path(folder, number))
        at = SEGMENT_HEADER_BYTES
        while (head := _head(view, at)) is not None:
            length, kind, ts_ns = head
            if ts_ns >= until_ns:
                return
            if ts_ns >= from_ns:
                is_due = kind == _MOVED and ts_ns // SECOND_NS != moved_s
                if is_due or kind in _WHOLE or _TAGS.search(view, at + FRAME_HEADER_BYTES, at + length):
                    moved_s = ts_ns // SECOND_NS if kind == _MOVED else moved_s
                    yield _seen(view, at, number)
            at += aligned(length)


def _from(folder: Path, from_ns: int) -> list[int]:
    """The segments from the one in which that moment may be."""
    numbers = segment_numbers(folder)
    for count in range(len(numbers) - 1, 0, -1):
        head = _head(map_file(segment_path(folder, numbers[count])), SEGMENT_HEADER_BYTES)
        if head is not None and head[2] <= from_ns:
            return numbers[count:]
    return numbers


def _head(view: memoryview, at: int) -> tuple[int, int, int] | None:
    """Length, kind and time of the frame there; None where nothing is written."""
    if at + FRAME_HEADER_BYTES > len(view):
        return None
    length, _, _, _, _, _, kind, _, _, _, _, ts_ns, _ = FRAME.unpack_from(view, at)
    if not length:
        return None
    if not FRAME_HEADER_BYTES <= length <= FRAME_HEADER_BYTES + PAYLOAD_BYTES_MAX or at + length > len(view):
        raise Damaged(f"no entry has a length of {length} bytes, at {at} of a segment")
    return length, kind, ts_ns


def _seen(view: memoryview, at: int, number: int) -> Seen:
    entry = entry_at(view, at)
    for _ in range(_TORN_READS):
        if entry is not None:
            break
        time.sleep(_TORN_READ_S)  # the last one, perhaps, in the moment of its writing
        entry = entry_at(view, at)
    if entry is None:
        raise Damaged(f"the entry at {at} of segment {number} is not what was written")
    record = codec.decode(entry.kind, entry.payload)
    if isinstance(record, codec.Failure):
        record = Record(record.stamped, Step())
    return Seen(entry.ts_ns, record)
