"""A recorded day into an archive, and the proof that nothing was lost on the way."""

import shutil
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import msgspec

from tarazu import __version__
from tarazu.app.data.archive import (
    FRAMES,
    MANIFEST,
    SCHEMA,
    TICKS,
    BadArchive,
    KeptFile,
    Manifest,
    SourceSegment,
    kept_file,
)
from tarazu.app.data.frames import Batch, segment_batches
from tarazu.app.data.steps import Steps
from tarazu.app.data.tables import (
    FRAME_SCHEMA,
    TICK_ROWS_A_GROUP,
    Rows,
    batch_of,
    frame_table,
    tick_table,
    write_parquet,
)
from tarazu.app.data.ticks_part import APART_BYTES, Ticks, TicksPart, ticks_part
from tarazu.runtime.put_folder import making_beside, put_folder
from tarazu.runtime.repair import Report, verify
from tarazu.runtime.segment import segment_path, segments
from tarazu.runtime.whole import sync_file
from tarazu.runtime.writer_lock import is_being_written

GROUP_BYTES = 16 << 20
"""About so much payload makes a row group: what a reader that streams holds at once."""
_OTHER = "what was written is not what was recorded, {}: nothing was kept"


def convert(
    source: Path,
    target: Path,
    steps: Steps,
    apart_bytes: int = APART_BYTES,
    placing: Callable[[Manifest], None] = lambda _: None,
) -> Manifest:
    """Archive the day's folder `source` as the folder `target`, replacing what is there. Raises OSError, BadArchive.
    `placing` is told before it is in its place, and may raise.

    From `apart_bytes` of payload on, the ticks are made by a process of their own beside this one.

    Of a day that is being written, what is there now. Whatever happens, `target` is the old archive or the new one; of
    a process that is killed between them the old one stays beside it, and has its place again with the next one
    (`runtime.put_folder`).
    """
    day, so_far = date.fromisoformat(source.name), is_being_written(source)
    with steps("checking") as progress:
        report = verify(source, progress)
    making = making_beside(target)
    try:
        manifest = _write(source, making, report, day, so_far, steps, apart_bytes)
        placing(manifest)
        put_folder(making, target)
    except BaseException:
        shutil.rmtree(making)
        raise
    return manifest


def _write(
    source: Path, making: Path, report: Report, day: date, so_far: bool, steps: Steps, apart_bytes: int
) -> Manifest:
    tally, frames, ticks = _files(source, making, report, day, steps, apart_bytes)
    if ticks.file is None:
        raise BadArchive(_OTHER.format(ticks.difference))
    manifest = Manifest(
        made_by=__version__,
        made_ns=time.time_ns(),
        day=day,
        so_far=so_far,
        through=report.next_sequence - 1,
        frames=tally.frames,
        payload_bytes=tally.payload_bytes,
        ticks=ticks.file.rows,
        broken_frames=ticks.broken,
        first_wall_ns=tally.first_ns,
        last_wall_ns=tally.last_ns,
        files=(frames, ticks.file),
        segments=tuple(SourceSegment(segment=n, size=segment_path(source, n).stat().st_size) for n in segments(source)),
        damages=tuple(report.damages),
    )
    (making / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest)))
    sync_file(making / MANIFEST)
    return manifest


def _files(
    source: Path, making: Path, report: Report, day: date, steps: Steps, apart_bytes: int
) -> tuple["_Tally", KeptFile, Ticks]:
    """Both, proven and on the disk, but for what is told of the ticks. Raises OSError, BadArchive."""
    words = source, making / TICKS, report.next_sequence - 1, f"{SCHEMA} ticks {day}"
    apart = TicksPart(*words) if report.payload_bytes >= apart_bytes else None
    try:
        tally, frames = _frames(source, making, report, day, steps)
        with steps("ticks") as progress:
            ticks = ticks_part(*words, progress) if apart is None else apart.end(progress)
    finally:
        if apart is not None:
            apart.close()
    if ticks.failed:
        raise OSError(ticks.failed)
    return tally, frames, ticks


def _frames(source: Path, making: Path, report: Report, day: date, steps: Steps) -> tuple["_Tally", KeptFile]:
    """The file of the frames, on the disk. Raises OSError, BadArchive."""
    through, path, tally = report.next_sequence - 1, making / FRAMES, _Tally()
    group = max(256, min(1 << 16, GROUP_BYTES * report.frames // max(1, report.payload_bytes)))
    with steps("frames") as progress:
        tables = (frame_table(b) for b in tally.counting(segment_batches(source, through, progress)))
        write_parquet(tables, FRAME_SCHEMA, path, group, f"{SCHEMA} frames {day}")
    with steps("proving") as progress:
        again = segment_batches(source, through, progress)
        difference = first_difference(again, making, group, with_ticks=False)
    if difference is not None:
        raise BadArchive(_OTHER.format(difference))
    sync_file(path)
    return tally, kept_file(path, tally.frames, group)


class _Tally:
    """Counts what passes."""

    def __init__(self) -> None:
        self.frames = self.payload_bytes = 0
        self.first_ns: int | None = None
        self.last_ns: int | None = None

    def counting(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        for batch in batches:
            self.frames += len(batch)
            self.payload_bytes += int(batch.sizes.sum())
            self.first_ns = int(batch.wall_ns[0]) if self.first_ns is None else self.first_ns
            self.last_ns = int(batch.wall_ns[-1])
            yield batch


def first_difference(
    batches: Iterator[Batch], archive: Path, group_rows: int, *, with_ticks: bool = True
) -> str | None:
    """Where an archive's frames, and their packets, are not those of `batches`; None if all are.

    Row for row: sequence, stamps, connection, kind, every byte of the payload, and every column of the ticks, which
    are decoded again.
    """
    kept = Rows(archive / FRAMES, group_rows)
    told = Rows(archive / TICKS, TICK_ROWS_A_GROUP) if with_ticks else None
    for batch in batches:
        table, theirs = frame_table(batch), kept.take(len(batch))
        if not table.equals(theirs):
            return f"among the frames {batch.sequences[0]} to {batch.sequences[-1]}"
        if told is not None:
            packets, _ = tick_table(batch_of(theirs))
            if not packets.equals(told.take(len(packets))):
                return f"among the ticks of frames {batch.sequences[0]} to {batch.sequences[-1]}"
    if kept.take(1).height:
        return "which has further frames"
    if told is not None and told.take(1).height:
        return "which has further ticks"
    return None
