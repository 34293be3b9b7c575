"""`tarazu sla`: what was promised against what is. It looks and tells; halting is not its business."""

import time
from typing import Any

import click
import msgspec

from tarazu.adapters.kite_feed.events import LinkState
from tarazu.app.depth_ws.health import DepthWsHealth, FeedRow, LogHealth
from tarazu.app.feed.checks import HEARTBEAT_SEC
from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.feed.parts import SYNC_LAG_SEC, breaker_check, recording_check
from tarazu.app.feed.snapshot import read_feed
from tarazu.app.feed.words import clock, is_open, market, names, seconds, table
from tarazu.app.home import Home
from tarazu.app.verdict import Check, Status, Verdict, epoch, exit_of, plain, worst
from tarazu.app.watching.main_slas import Row, main_slas
from tarazu.market.feed_events import FeedState
from tarazu.model.units import SECOND_NS

TOKENS_SEEN_PCT = 99.0
"""OPERATOR.md 3; `market.feeds.FreshnessLimits.tokens_seen_pct_min` says the same."""

LOOK = "tarazu feed status"

EXAMPLES = """
\b
Examples:
  tarazu sla
  tarazu sla --json
"""


@click.command("sla", epilog=EXAMPLES)
@feed_flags
def command(profile: str | None, as_json: bool) -> int:
    """Show every SLA that is observed: now, 99th percentile of five minutes, limit.

    Exit code 0: all are met, or the market is closed (observed, not enforced); 1: an optional feed's is not, frames
    were lost earlier, or main is slower than promised; 2: one of a required feed, of the recording or of the clock is
    not; 3: it cannot be told. Changes nothing and halts nothing.
    """
    return sla(home_of(profile), time.monotonic_ns(), time.time_ns()).show(as_json)


def sla(home: Home, mono_ns: int, wall_ns: int) -> Verdict:
    """The answer at this moment of the machine's two clocks."""
    found, of_main = read_feed(home, mono_ns), main_slas(home, mono_ns)
    if isinstance(found, Check):
        return Verdict(
            command="sla",
            word=Status.UNKNOWN.name,
            exit_code=exit_of(Status.UNKNOWN),
            profile=home.profile,
            now_ns=wall_ns,
            summary="no SLA of the feed can be told",
            checks=(found, *of_main.checks),
            body=_lines(of_main.rows) if of_main.rows else (),
            facts={"main": of_main.told},
        )
    enforced = is_open(found)
    seen = [*sla_rows(found, home), *of_main.rows]
    rows = [row if enforced or _always(row) else _not_enforced(row, market(found)) for row in seen]
    checks = tuple(row.check for row in rows) + of_main.unobserved
    status = worst(checks)
    breached = sum(c.status not in (Status.OK, Status.SKIP) for c in checks)
    summary = f"{breached} of {len(rows)} SLAs breached" if breached else f"{len(rows)} SLAs"
    how = "enforcing" if enforced else "feed SLAs observed but not enforced"
    return Verdict(
        command="sla",
        word=status.name,
        exit_code=exit_of(status),
        profile=home.profile,
        now_ns=found.wall_ns,
        age_ns=found.age_ns(mono_ns),
        summary=f"{summary}  {market(found)}, {how}",
        checks=checks,
        body=_lines(rows),
        facts={
            "enforced": enforced,
            "feeds": {row.health.feed: _lags(row) for row in found.feeds},
            "main": of_main.told,
        },
    )


def sla_rows(health: DepthWsHealth, home: Home) -> list[Row]:
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


def _lags(row: FeedRow) -> dict[str, Any]:
    """One feed's own numbers, for machines."""
    feed = row.health
    return {
        "required": feed.required,
        "state": feed.state,
        "enforced": feed.enforced,
        "tick_lag_sec": seconds(feed.tick_lag_ns),
        "tick_lag_sec_limit": seconds(feed.tick_limit_ns),
        "tick_lag_sec_p99": seconds(row.tick_lag_p99_ns),
        "depth_lag_sec": seconds(feed.depth_lag_ns) if feed.depth_limit_ns else None,
        "depth_lag_sec_limit": seconds(feed.depth_limit_ns) if feed.depth_limit_ns else None,
        "depth_lag_sec_p99": seconds(row.depth_lag_p99_ns),
        "tokens_seen_pct": round(feed.tokens_seen_pct, 1),
    }


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


def _always(row: Row) -> bool:
    """The record and the breaker are owed at any hour; ticks and heartbeats only while something trades."""
    return row.check.id in ("recording", "feed_log_sync_sec", "breaker")


def _not_enforced(row: Row, phase: str) -> Row:
    if row.check.status is Status.OK:
        return row
    detail = f"{phase}: observed, not enforced"
    return msgspec.structs.replace(row, check=row.check.broken(Status.SKIP, "", detail))


def _lines(rows: list[Row]) -> tuple[str, ...]:
    head = ("SLA", "NOW", "LIMIT", "P99 5m", "STATE", "SINCE", "DETAIL")
    return table([head, *(_cells(row) for row in rows)])


def _cells(row: Row) -> tuple[str, ...]:
    c = row.check
    since = "" if c.since_epoch is None else clock(round(c.since_epoch * SECOND_NS))
    now, limit, p99 = (_cell(value) for value in (c.observed, c.limit, row.p99))
    return c.id, now, limit, p99, str(c.status), since, plain(c.detail)


def _cell(value: float | int | str | None) -> str:
    return "-" if value is None else f"{value:.2f}" if isinstance(value, float) else str(value)


def _epoch(ts_ns: int | None) -> float | None:
    return None if ts_ns is None else epoch(ts_ns)
