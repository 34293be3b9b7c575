"""main's eye on its watchdog: without one no new risk is taken, and one that hangs is ended so that it comes back."""

import logging
import threading
import time
from collections.abc import Callable

from tarazu.app.alerts.post import Alert, post
from tarazu.app.health import BadHealth
from tarazu.app.home import Home, Profile
from tarazu.app.supervision.link import SupervisorRefused
from tarazu.app.supervision.orphans import is_running, is_stopped
from tarazu.app.supervision.programs import WATCHDOG
from tarazu.app.supervision.supervisor import Supervision
from tarazu.app.watchdog.endings import ENDED, Endings, end_hung
from tarazu.app.watchdog.health import Stage, WatchdogHealth, read_watchdog_health
from tarazu.app.watchdog.pulse import PASS_NS_MAX
from tarazu.app.watchdog.record import note_act
from tarazu.app.watchdog.second_sign import KernelSign
from tarazu.engine.messages import RecordTrouble
from tarazu.model.units import SECOND_NS

log = logging.getLogger("tarazu.main")

ALARM_NS, ENTRIES_OFF_NS = 7 * SECOND_NS, 56 * SECOND_NS
"""RELIABILITY 8: without its sentinel main alarms within 10 s and takes no entries
after 60 s; a health file is believed for 1.5 s, and a look takes a second."""
AGAIN_NS = 20 * SECOND_NS
WHO = "main"


class WatchdogWatch:
    """A look a second, which waits for nothing but a small file. In the live profile a watchdog is missed from the
    start; elsewhere once one was seen, and not after it was asked to stop."""

    def __init__(self, home: Home, wall_ns: Callable[[], int]) -> None:
        self.silent_ns = 0
        self._home, self._wall_ns = home, wall_ns
        self._required = home.profile is Profile.LIVE
        self._missed, self._told = self._required, False
        self._looked_ns: int | None = None
        self._alarmed, self._tried_ns = False, 0
        self._kernel = KernelSign()
        self._endings: Endings | None = None
        """What is counted here holds, too, where the desk's record takes nothing."""

    def look(self, mono_ns: int) -> list[RecordTrouble]:
        """What is news for the engine."""
        health = self._read()
        elapsed_ns = 0 if self._looked_ns is None else min(mono_ns - self._looked_ns, PASS_NS_MAX)
        self._looked_ns = mono_ns
        if health is not None and health.works(mono_ns):
            self.silent_ns, self._missed, self._alarmed = 0, True, False
            return self._news(False)
        if health is not None and health.stage is Stage.STOPPING and not is_running(health.pid):
            self._missed = self._required
        if not self._missed:
            self.silent_ns = 0
            return self._news(False)
        self.silent_ns += elapsed_ns
        if health is not None:
            self._kernel.look(health.pid, mono_ns)
        if self.silent_ns >= ALARM_NS:
            self._alarm(health, mono_ns)
        return self._news(self.silent_ns >= ENTRIES_OFF_NS)

    def _read(self) -> WatchdogHealth | None:
        try:
            return read_watchdog_health(self._home.watchdog_health)
        except (BadHealth, OSError):
            return None

    def _news(self, is_gone: bool) -> list[RecordTrouble]:
        if is_gone is self._told:
            return []
        self._told = is_gone
        text = f"the watchdog is silent for {self.silent_ns // SECOND_NS} s: tarazu up watchdog" if is_gone else ""
        return [RecordTrouble(of="WATCHDOG", ok=not is_gone, text=text)]

    def _alarm(self, health: WatchdogHealth | None, mono_ns: int) -> None:
        """Off the loop's thread: the outbox and the supervisor may take seconds."""
        if mono_ns < self._tried_ns + AGAIN_NS and self._tried_ns:
            return
        self._tried_ns = mono_ns
        pid = health.pid if health is not None and is_running(health.pid) else 0
        # An old file alone proves no hang: the disk may be full. A fresh one that tells of no work does.
        alive = self._kernel.alive if health is not None and not health.is_current(mono_ns) else ""
        threading.Thread(target=self._raise, args=(pid, alive), name="watchdog", daemon=True).start()

    def _stopped_at_its_start(self) -> int:
        """A process that the supervisor has begun, and that stands before it has said a word; 0: there is none."""
        try:
            state = Supervision(self._home).state(WATCHDOG)
        except (SupervisorRefused, OSError) as failed:
            log.error("whether a watchdog was begun is not known: %s", failed)
            return 0
        return state.pid if state.pid and is_stopped(state.pid) else 0

    def _raise(self, pid: int, alive: str) -> None:
        now_ns = self._wall_ns()
        if not pid:
            pid, alive = self._stopped_at_its_start(), ""
        hangs = f"lives, for {alive}: its health is not written, is the disk full?" if alive else "hangs"
        said = f"process {pid} {hangs}" if pid else "there is none"
        text = f"the watchdog is silent for {self.silent_ns // SECOND_NS} s, {said}; entries go off after 60 s"
        if not self._alarmed:
            log.error("WATCHDOG_SILENT %s", text)
            hint = "tarazu status; tarazu up watchdog"
            alert = Alert("WATCHDOG_SILENT", "SEV2", text, "WATCHDOG_SILENT", hint=hint)
            self._alarmed = bool(post(self._home, alert, now_ns, WHO))  # an outbox that takes nothing is tried again
        if not pid or alive:
            return
        endings = self._endings = self._endings or Endings(self._home, now_ns)
        why = "it was ended too often of late" if endings.is_storm(WATCHDOG) else end_hung(self._home, WATCHDOG, pid)
        if why:
            log.error("the watchdog hangs and is not ended: %s", why)
            return
        endings.count(WATCHDOG)
        body = {"act": ENDED, "name": WATCHDOG, "pid": pid, "why": text, "machine_ns": time.time_ns()}
        note_act(self._home, body, now_ns, who=WHO)
