"""Which days were recorded, and what can be said of one without reading it through."""

from datetime import date
from pathlib import Path

import msgspec

from tarazu.app.data.archive import BadArchive, Manifest, archive_folder, is_whole, read_manifest
from tarazu.app.home import Home
from tarazu.runtime.damage import Damage, Fault
from tarazu.runtime.repair import walk
from tarazu.runtime.segment import (
    SEGMENT_HEADER_BYTES,
    Frame,
    Kind,
    day_folder,
    frame_at,
    is_begun,
    next_frame,
    segments,
)
from tarazu.runtime.segment_file import map_segment
from tarazu.runtime.writer_lock import is_being_written


class Glance(msgspec.Struct, frozen=True, kw_only=True):
    """A day as its first and last segments and its manifest tell it. None: not known, never 0."""

    day: date
    recorded: bool
    """There are segments."""
    recording: bool
    """A writer has it open now."""
    size: int
    """Bytes of the segments on the disk, what is only prepared included."""
    archive_size: int
    last_sequence: int | None
    """Of the segments; how many frames there are if none is missing. 0: the log is empty."""
    first_wall_ns: int | None
    last_wall_ns: int | None
    manifest: Manifest | None
    archive: str
    """`proved`, `so far`, `stale` (the log has gone on), `incomplete` (files missing or of another size), `unreadable`;
    empty where there is none."""
    damages: tuple[Damage, ...] | None
    """Those found when the archive was made; None when nobody has looked."""
    torn_tail: bool
    """The last segment ends in a torn frame, which the next writer erases."""


def recorded_days(home: Home) -> list[date]:
    """Days with a folder of segments or an archive, the oldest first."""
    names = {p.name for folder in (home.feed, home.root / "archive") if folder.is_dir() for p in folder.iterdir()}
    return sorted(day for name in names if (day := parse_day(name)) is not None)


def parse_day(name: str) -> date | None:
    """Of `2026-11-23` and of nothing else."""
    try:
        day = date.fromisoformat(name)
    except ValueError:
        return None
    return day if name == day.isoformat() else None


def glance(home: Home, day: date) -> Glance:
    """Reads one segment at most. Raises OSError."""
    folder, kept = day_folder(home.feed, day), archive_folder(home, day)
    numbers, recording = segments(folder), is_being_written(folder)
    first, last, torn = _ends(folder, numbers)
    manifest, archive = _archive(kept)
    last_sequence = (last.sequence if last else 0) if numbers else None
    if manifest is not None and archive != "incomplete" and last_sequence is not None:
        archive = "stale" if manifest.through != last_sequence and not recording else archive
    told = None if first is not None else manifest
    return Glance(
        day=day,
        recorded=bool(numbers),
        recording=recording,
        size=_size(folder, "*.seg"),
        archive_size=_size(kept, "*"),
        last_sequence=last_sequence,
        first_wall_ns=_wall(first) if told is None else told.first_wall_ns,
        last_wall_ns=_wall(last) if told is None else told.last_wall_ns,
        manifest=manifest,
        archive=archive,
        damages=None if manifest is None else manifest.damages,
        torn_tail=torn and not recording,
    )


def _archive(folder: Path) -> tuple[Manifest | None, str]:
    try:
        manifest = read_manifest(folder)
    except BadArchive:
        return None, "unreadable"
    if manifest is None:
        return None, ""
    if not is_whole(folder, manifest):
        return manifest, "incomplete"
    return manifest, "so far" if manifest.so_far else "proved"


def _ends(folder: Path, numbers: list[int]) -> tuple[Frame | None, Frame | None, bool]:
    """The day's first and last frame, and whether a torn tail follows."""
    for number in reversed(numbers):
        view = map_segment(folder, number)
        if view is None or not is_begun(view):
            continue
        last, torn = None, False
        for found in walk(view, number, 0, last=True):
            if isinstance(found, Damage):
                torn |= found.fault is Fault.TORN_TAIL
            elif found.kind != Kind.SEAL:
                last = found
        if last is not None:
            return _first(folder, numbers), last, torn
    return None, None, False


def _first(folder: Path, numbers: list[int]) -> Frame | None:
    for number in numbers:
        view = map_segment(folder, number)
        if view is not None and is_begun(view):
            at = SEGMENT_HEADER_BYTES
            return frame_at(view, at, number) or next_frame(view, at, number, 0)
    return None


def _wall(frame: Frame | None) -> int | None:
    return None if frame is None else frame.wall_ns


def _size(folder: Path, pattern: str) -> int:
    return sum(p.stat().st_size for p in folder.glob(pattern)) if folder.is_dir() else 0
