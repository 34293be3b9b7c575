"""The day's checkpoints as they are made: the tree grown by what is on the disk, signed, appended, synced.

A checkpoint never tells of an entry that is not on the disk: a power cut would make it a lie under our own signature.
"""

from pathlib import Path

from tarazu.journal.checkpoint import Checkpoint, Signer, join_notes, origin_of, parse, split_notes
from tarazu.journal.findings import Report
from tarazu.ports.disk import Disk
from tarazu.runtime.journal_files import checkpoints_path, write_all


class CheckpointFile:
    """The writer's side. Not for two threads at once."""

    def __init__(self, disk: Disk, folder: Path, name: str, recovered: Report) -> None:
        self._disk = disk
        self._origin = origin_of(name, recovered.day)
        self._frontier = recovered.frontier.copy()
        path = checkpoints_path(folder)
        kept = path.read_bytes() if path.exists() else b""
        self.size = len(kept)
        """Bytes of the file."""
        notes, _ = split_notes(kept)
        self.last = parse(notes[-1]) if notes else None
        self._fd = disk.open(path)
        disk.sync_folder(folder)

    @property
    def entries(self) -> int:
        """How many the last one tells of."""
        return 0 if self.last is None else self.last.size

    def grow(self, leaves: list[bytes]) -> None:
        """Take in the hashes of further entries that are on the disk."""
        self._frontier.extend(leaves)

    def sign(self, signer: Signer) -> bytes:
        """The checkpoint of all that was taken in, on the disk when it returns. Twice of the same is one."""
        last, key = self.last, (signer.name, signer.key_id)
        if (
            last is not None
            and last.size == self._frontier.size
            and key in ((s.name, s.key_id) for s in last.signatures)
        ):
            return last.note
        point = Checkpoint(self._origin, self._frontier.size, self._frontier.root()).signed(signer)
        kept = join_notes([point.note])
        write_all(self._disk, self._fd, kept, self.size)
        self._disk.fdatasync(self._fd)
        self.size += len(kept)
        self.last = point
        return point.note

    def close(self) -> None:
        self._disk.close(self._fd)
