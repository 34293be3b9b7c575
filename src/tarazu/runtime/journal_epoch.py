"""The epoch: a number that rises, durably, each time the journal is opened for writing, and is in every header.

It is no lock (flock is) but a name for a writer's life: whoever sends an order can see that it is still the last.
"""

from pathlib import Path

from tarazu.journal.crc import crc32c
from tarazu.ports.disk import Disk
from tarazu.runtime.journal_files import write_all
from tarazu.runtime.journal_state import BadEpochFile


def read_epoch(root: Path) -> int:
    """The last begun; 0 when none was. Raises BadEpochFile."""
    path = root / "epoch"
    if not path.exists():
        return 0
    number, _, crc = path.read_text("ascii", "replace").strip().partition(" ")
    if not number.isdigit() or crc != _crc(number):
        raise BadEpochFile(path)
    return int(number)


def begin_epoch(disk: Disk, root: Path, after: int) -> int:
    """The next, on the disk before it returns. The writer's lock is held."""
    number = str(after + 1)
    unfinished = root / "epoch.part"
    fd = disk.open(unfinished)
    try:
        disk.truncate(fd, 0)
        write_all(disk, fd, f"{number} {_crc(number)}\n".encode(), 0)
        disk.fdatasync(fd)
    finally:
        disk.close(fd)
    disk.rename(unfinished, root / "epoch")
    disk.sync_folder(root)
    return after + 1


def _crc(number: str) -> str:
    return f"{crc32c(number.encode()):08x}"
