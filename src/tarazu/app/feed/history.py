"""The events of a recorded day, and what they come to: how often each feed was lost, and how soon it was back."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from tarazu.adapters.kite_feed.events import Connected
from tarazu.app.feed.record import (
    BadEvent,
    FeedRecordEvent,
    FeedStarted,
    Selected,
    decode_event,
    event_name,
    event_ts_ns,
)
from tarazu.app.feed.sentences import Symbols, sentence, symbols_of
from tarazu.app.recordings.recorded_day import recorded_day
from tarazu.market.feed_events import FeedRecover, FeedStale
from tarazu.runtime.damage import Damage
from tarazu.runtime.segment import Frame, Kind

MARK, UNREADABLE = "MARK", "UNREADABLE"
"""What is no event: the log's own note that recording stopped or went on, and an event of another version."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One event as recorded."""

    sequence: int
    ts_ns: int
    """Wall: when it was noticed."""
    type: str
    text: str
    event: FeedRecordEvent | None
    """None for MARK and UNREADABLE."""

    @property
    def feed(self) -> str | None:
        """Of FEED_STALE and FEED_RECOVER."""
        return self.event.feed if isinstance(self.event, FeedStale | FeedRecover) else None


class FeedTally(msgspec.Struct, kw_only=True):
    """One feed's day."""

    stales: int = 0
    recoveries: int = 0
    unrecovered: int = 0
    """FEED_STALEs since its last FEED_RECOVER."""
    outage_ns: int = 0
    """From FEED_STALE to FEED_RECOVER, all of them."""
    stale_ns: int | None = None
    """The FEED_STALE that is not recovered, the first where there are several."""

    @property
    def recover_ns(self) -> int | None:
        """Mean time to recover."""
        return self.outage_ns // self.recoveries if self.recoveries else None


class DayTally(msgspec.Struct, kw_only=True):
    """What the events of a day come to. Feed them in order to `count`."""

    events: int = 0
    starts: int = 0
    """Of depth_ws."""
    reconnects: int = 0
    """Connections made again by the same process."""
    feeds: dict[str, FeedTally] = msgspec.field(default_factory=dict)
    _up_before: set[int] = msgspec.field(default_factory=set)

    def count(self, event: FeedRecordEvent) -> None:
        self.events += 1
        if isinstance(event, FeedStarted):
            self.starts += 1
            self._up_before.clear()
        elif isinstance(event, Connected):
            self.reconnects += event.connection in self._up_before
            self._up_before.add(event.connection)
        elif isinstance(event, FeedStale):
            tally = self.feeds.setdefault(event.feed, FeedTally())
            tally.stales += 1
            tally.unrecovered += 1
            tally.stale_ns = event.ts_ns if tally.stale_ns is None else tally.stale_ns
        elif isinstance(event, FeedRecover):
            self._recover(self.feeds.setdefault(event.feed, FeedTally()), event.ts_ns)

    def _recover(self, tally: FeedTally, ts_ns: int) -> None:
        """Ends the staleness there is, whichever process began it: a restarted one begins with UNKNOWN."""
        if tally.stale_ns is not None:
            tally.recoveries += 1
            tally.outage_ns += ts_ns - tally.stale_ns
        tally.unrecovered, tally.stale_ns = 0, None


def history(folder: Path) -> Iterator[Entry | Damage]:
    """Every event of a day's folder, and every damaged place, in order."""
    symbols: Symbols = {}
    for found in recorded_day(folder):
        if isinstance(found, Damage):
            yield found
        elif found.kind in (Kind.EVENT, Kind.MARK):
            told = entry(found, symbols)
            if isinstance(told.event, Selected):
                symbols = symbols_of(told.event)
            yield told


def entry(frame: Frame, symbols: Symbols) -> Entry:
    """A frame of kind EVENT or MARK."""
    if frame.kind == Kind.MARK:
        text = bytes(frame.payload).decode(errors="replace")
        return Entry(sequence=frame.sequence, ts_ns=frame.wall_ns, type=MARK, text=text, event=None)
    try:
        event = decode_event(frame.payload)
    except BadEvent as bad:
        return Entry(sequence=frame.sequence, ts_ns=frame.wall_ns, type=UNREADABLE, text=str(bad), event=None)
    return Entry(
        sequence=frame.sequence,
        ts_ns=event_ts_ns(event),
        type=event_name(event),
        text=sentence(event, symbols),
        event=event,
    )
