"""What each process says of itself, in the one form that a row of the stack needs."""

import msgspec

from tarazu.app.depth_ws.health import DepthWsHealth, read_health
from tarazu.app.depth_ws.health import Stage as FeedStage
from tarazu.app.health import STALE_AFTER_INTERVALS, BadHealth, boot
from tarazu.app.home import Home
from tarazu.app.main.health import MainHealth, Stage, read_main_health
from tarazu.app.supervision.programs import DEPTH_WS, MAIN, WATCHDOG
from tarazu.app.watchdog.health import PASS_LATE_NS, WatchdogHealth, read_watchdog_health
from tarazu.model.units import SECOND_NS

USEFUL_NS = 5 * SECOND_NS
"""The engine counts each second. One that has not for so long works no more, though its health be written."""

Health = DepthWsHealth | MainHealth | WatchdogHealth


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A process's last word, and how far it can be believed."""

    health: Health | None = None
    unreadable: str = ""
    """Why there is a file and no health in it."""
    age_ns: int | None = None
    """Of the last sign of useful work; None: there was none since this machine started."""
    limit_ns: int = 0

    @property
    def pid(self) -> int | None:
        return None if self.health is None else self.health.pid

    @property
    def is_current(self) -> bool:
        """Three intervals, no more (DESIGN 11)."""
        return self.age_ns is not None and 0 <= self.age_ns <= self.limit_ns


def told(home: Home, name: str, mono_ns: int) -> Told:
    """By the machine's monotonic clock. Nothing for a process that writes no health."""
    try:
        health = _read(home, name)
    except (BadHealth, OSError) as bad:
        return Told(unreadable=str(bad))
    if health is None:
        return Told()
    if health.profile != home.profile:
        return Told(unreadable=f"it is of profile {health.profile}")
    if health.boot != boot() or health.mono_ns > mono_ns + health.every_ns:
        return Told(health=health)
    worked_ns, limit_ns = _worked_ns(health)
    if worked_ns is not None and mono_ns - worked_ns > limit_ns:
        return Told(health=health, age_ns=mono_ns - worked_ns, limit_ns=limit_ns)
    return Told(
        health=health, age_ns=max(mono_ns - health.mono_ns, 0), limit_ns=STALE_AFTER_INTERVALS * health.every_ns
    )


def _worked_ns(health: Health) -> tuple[int | None, int]:
    """CLOCK_MONOTONIC of its last round of work, and how old that may be; None where the health is the sign."""
    if isinstance(health, MainHealth) and health.stage is Stage.RUNNING:
        return health.ticked_mono_ns, USEFUL_NS
    if isinstance(health, WatchdogHealth):
        return health.passed_mono_ns, PASS_LATE_NS
    return None, 0


def _read(home: Home, name: str) -> Health | None:
    match name:
        case _ if name == DEPTH_WS:
            return read_health(home.feed_health)
        case _ if name == MAIN:
            return read_main_health(home.main_health)
        case _ if name == WATCHDOG:
            return read_watchdog_health(home.watchdog_health)
    return None


def doing(health: Health | None) -> str:
    """What it does, for the last column of the table."""
    match health:
        case DepthWsHealth():
            return _feed(health)
        case MainHealth():
            return _main(health)
        case WatchdogHealth():
            return health.doing or f"{health.stage} {health.detail}".rstrip()
    return ""


def _feed(health: DepthWsHealth) -> str:
    flow = health.throughput
    if health.stage is not FeedStage.LIVE:
        return f"{health.stage} {health.detail}".rstrip()
    return f"{flow.packets_per_s:,.0f} ticks/s, {flow.seen}/{flow.subscribed} instruments seen"


def _main(health: MainHealth) -> str:
    if health.stage is not Stage.RUNNING or health.phase is None:
        return f"{health.stage} {health.detail}".rstrip()
    entry = f", entry {health.journal.sequence:,}" if health.journal else ""
    why = f": {health.why}" if health.why else ""
    return f"{health.phase}{why}{entry}"
