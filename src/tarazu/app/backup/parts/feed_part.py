"""The feed log: a day as its Parquet where that was proven row for row, else its segments; of the day that is being
recorded all whole frames."""

from datetime import date

from tarazu.app.backup.parts.gathering import Gathering
from tarazu.app.data.archive import FRAMES, MANIFEST, TICKS, archive_folder, changed_files
from tarazu.app.data.days import glance, recorded_days
from tarazu.app.data.steps import Progress
from tarazu.app.home import Home
from tarazu.runtime.damage import Damage
from tarazu.runtime.repair import walk
from tarazu.runtime.segment import SEGMENT_HEADER_BYTES, day_folder, is_begun, segment_path, segments
from tarazu.runtime.segment_file import map_segment

ARCHIVE_FILES = (FRAMES, TICKS, MANIFEST)
"""In `archive/<day>/`; what else is there is not the feed's."""


def feed_part(into: Gathering, days_max: int | None, progress: Progress) -> None:
    """The latest `days_max` days; None: all. Raises OSError."""
    known = recorded_days(into.home)
    taken = known if days_max is None else known[len(known) - min(days_max, len(known)) :]
    for day in known:
        if day not in taken:
            into.leave_out(f"feed/{day}", f"of the feed the latest {days_max} days are taken ([backup] feed_days)")
    for done, day in enumerate(taken, start=1):
        if is_proven(into.home, day):
            _archive(into, day)
            if segments(day_folder(into.home.feed, day)):
                into.leave_out(f"feed/{day}", f"its Parquet is in it: tarazu data restore {day}")
        else:
            _archive(into, day)
            _segments(into, day)
        progress(done, len(taken))


def is_proven(home: Home, day: date) -> bool:
    """Whether the archive has every frame of the log there is, and is the bytes that were proven. Raises OSError."""
    seen = glance(home, day)
    if seen.manifest is None or seen.archive != "proved":
        return False
    if seen.last_sequence is not None and seen.last_sequence != seen.manifest.through:
        return False  # the log has gone on
    return not changed_files(archive_folder(home, day), seen.manifest)


def _archive(into: Gathering, day: date) -> None:
    folder = archive_folder(into.home, day)
    for name in ARCHIVE_FILES:
        if (folder / name).exists():
            into.take(f"archive/{day}/{name}", folder / name)


def _segments(into: Gathering, day: date) -> None:
    folder, begun = day_folder(into.home.feed, day), _begun(into.home, day)
    for number in begun:
        view = map_segment(folder, number)
        if view is None:
            continue  # an archive was made of it and it was taken away meanwhile
        upto = _frames_end(view, number) if number == begun[-1] else len(view)
        path = segment_path(folder, number)
        into.take(f"feed/{day}/{path.name}", path, upto=upto, bytes=len(view))


def _begun(home: Home, day: date) -> list[int]:
    """The segments that have something in them: those behind are only prepared."""
    folder = day_folder(home.feed, day)
    numbers = segments(folder)
    while numbers and ((view := map_segment(folder, numbers[-1])) is None or not is_begun(view)):
        numbers.pop()
    return numbers


def _frames_end(view: memoryview, number: int) -> int:
    """Behind the last whole frame: what follows is being written, or torn."""
    end = SEGMENT_HEADER_BYTES
    for found in walk(view, number, 0, last=True):
        if not isinstance(found, Damage):
            end = found.after
    return end
