"""Where the frames of a day are read from: its segments, else its archive."""

from collections.abc import Iterator
from datetime import date

from tarazu.app.data.archive import FRAMES, archive_folder, read_manifest
from tarazu.app.data.frames import Batch, segment_batches
from tarazu.app.data.steps import Progress
from tarazu.app.home import Home
from tarazu.runtime.segment import day_folder, segments


def day_batches(home: Home, day: date, progress: Progress | None = None) -> Iterator[Batch]:
    """All whole frames of the day. Raises OSError, BadArchive; a day of which there is nothing has no batches."""
    folder = day_folder(home.feed, day)
    if segments(folder):
        return segment_batches(folder, progress=progress)
    return _archived(home, day, progress)


def _archived(home: Home, day: date, progress: Progress | None) -> Iterator[Batch]:
    archive = archive_folder(home, day)
    manifest = read_manifest(archive)
    if manifest is None:
        return
    from tarazu.app.data.tables import frame_batches

    done = 0
    for batch in frame_batches(archive / FRAMES, manifest.frame_group_rows):
        yield batch
        done += len(batch)
        if progress is not None:
            progress(done, manifest.frames)
