"""Segments made again from an archive's frames: the same frames, each with its own sequence and stamps.

Where segments end may differ from the log that was recorded. A frame that was lost to damage stays lost: its sequence
is missing here too, and `tarazu data verify` tells it as SEQUENCE_GAP at the frame after it.
"""

import shutil
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from tarazu.app.data.archive import FRAMES, BadArchive, Manifest
from tarazu.app.data.convert import first_difference
from tarazu.app.data.frames import Batch, segment_batches
from tarazu.app.data.steps import Progress, Steps
from tarazu.app.data.tables import frame_batches
from tarazu.journal.crc import crc32c
from tarazu.runtime.feed_log import RESERVE_BYTES, SEGMENT_BYTES
from tarazu.runtime.repair import Report, verify
from tarazu.runtime.segment import (
    CRC_FROM,
    FIRST_SEQUENCE,
    FRAME,
    FRAME_HEADER_BYTES,
    SEGMENT_HEADER_BYTES,
    Kind,
    aligned,
)
from tarazu.runtime.segment_file import make_segment
from tarazu.runtime.whole import sync_folder


def restore(
    archive: Path, manifest: Manifest, target: Path, steps: Steps, segment_bytes: int = SEGMENT_BYTES
) -> Report:
    """The day's folder `target`, made whole from the archive's frames and read back; what `verify` says of it.

    There must be no such folder. Raises OSError, and BadArchive when what was made is not what the archive holds;
    then there is none.
    """
    assert target.name == manifest.day.isoformat() and not target.exists()
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(prefix=".restoring.", dir=target.parent))
    folder = making / target.name  # a day's folder is checked against its name
    folder.mkdir(mode=0o700)
    try:
        with steps("restoring") as progress:
            written = _Segments(folder, manifest.day, segment_bytes)
            for batch in _counted(
                frame_batches(archive / FRAMES, manifest.frame_group_rows), manifest.frames, progress
            ):
                written.append(batch)
            written.close()
        with steps("proving") as progress:
            batches, rows = segment_batches(folder, progress=progress), manifest.frame_group_rows
            difference = first_difference(batches, archive, rows, with_ticks=False)
        if difference is not None:
            raise BadArchive(f"what was restored is not what {archive / FRAMES} holds, {difference}: nothing was kept")
        report = verify(folder)
        sync_folder(folder)
        folder.rename(target)
        sync_folder(target.parent)
    finally:
        shutil.rmtree(making)
    report.folder = target
    return report


def _counted(batches: Iterator[Batch], total: int, progress: Progress) -> Iterator[Batch]:
    done = 0
    for batch in batches:
        yield batch
        done += len(batch)
        progress(done, total)


class _Segments:
    """Frames into segments as `runtime.feed_log` lays them out, but each with the sequence it came with."""

    def __init__(self, folder: Path, day: date, segment_bytes: int) -> None:
        self._folder, self._day, self._size = folder, day, segment_bytes
        self._segment = make_segment(folder, day, 1, segment_bytes)
        self._at, self._last = SEGMENT_HEADER_BYTES, FIRST_SEQUENCE - 1

    def append(self, batch: Batch) -> None:
        heads = zip(
            batch.kinds.tolist(), batch.sequences.tolist(), batch.wall_ns.tolist(), batch.mono_ns.tolist(),
            batch.connections.tolist(), batch.payloads(), strict=True,
        )  # fmt: skip
        for kind, sequence, wall_ns, mono_ns, connection, payload in heads:
            if self._at + FRAME_HEADER_BYTES + len(payload) > self._size - RESERVE_BYTES:
                self._put(Kind.SEAL, self._last + 1, wall_ns, mono_ns, 0, b"")
                self._roll()
            self._put(kind, sequence, wall_ns, mono_ns, connection, payload)
            self._last = sequence

    def close(self) -> None:
        self._segment.sync()
        self._segment.close()

    def _roll(self) -> None:
        number = self._segment.number + 1
        self.close()
        self._segment, self._at = make_segment(self._folder, self._day, number, self._size), SEGMENT_HEADER_BYTES

    def _put(
        self, kind: int, sequence: int, wall_ns: int, mono_ns: int, connection: int, payload: bytes | memoryview
    ) -> None:
        view, at = self._segment.view, self._at
        end = at + FRAME_HEADER_BYTES + len(payload)
        FRAME.pack_into(view, at, end - at, 0, sequence, wall_ns, mono_ns, connection, kind)
        view[at + FRAME_HEADER_BYTES : end] = payload
        self._segment.words[(at >> 2) + 1] = crc32c(view[at + CRC_FROM : end])
        self._at = aligned(end)
