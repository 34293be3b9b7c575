"""A day's archives beside what the desk's record says they were when they were made."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from tarazu.app.closing.rolling.logs import logs_folder
from tarazu.app.closing.steps import done
from tarazu.app.closing.written import FRAMES, LOGS, about, announced
from tarazu.app.data.archive import archive_folder, sha256_of
from tarazu.app.home import Home
from tarazu.runtime.desk_record import DeskEntry, DeskKind
from tarazu.runtime.put_folder import clear_beside, where_it_is


def changed_archives(home: Home, day: date) -> list[str]:
    """As `changed_since`, of the day's last rollup. Raises BadDeskRecord, OSError."""
    return changed_since(home, day, about(home, day))


def changed_since(home: Home, day: date, told: Sequence[DeskEntry]) -> list[str]:
    """The files of the last rollup that are gone or others now, by their path in the home; none of a day that was not
    rolled up, or whose last rollup failed. What a rollup was going to write since, and was cut off, is no other.
    `told`: the desk's record about this day. Reads them all. Raises OSError."""
    rollup = next((entry for entry in reversed(told) if entry.kind is DeskKind.ROLLED_UP), None)
    if rollup is None or not done(rollup).passed:
        return []
    changed: list[str] = []
    for member, folder in ((FRAMES, archive_folder(home, day)), (LOGS, logs_folder(home, day))):
        known = [dict(rollup.body.get(member, {})), *announced(told, rollup, member)]
        changed += [str((folder / name).relative_to(home.root)) for name in _changed(where_it_is(folder), known)]
    return changed


def clear(home: Home, day: date) -> None:
    """What rollups that were killed have left beside both archives. Raises OSError."""
    clear_beside(archive_folder(home, day))
    clear_beside(logs_folder(home, day))


def _changed(folder: Path, known: Sequence[Mapping[str, str]]) -> list[str]:
    """Names that differ from the one of `known` that the folder is the most like: it is as a whole what one rollup made
    or was going to make, never of two."""
    names = sorted({name for one in known for name in one})
    there = {name: _sha256(folder / name) for name in names}
    return min(([name for name in names if there[name] != one.get(name, "")] for one in known), key=len)


def _sha256(path: Path) -> str:
    """Empty for one that is not there."""
    return sha256_of(path) if path.is_file() else ""
