"""`tarazu feed clear-breaker`: a person lets depth_ws dial again after a reconnect storm."""

import time

import click

from tarazu.app.depth_ws.health import DepthWsHealth
from tarazu.app.feed.breaker_file import BadBreakerFile, change_breaker, read_breaker, replace_bad_breaker
from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.feed.snapshot import read_feed, wall_of
from tarazu.app.feed.words import clock
from tarazu.app.home import Home
from tarazu.app.person import person
from tarazu.app.verdict import Exit, Verdict, plain
from tarazu.market.breaker import Breaker, Cleared, ClearRefusal, clear
from tarazu.model import ist

WHY_NOT = {
    ClearRefusal.NOT_TRIPPED: "the breaker is not open: there is nothing to clear",
    ClearRefusal.OPERATOR_MISSING: "who clears it must be named: --operator",
    ClearRefusal.REASON_MISSING: "why it is cleared must be said: --reason",
}

EXAMPLES = """
\b
Examples:
  tarazu feed history --type disconnected    first: why did links die?
  tarazu feed clear-breaker --reason "the router was changed at 10:12"
"""


@click.command("clear-breaker", epilog=EXAMPLES)
@feed_flags
@click.option("--reason", required=True, help="Why it is right to dial again; kept in the feed log.")
@click.option("--operator", default=person, show_default="your login name", help="Who clears it.")
def command(profile: str | None, as_json: bool, reason: str, operator: str) -> int:
    """Clear the reconnect breaker; depth_ws dials again within a second and records who cleared it, and why.

    Look at `tarazu feed history` first: what made links die as soon as they were made will do so again.

    Exit code 0: cleared; 4: refused, because the breaker is not open or the reason is blank.
    """
    return clear_breaker(home_of(profile), operator, reason, time.monotonic_ns(), time.time_ns()).show(as_json)


def clear_breaker(home: Home, operator: str, reason: str, mono_ns: int, wall_ns: int) -> Verdict:
    """Clear it at this moment of the machine's two clocks; a running depth_ws tells the profile's wall time."""
    found = read_feed(home, mono_ns)
    running = found if isinstance(found, DepthWsHealth) else None
    now_ns = wall_of(found, mono_ns, wall_ns)
    try:
        before = read_breaker(home.feed_breaker)
    except BadBreakerFile as bad:
        return _replace(home, str(bad), operator, reason, now_ns, running)
    after: Breaker | ClearRefusal = ClearRefusal.NOT_TRIPPED
    if before.tripped:  # else nothing is touched, not even the lock
        after = change_breaker(home.feed_breaker, lambda b: clear(b, operator, reason, now_ns))
    if isinstance(after, ClearRefusal):
        return _refused(home, after, now_ns)
    return _cleared(home, _overridden(before), after.last_cleared, now_ns, running)


def _replace(home: Home, bad: str, operator: str, reason: str, now_ns: int, running: DepthWsHealth | None) -> Verdict:
    """The file cannot be believed, so it counts as tripped and the same person may clear it."""
    refusal = clear(Breaker(tripped_ns=now_ns), operator, reason, now_ns)
    if isinstance(refusal, ClearRefusal):
        return _refused(home, refusal, now_ns)
    assert refusal.last_cleared is not None
    aside = replace_bad_breaker(home.feed_breaker, refusal.last_cleared)
    return _cleared(home, f"{bad}; kept as {aside}", refusal.last_cleared, now_ns, running)


def _overridden(breaker: Breaker) -> str:
    reconnects = breaker.reconnects_ns
    when = "" if breaker.tripped_ns is None else f"open since {ist.stamp(breaker.tripped_ns)} IST"
    between = f" from {clock(reconnects[0])} to {clock(reconnects[-1])}" if reconnects else ""
    return f"{when}, {len(reconnects)} reconnects{between}, trip {breaker.trips} of this breaker"


def _cleared(home: Home, what: str, by: Cleared | None, now_ns: int, running: DepthWsHealth | None) -> Verdict:
    assert by is not None
    then = "depth_ws dials again within a second and records this in the feed log"
    if running is None:
        then = "depth_ws does not run; it dials when it is started: tarazu up depth_ws"
    return Verdict(
        command="feed.clear-breaker",
        word="CLEARED",
        exit_code=Exit.OK,
        profile=home.profile,
        now_ns=now_ns,
        summary="reconnect breaker",
        body=(
            f"overridden  {plain(what)}",
            f"by          {plain(by.operator)}: {plain(by.reason)}",
            f"next        {then}",
        ),
        facts={
            "overridden": what,
            "operator": by.operator,
            "reason": by.reason,
            "depth_ws_running": running is not None,
        },
    )


def _refused(home: Home, why: ClearRefusal, now_ns: int) -> Verdict:
    return Verdict(
        command="feed.clear-breaker",
        word="REFUSED",
        exit_code=Exit.REFUSED,
        profile=home.profile,
        now_ns=now_ns,
        summary=f"{why}: {WHY_NOT[why]}",
        facts={"refusal": why},
    )
