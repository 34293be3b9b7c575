"""depth_ws made sure of: left alone where data flows, started or restarted where it does not, and waited for."""

import time
from collections.abc import Callable

import msgspec

from tarazu.app.depth_ws.health import DepthWsHealth, Stage, read_health
from tarazu.app.health import BadHealth
from tarazu.app.home import Home
from tarazu.app.supervision import orphans
from tarazu.app.supervision.feed_standing import BLOCKS, FeedStanding, Standing, feed_standing, read_standing
from tarazu.app.supervision.outcome import Outcome
from tarazu.app.supervision.process_log import LogMark
from tarazu.app.supervision.programs import DEPTH_WS
from tarazu.app.supervision.state import ProcessState, State
from tarazu.app.supervision.supervisor import Supervision
from tarazu.app.supervision.waiting import until
from tarazu.app.verdict import Exit

LOOK_S = 0.2
YOUNG_S = 30.0
"""A process of this age may still be on its way: a cold start compiles its kernels."""
PATIENCE_S = 15.0
"""One that is older, and is neither live nor says why, is given so long before it is started again."""
SETTLED_S = 1.0
"""What blocks it, or is stale, is believed when it has said so for this long."""

FOUND = "already running"


class FeedStart:
    """One making-sure. `decide` while `supervision` is held alone, then `wait`, which holds nothing."""

    def __init__(self, home: Home, supervision: Supervision) -> None:
        self.home, self.supervision = home, supervision
        self._did, self._deaths = FOUND, 0
        self._log = LogMark(supervision.log_of(DEPTH_WS))

    def elsewhere(self) -> Outcome | None:
        """The outcome where a depth_ws runs that the supervisor did not start: in somebody's terminal."""
        health = current_health(self.home)
        if health is None or health.pid == self.supervision.state(DEPTH_WS).pid:
            return None
        standing = feed_standing(health, time.monotonic_ns())
        flows = standing.standing is Standing.FLOWS
        return Outcome(
            name=DEPTH_WS,
            exit_code=Exit.WARN if flows else Exit.REFUSED,
            did=FOUND if flows else "not started",
            code="NOT_SUPERVISED",
            detail=f"runs outside the supervisor ({standing}): nobody starts it again when it ends",
            hint=f"kill -TERM {health.pid}; tarazu up {DEPTH_WS}",
            pid=health.pid,
        )

    def decide(self, again: bool = False) -> None:
        """Start it, start it again, or leave it. Raises SupervisorSilent, SupervisorRefused."""
        state = self.supervision.state(DEPTH_WS)
        self._deaths = state.restarts
        if not state.state.is_up:
            self._start("started")
        elif again:
            self._start("restarted")
        elif (why := self._worn(state)) is not None:
            self._start(f"restarted ({why})")

    def wait(self, patience_s: float, tell: Callable[[str], None]) -> Outcome:
        """Until it holds, cannot hold, or the time is up. Raises SupervisorSilent, SupervisorRefused, OSError."""
        end, seen = time.monotonic() + patience_s, self._look(None)
        while True:
            tell(f"{DEPTH_WS}: {seen.told}")
            outcome = self._end(seen)
            if outcome is not None:
                return outcome
            if time.monotonic() > end:
                return self._late(seen, patience_s)
            time.sleep(LOOK_S)
            seen = self._look(seen)

    def _look(self, before: "_Look | None") -> "_Look":
        state = self.supervision.state(DEPTH_WS)
        seen = _Look(state=state, standing=_standing(self.home, state), since=time.monotonic())
        same = before is not None and (before.stage, before.state.pid) == (seen.stage, seen.state.pid)
        return msgspec.structs.replace(seen, since=before.since) if before and same else seen

    def _end(self, seen: "_Look") -> Outcome | None:
        """What it came to; None while it is worth waiting. What was found in a bad way is started again, once."""
        state, standing = seen.state, seen.standing
        if state.is_hopeless(self._deaths):
            return self._died(state)
        if state.state is State.UNKNOWN:
            return self._outcome(Exit.UNKNOWN, state.description, state, code="SUPERVISOR_SILENT", hint="tarazu up")
        if standing is not None and standing.standing is Standing.FLOWS:
            return self._outcome(Exit.OK, standing.detail, state)
        if standing is not None and standing.standing is Standing.BLOCKED and seen.for_s >= SETTLED_S:
            if not (self._was_found and standing.stage is Stage.NO_SELECTION):
                return self._blocked(standing, state)
            self._start_again(state, "settings are read at a start")
        elif self._was_found and seen.for_s > PATIENCE_S and _age_s(state) > YOUNG_S:
            self._start_again(state, f"{seen.told} for {PATIENCE_S:g} s")
        return None

    @property
    def _was_found(self) -> bool:
        return self._did == FOUND

    def _worn(self, state: ProcessState) -> str | None:
        """Why a running process is to be started again at once; None when it is well, or may yet be."""
        standing = _standing(self.home, state)
        if standing is None:
            return "its health is not current" if _age_s(state) > YOUNG_S else None
        if standing.standing is not Standing.STALE or not self._stays_stale(state):
            return None
        return standing.detail

    def _stays_stale(self, state: ProcessState) -> bool:
        """A machine that stood still for a moment lets every feed be stale in that moment."""

        def moves() -> bool:
            standing = _standing(self.home, state)
            return standing is not None and standing.standing is not Standing.STALE

        return not until(moves, SETTLED_S)

    def _start_again(self, seen: ProcessState, why: str) -> None:
        """Not when somebody else has done it meanwhile."""
        with self.supervision.alone():
            if self.supervision.state(DEPTH_WS).pid == seen.pid:
                self._start(f"restarted ({why})")
            else:
                self._did = "restarted by another"

    def _start(self, did: str) -> None:
        self._deaths = self.supervision.stop(DEPTH_WS).restarts
        self._log = LogMark(self.supervision.log_of(DEPTH_WS))
        self.supervision.start(DEPTH_WS)
        self._did = did

    # What is told.

    def _outcome(
        self,
        exit_code: Exit,
        detail: str,
        state: ProcessState,
        *,
        code: str = "",
        hint: str = "",
        lines: tuple[str, ...] = (),
    ) -> Outcome:
        return Outcome(
            name=DEPTH_WS,
            exit_code=exit_code,
            did=self._did,
            detail=detail,
            code=code,
            hint=hint,
            pid=state.pid,
            lines=lines,
        )

    def _blocked(self, standing: FeedStanding, state: ProcessState) -> Outcome:
        block = BLOCKS[standing.stage]
        hint = block.hint.replace("{settings}", str(self.home.settings_file))
        return self._outcome(block.exit_code, standing.detail, state, code=block.code, hint=hint)

    def _died(self, state: ProcessState) -> Outcome:
        self._did = "not started"
        self.supervision.stop(DEPTH_WS)  # the supervisor would try on
        told = f"died at its start: {state.last_death}"
        hint = f"tarazu logs {DEPTH_WS}"
        return self._outcome(Exit.CRIT, told, state, code="DIED", hint=hint, lines=self._log.last_lines())

    def _late(self, seen: "_Look", patience_s: float) -> Outcome:
        told, logs = f"not up within {patience_s:g} s: {seen.told}", f"tarazu logs {DEPTH_WS}"
        if seen.standing is not None and seen.standing.standing is Standing.STALE:
            return self._outcome(Exit.CRIT, told, seen.state, code="FEED_STALE", hint="tarazu feed status")
        lines = self._log.last_lines()
        return self._outcome(Exit.UNKNOWN, told, seen.state, code="TIMEOUT", hint=logs, lines=lines)


class _Look(msgspec.Struct, frozen=True, kw_only=True):
    """The process and what it says of itself, at one moment."""

    state: ProcessState
    standing: FeedStanding | None
    since: float
    """time.monotonic() at which it was first seen in this stage."""

    @property
    def stage(self) -> Stage:
        return self.standing.stage if self.standing else Stage.STARTING

    @property
    def for_s(self) -> float:
        return time.monotonic() - self.since

    @property
    def told(self) -> str:
        return str(self.standing or f"{self.state.state}, says nothing of itself")


def _standing(home: Home, state: ProcessState) -> FeedStanding | None:
    try:
        return read_standing(home, state.pid, time.monotonic_ns())
    except BadHealth:  # of another version of tarazu, which is about to write or to be replaced
        return None


def current_health(home: Home) -> DepthWsHealth | None:
    """What a depth_ws of this home says now, whoever started it; None where none does."""
    health = last_health(home)
    return health if health is not None and health.is_current() and orphans.is_running(health.pid) else None


def last_health(home: Home) -> DepthWsHealth | None:
    """What a depth_ws of this home said last; None where none did. Raises OSError."""
    try:
        return read_health(home.feed_health)
    except BadHealth:  # of another version of tarazu: nobody of ours writes it now
        return None


def _age_s(state: ProcessState) -> float:
    return time.time() - state.started_epoch if state.started_epoch else 0.0
