"""The frames of past days: they go once their Parquet has been held against them again, row for row, and not before.

A day whose frames are gone is restored by `tarazu data restore DAY`, from its archive, to be replayed.
"""

import shutil
from datetime import date, timedelta
from pathlib import Path

import msgspec

from tarazu.app.data.archive import archive_folder, changed_files
from tarazu.app.data.archiving import read_quietly
from tarazu.app.data.days import recorded_days
from tarazu.app.data.steps import Progress
from tarazu.app.home import Home
from tarazu.runtime.segment import day_folder, segments
from tarazu.runtime.whole import sync_folder
from tarazu.runtime.writer_lock import is_being_written


class Gone(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a day's frames."""

    day: date
    bytes: int
    kept_why: str = ""
    """Why they stay all the same; empty: they are gone."""


def due(home: Home, day: date, keep_days: int) -> list[date]:
    """Recorded days that are older than so many days before `day` and still have their frames."""
    oldest = day - timedelta(days=keep_days)
    return [one for one in recorded_days(home) if one < oldest and segments(day_folder(home.feed, one))]


def drop(home: Home, day: date, progress: Progress) -> Gone:
    """Take away a day's segments, where its archive is whole and has every frame of them. Raises OSError."""
    folder = day_folder(home.feed, day)
    size = sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
    why = _kept_why(home, day, progress)
    if not why:
        _take_away(folder)
    return Gone(day=day, bytes=size, kept_why=why)


def _take_away(folder: Path) -> None:
    """In one moment: of a day whose frames are half gone an archive could be made that has but the other half. What a
    crash has left of an earlier one goes with it."""
    folder.rename(folder.with_name(f".{folder.name}.gone"))
    sync_folder(folder.parent)
    for gone in folder.parent.glob(".*.gone"):
        shutil.rmtree(gone)


def _kept_why(home: Home, day: date, progress: Progress) -> str:
    folder, archive = day_folder(home.feed, day), archive_folder(home, day)
    if is_being_written(folder):
        return "it is being written"
    manifest = read_quietly(archive)
    if manifest is None or manifest.so_far:
        return "it has no whole archive: tarazu data convert"
    changed = changed_files(archive, manifest)
    if changed:
        return f"its archive was changed: {', '.join(changed)}"
    from tarazu.app.data.convert import first_difference
    from tarazu.app.data.frames import segment_batches
    from tarazu.runtime.repair import verify

    through = verify(folder).next_sequence - 1
    if through != manifest.through:
        return f"its archive has frames to {manifest.through:,}, its log to {through:,}"
    batches = segment_batches(folder, through, progress)
    different = first_difference(batches, archive, manifest.frame_group_rows, with_ticks=False)
    return f"its archive is another {different}" if different else ""
