"""What a home's feed logs hold, read beside whoever writes them."""

from collections.abc import Iterator

from tarazu.app.feed.record import FeedRecordEvent, decode_event, event_name
from tarazu.app.home import Home
from tarazu.runtime.damage import Damaged
from tarazu.runtime.segment import Frame, Kind
from tarazu.runtime.tail import Tail
from tarazu.wire.kite_ticks import TickFrame, decode


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
