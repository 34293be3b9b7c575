"""main made sure of: left alone where it works, started or restarted where it does not, and waited for."""

import time
from collections.abc import Callable

import msgspec

from tarazu.app.home import Home
from tarazu.app.main.risk_words import RESET
from tarazu.app.supervision.main_standing import TOKEN_HINT, MainStanding, Standing, current_main, main_standing
from tarazu.app.supervision.outcome import Outcome
from tarazu.app.supervision.process_log import LogMark
from tarazu.app.supervision.programs import MAIN
from tarazu.app.supervision.state import ProcessState, State
from tarazu.app.supervision.supervisor import Supervision
from tarazu.app.verdict import Exit

LOOK_S = 0.2
YOUNG_S = 30.0
"""A process of this age may still be on its way: it verifies the day's journal before it says much."""
SETTLED_S = 1.0
"""A missing token is believed when it has been missing for this long."""


class MainStart:
    """One making-sure. `decide` while `supervision` is held alone, then `wait`, which holds nothing."""

    def __init__(self, home: Home, supervision: Supervision) -> None:
        self.home, self.supervision = home, supervision
        self._did, self._deaths = "already running", 0
        self._log = LogMark(supervision.log_of(MAIN))
        self._without_token_s = 0.0

    def elsewhere(self) -> Outcome | None:
        """The outcome where a main runs that the supervisor did not start: in somebody's terminal."""
        health = current_main(self.home)
        if health is None or health.pid == self.supervision.state(MAIN).pid:
            return None
        return Outcome(
            name=MAIN,
            exit_code=Exit.WARN,
            did="already running",
            code="NOT_SUPERVISED",
            detail=f"runs outside the supervisor ({main_standing(health).told}): nobody starts it again when it ends",
            hint=f"kill -TERM {health.pid}; tarazu up {MAIN}",
            pid=health.pid,
        )

    def decide(self, again: bool = False) -> None:
        """Start it, start it again, or leave it. Raises SupervisorSilent, SupervisorRefused."""
        state = self.supervision.state(MAIN)
        self._deaths = state.restarts
        if not state.state.is_up:
            self._start("started")
        elif again:
            self._start("restarted")
        elif current_main(self.home) is None and _age_s(state) > YOUNG_S:
            self._start("restarted (its health is not current)")

    def wait(self, patience_s: float, tell: Callable[[str], None]) -> Outcome:
        """Until it works, cannot, or the time is up. Raises SupervisorSilent, SupervisorRefused, OSError."""
        end = time.monotonic() + patience_s
        while True:
            state = self.supervision.state(MAIN)
            standing = self._standing(state)
            told = standing.told if standing else f"{state.state}, says nothing of itself"
            tell(f"{MAIN}: {told}")
            outcome = self._end(state, standing)
            if outcome is not None:
                return outcome
            if time.monotonic() > end:
                late = self._outcome(Exit.UNKNOWN, f"not up within {patience_s:g} s: {told}", state, "TIMEOUT")
                return msgspec.structs.replace(late, hint=f"tarazu logs {MAIN}", lines=self._log.last_lines())
            time.sleep(LOOK_S)

    def _end(self, state: ProcessState, standing: MainStanding | None) -> Outcome | None:
        """What it came to; None while it is worth waiting."""
        if state.is_hopeless(self._deaths):
            return self._died(state)
        if state.state is State.UNKNOWN:
            return self._outcome(Exit.UNKNOWN, state.description, state, "SUPERVISOR_SILENT", "tarazu up")
        if standing is None or standing.standing is not Standing.NO_TOKEN:
            self._without_token_s = 0.0
        if standing is None or standing.standing is Standing.WAITS:
            return None
        if standing.standing is Standing.WORKS:
            return self._outcome(Exit.OK, standing.told, state)
        if standing.standing is Standing.HALTED:
            return self._outcome(Exit.WARN, standing.told, state, "HALTED", RESET)
        self._without_token_s = self._without_token_s or time.monotonic()
        if time.monotonic() < self._without_token_s + SETTLED_S:
            return None
        return self._outcome(Exit.CRIT, standing.told, state, "NO_TOKEN", TOKEN_HINT)

    def _standing(self, state: ProcessState) -> MainStanding | None:
        health = current_main(self.home)
        return main_standing(health) if health is not None and health.pid == state.pid else None

    def _start(self, did: str) -> None:
        self._deaths = self.supervision.stop(MAIN).restarts
        self._log = LogMark(self.supervision.log_of(MAIN))
        self.supervision.start(MAIN)
        self._did = did

    def _outcome(self, exit_code: Exit, detail: str, state: ProcessState, code: str = "", hint: str = "") -> Outcome:
        return Outcome(
            name=MAIN, exit_code=exit_code, did=self._did, detail=detail, code=code, hint=hint, pid=state.pid
        )

    def _died(self, state: ProcessState) -> Outcome:
        self._did = "not started"
        self.supervision.stop(MAIN)  # the supervisor would try on
        died = self._outcome(Exit.CRIT, f"died at its start: {state.last_death}", state, "DIED", f"tarazu logs {MAIN}")
        return msgspec.structs.replace(died, lines=self._log.last_lines())


def _age_s(state: ProcessState) -> float:
    return time.time() - state.started_epoch if state.started_epoch else 0.0
