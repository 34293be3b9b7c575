"""Which feeds are fresh, as the engine is told: by depth_ws's health file, and sooner by its events in the feed log."""

import time

import msgspec

from tarazu.app.depth_ws.health import DepthWsHealth, FeedRow, Stage, read_health
from tarazu.app.feed.record import FeedRecordEvent
from tarazu.app.health import BadHealth
from tarazu.app.home import Home
from tarazu.engine.messages import FeedMoved
from tarazu.market.feed_events import FeedRecover, FeedStale, FeedState

DEPTH_WS = "depth_ws"
"""The feed's process itself, as one more feed that is required."""
FOLLOWER = "follower"
"""Our own reading of the log: stale when it is behind."""

_ALIVE = (Stage.LIVE, Stage.RECONNECTING)
"""What its feeds are worth they say themselves."""


class _Told(msgspec.Struct, frozen=True):
    message: FeedMoved
    mono_ns: int
    """As of when; what is older than that is no news."""


class MasterWatch:
    """Whether depth_ws has taken up another instrument master since we first looked, and not ours.

    One that differed from the start is no reason to end: a new start would read the store again and find the same.
    """

    def __init__(self, ours: str) -> None:
        self._ours, self._first = ours, ""

    def is_other(self, sha256: str) -> bool:
        self._first = self._first or sha256
        return sha256 not in (self._first, self._ours)


class FeedWatch:
    """Every change once. `message`s are to be given to the engine in their order."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._told: dict[str, _Told] = {}
        self.health: DepthWsHealth | None = None
        """As last read, current or not."""

    def look(self, mono_ns: int) -> list[FeedMoved]:
        """Read the health file, and tell what is another way now than it was told."""
        why = self._read(mono_ns)
        health = self.health
        if health is None or why:
            return self._news(DEPTH_WS, False, True, why, mono_ns)
        news = [message for row in health.feeds for message in self._row(row, health.mono_ns)]
        alive = health.stage in _ALIVE
        return news + self._news(DEPTH_WS, alive, True, "" if alive else f"{health.stage} {health.detail}", mono_ns)

    def heard(self, event: FeedRecordEvent, mono_ns: int) -> list[FeedMoved]:
        """An event of the log, recorded at `mono_ns`; nothing where the health file has told of later, or where the
        stamp is of before a reboot."""
        if mono_ns > time.monotonic_ns():
            return []
        match event:
            case FeedStale():
                return self._news(event.feed, False, event.required, str(event.reason), mono_ns)
            case FeedRecover():
                return self._news(event.feed, True, event.required, "", mono_ns)
            case _:
                return []

    def follows(self, caught_up: bool, mono_ns: int, why: str = "") -> list[FeedMoved]:
        return self._news(FOLLOWER, caught_up, True, why, mono_ns)

    def _row(self, row: FeedRow, mono_ns: int) -> list[FeedMoved]:
        feed = row.health
        fresh = feed.state is FeedState.FRESH or not feed.enforced
        return self._news(feed.feed, fresh, feed.required, "" if fresh else str(feed.reason or feed.state), mono_ns)

    def _news(self, feed: str, fresh: bool, required: bool, reason: str, mono_ns: int) -> list[FeedMoved]:
        before = self._told.get(feed)
        if before is not None and mono_ns < before.mono_ns:
            return []
        message = FeedMoved(feed=feed, fresh=fresh, required=required, reason=reason)
        same = before is not None and (before.message.fresh, before.message.required) == (fresh, required)
        self._told[feed] = _Told(before.message if before is not None and same else message, mono_ns)
        return [] if same else [message]

    def _read(self, mono_ns: int) -> str:
        """Why what depth_ws says is not to be believed; empty when it is."""
        try:
            self.health = read_health(self._home.feed_health)
        except (BadHealth, OSError) as bad:
            return f"its health cannot be read: {bad}"
        if self.health is None:
            return "it has not run here"
        if not self.health.is_current(mono_ns):
            return f"it has said nothing for {self.health.age_ns(mono_ns) / 1e9:.1f} s"
        return ""
