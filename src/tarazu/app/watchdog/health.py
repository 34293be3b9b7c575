"""What the watchdog says of itself: one file, replaced whole `every_ns`, read by main and by every command that asks.

Times as in `app.health`. Nothing here needs numpy.
"""

import time
from enum import StrEnum
from pathlib import Path

import msgspec

from tarazu.app.health import ProcessHealth, read_as

PASS_LATE_NS = 15_000_000_000
"""A watchdog whose last whole pass of watching is older does no useful work, though its file be fresh. A pass takes
milliseconds; its longest wait is for the supervisor, 5 s."""


class Stage(StrEnum):
    STARTING = "STARTING"
    WATCHING = "WATCHING"
    """All of it: processes, feeds and the account."""
    BLIND = "BLIND"
    """It watches processes and feeds; the account it cannot read, and `detail` says why."""
    STOPPING = "STOPPING"
    FAILED = "FAILED"


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """One of the processes that it looks after, as it was at the last pass."""

    name: str
    pulse: str
    """`app.watchdog.pulse.Pulse`: ABSENT, STARTING, WELL, HUNG, DEAD, UNKNOWN."""
    pid: int = 0
    """0: none is known."""
    since_mono_ns: int = 0
    """Since when the pulse is this one."""
    why: str = ""
    """Why it is not WELL, for people."""
    kills: int = 0
    """So often the watchdog has ended it, hung, since this watchdog began."""


class BookRead(msgspec.Struct, frozen=True, kw_only=True):
    """One of the broker's books: orders, trades, positions."""

    what: str
    age_ns: int | None
    """Since the last read that succeeded began; None: none did yet."""
    failing: str = ""
    """Why the last one failed, for people; empty when it did not."""


class OwnPnl(msgspec.Struct, frozen=True, kw_only=True):
    """The day's result as the watchdog reckons it from the broker's own books, charges taken off, paise."""

    net_paise: int | None
    """None: not computable, and `why` says why."""
    limit_paise: int | None
    """A loss beyond it is told; None: no limit is set."""
    wall_ns: int
    """Of the books it was reckoned from."""
    why: str = ""
    main_paise: int | None = None
    """What main said at about the same time; None: nothing current."""


class WatchdogHealth(ProcessHealth, frozen=True, kw_only=True):
    schema: str = "tarazu.watchdog_health/1"
    version: str
    stage: Stage
    detail: str
    """Why the stage is not WATCHING, for people; empty when it is."""
    doing: str
    """In a few words, for `tarazu status`: `0 open incidents`."""
    passed_mono_ns: int | None
    """When the last whole pass of watching ended: the useful work. None before the first."""
    watched: tuple[Watched, ...] = ()
    books: tuple[BookRead, ...] = ()
    pnl: OwnPnl | None = None
    """None before the first reckoning."""
    findings: tuple[str, ...] = ()
    """What is wrong now, in the words of its alerts, the worst first."""
    incidents_open: int | None = None
    """None: the desk's record cannot be read."""
    restarts_asked: int = 0
    """Hung processes ended so that the supervisor starts them again, since this watchdog began."""
    cancels_asked: int = 0
    """Working entries it has asked the broker to cancel, since this watchdog began."""
    halts_asked: int = 0
    alerts_failing: str = ""
    """Why alerts do not go out, `no address` among it; empty when they do, or when there is nothing to send."""
    rss_bytes: int = 0
    fds: int = 0

    def works(self, mono_ns: int | None = None) -> bool:
        """Current, and a whole pass of watching ended a moment ago: fit to be relied on."""
        now_ns = time.monotonic_ns() if mono_ns is None else mono_ns
        watches = self.stage in (Stage.WATCHING, Stage.BLIND)
        passed_ns = self.passed_mono_ns
        return watches and self.is_current(now_ns) and passed_ns is not None and now_ns - passed_ns <= PASS_LATE_NS


def read_watchdog_health(path: Path) -> WatchdogHealth | None:
    """None when there is none. Raises BadHealth, OSError."""
    return read_as(WatchdogHealth, path)
