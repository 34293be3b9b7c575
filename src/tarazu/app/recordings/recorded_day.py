"""A day of a feed log as it lies on the disk: every frame and every damaged place, in order.

Nothing in the folder is touched, so an archive may be read-only; what is still being written is `runtime.tail.Tail`'s.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from tarazu.runtime.damage import Damage, Fault
from tarazu.runtime.repair import walk
from tarazu.runtime.segment import (
    FIRST_SEQUENCE,
    SEGMENT_HEADER_BYTES,
    Frame,
    Kind,
    header_fault,
    is_begun,
    segments,
)
from tarazu.runtime.segment_file import map_segment
from tarazu.runtime.writer_lock import is_being_written

TICKS_BYTES_MIN = 3
"""A binary frame is a packet count and packets; a shorter one is a heartbeat (Kite v3 "WebSocket streaming")."""


def recorded_day(folder: Path) -> Iterator[Frame | Damage]:
    """The frames that are there now; marks among them, seals not. Payloads are views of the files.

    The torn tail of a log that is being written is no damage: its last frame may be on its way.
    """
    live = is_being_written(folder)
    numbers = _begun(folder)
    expected, before = FIRST_SEQUENCE, 0
    for number in numbers:
        for missing in range(before + 1, number):
            yield Damage(fault=Fault.SEGMENT_MISSING, segment=missing, offset=0)
        before = number
        view = map_segment(folder, number)
        if view is None:
            continue
        fault = header_fault(view, date.fromisoformat(folder.name), number)
        if fault is not None:
            yield Damage(fault=Fault.HEADER, segment=number, offset=0, size=SEGMENT_HEADER_BYTES, detail=fault)
        for found in walk(view, number, expected, last=number == numbers[-1]):
            if isinstance(found, Damage):
                if not (live and found.fault is Fault.TORN_TAIL):
                    yield found
                continue
            expected = found.sequence
            if found.kind != Kind.SEAL:
                expected += 1
                yield found


def is_ticks(frame: Frame) -> bool:
    """Whether the frame can hold packets."""
    return frame.kind == Kind.BINARY and len(frame.payload) >= TICKS_BYTES_MIN


def packets_of(frame: Frame) -> int:
    """How many packets the frame says it has."""
    return int.from_bytes(frame.payload[:2], "big") if is_ticks(frame) else 0


def days(feed: Path) -> list[date]:
    """The days there is a log of, ascending."""
    found = []
    for folder in feed.iterdir() if feed.is_dir() else ():
        try:
            found.append(date.fromisoformat(folder.name))
        except ValueError:
            continue  # not a day's folder
    return sorted(found)


def _begun(folder: Path) -> list[int]:
    """The segments up to the last that has anything in it; a writer prepares the next before it is needed."""
    numbers = segments(folder)
    for count in range(len(numbers), 0, -1):
        view = map_segment(folder, numbers[count - 1])
        if view is not None and is_begun(view):
            return numbers[:count]
    return []
