"""The feed log as it is written, from its last segment on, into the next day when there is one."""

import time
from collections.abc import Iterator
from pathlib import Path

from tarazu.app.recordings.recorded_day import days
from tarazu.runtime.damage import Damage, Damaged
from tarazu.runtime.segment import SEGMENT_HEADER_BYTES, Frame, Position, day_folder, is_begun, segments
from tarazu.runtime.segment_file import map_segment
from tarazu.runtime.tail import Tail

WAIT_S = 1.0
"""A new day's folder is looked for so often."""


def follow(feed: Path, folder: Path, ends_ns: int | None) -> Iterator[Frame | Damage | None]:
    """Frames and damaged places; None each time there is no more for now. Ends at `ends_ns` (mono); None: never."""
    tail = Tail(folder, from_position=Position(_last_begun(folder), SEGMENT_HEADER_BYTES))
    try:
        while True:
            yield from _ready(tail)
            yield None
            left_s = WAIT_S if ends_ns is None else (ends_ns - time.monotonic_ns()) / 1e9
            if left_s <= 0:
                return
            if not tail.wait(min(left_s, WAIT_S)):
                latest = day_folder(feed, days(feed)[-1])
                if latest != tail.folder:
                    tail.close()
                    tail = Tail(latest)
    finally:
        tail.close()


def _ready(tail: Tail) -> Iterator[Frame | Damage]:
    while True:
        try:
            yield from tail.ready()
            return
        except Damaged as damaged:
            yield tail.skip_damage() or damaged.damage


def _last_begun(folder: Path) -> int:
    """The segment being written: the next ones are only prepared."""
    views = ((number, map_segment(folder, number)) for number in reversed(segments(folder)))
    return next((number for number, view in views if view is not None and is_begun(view)), 1)
