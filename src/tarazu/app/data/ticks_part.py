"""An archive's ticks: every packet of a day's frames, decoded, written, read back and compared with the frames decoded
again. Of a long day in a process of its own, beside the one that writes the frames: each keeps a core busy.

    python -m tarazu.app.data.ticks_part SOURCE TARGET THROUGH ABOUT

prints how far it is, line by line, and last what was made. It leaves nothing to clean up but `TARGET`, and ends with
its parent, which alone hears Ctrl-C: the terminal knows it as another job's.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import polars as pl

from tarazu.app.data.archive import BadArchive, KeptFile, kept_file
from tarazu.app.data.frames import Batch, segment_batches
from tarazu.app.data.steps import Progress
from tarazu.app.data.tables import TICK_ROWS_A_GROUP, TICK_SCHEMA, Rows, tick_table, write_parquet
from tarazu.runtime.whole import sync_file

APART_BYTES = 128 << 20
"""Of payload: some five seconds of work. From there on a second core is worth the second that a process takes."""
_PARTS = 100
"""So many lines at most are told of each pass: they all fit a pipe that nobody reads yet."""


class Ticks(msgspec.Struct, frozen=True, kw_only=True):
    """What was made."""

    file: KeptFile | None = None
    broken: int = 0
    """Binary frames that the decoder could not read to their end."""
    difference: str = ""
    """Where what was written is not what was recorded; then no file is told."""
    failed: str = ""
    """Why the process could not read or write; then neither."""


def ticks_part(source: Path, target: Path, through: int, about: str, progress: Progress) -> Ticks:
    """The file `target`, on the disk, of the frames up to `through`. Raises OSError."""
    rows = broken = 0

    def decoded() -> Iterator[pl.DataFrame]:
        nonlocal rows, broken
        for batch in segment_batches(source, through, lambda done, total: progress(done, 2 * total)):
            table, unread = tick_table(batch)
            rows, broken = rows + len(table), broken + unread
            yield table

    write_parquet(decoded(), TICK_SCHEMA, target, TICK_ROWS_A_GROUP, about)
    again = segment_batches(source, through, lambda done, total: progress(total + done, 2 * total))
    difference = ticks_difference(again, target)
    if difference is not None:
        return Ticks(difference=difference)
    sync_file(target)
    return Ticks(file=kept_file(target, rows, TICK_ROWS_A_GROUP), broken=broken)


def ticks_difference(batches: Iterator[Batch], path: Path) -> str | None:
    """Where a file's ticks are not those of `batches`, column for column; None if all are."""
    told = Rows(path, TICK_ROWS_A_GROUP)
    for batch in batches:
        packets, _ = tick_table(batch)
        if not packets.equals(told.take(len(packets))):
            return f"among the ticks of frames {batch.sequences[0]} to {batch.sequences[-1]}"
    return "which has further ticks" if told.take(1).height else None


class TicksPart:
    """Under way in a process of its own. Close it."""

    def __init__(self, source: Path, target: Path, through: int, about: str) -> None:
        # -P: the folder that somebody stands in may hold a file of any name, and is no place of ours.
        program = (sys.executable, "-P", "-m", __name__, str(source), str(target), str(through), about)
        environ = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
        self._process = subprocess.Popen(
            program, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, env=environ, process_group=0
        )

    def end(self, progress: Progress) -> Ticks:
        """What was made, when it is. Raises BadArchive where the process died."""
        last = b""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            last = line.strip()
            done, _, total = last.partition(b" ")
            if done.isdigit() and total.isdigit():
                progress(int(done), int(total))
        code = self._process.wait()
        try:
            return msgspec.json.decode(last, type=Ticks)
        except msgspec.MsgspecError as none:
            raise BadArchive(f"the process that wrote the ticks ended with code {code} and said nothing") from none

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


def main(source: str, target: str, through: str, about: str) -> None:
    told = -1

    def tell(done: int, total: int) -> None:
        nonlocal told
        if done * _PARTS // max(1, total) != told:
            told = done * _PARTS // max(1, total)
            print(done, total, flush=True)

    try:
        made = ticks_part(Path(source), Path(target), int(through), about, tell)
    except OSError as failed:
        made = Ticks(failed=str(failed) or type(failed).__name__)
    print(msgspec.json.encode(made).decode(), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
