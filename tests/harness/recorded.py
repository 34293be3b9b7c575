"""What a home's feed logs hold, read beside whoever writes them."""

from collections.abc import Iterator
from itertools import pairwise

from tarazu.app.feed.record import FeedRecordEvent, decode_event, event_name, event_ts_ns
from tarazu.app.home import Home
from tarazu.model.units import SECOND_NS
from tarazu.runtime.damage import Damaged
from tarazu.runtime.segment import Frame, Kind
from tarazu.runtime.tail import Tail
from tarazu.wire.kite_ticks import TickFrame, decode

STILL_NS = 3 * SECOND_NS // 2
"""Links beat once in a second at the least: where none of them has said a word for longer, the machine stood still."""
LOOKED_BACK_NS = 20 * SECOND_NS
"""Longer than the silence that makes a feed stale which ticks steadily."""


def recorded_frames(home: Home, *, behind_damage: bool = False) -> Iterator[Frame]:
    """Of all days, in order. Raises Damaged where one cannot be read, unless those behind it are asked for."""
    for folder in sorted(path for path in home.feed.iterdir() if path.is_dir()):
        tail = Tail(folder)
        while True:
            try:
                yield from tail.ready()
                break
            except Damaged:
                if not behind_damage:
                    raise
                tail.skip_damage()
        tail.close()


def recorded_events(home: Home, *names: str) -> list[FeedRecordEvent]:
    """In order; of these names only, if any are given."""
    found = (decode_event(f.payload) for f in recorded_frames(home) if f.kind == Kind.EVENT)
    return [e for e in found if not names or event_name(e) in names]


def first_ticks(home: Home, since_mono_ns: int) -> dict[int, int]:
    """Instrument -> monotonic ns of its first packet received after that moment."""
    found: dict[int, int] = {}
    out = TickFrame()
    for frame in recorded_frames(home):
        if frame.kind == Kind.BINARY and frame.mono_ns > since_mono_ns:
            count = decode(frame.payload, out)
            for token in out.rows["token"][:count].tolist():
                found.setdefault(token, frame.mono_ns)
    return found


def stood_still(home: Home, since_ns: int, until_ns: int) -> bool:
    """Whether the machine did at some time between these moments of the feed's clock: lateness says nothing then."""
    heard = [f.wall_ns for f in recorded_frames(home) if f.kind != Kind.EVENT]
    gaps = pairwise([*heard, until_ns] if heard else [])
    return any(b - a > STILL_NS and a <= until_ns and b >= since_ns for a, b in gaps)


def false_alarms(home: Home, *names: str, since_ns: int = 0) -> list[FeedRecordEvent]:
    """The events of these names since that moment for which there was no cause, as far as the record shows: before
    none of them did the machine stand still."""
    told = [e for e in recorded_events(home, *names) if event_ts_ns(e) >= since_ns]
    return [e for e in told if not stood_still(home, event_ts_ns(e) - LOOKED_BACK_NS, event_ts_ns(e))]
