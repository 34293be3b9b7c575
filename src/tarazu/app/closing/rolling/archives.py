"""A day's archives beside what the desk's record says they were when they were made."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from tarazu.app.closing.rolling.logs import logs_folder
from tarazu.app.closing.steps import done
from tarazu.app.closing.written import FRAMES, LOGS, about, begun
from tarazu.app.data.archive import archive_folder, sha256_of
from tarazu.app.home import Home
from tarazu.runtime.desk_record import DeskEntry, DeskKind


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
        kept, since = dict(rollup.body.get(member, {})), begun(told, rollup, member)
        is_replaced = bool(since) and not folder.is_dir()  # between the old folder's going and the new one's coming
        paths = [] if is_replaced else [folder / name for name in {**kept, **since}]
        for path in paths:
            hashes = {kept.get(path.name, ""), *since.get(path.name, ())}
            if _sha256(path) not in hashes:
                changed.append(str(path.relative_to(home.root)))
    return changed


def _sha256(path: Path) -> str:
    """Empty for one that is not there."""
    return sha256_of(path) if path.is_file() else ""
