"""Where depth_ws stands, from what it says of itself: does data flow, is it worth waiting, or must somebody act?"""

from enum import StrEnum

import msgspec

from tarazu.app.depth_ws.health import DepthWsHealth, Stage, read_health
from tarazu.app.home import Home
from tarazu.app.supervision.orphans import is_running
from tarazu.app.verdict import Exit
from tarazu.market.feed_events import FeedState
from tarazu.model.units import SECOND_NS


class Standing(StrEnum):
    FLOWS = "FLOWS"
    """Market open: every required feed ticks and is fresh. Closed: connected."""
    WAITS = "WAITS"
    """On its way, by its own account."""
    STALE = "STALE"
    """A required feed does not tick while its market is open."""
    BLOCKED = "BLOCKED"
    """Nothing comes of it before somebody acts."""


class Block(msgspec.Struct, frozen=True):
    """What holds depth_ws back, and the command that helps."""

    code: str
    exit_code: Exit
    hint: str
    """`{settings}` stands for the profile's file."""


# What only a person can change. `up` tells it at once: waiting for it is waiting for nothing.
BLOCKS = {
    Stage.NO_TOKEN: Block(
        "NO_TOKEN", Exit.CRIT, "put today's KITE_ACCESS_TOKEN into the profile's .env: it is taken up within a second"
    ),
    Stage.BREAKER_OPEN: Block("BREAKER_OPEN", Exit.REFUSED, 'tarazu feed clear-breaker --reason "..."'),
    Stage.NO_SELECTION: Block("NO_SELECTION", Exit.CRIT, "edit [feed] in {settings}; tarazu up depth_ws"),
}


class FeedStanding(msgspec.Struct, frozen=True, kw_only=True):
    standing: Standing
    stage: Stage
    detail: str = ""
    """For people."""

    def __str__(self) -> str:
        return f"{self.stage}: {self.detail}" if self.detail else str(self.stage)


def feed_standing(health: DepthWsHealth, mono_ns: int) -> FeedStanding:
    """`health` is current. What blocks is told before what is stale: it is the cause."""
    if health.stage in BLOCKS:
        return FeedStanding(standing=Standing.BLOCKED, stage=health.stage, detail=health.detail)
    needed = [row.health for row in health.feeds if row.health.required and row.health.enforced]
    stale = [feed for feed in needed if feed.state is FeedState.STALE]
    if health.market_open and stale:
        told = ", ".join(f"{feed.feed} {feed.reason or ''}".strip() for feed in stale)
        return FeedStanding(standing=Standing.STALE, stage=health.stage, detail=f"stale: {told}")
    if health.stage is not Stage.LIVE:
        return FeedStanding(standing=Standing.WAITS, stage=health.stage, detail=health.detail)
    missing = [feed.feed for feed in needed if feed.state is FeedState.UNKNOWN]
    if health.market_open and missing:
        told = f"no tick yet: {', '.join(missing)}"
        return FeedStanding(standing=Standing.WAITS, stage=health.stage, detail=told)
    return FeedStanding(standing=Standing.FLOWS, stage=health.stage, detail=_flowing(health, mono_ns))


def read_standing(home: Home, pid: int | None, mono_ns: int) -> FeedStanding | None:
    """Of the process `pid`; None where it says nothing yet, or nothing any more. Raises BadHealth, OSError.

    What a dead process said last looks current for a moment, and its supervisor has not noticed yet: it is asked after.
    """
    health = read_health(home.feed_health)
    if health is None or health.pid != pid or not health.is_current(mono_ns) or not is_running(health.pid):
        return None
    return feed_standing(health, mono_ns)


def _flowing(health: DepthWsHealth, mono_ns: int) -> str:
    if not health.market_open:
        return "connected, market closed"
    last = [link.last_data_ns for link in health.connections if link.tokens and link.last_data_ns is not None]
    age = f"data {(mono_ns - min(last)) / SECOND_NS:.1f} s old" if last else "fresh"
    return f"{age}, {health.throughput.seen}/{health.throughput.subscribed} instruments seen"
