"""The watermark: a second file that says how far the log had come, so that an end cut off is not taken for a torn one.

The order, and why:
1. entries are written to the segment; 2. the segment is synced; 3. the watermark is written; 4. the ack is given.
The watermark comes after the sync, so that it is never ahead of the segment: were it written before, a power cut could
keep it and lose the entries, and a clean crash would look like a truncation. It comes before the ack, so that the death
of the process, after which the kernel still has both, never leaves an acknowledged entry above it.
It is synced by the group after, not before the ack: that would double the time of a forced append. A power cut may then
keep an older mark. The acknowledged entries are on the disk all the same and are found; what is lost is only the
power to tell, should exactly these last entries be damaged as well, that they had been acknowledged.
Two slots are written in turn, a sector each: whatever becomes of one write, the mark before it stays.
"""

from pathlib import Path

from tarazu.journal.codec import WATERMARK_SLOT_BYTES, WATERMARK_SLOTS, Watermark, encode_watermark
from tarazu.ports.disk import Disk
from tarazu.runtime.journal_files import WATERMARK_BYTES, watermark_path, write_all


class WatermarkFile:
    """The writer's side."""

    def __init__(self, disk: Disk, folder: Path, first: Watermark) -> None:
        """Open it; where there is none, made with the `first` mark. It gets its name last: it is never half there."""
        self._disk = disk
        self._dirty = False
        path = watermark_path(folder)
        if path.exists():
            self._fd = disk.open(path)
            return
        unfinished = path.with_suffix(".part")
        self._fd = disk.open(unfinished)
        write_all(disk, self._fd, encode_watermark(first).ljust(WATERMARK_BYTES, b"\0"), 0)
        disk.fdatasync(self._fd)
        disk.rename(unfinished, path)
        disk.sync_folder(folder)

    def write(self, mark: Watermark) -> None:
        slot = mark.count % WATERMARK_SLOTS
        write_all(self._disk, self._fd, encode_watermark(mark), slot * WATERMARK_SLOT_BYTES)
        self._dirty = True

    def sync(self) -> None:
        if self._dirty:
            self._dirty = False
            self._disk.fdatasync(self._fd)

    def close(self) -> None:
        self._disk.close(self._fd)
