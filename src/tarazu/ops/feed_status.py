"""`tarazu feed status`: what depth_ws says of every feed, connection and part, and what that amounts to."""

import itertools
import sys
import time
from collections.abc import Iterator
from typing import Any

import click

from tarazu.app.depth_ws.health import DepthWsHealth, FeedRow
from tarazu.app.feed.checks import feed_checks, unrecovered
from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.feed.parts import breaker_check
from tarazu.app.feed.snapshot import breaker_on_file, read_feed
from tarazu.app.feed.words import clock, is_open, market, names, span, table
from tarazu.app.home import Home
from tarazu.app.verdict import Check, Status, Verdict, exit_of, plain, worst
from tarazu.model.units import rupees_text

WATCH_S = 1.0
CLEAR_SCREEN = "\x1b[H\x1b[2J"

EXAMPLES = """
\b
Examples:
  tarazu feed status
  tarazu feed status --watch    again every second
"""


@click.command("status", epilog=EXAMPLES)
@feed_flags
@click.option("--watch", is_flag=True, help="Again every second until Ctrl-C.")
def command(profile: str | None, as_json: bool, watch: bool) -> int:
    """Show the health of the feed: every feed, connection, the recording, the breaker.

    Exit code 0: healthy, or the market is closed and the connections are up; 1: an optional feed is stale, or
    something needs a look; 2: a required feed is stale, the breaker is open, nothing is recorded or the token is
    refused; 3: it cannot be told. Changes nothing.
    """
    home = home_of(profile)
    if not watch:
        return feed_status(home, time.monotonic_ns(), time.time_ns()).show(as_json)
    on_terminal = sys.stdout.isatty() and not as_json
    while True:
        told = feed_status(home, time.monotonic_ns(), time.time_ns())
        if on_terminal:
            print(CLEAR_SCREEN, end="")
        told.show(as_json)
        time.sleep(WATCH_S)


def feed_status(home: Home, mono_ns: int, wall_ns: int) -> Verdict:
    """The answer at this moment of the machine's two clocks."""
    found = read_feed(home, mono_ns)
    if isinstance(found, Check):
        return _verdict(home, (found, breaker_on_file(home)), now_ns=wall_ns, summary="feed unknown")
    checks = feed_checks(found, home)
    return _verdict(
        home,
        checks,
        now_ns=found.wall_ns,
        age_ns=found.age_ns(mono_ns),
        summary=f"{market(found)}{_enforcing(found)}  {_counts(checks)}",
        body=tuple(itertools.chain(_feeds(found), _silent(found), _connections(found), _parts(found))),
        facts={"health": found},
    )


def _verdict(home: Home, checks: tuple[Check, ...], **more: Any) -> Verdict:
    status = worst(checks)
    return Verdict(
        command="feed.status",
        word=status.name,
        exit_code=exit_of(status),
        profile=home.profile,
        checks=checks,
        **more,
    )


def _enforcing(health: DepthWsHealth) -> str:
    return "" if is_open(health) else ", freshness observed but not enforced"


def _counts(checks: tuple[Check, ...]) -> str:
    feeds = [c.status for c in checks if c.id.startswith("feed.") and c.id.count(".") == 1]
    problems = sum(c.status not in (Status.OK, Status.SKIP) for c in checks)
    fresh = f"{feeds.count(Status.OK)} of {len(feeds)} feeds fresh" if Status.OK in feeds else f"{len(feeds)} feeds"
    return f"{fresh}, {problems} to look at" if problems else fresh


def _feeds(health: DepthWsHealth) -> Iterator[str]:
    head = ("FEED", "NEED", "STATE", "TICK", "LIMIT", "DEPTH", "LIMIT", "MSG/MIN", "ALIVE", "LAST STALE", "RECOVERED")
    if health.feeds:
        yield from table([head, *(_feed(row, health) for row in health.feeds)])


def _feed(row: FeedRow, health: DepthWsHealth) -> tuple[str, ...]:
    feed = row.health
    tick = (span(feed.tick_lag_ns), span(feed.tick_limit_ns)) if feed.tick_limit_ns else ("-", "-")
    depth = (span(feed.depth_lag_ns), span(feed.depth_limit_ns)) if feed.depth_limit_ns else ("-", "-")
    stale = f"{clock(row.last_stale_ns)} {row.last_stale_reason or ''} ({row.stales_today} today)"
    left = unrecovered(row)
    return (
        feed.feed,
        "required" if feed.required else "optional",
        str(feed.state) if feed.enforced else f"({feed.state})",
        *tick,
        *depth,
        f"{row.packets_per_min:,.0f}",
        f"{feed.members - len(feed.silent)}/{feed.members}",
        stale if row.stales_today else "-",
        f"{clock(row.last_recover_ns)}{f' ({left} unrecovered)' if left else ''}",
    )


def _silent(health: DepthWsHealth) -> Iterator[str]:
    for row in health.feeds:
        if row.health.silent:
            yield f"SILENT      {row.health.feed}: {names(row.silent_symbols, len(row.health.silent), most=6)}"


def _connections(health: DepthWsHealth) -> Iterator[str]:
    head = ("LINK", "STATE", "INSTRUMENTS", "FRAME", "DATA", "RTT", "RECONNECTS", "LAST LOSS")
    if not health.connections:
        return
    rows = [
        (
            str(link.connection),
            str(link.state),
            str(link.tokens),
            _ago(link.last_frame_ns, health),
            _ago(link.last_data_ns, health),
            "-" if link.rtt_ns is None else f"{link.rtt_ns / 1e6:.1f} ms",
            str(max(link.links - 1, 0)),
            str(link.last_loss or "-"),
        )
        for link in health.connections
    ]
    yield from table([head, *rows])


def _ago(mono_ns: int | None, health: DepthWsHealth) -> str:
    return "-" if mono_ns is None else span(max(health.mono_ns - mono_ns, 0))


def _parts(health: DepthWsHealth) -> Iterator[str]:
    breaker, log, chosen, master = health.breaker, health.log, health.selection, health.master
    state = f"OPEN since {clock(breaker.tripped_ns)}" if breaker.tripped else "closed"
    cleared = breaker.last_cleared
    by = f" | cleared {clock(cleared.ts_ns)} by {plain(cleared.operator)}: {plain(cleared.reason)}" if cleared else ""
    lately = breaker_check(breaker, health.wall_ns).observed
    yield f"BREAKER     {state} | {lately} reconnects in the last minute | {breaker.trips} trips{by}"
    if log is not None:
        yield (
            f"RECORDING   {log.state} | frame {log.last_sequence:,} in segment {log.segment} | "
            f"{log.not_recorded:,} not recorded | sync lag {log.sync_lag_ns / 1e6:.0f} ms | "
            f"{log.free_bytes / (1 << 30):.1f} GiB free | {log.readers} readers"
        )
    if chosen is not None:
        since = clock(chosen.made_ns)
        yield f"SELECTION   {chosen.instruments} instruments since {since} | re-centred {chosen.recentred} times"
        for centre in chosen.centres:
            yield (
                f"CENTRE      {plain(centre.underlying)} {_price(centre.spot_paise)} | at the money "
                f"{_price(centre.atm_paise)}, selected around {_price(centre.made_at_paise)}: "
                f"strikes away {centre.strikes_away}"
            )
    if master is not None:
        before = f"compared with {master.compared_with}" if master.compared_with else "nothing to compare with"
        due = "" if master.due_ns is None else f" | provisional until {clock(master.due_ns)}"
        alarms = f"{len(master.alarms) - (master.due_ns is not None)} alarms"
        yield f"MASTER      {master.day} | {master.instruments:,} instruments | {before} | {alarms}{due}"
    asked, flow = health.sentinels, health.throughput
    if asked.instruments:
        yield (
            f"SENTINELS   {asked.instruments} prices over REST | {asked.asked:,} rounds | "
            f"{asked.unanswered:,} unanswered | {len(asked.disagreeing)} disagree"
        )
    yield (
        f"PROCESS     {health.stage} | pid {health.pid} up {span(health.mono_ns - health.started_mono_ns)} | "
        f"{flow.packets_per_s:,.0f} packets/s | {flow.seen}/{flow.subscribed} instruments seen | "
        f"{flow.damaged_frames} damaged frames | {health.rss_bytes >> 20} MiB, {health.fds} descriptors"
    )


def _price(paise: int) -> str:
    return rupees_text(paise) if paise else "no price now"
