"""The drill: the last backup restored into a place of its own, timed, proven, thrown away. What it would cost to lose
the home now: so many seconds to have it back, and what came after the backup."""

import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from tarazu.app.backup.latest import latest_backup
from tarazu.app.backup.refusal import Code, Refused
from tarazu.app.backup.restore import Back, came_back
from tarazu.app.data.steps import Steps
from tarazu.app.database.acknowledged import acknowledged
from tarazu.app.home import Home
from tarazu.journal.checkpoint import Verifier
from tarazu.runtime.journal_files import day_folder, days


class Rehearsed(msgspec.Struct, frozen=True, kw_only=True):
    back: Back
    newer: dict[str, int]
    """Entries that the home's journal has acknowledged and the backup does not have, by day; those with none are not
    named. What is shipped elsewhere (`tarazu status`) is not lost with the home."""


def rehearsed(
    home: Home,
    path: Path | None,
    scratch: Path | None,
    verifiers: Sequence[Verifier],
    steps: Steps,
    environ: Mapping[str, str] = os.environ,
) -> Rehearsed | Refused:
    """`path` None: the latest of the desk's record that is there. Raises BadDeskRecord, OSError."""
    chosen = path or _latest(home)
    if isinstance(chosen, Refused):
        return chosen
    back = tried(chosen, scratch, verifiers, steps, home.profile, environ)
    return back if isinstance(back, Refused) else Rehearsed(back=back, newer=_newer(home, back))


def tried(
    path: Path,
    scratch: Path | None,
    verifiers: Sequence[Verifier],
    steps: Steps,
    profile: str | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Back | Refused:
    """Restored, proven and thrown away: in `scratch`, else beside the backup, else where temporary files go. Raises
    OSError."""
    folder = Path(tempfile.mkdtemp(prefix=f".backup-{os.getpid()}-try-", dir=scratch or _beside(path)))
    try:
        return came_back(path, folder / "home", verifiers, steps, profile=profile, environ=environ)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _latest(home: Home) -> Path | Refused:
    standing = latest_backup(home)
    if standing is None:
        return Refused(Code.NOT_A_FILE, "the desk's record names no backup", "tarazu dr backup")
    if not standing.there:
        return Refused(Code.NOT_A_FILE, f"{standing.file.path} is not there any more", "tarazu dr drill FILE")
    return Path(standing.file.path)


def _beside(path: Path) -> Path | None:
    return path.absolute().parent if os.access(path.absolute().parent, os.W_OK | os.X_OK) else None


def _newer(home: Home, back: Back) -> dict[str, int]:
    kept = {day.day: day.entries for day in back.manifest.journal}
    there = {day.isoformat(): acknowledged(day_folder(home.journal, day)) for day in days(home.journal)}
    return {day: count - kept.get(day, 0) for day, count in there.items() if count > kept.get(day, 0)}
