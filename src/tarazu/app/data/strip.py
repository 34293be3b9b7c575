"""The feed's day at a glance: packets a second, when nothing came, what was lost, and what the feed said of itself."""

from collections.abc import Iterable, Iterator

import msgspec
import numpy as np
from numpy.typing import NDArray

from tarazu.adapters.kite_feed import events as link
from tarazu.app.data.frames import Batch
from tarazu.app.feed import record as rec
from tarazu.market.feed_events import FeedRecover, FeedStale
from tarazu.model.units import SECOND_NS
from tarazu.runtime.segment import Kind

QUIET_NS = 5 * SECOND_NS
"""No tick frame for longer than this is shown as quiet: the feed's own promise to notice a silent stall."""
TICKS_BYTES_MIN = 3


class Span(msgspec.Struct, frozen=True, array_like=True):
    """Of the day, wall ns; JSON as a list."""

    start_ns: int
    end_ns: int
    lane: str
    """The feed's name, `quiet` or `lost`."""
    text: str
    required: bool = True


class Mark(msgspec.Struct, frozen=True, array_like=True):
    ts_ns: int
    name: str
    text: str
    bad: bool


class Strip:
    """Takes a day's batches in order."""

    def __init__(self) -> None:
        self.quiet: list[Span] = []
        self.lost: list[Span] = []
        self.first_ns = self.last_ns = 0
        """Of the frames with packets; 0 without any."""
        self._seconds: list[NDArray[np.int64]] = []
        self._packets: list[NDArray[np.int64]] = []
        self._before: tuple[int, int] | None = None

    def take(self, batch: Batch) -> None:
        self._losses(batch)
        ticks = (batch.kinds == Kind.BINARY) & (batch.sizes >= TICKS_BYTES_MIN)
        starts, walls = batch.starts[ticks], batch.wall_ns[ticks]
        if not len(starts):
            return
        counts = batch.octets[starts].astype(np.int64) << 8 | batch.octets[starts + 1]
        seconds, at = np.unique(walls // SECOND_NS, return_inverse=True)
        self._seconds.append(seconds)
        self._packets.append(np.bincount(at, counts).astype(np.int64))
        self.first_ns = self.first_ns or int(walls[0])
        times = np.concatenate([[self.last_ns or int(walls[0])], walls])
        for n in np.flatnonzero(np.diff(times) > QUIET_NS):
            begin, end = int(times[n]), int(times[n + 1])
            self.quiet.append(Span(begin, end, "quiet", f"no tick for {(end - begin) / SECOND_NS:.1f} s"))
        self.last_ns = max(self.last_ns, int(walls.max()))

    def rates(self, bucket_s: int) -> tuple[int, list[int]]:
        """Packets by time: the first bucket's start (epoch s), and the packets in each from there on."""
        if not self._seconds:
            return 0, []
        buckets = np.concatenate(self._seconds) // bucket_s
        first = int(buckets.min())
        counts = np.bincount(buckets - first, np.concatenate(self._packets))
        return first * bucket_s, [int(c) for c in counts]

    def _losses(self, batch: Batch) -> None:
        """Sequences that are missing between two frames, and when they must have come."""
        before = self._before or (int(batch.sequences[0]) - 1, int(batch.wall_ns[0]))
        sequences = np.concatenate([[before[0]], batch.sequences.astype(np.int64)])
        walls = np.concatenate([[before[1]], batch.wall_ns])
        for n in np.flatnonzero(np.diff(sequences) > 1):
            missing = int(sequences[n + 1] - sequences[n]) - 1
            self.lost.append(Span(int(walls[n]), int(walls[n + 1]), "lost", f"{missing:,} frames lost to damage"))
        self._before = int(sequences[-1]), int(walls[-1])


def stale_spans(events: Iterable[rec.FeedRecordEvent], end_ns: int) -> list[Span]:
    """From each FEED_STALE to the feed's recovery; to where the feed process stopped or began anew without one."""
    spans: list[Span] = []
    stale: dict[str, FeedStale] = {}

    def close(event: FeedStale, at_ns: int) -> None:
        spans.append(Span(event.ts_ns, at_ns, event.feed, _stale_text(event), event.required))

    for event in events:
        if isinstance(event, FeedStale):
            if event.feed in stale:
                close(stale[event.feed], event.ts_ns)
            stale[event.feed] = event
        elif isinstance(event, FeedRecover) and event.feed in stale:
            close(stale.pop(event.feed), event.ts_ns)
        elif isinstance(event, rec.FeedStarted | rec.FeedStopped):
            for one in stale.values():
                close(one, event.ts_ns)
            stale.clear()
    for one in stale.values():
        close(one, max(end_ns, one.ts_ns))
    return spans


def marks(events: Iterable[rec.FeedRecordEvent]) -> Iterator[Mark]:
    """What a person wants to see on the day's line; staleness has its own spans."""
    for event in events:
        told = _told(event)
        if told is not None:
            yield Mark(rec.event_ts_ns(event), rec.event_name(event), told[0], told[1])


def _stale_text(event: FeedStale) -> str:
    return f"{event.feed} stale: {event.reason}, {len(event.tokens)} of {event.members} instruments"


def _told(event: rec.FeedRecordEvent) -> tuple[str, bool] | None:
    """Text, and whether it is bad news."""
    where = f"connection {event.connection}" if isinstance(event, link.LinkEvent) else ""
    match event:
        case link.Disconnected():
            return f"{where} lost: {event.reason} {event.detail}".rstrip(), True
        case link.Connected():
            return f"{where} up in {event.took_ns / 1e6:.0f} ms", False
        case link.ConnectFailed() | link.AuthLost() | link.Throttled():
            return f"{where} refused: {event.detail}", True
        case rec.FeedStarted():
            return f"depth_ws {event.version} started, process {event.pid}", False
        case rec.FeedStopped():
            return f"depth_ws stopped: {event.reason}", False
        case rec.FeedWaiting():
            return f"waits, {event.stage}: {event.detail}", True
        case rec.SelectionFailed():
            return f"{event.key}: {event.text}", True
        case rec.Selected():
            return f"{len(event.tokens):,} instruments selected{' again' if event.again else ''}", False
        case rec.TokenReplaced():
            return "another access token", False
        case rec.BreakerTripped():
            return f"{event.reconnects} reconnects: dialling stopped", True
        case rec.BreakerCleared():
            return f"by {event.operator}: {event.reason}", False
        case rec.RecordingChanged():
            return f"recording {event.before} to {event.after}, {event.not_recorded:,} frames lost so far", True
        case _:
            return None
