"""`tarazu sla`: what was promised against what is. It looks and tells; halting is not its business."""

import time
from typing import Any

import click
import msgspec

from tarazu.app.depth_ws.health import FeedRow
from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.feed.snapshot import read_feed
from tarazu.app.feed.words import clock, is_open, market, seconds, table
from tarazu.app.home import Home
from tarazu.app.verdict import Check, Status, Verdict, exit_of, plain, worst
from tarazu.app.watching.feed_slas import feed_slas
from tarazu.app.watching.main_slas import Row, main_slas
from tarazu.model.units import SECOND_NS

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
    seen = [*feed_slas(found, home), *of_main.rows]
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
