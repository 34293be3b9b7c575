"""The stack's standing in lines for people, and what of it is wrong."""

from collections.abc import Iterator

from tarazu.app.depth_ws.health import DepthWsHealth
from tarazu.app.feed.words import clock, is_open, span, table
from tarazu.app.home import Home
from tarazu.app.main.health import MainHealth
from tarazu.app.stack.standing import ProcessRow, RowState, StackStanding, required
from tarazu.app.verdict import Check, Status, plain
from tarazu.market.feed_events import FeedState
from tarazu.model.units import SECOND_NS

HEAD = ("PROCESS", "STATE", "PID", "UP", "RESTARTS", "HEARTBEAT", "RSS", "DOING")
MIB = 1 << 20

# What each state of a process that the desk cannot be without amounts to, and its code.
_STATES = {
    RowState.RUNNING: (Status.OK, ""),
    RowState.STARTING: (Status.WARN, "STARTING"),
    RowState.UNSUPERVISED: (Status.WARN, "NOT_SUPERVISED"),
    RowState.HUNG: (Status.CRIT, "PROCESS_HUNG"),
    RowState.DOWN: (Status.CRIT, "PROCESS_DIED"),
    RowState.STOPPED: (Status.CRIT, "PROCESS_DOWN"),
    RowState.UNKNOWN: (Status.UNKNOWN, "PROCESS_UNKNOWN"),
}


def process_lines(standing: StackStanding) -> tuple[str, ...]:
    return table([HEAD, *(_cells(row) for row in standing.rows)])


def _cells(row: ProcessRow) -> tuple[str, ...]:
    return (
        row.process,
        str(row.state),
        "-" if row.pid is None else str(row.pid),
        "-" if row.up_s is None else span(round(row.up_s) * SECOND_NS) if row.up_s >= 60 else f"{row.up_s:.0f} s",
        str(row.restarts),
        "-" if row.heartbeat_age_s is None else f"{row.heartbeat_age_s:.1f} s",
        "-" if row.rss_bytes is None else f"{row.rss_bytes // MIB}M",
        plain(row.doing or row.detail),
    )


def process_checks(home: Home, standing: StackStanding) -> Iterator[Check]:
    """One for each process that the desk cannot be without, and one for a supervisor that does not answer."""
    if standing.supervisor_silent:
        yield Check(
            id="supervisor",
            status=Status.UNKNOWN,
            code="SUPERVISOR_SILENT",
            detail=standing.supervisor_silent,
            hint=f"kill -9 {standing.supervisor_pid}; tarazu up all",
        )
    for row in standing.rows:
        if row.process in required(home):
            yield _check(row)


def _check(row: ProcessRow) -> Check:
    status, code = _STATES[row.state]
    silent = row.state is RowState.HUNG and row.heartbeat_age_s is not None
    seen = Check(
        id=row.process,
        status=Status.OK,
        observed=row.heartbeat_age_s if status is Status.OK or silent else None,
        limit=row.heartbeat_limit_s if status is Status.OK or silent else None,
        unit="s" if row.heartbeat_age_s is not None and (status is Status.OK or silent) else "",
    )
    if status is Status.OK:
        return seen
    hint = f"tarazu logs {row.process}; tarazu up {row.process}"
    if row.state is RowState.STOPPED:
        hint = "tarazu up all"
    return seen.broken(status, code, plain(row.detail), hint)


def restart_notes(standing: StackStanding) -> Iterator[str]:
    for row in standing.rows:
        if row.restarts:
            times = f"{row.restarts} times" if row.restarts > 1 else "once"
            told = f"died {times} unasked since the supervisor began, last: {row.last_death or 'not known'}"
            yield f"NOTE       {row.process} {told}      tarazu logs {row.process}"


def feed_line(health: DepthWsHealth) -> str:
    """The worst lag of the required feeds, and what is stale."""
    rows = [row for row in health.feeds if row.health.required]
    stale = [row.health.feed for row in health.feeds if row.health.state is FeedState.STALE and row.health.enforced]
    parts = []
    for name, lag, limit in (
        ("tick_lag", "tick_lag_ns", "tick_limit_ns"),
        ("depth_lag", "depth_lag_ns", "depth_limit_ns"),
    ):
        known = [(getattr(r.health, lag), getattr(r.health, limit)) for r in rows if getattr(r.health, limit)]
        if known:
            worst = max(known, key=lambda pair: pair[0] / pair[1])
            parts.append(f"{name} {span(worst[0])} (limit {span(worst[1])})")
    parts.append(f"stale {len(stale)} of {len(health.feeds)} feeds{': ' + ', '.join(stale) if stale else ''}")
    recovered = [row.last_recover_ns for row in health.feeds if row.last_recover_ns is not None]
    parts.append(f"last FEED_RECOVER {clock(max(recovered))}" if recovered else "no FEED_RECOVER today")
    note = "" if is_open(health) else " | market closed: observed, not enforced"
    return f"FEED       {' | '.join(parts)}{note}"


def risk_line(health: MainHealth | None, feed: str, broker: str) -> str:
    """`RISK NORMAL | FEED OK | BROKER OK | AUDIT entry 51,877 | P&L day +4,215.50 | 2 positions, 1 open order`."""
    if health is None:
        return f"RISK UNKNOWN | FEED {feed} | BROKER {broker} | JOURNAL UNKNOWN | P&L UNKNOWN | positions UNKNOWN"
    journal = "none" if health.journal is None else f"entry {health.journal.sequence:,}"
    page = health.risk
    result = "not known" if page.net_paise is None else f"Rs {page.net_paise / 100:+,.2f}"
    result += " (NOT KNOWN now)" if page.unknown and page.net_paise is not None else ""
    held = sum(1 for place in health.positions if place.qty)
    working = "orders UNKNOWN" if health.orders is None else f"{health.orders.working} working orders"
    return (
        f"RISK {page.state}, engine {health.phase or health.stage} | FEED {feed} | BROKER {broker} | "
        f"JOURNAL {journal} | P&L day {result} | {held} positions, {working}"
    )
