"""A day's archives beside what the desk's record says they were when they were made."""

from datetime import date
from pathlib import Path

from tarazu.app.closing.rolling.logs import logs_folder
from tarazu.app.closing.steps import done, step_done
from tarazu.app.data.archive import archive_folder, sha256_of
from tarazu.app.home import Home
from tarazu.runtime.desk_record import DeskEntry, DeskKind


def changed_archives(home: Home, day: date) -> list[str]:
    """As `changed_since`, of the day's last rollup. Raises BadDeskRecord, OSError."""
    return changed_since(home, day, step_done(home, day, DeskKind.ROLLED_UP))


def changed_since(home: Home, day: date, rollup: DeskEntry | None) -> list[str]:
    """The files of a rollup that are gone or others now, by their path in the home; none of a day that was not rolled
    up, or whose last rollup failed. Reads them all. Raises OSError."""
    if rollup is None or not done(rollup).passed:
        return []
    kept = [(archive_folder(home, day) / name, sha256) for name, sha256 in dict(rollup.body.get("frames", {})).items()]
    kept += [(logs_folder(home, day) / name, sha256) for name, sha256 in dict(rollup.body.get("logs", {})).items()]
    return [str(path.relative_to(home.root)) for path, sha256 in kept if _sha256(path) != sha256]


def _sha256(path: Path) -> str:
    """Empty for one that is not there."""
    return sha256_of(path) if path.is_file() else ""
