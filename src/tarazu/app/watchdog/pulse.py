"""Whether a process lives and does its work, judged from what it says of itself and what the kernel says of it.

Pure: the signs are given. Stillness is counted by the watchdog's own passes and not by the clock: a machine that stood
still as a whole, the watchdog with it, has hung nobody.
"""

from enum import StrEnum

import msgspec

from tarazu.app.depth_ws.health import DepthWsHealth
from tarazu.app.depth_ws.health import Stage as FeedStage
from tarazu.app.main.health import MainHealth, Stage
from tarazu.model.units import SECOND_NS

HUNG_NS = 8 * SECOND_NS
"""Detection has 10 s in all (issue 6, "Done means"); a pass and the supervisor's answer take the rest."""
MUTE_NS = 3 * SECOND_NS
"""A health file that has not changed for so long: then it alone proves no hang, the disk may be full."""
BEGIN_NS = 120 * SECOND_NS
"""A process that has not said a word: imports, on a machine that compiles numba for the first time."""
PASS_NS_MAX = 1_500_000_000
"""No more than this is counted for one pass, however late it comes."""


class Pulse(StrEnum):
    ABSENT = "ABSENT"
    """None has run here, or the last one ended because it was asked to."""
    STARTING = "STARTING"
    WELL = "WELL"
    HUNG = "HUNG"
    """There is a process, and no useful work."""
    DEAD = "DEAD"
    """It ended unasked."""
    UNKNOWN = "UNKNOWN"
    """What it says of itself cannot be read; or it says nothing any more, and something else speaks for its life."""


class Sign(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be seen of a process at one pass."""

    pid: int
    exists: bool
    """A zombie does not."""
    has_spoken: bool
    """Its health is its own, and not that of the process before it."""
    mark: int
    """Grows with useful work, and with nothing else."""
    written: int = 0
    """Changes with every word that it says of itself, work or no work."""
    ended: bool = False
    """Its last word is that it was asked to stop."""
    told: str = ""
    """Its stage, for people."""


class Vital:
    """The memory of one process between passes."""

    def __init__(self) -> None:
        self.still_ns = 0
        """For how long nothing has moved, as far as we were awake to see it."""
        self.mute_ns = 0
        """For how long it has said no word."""
        self._last: tuple[int, int] | None = None
        self._word: tuple[int, int] | None = None
        self._passed_ns = 0

    def judge(self, sign: Sign | None, mono_ns: int) -> tuple[Pulse, str]:
        """The pulse, and why it is not WELL."""
        elapsed_ns, self._passed_ns = mono_ns - self._passed_ns, mono_ns
        mark = None if sign is None else (sign.pid, sign.mark)
        if mark is None or mark != self._last:
            self.still_ns, self._last = 0, mark
        else:
            self.still_ns += min(elapsed_ns, PASS_NS_MAX)
        word = None if sign is None else (sign.pid, sign.written)
        self.mute_ns = self.mute_ns + min(elapsed_ns, PASS_NS_MAX) if word is not None and word == self._word else 0
        self._word = word
        return (Pulse.ABSENT, "") if sign is None else self._of(sign)

    def _of(self, sign: Sign) -> tuple[Pulse, str]:
        if not sign.exists:
            return (Pulse.ABSENT, sign.told) if sign.ended else (Pulse.DEAD, f"process {sign.pid} is gone")
        if not sign.has_spoken:
            said = f"process {sign.pid} has said nothing for {self.still_ns // SECOND_NS} s since its start"
            return (Pulse.HUNG if self.still_ns >= BEGIN_NS else Pulse.STARTING), said
        if self.still_ns >= HUNG_NS:
            return Pulse.HUNG, f"process {sign.pid} does nothing for {self.still_ns // SECOND_NS} s: {sign.told}"
        return Pulse.WELL, ""


def sign_of_main(health: MainHealth, exists: bool) -> Sign:
    """Useful work is the engine's second; before there is an engine, the health file."""
    works = health.stage is Stage.RUNNING and health.ticked_mono_ns is not None
    return Sign(
        pid=health.pid,
        exists=exists,
        has_spoken=True,
        mark=health.ticked_mono_ns if works and health.ticked_mono_ns else health.mono_ns,
        written=health.mono_ns,
        ended=health.stage is Stage.STOPPING,
        told=f"{health.stage} {health.detail}".rstrip(),
    )


_FEED_DAY = (FeedStage.LIVE, FeedStage.RECONNECTING)


def sign_of_feed(health: DepthWsHealth, exists: bool) -> Sign:
    """Useful work is the day's once-a-second work; before there is a day, the health file."""
    tidied_ns = health.tidied_mono_ns if health.stage in _FEED_DAY else None
    return Sign(
        pid=health.pid,
        exists=exists,
        has_spoken=True,
        mark=tidied_ns or health.mono_ns,
        written=health.mono_ns,
        ended=health.stage is FeedStage.STOPPING,
        told=f"{health.stage} {health.detail}".rstrip(),
    )


def sign_of_start(pid: int, stopped: bool, seconds: int) -> Sign:
    """A process that the supervisor has begun and that has said nothing yet, for so many `seconds`. `stopped`: it does
    not run at all (SIGSTOP), which is judged like any other stillness."""
    return Sign(
        pid=pid, exists=True, has_spoken=stopped, mark=int(stopped), told="stopped" if stopped else f"up {seconds} s"
    )


class Silence:
    """The dead-man's clock: for how long main has done nothing for the positions. Since the engine's last second,
    whatever the reason (hung, dead, stopped, starting), by passes and not by the clock, as `Vital` does."""

    def __init__(self) -> None:
        self.ns = 0
        self._ticked: tuple[int, int] | None = None
        self._passed_ns: int | None = None

    def look(self, health: MainHealth | None, exists: bool, mono_ns: int) -> int:
        """Nanoseconds of silence, as of now."""
        elapsed_ns = 0 if self._passed_ns is None else min(mono_ns - self._passed_ns, PASS_NS_MAX)
        self._passed_ns = mono_ns
        ticked = None
        if health is not None and exists and health.stage is Stage.RUNNING and health.ticked_mono_ns is not None:
            ticked = health.pid, health.ticked_mono_ns
        if ticked is not None and ticked != self._ticked:
            self.ns, self._ticked = 0, ticked
        else:
            self.ns += elapsed_ns
        return self.ns
