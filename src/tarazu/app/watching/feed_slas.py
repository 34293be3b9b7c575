"""The feed's SLAs, a row each: what was promised of ticks, depth, connections and recording against what is."""

import msgspec

from tarazu.adapters.kite_feed.events import LinkState
from tarazu.app.depth_ws.health import DepthWsHealth, FeedRow, LogHealth
from tarazu.app.feed.checks import HEARTBEAT_SEC
from tarazu.app.feed.parts import SYNC_LAG_SEC, breaker_check, recording_check
from tarazu.app.feed.words import names, seconds
from tarazu.app.home import Home
from tarazu.app.verdict import Check, Status, epoch
from tarazu.app.watching.main_slas import Row
from tarazu.market.feed_events import FeedState

TOKENS_SEEN_PCT = 99.0
"""OPERATOR.md 3; `market.feeds.FreshnessLimits.tokens_seen_pct_min` says the same."""

LOOK = "tarazu feed status"


def feed_slas(health: DepthWsHealth, home: Home) -> list[Row]:
    """The worst required feed in each, then connections and recording, then the optional feeds one by one."""
    required = _judged([row for row in health.feeds if row.health.required])
    return [
        *_required(required),
        Row(check=_heartbeat(health)),
        Row(check=breaker_check(health.breaker, health.wall_ns)),
        Row(check=recording_check(health, home)),
        *([] if health.log is None else [Row(check=_sync(health.log, home))]),
        *(
            _tick(f"tick_lag_sec.{row.health.feed}", row, Status.WARN)
            for row in health.feeds
            if not row.health.required
        ),
    ]


def _judged(rows: list[FeedRow]) -> list[FeedRow]:
    """Those that trade now; all of them when none does."""
    return [row for row in rows if row.health.enforced] or rows


def _required(rows: list[FeedRow]) -> list[Row]:
    if not rows:
        seen = Check(id="feeds_stale", status=Status.OK)
        return [Row(check=seen.broken(Status.UNKNOWN, "FEED_UNKNOWN", "no required feed is watched", LOOK))]
    deep = [row for row in rows if row.health.depth_limit_ns]
    slowest = max(rows, key=lambda row: row.health.tick_lag_ns / max(row.health.tick_limit_ns, 1))
    return [
        _tick("tick_lag_sec", slowest, Status.CRIT),
        *([_depth(max(deep, key=lambda row: row.health.depth_lag_ns / row.health.depth_limit_ns))] if deep else []),
        Row(check=_tokens(min(rows, key=lambda row: row.health.tokens_seen_pct))),
        Row(check=_stale(rows)),
    ]


def _tick(name: str, row: FeedRow, breach: Status) -> Row:
    feed = row.health
    check = _lag(name, row, feed.tick_lag_ns, feed.tick_limit_ns, breach)
    if breach is Status.WARN and check.status is Status.OK and feed.state is not FeedState.FRESH:
        since = _epoch(feed.stale_since_ns)
        check = check.broken(
            breach, f"FEED_{feed.state}", f"{feed.feed}: {feed.reason or 'not fresh yet'}", LOOK, since
        )
    return Row(check=check, p99=seconds(row.tick_lag_p99_ns))


def _depth(row: FeedRow) -> Row:
    feed = row.health
    check = _lag("depth_lag_sec", row, feed.depth_lag_ns, feed.depth_limit_ns, Status.CRIT)
    return Row(check=check, p99=seconds(row.depth_lag_p99_ns))


def _lag(name: str, row: FeedRow, lag_ns: int, limit_ns: int, breach: Status) -> Check:
    """The limit is the group's own: what ticks rarely by habit is given longer."""
    feed = row.health
    if not limit_ns:
        return Check(id=name, status=Status.SKIP, unit="s", detail=f"{feed.feed}: not trading now, not enforced")
    seen = Check(
        id=name, status=Status.OK, observed=seconds(lag_ns), limit=seconds(limit_ns), unit="s", detail=feed.feed
    )
    if not feed.enforced:
        return seen.broken(Status.SKIP, "", f"{feed.feed}: not trading now, not enforced")
    if lag_ns <= limit_ns:
        return seen
    count = len(feed.silent)
    silent = f"; silent {count} of {feed.members}" if count else ""
    told = f", FEED_STALE #{row.stales_today} today" if row.stales_today else ""
    detail = f"{feed.feed}: {feed.reason or feed.state}{told}{silent}"
    return seen.broken(breach, "FEED_STALE", detail, LOOK, _epoch(feed.stale_since_ns))


def _tokens(row: FeedRow) -> Check:
    """One silent instrument is a habit until freshness says otherwise; two and more are a share."""
    feed = row.health
    pct, count = round(feed.tokens_seen_pct, 1), len(feed.silent)
    told = f"{feed.feed}: silent {names(row.silent_symbols, count, most=2)}" if count else feed.feed
    seen = Check(id="tokens_seen_pct", status=Status.OK, observed=pct, limit=TOKENS_SEEN_PCT, unit="%", detail=told)
    if pct >= TOKENS_SEEN_PCT or (count == 1 and feed.state is FeedState.FRESH):
        return seen
    return seen.broken(Status.CRIT, "TOKENS_SILENT", told, LOOK, _epoch(feed.stale_since_ns))


def _stale(rows: list[FeedRow]) -> Check:
    """A feed can be on time and wrong (frozen, replayed, skewed): this row is for that."""
    stale = [row for row in rows if row.health.state is FeedState.STALE]
    unknown = [row for row in rows if row.health.state is FeedState.UNKNOWN]
    seen = Check(id="feeds_stale", status=Status.OK, observed=len(stale), limit=0, unit="required feeds")
    if stale:
        told = ", ".join(f"{row.health.feed} {row.health.reason or row.last_stale_reason}" for row in stale)
        since = min((s for row in stale if (s := row.health.stale_since_ns) is not None), default=None)
        return seen.broken(Status.CRIT, "FEED_STALE", told, LOOK, _epoch(since))
    if unknown:
        told = ", ".join(row.health.feed for row in unknown)
        return seen.broken(Status.UNKNOWN, "FEED_UNKNOWN", f"not judged yet: {told}", LOOK)
    return seen


def _heartbeat(health: DepthWsHealth) -> Check:
    """The quietest connection that has something to carry; one without a link is a breach at once."""
    seen = Check(id="heartbeat_sec", status=Status.OK, limit=HEARTBEAT_SEC, unit="s")
    links = [link for link in health.connections if link.state is not LinkState.IDLE]
    if not links:
        return seen.broken(Status.UNKNOWN, "NO_CONNECTION", "no connection is made yet", LOOK)
    lost = [link for link in links if link.state is not LinkState.LIVE]
    if lost:
        told = ", ".join(f"connection {link.connection} {link.state}" for link in lost)
        return seen.broken(Status.CRIT, "LINK_DOWN", told, LOOK)
    beats = {link.connection: link.last_frame_ns or link.link_since_ns or 0 for link in links}
    quietest = min(beats, key=beats.__getitem__)
    age = seconds(max(health.mono_ns - beats[quietest], 0))
    seen = msgspec.structs.replace(seen, observed=age, detail=f"connection {quietest}")
    if age is not None and age <= HEARTBEAT_SEC:
        return seen
    return seen.broken(Status.CRIT, "SILENT_CONNECTION", f"connection {quietest} is up and says nothing", LOOK)


def _sync(log: LogHealth, home: Home) -> Check:
    lag = seconds(log.sync_lag_ns) or 0.0
    seen = Check(id="feed_log_sync_sec", status=Status.OK, observed=lag, limit=SYNC_LAG_SEC, unit="s")
    if lag <= SYNC_LAG_SEC:
        return seen
    return seen.broken(Status.CRIT, "DISK_SLOW", "a power cut now would cost that much", f"df -h {home.feed}")


def _epoch(ts_ns: int | None) -> float | None:
    return None if ts_ns is None else epoch(ts_ns)
