"""The processes it looks after: each pass their pulse, and the end of one that hangs."""

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from tarazu.app.depth_ws.health import DepthWsHealth, read_health
from tarazu.app.health import BadHealth, boot
from tarazu.app.home import Home
from tarazu.app.main.health import MainHealth, read_main_health
from tarazu.app.supervision.link import SupervisorRefused
from tarazu.app.supervision.orphans import is_running, is_stopped
from tarazu.app.supervision.programs import DEPTH_WS, MAIN
from tarazu.app.supervision.state import ProcessState, State
from tarazu.app.supervision.supervisor import Supervision
from tarazu.app.watchdog.endings import ENDED, STORM_ENDINGS, Endings, end_hung
from tarazu.app.watchdog.health import Watched
from tarazu.app.watchdog.pulse import MUTE_NS, Pulse, Sign, Vital, sign_of_feed, sign_of_main, sign_of_start
from tarazu.app.watchdog.record import note_act
from tarazu.app.watchdog.second_sign import InboxSign, KernelSign
from tarazu.model.units import SECOND_NS

log = logging.getLogger("tarazu.watchdog")

H = TypeVar("H")

ASK_NS = 2 * SECOND_NS
"""How often the supervisor is asked about a process whose own word says nothing."""
DIED_NS = 30 * SECOND_NS
"""How long a death is news once another process is there."""
AGAIN_NS = 20 * SECOND_NS
"""A process that could not be ended is tried again after so long."""


class Process:
    """One of them, over its lives."""

    def __init__(self, home: Home, name: str, sign: Callable[[], Sign | None], second: InboxSign | KernelSign) -> None:
        """`sign` may set `unreadable`; `second` is heard where the first says nothing any more."""
        self.name = name
        self.unreadable = ""
        """Why its own word cannot be read; empty when it can, or when there is none."""
        self.kills = 0
        self.pulse, self.why, self.pid, self.since_ns = Pulse.ABSENT, "", 0, time.monotonic_ns()
        self.state: ProcessState | None = None
        """As its supervisor last told; None: not asked, or no answer."""
        self._home, self._sign, self._vital, self._second = home, sign, Vital(), second
        self._asked_ns = self._tried_ns = 0
        self._lived, self._death = 0, (0, "")
        """The pid last seen alive; when the last death was seen, and how it was."""

    def look(self, mono_ns: int) -> None:
        sign = self._sign()
        self._note_death(sign, mono_ns)
        if sign is None or not sign.exists:
            sign = self._begun(mono_ns) or sign
        else:
            self.state = None
        pulse, self.why = self._vital.judge(sign, mono_ns)
        self._look_again(sign, mono_ns)
        if pulse is Pulse.HUNG and sign is not None and (alive := self._alive()):
            pulse, self.why = Pulse.UNKNOWN, f"{self.why}; it is not ended, for {alive}: its health is not written"
        if pulse is Pulse.DEAD and self.state is not None and self.state.state is State.STOPPED:
            pulse, self.why = Pulse.ABSENT, "stopped"  # it did not end by itself in time, and was made to
        if pulse is Pulse.ABSENT and self.unreadable:
            pulse, self.why = Pulse.UNKNOWN, self.unreadable
        self.pid = sign.pid if sign is not None and sign.exists else 0
        if pulse is not self.pulse:
            log.log(_LEVEL[pulse], "%s: %s, was %s; %s", self.name, pulse, self.pulse, self.why)
            self.pulse, self.since_ns = pulse, mono_ns

    def _look_again(self, sign: Sign | None, mono_ns: int) -> None:
        """For a second sign, which takes its time, as soon as the first one is late."""
        if sign is not None and sign.exists and self._vital.mute_ns >= MUTE_NS:
            self._second.look(sign.pid, mono_ns)
        elif isinstance(self._second, InboxSign):
            self._second.forget()

    def _alive(self) -> str:
        """What speaks for the life of one whose file is old; empty where nothing does, or where its file is fresh and
        tells of no work: then the disk is no excuse."""
        return self._second.alive if self._vital.mute_ns >= MUTE_NS else ""

    def died(self, mono_ns: int) -> str:
        """How its last life ended, unasked, a moment ago; empty when it did not."""
        at_ns, how = self._death
        return how if how and (self.pulse is Pulse.DEAD or mono_ns - at_ns < DIED_NS) else ""

    def _note_death(self, sign: Sign | None, mono_ns: int) -> None:
        """`sign` is by its own word. Another process may be there at the next look already."""
        if sign is not None and sign.exists:
            self._lived = sign.pid
        elif sign is not None and sign.pid == self._lived and not sign.ended:
            self._lived, self._death = 0, (mono_ns, f"process {sign.pid} died, {sign.told}")

    @property
    def is_given_up(self) -> bool:
        """Its supervisor does not start it again, or nobody asked it to run."""
        return self.state is not None and not self.state.state.is_up

    def end(self, endings: Endings, mono_ns: int, now_ns: int) -> None:
        """End one that hangs, unless that would be a storm."""
        if self.pulse is not Pulse.HUNG or mono_ns < self._tried_ns + AGAIN_NS or endings.is_storm(self.name):
            return
        self._tried_ns = mono_ns
        pid, why = self.pid, end_hung(self._home, self.name, self.pid)
        if why:
            log.error("%s hangs and is not ended: %s", self.name, why)
            self.why = f"{self.why}; not ended: {why}"
            return
        self.kills += 1
        endings.count(self.name)
        log.error("%s hung: process %d is ended, its supervisor starts it again", self.name, pid)
        body = {"act": ENDED, "name": self.name, "pid": pid, "why": self.why, "machine_ns": time.time_ns()}
        note_act(self._home, body, now_ns)

    def watched(self) -> Watched:
        return Watched(
            name=self.name, pulse=self.pulse, pid=self.pid, since_mono_ns=self.since_ns, why=self.why, kills=self.kills
        )

    def _begun(self, mono_ns: int) -> Sign | None:
        """A process that has not said a word yet: the supervisor knows it."""
        if mono_ns >= self._asked_ns + ASK_NS:
            self._asked_ns = mono_ns
            self.state = _asked(self._home, self.name)
        state = self.state
        if state is None or state.pid is None or state.state not in (State.RUNNING, State.STARTING):
            return None
        if not is_running(state.pid):
            return None
        return sign_of_start(state.pid, is_stopped(state.pid), self._vital.still_ns // SECOND_NS)


class Processes:
    """main and depth_ws, and what they last said. One pass after the other, by one thread."""

    def __init__(self, home: Home, now_ns: int) -> None:
        self.main_health: MainHealth | None = None
        """As last read, current or not."""
        self.feed_health: DepthWsHealth | None = None
        self._home, self._endings = home, Endings(home, now_ns)
        self.main = Process(home, MAIN, self._main_sign, InboxSign(home))
        self.feed = Process(home, DEPTH_WS, self._feed_sign, KernelSign())
        self.all = (self.feed, self.main)

    def look(self, mono_ns: int, now_ns: int) -> None:
        """Raises OSError for a home that cannot be read."""
        for process in self.all:
            process.look(mono_ns)
            process.end(self._endings, mono_ns, now_ns)

    def storms(self) -> list[str]:
        """Who hangs, and is not ended any more."""
        return [
            f"{p.name} hangs again after {STORM_ENDINGS} endings within half an hour"
            for p in self.all
            if p.pulse is Pulse.HUNG and self._endings.is_storm(p.name)
        ]

    def _main_sign(self) -> Sign | None:
        self.main_health = self._read(self.main, read_main_health, self._home.main_health)
        health = self.main_health
        return None if health is None or health.boot != boot() else sign_of_main(health, is_running(health.pid))

    def _feed_sign(self) -> Sign | None:
        self.feed_health = self._read(self.feed, read_health, self._home.feed_health)
        health = self.feed_health
        return None if health is None or health.boot != boot() else sign_of_feed(health, is_running(health.pid))

    def _read(self, process: Process, read: Callable[[Path], H | None], path: Path) -> H | None:
        try:
            health = read(path)
        except (BadHealth, OSError) as bad:
            process.unreadable = str(bad)
            return None
        process.unreadable = ""
        return health


def _asked(home: Home, name: str) -> ProcessState | None:
    """None where no supervisor runs, or it does not answer."""
    try:
        supervision = Supervision(home)
        return supervision.state(name) if supervision.pid is not None else None
    except (SupervisorRefused, OSError, msgspec.MsgspecError):
        return None


_LEVEL = {
    Pulse.ABSENT: logging.INFO,
    Pulse.STARTING: logging.INFO,
    Pulse.WELL: logging.INFO,
    Pulse.HUNG: logging.ERROR,
    Pulse.DEAD: logging.ERROR,
    Pulse.UNKNOWN: logging.ERROR,
}
