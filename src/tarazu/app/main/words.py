"""main's health in lines for people."""

import time
from collections.abc import Iterator

from tarazu.app.feed.words import clock, span, table
from tarazu.app.main.guards_words import guards_summary
from tarazu.app.main.health import MainHealth, Stage
from tarazu.app.main.portfolio_words import portfolio_lines
from tarazu.app.main.risk_words import risk_lines
from tarazu.app.verdict import Check, plain
from tarazu.model.units import MILLISECOND_NS


def summary(health: MainHealth) -> str:
    """The rest of line 1."""
    counts = health.orders
    if counts is None:
        return f"engine {health.stage}"
    held = [place for place in health.positions if place.qty]
    return (
        f"engine {health.phase} | {len(held)} positions | {counts.working} working ({counts.stops} stops), "
        f"{counts.unknown} unknown | {len(health.alerts)} alerts"
    )


def body(health: MainHealth) -> Iterator[str]:
    """What it is doing."""
    if health.positions:
        head = ("PLACE", "PRODUCT", "QTY", "MAY BECOME", "LEAVING")
        rows = [(p.key, p.product, f"{p.qty:+}", f"{p.lowest:+} to {p.highest:+}", p.leaving) for p in health.positions]
        yield from table([head, *rows])
    counts, journal, market = health.orders, health.journal, health.market
    if counts is not None:
        yield (
            f"ORDERS      {counts.today} today | {counts.working} working | {counts.foreign} not ours | "
            f"{counts.sent} requests sent, {counts.pending} without an answer"
        )
    if journal is not None:
        yield (
            f"JOURNAL     {health.day} epoch {health.epoch} | entry {journal.sequence:,}, "
            f"{journal.sequence - journal.acknowledged} not yet durable | {journal.mode} | room {journal.space}"
        )
    if market is not None:
        state = "caught up" if market.caught_up else "catching up"
        yield (
            f"MARKET      frame {market.sequence:,}, {span(market.age_ns)} old | {state} | "
            f"{market.instruments} instruments, {market.bands} bands | {market.damages} damaged places"
        )
    if health.reads:
        told = (f"{row.what.lower()} {span(row.age_ns)}" for row in health.reads if row.what != "BANDS")
        yield f"READS       {' | '.join(told)}"
    yield (
        f"PROCESS     {health.stage} | pid {health.pid} up {span(health.mono_ns - health.started_mono_ns)} | "
        f"loop {health.loop_lag_ns / MILLISECOND_NS:.1f} ms late at most | {health.rss_bytes >> 20} MiB, "
        f"{health.fds} descriptors | strategies {', '.join(health.strategies) or 'none'}"
    )
    if health.stage is Stage.RUNNING:
        yield from risk_lines(health.risk)
        yield from portfolio_lines(health.portfolio)
    if health.halt is not None:
        halt = health.halt
        yield f"HALT        {halt.level} by {halt.code} since {clock(halt.since_ns)}: {plain(halt.why)}"
    if health.guards.approvals or health.guards.pilot is not None:
        yield f"GUARDS      {guards_summary(health.guards)} (tarazu approvals)"
    for alert in health.alerts[-3:]:
        yield f"ALERT       {plain(alert)}"


def now_of(found: MainHealth | Check) -> int:
    """The profile's wall time; the machine's where main does not tell it."""
    return found.wall_ns if isinstance(found, MainHealth) else time.time_ns()
