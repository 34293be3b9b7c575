"""Days written byte by byte from the format, and read back with the log's own walk, without any of `app.data`."""

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from crc32c import crc32c

from tarazu.app.data.steps import Progress
from tarazu.runtime.damage import Damage
from tarazu.runtime.repair import walk
from tarazu.runtime.segment import FRAME, Kind, segment_header, segment_path, segments
from tarazu.runtime.segment_file import map_segment

DAY = date(2026, 11, 23)
OPEN_NS = 1_795_405_500 * 10**9
"""09:15 IST of DAY."""


class Plain(NamedTuple):
    """A frame and nothing else of it."""

    sequence: int
    kind: int
    connection: int
    payload: bytes
    wall_ns: int
    mono_ns: int


def write_day(feed: Path, frames: Iterable[Plain], segment_bytes: int = 4096, day: date = DAY) -> Path:
    """The day's folder."""
    folder = feed / day.isoformat()
    folder.mkdir(parents=True)
    number, octets, last = 0, bytearray(), 0
    for frame in frames:
        size = 40 + len(frame.payload)
        if number == 0 or len(octets) + size + 64 > segment_bytes:
            if number:
                octets += _frame(Plain(last + 1, Kind.SEAL, 0, b"", frame.wall_ns, frame.mono_ns))
                segment_path(folder, number).write_bytes(octets.ljust(segment_bytes, b"\0"))
            number += 1
            octets = bytearray(segment_header(day, number, segment_bytes, 1))
        octets += _frame(frame)
        last = frame.sequence
    if number:
        segment_path(folder, number).write_bytes(octets.ljust(segment_bytes, b"\0"))
    return folder


def frames_of(folder: Path) -> list[Plain]:
    found: list[Plain] = []
    for number in segments(folder):
        view = map_segment(folder, number)
        assert view is not None
        found += [
            Plain(f.sequence, f.kind, f.connection, bytes(f.payload), f.wall_ns, f.mono_ns)
            for f in walk(view, number, 0, last=True)
            if not isinstance(f, Damage) and f.kind != Kind.SEAL
        ]
    return found


def patch(path: Path, offset: int, octets: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(octets)


def quiet(label: str) -> AbstractContextManager[Progress]:
    """Steps without a bar."""
    return nullcontext(lambda done, total: None)


def _frame(frame: Plain) -> bytes:
    rest: Any = (frame.sequence, frame.wall_ns, frame.mono_ns, frame.connection, frame.kind)
    whole = FRAME.pack(40 + len(frame.payload), 0, *rest) + frame.payload
    whole = whole[:4] + crc32c(whole[8:]).to_bytes(4, "little") + whole[8:]
    return whole.ljust((len(whole) + 7) & ~7, b"\0")
