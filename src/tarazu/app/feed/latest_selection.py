"""Which instruments a day's log is of by now: the latest SELECTED in it, found from the headers of its frames."""

from collections.abc import Iterator
from pathlib import Path

from tarazu.app.feed.record import BadEvent, Selected, decode_event
from tarazu.app.feed.sentences import symbols_of
from tarazu.runtime.segment import (
    FRAME,
    FRAME_HEADER_BYTES,
    SEGMENT_HEADER_BYTES,
    Kind,
    aligned,
    frame_at,
    segments,
)
from tarazu.runtime.segment_file import map_segment


def latest_symbols(folder: Path) -> dict[int, str]:
    """Keys by token; empty when nothing was selected yet.

    From the last segment backwards, and inside one over the headers alone: a day of 10 GB is looked through in about a
    second. Damage ends the look at its segment; the frames themselves are checked.
    """
    for number in reversed(segments(folder)):
        view = map_segment(folder, number)
        found = None if view is None else _last_selected(view, number)
        if found is not None:
            return symbols_of(found)
    return {}


def _last_selected(view: memoryview, segment: int) -> Selected | None:
    for at in reversed(list(_events(view))):
        frame = frame_at(view, at, segment)
        try:
            event = None if frame is None else decode_event(frame.payload)
        except BadEvent:
            continue  # another version's event: its instruments are not known to this one
        if isinstance(event, Selected):
            return event
    return None


def _events(view: memoryview) -> Iterator[int]:
    """Where frames of kind EVENT begin."""
    at = SEGMENT_HEADER_BYTES
    while at + FRAME_HEADER_BYTES <= len(view):
        length, _, _, _, _, _, kind = FRAME.unpack_from(view, at)
        if not FRAME_HEADER_BYTES <= length <= len(view) - at:
            return
        if kind == Kind.EVENT:
            yield at
        at += aligned(length)
