"""The frames of a recorded day as arrays, a segment or a row group at a time: so much of a day is in memory at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from tarazu.app.data import frame_kernels as kernels
from tarazu.app.data.steps import Progress
from tarazu.journal.crc import crc32c
from tarazu.runtime.damage import Damage
from tarazu.runtime.repair import walk
from tarazu.runtime.segment import (
    CRC_FROM,
    FIRST_SEQUENCE,
    FRAME_HEADER_BYTES,
    Frame,
    Kind,
    is_begun,
    last_written,
    segments,
)
from tarazu.runtime.segment_file import map_segment

NO_END = 1 << 62


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
        batch = _side_by_side(view)
        if batch is None:
            batch = _as_found(view, number, expected)
        if len(batch):
            expected = int(batch.sequences[-1]) + 1
        if through < expected:
            batch = _up_to(batch, through)
        if len(batch):
            yield batch
        if progress is not None:
            progress(done, len(numbers))


def _side_by_side(view: memoryview) -> Batch | None:
    """The frames of a segment that are whole up to the seal or to where nothing was ever written; None where one is
    not, be it for damage or because it is being written."""
    if len(view) % 8:
        return None
    octets = np.frombuffer(view, np.uint8)
    most = max(1, len(view) // FRAME_HEADER_BYTES)
    found = np.empty((most, kernels.COLUMNS), np.int64)  # only what is written of it is ever in memory
    count, at = kernels.headers_of(octets.view(np.uint32), octets.view(np.int64), found)
    found = found[:count]
    crc_of, sums = crc32c, found[:, kernels.CRC].tolist()
    places = zip(found[:, kernels.FROM].tolist(), found[:, kernels.END].tolist(), sums, strict=True)
    if any(crc_of(view[begin + CRC_FROM : end]) != crc for begin, end, crc in places):
        return None
    if count and found[-1, kernels.KIND] == Kind.SEAL:
        found = found[:-1]
    elif at + FRAME_HEADER_BYTES <= len(view) and last_written(view, at) > at:
        return None
    return _batch(octets, found)


def _as_found(view: memoryview, number: int, expected: int) -> Batch:
    """The whole frames of a segment that is not all whole."""
    walked = walk(view, number, expected, last=True)
    fields = [
        (f.offset, _end_of(f), 0, f.sequence, f.wall_ns, f.mono_ns, f.connection, f.kind)
        for f in walked
        if not isinstance(f, Damage) and f.kind != Kind.SEAL
    ]
    return _batch(np.frombuffer(view, np.uint8), np.array(fields, np.int64).reshape(-1, kernels.COLUMNS))


def _end_of(frame: Frame) -> int:
    return frame.offset + FRAME_HEADER_BYTES + len(frame.payload)


def _batch(octets: NDArray[np.uint8], found: NDArray[np.int64]) -> Batch:
    """Of what `headers_of` finds."""
    columns = np.ascontiguousarray(found.T)
    starts = columns[kernels.FROM] + FRAME_HEADER_BYTES
    return Batch(
        octets=octets,
        starts=starts,
        sizes=columns[kernels.END] - starts,
        sequences=columns[kernels.SEQUENCE].view(np.uint64),
        wall_ns=columns[kernels.WALL_NS],
        mono_ns=columns[kernels.MONO_NS],
        connections=columns[kernels.CONNECTION].astype(np.uint16),
        kinds=columns[kernels.KIND].astype(np.uint8),
    )


def _up_to(batch: Batch, through: int) -> Batch:
    chosen = batch.sequences <= through
    columns = {name: getattr(batch, name)[chosen] for name in batch.__struct_fields__ if name != "octets"}
    return Batch(octets=batch.octets, **columns)


def read_ahead(batches: Iterator[Batch]) -> Iterator[Batch]:
    """The same batches, the next one read while this one is used: for users that leave the interpreter lock."""
    with ThreadPoolExecutor(1, "read-ahead") as pool:
        coming = pool.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = pool.submit(next, batches, None)
            yield batch
