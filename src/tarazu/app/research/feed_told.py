"""Which feeds a research day's engine takes for fresh: what the recording says of them, and silence."""

from tarazu.app.feed.record import BadEvent, decode_event
from tarazu.engine.messages import FeedMoved
from tarazu.market.feed_events import FeedRecover, FeedStale
from tarazu.model.units import SECOND_NS
from tarazu.runtime.segment import Frame, Kind

FEED = "depth_ws"
SILENT_NS = 3 * SECOND_NS
"""Ours: what a live feed takes for lost, whatever the recording says; a heartbeat comes each second (Kite v3)."""


class FeedTold:
    """Every change once."""

    def __init__(self) -> None:
        self._heard_ns, self._fresh = 0, False

    def heard(self, frame: Frame) -> FeedMoved | None:
        """Of any frame, when it has come."""
        if frame.kind == Kind.BINARY:
            self._heard_ns = frame.wall_ns
            return self._turn(True, "")
        return _event(frame) if frame.kind == Kind.EVENT else None

    @property
    def is_fresh(self) -> bool:
        """As it was told last."""
        return self._fresh

    def second(self, now_ns: int) -> FeedMoved | None:
        if not self._fresh or now_ns < self._heard_ns + SILENT_NS:
            return None
        return self._turn(False, f"no frame for {SILENT_NS // SECOND_NS} s")

    def _turn(self, fresh: bool, why: str) -> FeedMoved | None:
        if fresh is self._fresh:
            return None
        self._fresh = fresh
        return FeedMoved(feed=FEED, fresh=fresh, required=True, reason=why)


def _event(frame: Frame) -> FeedMoved | None:
    try:
        event = decode_event(frame.payload)
    except BadEvent:
        return None  # of another version: freshness is then told by silence alone
    match event:
        case FeedStale():
            return FeedMoved(feed=event.feed, fresh=False, required=event.required, reason=str(event.reason))
        case FeedRecover():
            return FeedMoved(feed=event.feed, fresh=True, required=event.required)
        case _:
            return None
