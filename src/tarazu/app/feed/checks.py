"""What a health document of depth_ws amounts to: one check for each thing that can be wrong with the feed.

Required feeds, the breaker, the recording and the token are CRIT; what costs a feature or
needs a look is WARN; what cannot be told is UNKNOWN. Freshness binds only where there is trading; the connections are
expected at all hours.
"""

import msgspec

from tarazu.adapters.kite_feed.events import ConnectionHealth, LinkState
from tarazu.app.depth_ws.health import DepthWsHealth, FeedRow, Stage
from tarazu.app.feed.parts import CLEAR, RESTART, part_checks
from tarazu.app.feed.words import is_open, names, seconds
from tarazu.app.home import Home
from tarazu.app.verdict import Check, Status, epoch
from tarazu.market.feed_events import FeedState

LOOK = "tarazu feed history"
HEARTBEAT_SEC = 3.0
"""Kite beats every 1-2 s when idle (KITE facts 2.3); `market.feeds.FreshnessLimits.heartbeat_ns` says the same."""
STALES_30M_MAX = 3
UNRECOVERED_MAX = 1
"""COMMANDS.md, "No repeated FEED_STALE without FEED_RECOVER": two unrecovered or more than three in 30 minutes."""

# What each stage amounts to: while the market is open, while it is not, and its code.
STAGES = {
    Stage.STARTING: (Status.UNKNOWN, Status.WARN, "DEPTH_WS_STARTING"),
    Stage.NO_TOKEN: (Status.CRIT, Status.CRIT, "AUTH_LOST"),
    Stage.NO_BROKER: (Status.CRIT, Status.WARN, "BROKER_UNREACHABLE"),
    Stage.NO_SELECTION: (Status.CRIT, Status.WARN, "NO_SELECTION"),
    Stage.CONNECTING: (Status.UNKNOWN, Status.WARN, "DEPTH_WS_STARTING"),
    Stage.LIVE: (Status.OK, Status.OK, ""),
    Stage.RECONNECTING: (Status.WARN, Status.WARN, "RECONNECTING"),
    Stage.BREAKER_OPEN: (Status.CRIT, Status.CRIT, "BREAKER_OPEN"),
    Stage.STOPPING: (Status.CRIT, Status.WARN, "DEPTH_WS_STOPPING"),
}

LINKS = {
    LinkState.LIVE: Status.OK,
    LinkState.IDLE: Status.OK,
    LinkState.CONNECTING: Status.WARN,
    LinkState.BACKOFF: Status.WARN,
    LinkState.STOPPED: Status.WARN,
    LinkState.AUTH_LOST: Status.CRIT,
}


def feed_checks(health: DepthWsHealth, home: Home) -> tuple[Check, ...]:
    """In the order they are told; ids are `depth_ws`, `feed.NAME`, `connection.N` and those of the parts."""
    stage = _stage(health, home)
    cure = stage.hint if health.stage in (Stage.NO_TOKEN, Stage.BREAKER_OPEN) else ""
    feeds = [check for row in health.feeds for check in (feed_check(row, cure), _repeated(row)) if check]
    if not feeds and is_open(health):
        feeds = [Check(id="feed.*", status=Status.UNKNOWN, code="FEED_UNKNOWN", detail="no feed is watched yet")]
    return (
        stage,
        *feeds,
        *(connection_check(c, health, cure) for c in health.connections),
        *part_checks(health, home),
    )


def feed_check(row: FeedRow, cure: str = "") -> Check:
    """The number is the lag nearest its limit or furthest beyond. `cure` is what helps all feeds at once, if known."""
    feed, lag = row.health, _lag(row)
    if not feed.enforced:
        last = f", {feed.state} when last judged" if feed.state is FeedState.STALE else ""
        detail = f"not trading now, not enforced{last}"
        return msgspec.structs.replace(lag, status=Status.SKIP, detail=detail)
    if feed.state is FeedState.FRESH:
        return lag
    broken, code = (Status.CRIT, "FEED_STALE") if feed.state is FeedState.STALE else (Status.UNKNOWN, "FEED_UNKNOWN")
    since = None if feed.stale_since_ns is None else epoch(feed.stale_since_ns)
    hint = cure or (RESTART if feed.required else f"tarazu feed history --feed {feed.feed}")
    return lag.broken(broken if feed.required else Status.WARN, code, _why(row), hint, since)


def connection_check(link: ConnectionHealth, health: DepthWsHealth, cure: str = "") -> Check:
    """The number is the age of the last frame, heartbeats included."""
    begun_ns = link.link_since_ns if link.last_frame_ns is None else link.last_frame_ns
    age = None if begun_ns is None else seconds(max(health.mono_ns - begun_ns, 0))
    up = link.state is LinkState.LIVE
    seen = Check(id=f"connection.{link.connection}", status=Status.OK, detail=str(link.state))
    if up:
        seen = msgspec.structs.replace(seen, observed=age, limit=HEARTBEAT_SEC, unit="s")
    if LINKS[link.state] is not Status.OK:
        tries = f", {link.attempt} tries failed" if link.attempt else ""
        lost = f"{link.tokens} instruments without a link{tries}; last loss {link.last_loss or 'none'}"
        if link.state is LinkState.AUTH_LOST:
            return seen.broken(LINKS[link.state], "AUTH_LOST", lost, cure or LOOK)
        return seen.broken(LINKS[link.state], "LINK_DOWN", f"{link.state}, {lost}", cure or LOOK)
    if up and age is not None and age > HEARTBEAT_SEC:
        return seen.broken(Status.WARN, "SILENT_CONNECTION", "up, and not even heartbeats come", LOOK)
    return seen


def unrecovered(row: FeedRow) -> int:
    """FEED_STALEs of today that no FEED_RECOVER has followed."""
    return 0 if row.health.state is FeedState.FRESH else max(row.stales_today - row.recovers_today, 0)


def _stage(health: DepthWsHealth, home: Home) -> Check:
    trading, resting, code = STAGES[health.stage]
    status = trading if is_open(health) else resting
    stage = Check(id="depth_ws", status=Status.OK, detail=str(health.stage))
    if status is Status.OK:
        return stage
    hints = {
        Stage.NO_TOKEN: f"put today's KITE_ACCESS_TOKEN into {home.env_file}: it is used within a second",
        Stage.BREAKER_OPEN: CLEAR,
        Stage.STOPPING: RESTART,
    }
    said = [str(health.stage)] if health.stage != code else []
    detail = ": ".join([*said, *([health.detail] if health.detail else [])])
    return stage.broken(status, code, detail, hints.get(health.stage, LOOK))


def _lag(row: FeedRow) -> Check:
    """A lag within its limit is not what made a feed stale, and is left out of that."""
    feed = row.health
    seen = Check(id=f"feed.{feed.feed}", status=Status.OK)
    depth = feed.depth_limit_ns and feed.depth_lag_ns * feed.tick_limit_ns > feed.tick_lag_ns * feed.depth_limit_ns
    lag, limit = (feed.depth_lag_ns, feed.depth_limit_ns) if depth else (feed.tick_lag_ns, feed.tick_limit_ns)
    if feed.enforced and feed.state is FeedState.STALE and lag <= limit:
        return seen
    return msgspec.structs.replace(seen, observed=seconds(lag), limit=seconds(limit), unit="s")


def _why(row: FeedRow) -> str:
    feed = row.health
    if feed.state is FeedState.UNKNOWN:
        said = f"{feed.reason or 'not judged yet'}, {feed.seen} of {feed.members} instruments seen"
    elif feed.reason is None:
        said = f"{row.last_stale_reason}, and fresh again: waiting whether it lasts"
    else:
        first = row.last_stale_reason
        said = f"{feed.reason}{f', at first {first}' if first not in (None, feed.reason) else ''}"
    count = len(feed.silent)
    return f"{said}, silent {count} of {feed.members}: {names(row.silent_symbols, count)}" if count else said


def _repeated(row: FeedRow) -> Check | None:
    left, feed = unrecovered(row), row.health
    if not feed.enforced or (left <= UNRECOVERED_MAX and row.stales_30m <= STALES_30M_MAX):
        return None
    many, few, what = left, UNRECOVERED_MAX, "not recovered"
    if left <= UNRECOVERED_MAX:
        many, few, what = row.stales_30m, STALES_30M_MAX, "in 30 minutes"
    seen = Check(id=f"feed.{feed.feed}.repeated", status=Status.OK, observed=many, limit=few)
    status = Status.CRIT if feed.required else Status.WARN
    detail = f"FEED_STALE {what} ({row.stales_today} today, {row.recovers_today} recovered)"
    return seen.broken(status, "FEED_STALE_REPEATED", detail, f"tarazu feed history --feed {feed.feed}")
