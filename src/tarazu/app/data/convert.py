"""A recorded day into an archive, and the proof that nothing was lost on the way."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import msgspec
import polars as pl

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
    sha256_of,
)
from tarazu.app.data.frames import Batch, segment_batches
from tarazu.app.data.steps import Steps
from tarazu.app.data.tables import (
    FRAME_SCHEMA,
    TICK_ROWS_A_GROUP,
    TICK_SCHEMA,
    batch_of,
    frame_table,
    row_groups,
    tick_table,
    write_parquet,
)
from tarazu.runtime.repair import Report, verify
from tarazu.runtime.segment import segment_path, segments
from tarazu.runtime.whole import sync_folder
from tarazu.runtime.writer_lock import is_being_written

GROUP_BYTES = 16 << 20
"""About so much payload makes a row group: what a reader that streams holds at once."""


def convert(source: Path, target: Path, steps: Steps) -> Manifest:
    """Archive the day's folder `source` as the folder `target`, replacing what is there. Raises OSError, BadArchive.

    Of a day that is being written, what is there now. Whatever happens, `target` is the old archive or the new one; a
    machine that stops in the middle leaves none or `<target>.*` beside it, which nothing reads.
    """
    day, so_far = date.fromisoformat(source.name), is_being_written(source)
    with steps("checking") as progress:
        report = verify(source, progress)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(prefix=f"{target.name}.", dir=target.parent))
    try:
        manifest = _write(source, making, report, day, so_far, steps)
        _put(making, target)
    except BaseException:
        shutil.rmtree(making)
        raise
    return manifest


def _write(source: Path, making: Path, report: Report, day: date, so_far: bool, steps: Steps) -> Manifest:
    through = report.next_sequence - 1
    frames, ticks, tally = making / FRAMES, making / TICKS, _Tally()
    group = max(256, min(1 << 16, GROUP_BYTES * report.frames // max(1, report.payload_bytes)))
    with steps("frames") as progress:
        tables = (frame_table(b) for b in tally.counting(segment_batches(source, through, progress)))
        write_parquet(tables, FRAME_SCHEMA, frames, group, f"{SCHEMA} frames {day}")
    with steps("ticks") as progress:
        decoded = tally.decoding(segment_batches(source, through, progress))
        write_parquet(decoded, TICK_SCHEMA, ticks, TICK_ROWS_A_GROUP, f"{SCHEMA} ticks {day}")
    with steps("proving") as progress:
        difference = first_difference(segment_batches(source, through, progress), making, group)
    if difference is not None:
        raise BadArchive(f"what was written is not what was recorded, {difference}: nothing was kept")
    for path in (frames, ticks):
        _sync(path)
    manifest = Manifest(
        made_by=__version__,
        made_ns=time.time_ns(),
        day=day,
        so_far=so_far,
        through=through,
        frames=tally.frames,
        payload_bytes=tally.payload_bytes,
        ticks=tally.ticks,
        broken_frames=tally.broken,
        first_wall_ns=tally.first_ns,
        last_wall_ns=tally.last_ns,
        files=(_kept(frames, tally.frames, group), _kept(ticks, tally.ticks, TICK_ROWS_A_GROUP)),
        segments=tuple(SourceSegment(segment=n, size=segment_path(source, n).stat().st_size) for n in segments(source)),
        damages=tuple(report.damages),
    )
    (making / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest)))
    _sync(making / MANIFEST)
    return manifest


class _Tally:
    """Counts what passes."""

    def __init__(self) -> None:
        self.frames = self.payload_bytes = self.ticks = self.broken = 0
        self.first_ns: int | None = None
        self.last_ns: int | None = None

    def counting(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        for batch in batches:
            self.frames += len(batch)
            self.payload_bytes += int(batch.sizes.sum())
            self.first_ns = int(batch.wall_ns[0]) if self.first_ns is None else self.first_ns
            self.last_ns = int(batch.wall_ns[-1])
            yield batch

    def decoding(self, batches: Iterator[Batch]) -> Iterator[pl.DataFrame]:
        for batch in batches:
            table, broken = tick_table(batch)
            self.ticks += len(table)
            self.broken += broken
            yield table


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


class Rows:
    """The rows of a Parquet file, in order, as many at a time as one asks for."""

    def __init__(self, path: Path, group_rows: int) -> None:
        self._coming = row_groups(path, group_rows)
        self._left = pl.scan_parquet(path).head(0).collect()

    def take(self, count: int) -> pl.DataFrame:
        """The next `count` rows; fewer at the end."""
        parts = [self._left]
        while sum(map(len, parts)) < count and (table := next(self._coming, None)) is not None:
            parts.append(table)
        rows = pl.concat(parts)
        taken, self._left = rows.head(count), rows.slice(count)
        return taken


def _kept(path: Path, rows: int, group_rows: int) -> KeptFile:
    return KeptFile(name=path.name, rows=rows, group_rows=group_rows, size=path.stat().st_size, sha256=sha256_of(path))


def _put(making: Path, target: Path) -> None:
    """The new folder in the old one's place."""
    sync_folder(making)
    if target.exists():
        old = Path(tempfile.mkdtemp(prefix=f"{target.name}.", dir=target.parent))
        target.rename(old)
        making.rename(target)
        shutil.rmtree(old)
    else:
        making.rename(target)
    sync_folder(target.parent)


def _sync(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
