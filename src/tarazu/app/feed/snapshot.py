"""The health document a command may believe, or the one check that says why there is none."""

import os

from tarazu.app.depth_ws.health import DepthWsHealth, read_health
from tarazu.app.feed.breaker_file import BadBreakerFile, read_breaker
from tarazu.app.feed.parts import CLEAR, RESTART, breaker_check
from tarazu.app.feed.words import clock, seconds
from tarazu.app.health import STALE_AFTER_INTERVALS, BadHealth, boot
from tarazu.app.home import Home
from tarazu.app.supervision.orphans import is_running
from tarazu.app.verdict import Check, Status, epoch

HEALTH_BYTES_MAX = 64 << 10
"""More than a health ever takes: with less room on the disk none is written."""


def read_feed(home: Home, mono_ns: int) -> DepthWsHealth | Check:
    """The health of the profile's depth_ws, or why there is none to believe."""
    try:
        health = read_health(home.feed_health)
    except (BadHealth, OSError) as bad:
        return _unknown("HEALTH_UNREADABLE", str(bad))
    if health is None:
        return _unknown("DEPTH_WS_DOWN", f"depth_ws has not run in this home: there is no {home.feed_health}")
    if health.profile != home.profile:
        return _unknown("HEALTH_UNREADABLE", f"{home.feed_health} is of profile {health.profile}")
    return health if health.is_current(mono_ns) else _old(home, health, mono_ns)


def wall_of(found: DepthWsHealth | Check, mono_ns: int, wall_ns: int) -> int:
    """The profile's wall clock at `mono_ns`, which a running depth_ws tells; without one this machine's, `wall_ns`.

    In sim the broker's clock is further by less than a health's interval at any rate a day is followed by eye.
    """
    return found.wall_ns + found.age_ns(mono_ns) if isinstance(found, DepthWsHealth) else wall_ns


def breaker_on_file(home: Home) -> Check:
    """The breaker where no process tells of it. A file that cannot be believed counts as tripped."""
    try:
        return breaker_check(read_breaker(home.feed_breaker))
    except (BadBreakerFile, OSError) as bad:
        return Check(id="breaker", status=Status.CRIT, code="BREAKER_OPEN", detail=str(bad), hint=CLEAR)


def _unknown(code: str, detail: str) -> Check:
    return Check(id="depth_ws", status=Status.UNKNOWN, code=code, detail=detail, hint=RESTART)


def _old(home: Home, health: DepthWsHealth, mono_ns: int) -> Check:
    age_ns = health.age_ns(mono_ns)
    if age_ns < 0 or health.boot != boot():
        return _unknown("DEPTH_WS_DOWN", "its health is from before this machine started")
    if os.statvfs(home.run).f_bavail * os.statvfs(home.run).f_frsize < HEALTH_BYTES_MAX:
        return Check(
            id="depth_ws",
            status=Status.CRIT,
            code="DISK_FULL",
            detail=f"no room for its health since {clock(health.wall_ns)}, nor for the recording",
            hint=f"df -h {home.run}",
        )
    limit = seconds(STALE_AFTER_INTERVALS * health.every_ns)
    seen = Check(id="depth_ws", status=Status.UNKNOWN, observed=seconds(age_ns), limit=limit, unit="s")
    alive = is_running(health.pid)
    code = "DEPTH_WS_SILENT" if alive else "DEPTH_WS_DOWN"
    said = "is there and tells nothing" if alive else "is gone"
    detail = f"process {health.pid} {said}; it was {health.stage}"
    return seen.broken(Status.UNKNOWN, code, detail, RESTART, epoch(health.wall_ns))
