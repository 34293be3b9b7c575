"""What freshness says: the two facts that are journalled, and the state a person reads."""

from enum import StrEnum

import msgspec

from tarazu.model.ids import InstrumentToken


class FeedState(StrEnum):
    UNKNOWN = "UNKNOWN"
    """Not yet judged: nothing, or not enough, was seen since the watch began. Not fresh."""
    FRESH = "FRESH"
    STALE = "STALE"


class StaleReason(StrEnum):
    """Why a feed is stale, the cause before the symptom: where several hold, the first is told."""

    AUTH_LOST = "AUTH_LOST"
    """The broker refuses our token: nothing will come back by itself."""
    DISCONNECTED = "DISCONNECTED"
    """The link is down and being dialled again."""
    SILENT_CONNECTION = "SILENT_CONNECTION"
    """The link is up and not one byte comes, heartbeats included."""
    NO_DATA = "NO_DATA"
    """Bytes come; of the feed's instruments not one ticks."""
    PARTIAL_MUTE = "PARTIAL_MUTE"
    """Some instruments fell silent, the others tick."""
    NO_DEPTH = "NO_DEPTH"
    """Ticks come without the depth that was asked for."""
    REPLAYED_DATA = "REPLAYED_DATA"
    """Stamps of an earlier day, or of a time that was over."""
    FROZEN_BOOK = "FROZEN_BOOK"
    """Packets come, and no price, volume or level of any instrument changes."""
    CLOCK_SKEW = "CLOCK_SKEW"
    """Stamps far behind or ahead of our clock: late data, or a wrong clock, theirs or ours."""
    LTP_DISAGREES = "LTP_DISAGREES"
    """The broker's REST quote of a sentinel is none of the feed's recent prices."""


class FeedStale(msgspec.Struct, frozen=True, kw_only=True, tag="FEED_STALE"):
    """The feed is not to be traded on. `since_ns` is when its last good data came, `ts_ns` when we said so (wall)."""

    feed: str
    required: bool
    reason: StaleReason
    lag_ns: int
    limit_ns: int
    since_ns: int
    ts_ns: int
    tokens: tuple[InstrumentToken, ...]
    """Exactly the instruments concerned, ascending."""
    members: int
    """Instruments of the feed whose venue is open."""


class FeedRecover(msgspec.Struct, frozen=True, kw_only=True, tag="FEED_RECOVER"):
    """The feed is fresh: again (`was` STALE, `reason` and `since_ns` as in its FEED_STALE), or for the first time
    (`was` UNKNOWN)."""

    feed: str
    required: bool
    was: FeedState
    reason: StaleReason | None
    lag_ns: int
    limit_ns: int
    since_ns: int
    ts_ns: int


FeedEvent = FeedStale | FeedRecover


class FeedHealth(msgspec.Struct, frozen=True, kw_only=True):
    """One feed as it is now. The lags are those of the group or silent member nearest its limit, or furthest beyond;
    a depth limit of 0 says that no depth was asked for."""

    feed: str
    required: bool
    state: FeedState
    enforced: bool
    """Some of it trades now; otherwise the state is the last known and no event is written."""
    reason: StaleReason | None
    """What is wrong now, before any hysteresis; None when nothing is."""
    members: int
    seen: int
    """Members of which a packet ever came."""
    silent: tuple[InstrumentToken, ...]
    tick_lag_ns: int
    tick_limit_ns: int
    depth_lag_ns: int
    depth_limit_ns: int
    stale_since_ns: int | None

    @property
    def tokens_seen_pct(self) -> float:
        """Share of members that are alive."""
        return 100.0 * (self.members - len(self.silent)) / self.members if self.members else 100.0
