"""The frames of a recorded day as arrays, a segment or a row group at a time: so much of a day is in memory at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from tarazu.app.data.steps import Progress
from tarazu.journal.crc import crc32c
from tarazu.runtime.damage import Damage
from tarazu.runtime.repair import walk
from tarazu.runtime.segment import (
    CRC_FROM,
    FIRST_SEQUENCE,
    FRAME,
    FRAME_HEADER_BYTES,
    SEGMENT_HEADER_BYTES,
    Kind,
    aligned,
    is_begun,
    last_written,
    segments,
)
from tarazu.runtime.segment_file import map_segment

NO_END = 1 << 62

_Fields = tuple[int, int, int, int, int, int, int]
"""Start of the payload, sequence, wall, monotonic, connection, kind, size."""


class Batch(msgspec.Struct, frozen=True):
    """Frames side by side, in the log's order; marks are frames, seals are not. Payload n is
    `octets[starts[n] : starts[n] + sizes[n]]`; for segments `octets` is the mapped file itself."""

    octets: NDArray[np.uint8]
    starts: NDArray[np.int64]
    sizes: NDArray[np.int64]
    sequences: NDArray[np.uint64]
    wall_ns: NDArray[np.int64]
    mono_ns: NDArray[np.int64]
    connections: NDArray[np.uint16]
    kinds: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.starts)

    def payloads(self, kind: Kind | None = None) -> Iterator[memoryview]:
        """Of the frames of one kind, or of all."""
        octets = memoryview(self.octets.data)
        chosen = slice(None) if kind is None else self.kinds == kind
        for start, size in zip(self.starts[chosen].tolist(), self.sizes[chosen].tolist(), strict=True):
            yield octets[start : start + size]


def segment_batches(folder: Path, through: int = NO_END, progress: Progress | None = None) -> Iterator[Batch]:
    """A day's whole frames up to sequence `through`, a batch a segment, every checksum checked.

    What is damaged is passed over: `runtime.repair.verify` says what and where. Segments without frames give none.
    """
    numbers, expected = segments(folder), FIRST_SEQUENCE
    for done, number in enumerate(numbers, start=1):
        view = map_segment(folder, number)
        if view is None or not is_begun(view):
            continue
        fields = _side_by_side(view)
        if fields is None:
            fields = _as_found(view, number, expected)
        if fields:
            expected = fields[-1][1] + 1
        if through < expected:
            fields = [f for f in fields if f[1] <= through]
        if fields:
            yield _batch(np.frombuffer(view, np.uint8), fields)
        if progress is not None:
            progress(done, len(numbers))


def _side_by_side(view: memoryview) -> list[_Fields] | None:
    """The frames of a segment that are whole up to the seal or to where nothing was ever written; None where one is
    not, be it for damage or because it is being written."""
    found: list[_Fields] = []
    at, unpack, crc_of, header, last = SEGMENT_HEADER_BYTES, FRAME.unpack_from, crc32c, FRAME_HEADER_BYTES, len(view)
    while at + header <= last:
        length, crc, sequence, wall_ns, mono_ns, connection, kind = unpack(view, at)
        if length == 0:
            return None if last_written(view, at) > at else found
        end = at + length
        if length < header or end > last or crc_of(view[at + CRC_FROM : end]) != crc:
            return None
        if kind == Kind.SEAL:
            return found
        found.append((at + header, sequence, wall_ns, mono_ns, connection, kind, length - header))
        at = aligned(end)
    return found


def _as_found(view: memoryview, number: int, expected: int) -> list[_Fields]:
    """The whole frames of a segment that is not all whole."""
    walked = walk(view, number, expected, last=True)
    return [
        (f.offset + FRAME_HEADER_BYTES, f.sequence, f.wall_ns, f.mono_ns, f.connection, f.kind, len(f.payload))
        for f in walked
        if not isinstance(f, Damage) and f.kind != Kind.SEAL
    ]


def _batch(octets: NDArray[np.uint8], fields: list[_Fields]) -> Batch:
    starts, sequences, walls, monos, connections, kinds, sizes = zip(*fields, strict=True)
    return Batch(
        octets=octets,
        starts=np.array(starts, np.int64),
        sizes=np.array(sizes, np.int64),
        sequences=np.array(sequences, np.uint64),
        wall_ns=np.array(walls, np.int64),
        mono_ns=np.array(monos, np.int64),
        connections=np.array(connections, np.uint16),
        kinds=np.array(kinds, np.uint8),
    )


def read_ahead(batches: Iterator[Batch]) -> Iterator[Batch]:
    """The same batches, the next one read while this one is used: for users that leave the interpreter lock."""
    with ThreadPoolExecutor(1, "read-ahead") as pool:
        coming = pool.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = pool.submit(next, batches, None)
            yield batch
