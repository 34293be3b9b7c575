"""The watchdog made sure of: left alone where it watches, started or restarted where it does not, and waited for."""

import time
from collections.abc import Callable

import msgspec

from tarazu.app.health import BadHealth
from tarazu.app.home import Home
from tarazu.app.supervision.orphans import is_running
from tarazu.app.supervision.outcome import Outcome
from tarazu.app.supervision.process_log import LogMark
from tarazu.app.supervision.programs import WATCHDOG
from tarazu.app.supervision.state import ProcessState, State
from tarazu.app.supervision.supervisor import Supervision
from tarazu.app.verdict import Exit
from tarazu.app.watchdog.health import Stage, WatchdogHealth, read_watchdog_health

LOOK_S = 0.2
YOUNG_S = 30.0
"""A process of this age may still be on its way."""
SETTLED_S = 10.0
"""Blindness is believed when it has lasted this long: the broker is asked every few seconds."""
LOGS = f"tarazu logs {WATCHDOG}"


class WatchdogStart:
    """One making-sure. `decide` while `supervision` is held alone, then `wait`, which holds nothing."""

    def __init__(self, home: Home, supervision: Supervision) -> None:
        self.home, self.supervision = home, supervision
        self._did, self._deaths = "already running", 0
        self._log = LogMark(supervision.log_of(WATCHDOG))
        self._blind_s = 0.0

    def elsewhere(self) -> Outcome | None:
        """The outcome where a watchdog runs that the supervisor did not start: in somebody's terminal."""
        health = current_watchdog(self.home)
        if health is None or health.pid == self.supervision.state(WATCHDOG).pid:
            return None
        return Outcome(
            name=WATCHDOG,
            exit_code=Exit.WARN,
            did="already running",
            code="NOT_SUPERVISED",
            detail=f"runs outside the supervisor ({told(health)}): nobody starts it again when it ends",
            hint=f"kill -TERM {health.pid}; tarazu up {WATCHDOG}",
            pid=health.pid,
        )

    def decide(self, again: bool = False) -> None:
        """Start it, start it again, or leave it. Raises SupervisorSilent, SupervisorRefused."""
        state = self.supervision.state(WATCHDOG)
        self._deaths = state.restarts
        if not state.state.is_up:
            self._start("started")
        elif again:
            self._start("restarted")
        elif _age_s(state) > YOUNG_S and not self._watches(state):
            self._start("restarted (it has stopped watching)")

    def wait(self, patience_s: float, tell: Callable[[str], None]) -> Outcome:
        """Until it watches, cannot, or the time is up. Raises SupervisorSilent, SupervisorRefused, OSError."""
        end = time.monotonic() + patience_s
        while True:
            state = self.supervision.state(WATCHDOG)
            health = self._own(state)
            said = told(health) if health else f"{state.state}, says nothing of itself"
            tell(f"{WATCHDOG}: {said}")
            outcome = self._end(state, health)
            if outcome is not None:
                return outcome
            if time.monotonic() > end:
                late = self._outcome(Exit.UNKNOWN, f"not up within {patience_s:g} s: {said}", state, "TIMEOUT", LOGS)
                return msgspec.structs.replace(late, lines=self._log.last_lines())
            time.sleep(LOOK_S)

    def _end(self, state: ProcessState, health: WatchdogHealth | None) -> Outcome | None:
        """What it came to; None while it is worth waiting."""
        if state.is_hopeless(self._deaths):
            return self._died(state)
        if state.state is State.UNKNOWN:
            return self._outcome(Exit.UNKNOWN, state.description, state, "SUPERVISOR_SILENT", "tarazu up")
        if health is None or not health.works() or health.stage is not Stage.BLIND:
            self._blind_s = 0.0
        if health is None or not health.works():
            return None
        if health.stage is Stage.WATCHING:
            return self._outcome(Exit.OK, told(health), state)
        self._blind_s = self._blind_s or time.monotonic()
        if time.monotonic() < self._blind_s + SETTLED_S:
            return None
        return self._outcome(Exit.WARN, told(health), state, "BLIND", LOGS)

    def _own(self, state: ProcessState) -> WatchdogHealth | None:
        health = current_watchdog(self.home)
        return health if health is not None and health.pid == state.pid else None

    def _watches(self, state: ProcessState) -> bool:
        health = self._own(state)
        return health is not None and health.works()

    def _start(self, did: str) -> None:
        self._deaths = self.supervision.stop(WATCHDOG).restarts
        self._log = LogMark(self.supervision.log_of(WATCHDOG))
        self.supervision.start(WATCHDOG)
        self._did = did

    def _outcome(self, exit_code: Exit, detail: str, state: ProcessState, code: str = "", hint: str = "") -> Outcome:
        return Outcome(
            name=WATCHDOG, exit_code=exit_code, did=self._did, detail=detail, code=code, hint=hint, pid=state.pid
        )

    def _died(self, state: ProcessState) -> Outcome:
        self._did = "not started"
        self.supervision.stop(WATCHDOG)  # the supervisor would try on
        died = self._outcome(Exit.CRIT, f"died at its start: {state.last_death}", state, "DIED", LOGS)
        return msgspec.structs.replace(died, lines=self._log.last_lines())


def current_watchdog(home: Home) -> WatchdogHealth | None:
    """What a watchdog of this home says now, whoever started it; None where none does. Raises OSError."""
    try:
        health = read_watchdog_health(home.watchdog_health)
    except BadHealth:  # of another version of tarazu: nobody of ours writes it now
        return None
    return health if health is not None and health.is_current() and is_running(health.pid) else None


def told(health: WatchdogHealth) -> str:
    """Its stage and what it does, for people."""
    return ", ".join(part for part in (str(health.stage), health.detail, health.doing) if part)


def _age_s(state: ProcessState) -> float:
    return time.time() - state.started_epoch if state.started_epoch else 0.0
