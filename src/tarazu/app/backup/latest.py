"""The last backup there is, and when a restore was last proven: by the desk's record and by what lies on the disk."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from tarazu.app.home import Home
from tarazu.runtime import desk_record
from tarazu.runtime.desk_record import DeskEntry, DeskKind

LOOK_BACK_DAYS = 60
"""Of desk records, from the last one back: what is older is too old for anything."""


class FileTold(msgspec.Struct, frozen=True, kw_only=True):
    """A backup's file, as the desk's record names it (`backup` in a BACKED_UP or RESTORED entry)."""

    path: str
    bytes: int
    sha256: str
    made_ns: int
    """UTC ns of the profile's clock."""
    proven: bool
    """Whether it was restored, and what came back was what went in."""
    sealed: bool = False


class BackupStanding(msgspec.Struct, frozen=True, kw_only=True):
    file: FileTold
    """The one made last that is there; where none is, the one made last."""
    there: bool
    """Whether a file of that size is where it was put. Its bytes are `tarazu dr verify`'s to judge."""
    proven_ns: int | None
    """When a restore was last proven, by a backup or a drill; None: in none of the entries looked at."""
    restored_ns: int | None = None
    """When this home itself was made of a backup, if it has made none of its own since."""

    def age_ns(self, now_ns: int) -> int | None:
        """Of the last proof; by a clock that has gone back, 0."""
        return None if self.proven_ns is None else max(0, now_ns - self.proven_ns)


def latest_backup(home: Home) -> BackupStanding | None:
    """None: the desk's record names none. Raises BadDeskRecord, OSError."""
    proven_ns: int | None = None
    restored_ns: int | None = None
    files: list[FileTold] = []
    has_own = False
    for entry in _entries(home):
        has_own |= entry.kind is DeskKind.BACKED_UP
        told = file_told(entry)
        if told is None:
            continue
        proven_ns = max(filter(None, (proven_ns, entry.ts_ns if told.proven else None)), default=None)
        if entry.kind is DeskKind.RESTORED and not entry.body.get("drill") and not has_own:
            restored_ns = restored_ns or entry.ts_ns
        files.append(told)
    # By when it was made: a drill of an old one is the latest entry, and no later backup.
    files.sort(key=lambda told: told.made_ns, reverse=True)
    there = next(filter(is_there, files), None)
    file = there or next(iter(files), None)
    if file is None:
        return None
    return BackupStanding(file=file, there=there is not None, proven_ns=proven_ns, restored_ns=restored_ns)


def file_told(entry: DeskEntry) -> FileTold | None:
    """The backup that an entry is about; None: it names none."""
    try:
        return msgspec.convert(entry.body.get("backup"), FileTold)
    except msgspec.ValidationError:
        return None


def is_there(told: FileTold) -> bool:
    path = Path(told.path)
    return path.is_file() and path.stat().st_size == told.bytes


def _entries(home: Home) -> Iterator[DeskEntry]:
    """Those that may name one, the latest first."""
    for day in reversed(desk_record.days(home.desk)[-LOOK_BACK_DAYS:]):
        for entry in reversed(desk_record.entries(home.desk, day)):
            if entry.kind in (DeskKind.BACKED_UP, DeskKind.RESTORED):
                yield entry
