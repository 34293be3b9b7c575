"""Where the stack stands: each process by what its supervisor, the kernel and it itself say, put together.

A pid proves nothing: RUNNING is said of a process whose health is current, and is its own. Reading changes nothing.
"""

import time
from collections.abc import Iterable, Sequence
from enum import StrEnum

import msgspec

from tarazu.app.home import Home, Profile
from tarazu.app.stack.machine import Running, running
from tarazu.app.stack.told import Told, doing, told
from tarazu.app.supervision import storm
from tarazu.app.supervision.found_broker import answers
from tarazu.app.supervision.link import SupervisorRefused
from tarazu.app.supervision.programs import SIM_BROKER, names
from tarazu.app.supervision.state import ProcessState, State
from tarazu.app.supervision.supervisor import Supervision
from tarazu.model.units import SECOND_NS

YOUNG_S = 30.0
"""A process of this age may not have said anything yet (`feed_start.YOUNG_S`)."""


class RowState(StrEnum):
    RUNNING = "RUNNING"
    """It works: its health is current. The simulated broker: it answers."""
    STARTING = "STARTING"
    HUNG = "HUNG"
    """It is there and does no work."""
    UNSUPERVISED = "UNSUPERVISED"
    """It works, and nobody starts it again when it ends."""
    STOPPED = "STOPPED"
    """Nobody wants it."""
    DOWN = "DOWN"
    """It has died; the supervisor tries again, or has given it up."""
    UNKNOWN = "UNKNOWN"


class ProcessRow(msgspec.Struct, frozen=True, kw_only=True):
    """One process of the profile."""

    process: str
    state: RowState
    pid: int | None = None
    up_s: float | None = None
    restarts: int = 0
    """Times it died unasked, since the supervisor began."""
    last_death: str = ""
    """How, in supervisor's words."""
    heartbeat_age_s: float | None = None
    """Since its last sign of useful work; None: it gives none."""
    heartbeat_limit_s: float | None = None
    rss_bytes: int | None = None
    doing: str = ""
    detail: str = ""
    """Why the state is none of RUNNING, for people."""

    @property
    def works(self) -> bool:
        return self.state in (RowState.RUNNING, RowState.UNSUPERVISED)


class StackStanding(msgspec.Struct, frozen=True, kw_only=True):
    rows: tuple[ProcessRow, ...]
    """In the order of a start."""
    supervisor_pid: int | None
    supervisor_silent: str = ""
    """Why the supervisor cannot tell; empty where it can, or none runs."""

    def row(self, name: str) -> ProcessRow:
        return next(row for row in self.rows if row.process == name)


def stack_standing(home: Home, mono_ns: int | None = None) -> StackStanding:
    """At this moment of CLOCK_MONOTONIC. Raises OSError for a home that cannot be read."""
    supervision = Supervision(home)
    pid = supervision.pid
    rows, found = [], _asked(supervision, names(home))
    silent = next((s.description for s in found if pid is not None and s.state is State.UNKNOWN), "")
    for state in found:
        now_ns = time.monotonic_ns() if mono_ns is None else mono_ns  # after the supervisor's answer took its time
        rows.append(_row(home, state, told(home, state.name, now_ns), has_supervisor=pid is not None))
    return StackStanding(rows=tuple(rows), supervisor_pid=pid, supervisor_silent=silent)


def states(standing: StackStanding, among: Iterable[str]) -> dict[str, RowState]:
    return {row.process: row.state for row in standing.rows if row.process in among}


def _asked(supervision: Supervision, names: Sequence[str]) -> list[ProcessState]:
    try:
        return supervision.states(names)
    except SupervisorRefused as refused:
        return [ProcessState(name=name, state=State.UNKNOWN, description=str(refused)) for name in names]


def _row(home: Home, state: ProcessState, said: Told, *, has_supervisor: bool) -> ProcessRow:
    pid = _pid(state, said)
    alive = running(pid) if pid is not None else None
    mine = said if said.pid == pid else msgspec.structs.replace(said, health=None, age_ns=None)
    row, why = _state(home, state, mine, alive, has_supervisor)
    return ProcessRow(
        process=state.name,
        state=row,
        pid=pid if alive is not None else None,
        up_s=alive.up_s if alive else None,
        restarts=state.restarts,
        last_death=state.last_death,
        heartbeat_age_s=_seconds(mine.age_ns),
        heartbeat_limit_s=_seconds(mine.limit_ns or None),
        rss_bytes=alive.rss_bytes if alive else None,
        doing=doing(mine.health) if alive else "",
        detail=why,
    )


def _pid(state: ProcessState, said: Told) -> int | None:
    """The supervisor's; else of what says that it is there, in somebody's terminal."""
    if state.pid is not None:
        return state.pid
    return said.pid if said.is_current else None


def _state(
    home: Home, state: ProcessState, said: Told, alive: Running | None, has_supervisor: bool
) -> tuple[RowState, str]:
    if state.name == SIM_BROKER:
        return _broker(home, state, alive)
    if alive is None:
        return _absent(home, state)
    if alive.stopped:
        return RowState.HUNG, "stopped by a signal: it does nothing until SIGCONT"
    if not said.is_current:
        return _silent(state, said, alive)
    if state.pid is None or not has_supervisor:
        return RowState.UNSUPERVISED, "runs outside the supervisor: nobody starts it again when it ends"
    return RowState.RUNNING, ""


def _silent(state: ProcessState, said: Told, alive: Running) -> tuple[RowState, str]:
    """It is there, and its health is not current."""
    if said.age_ns is None and alive.up_s < YOUNG_S:
        return RowState.STARTING, "says nothing of itself yet"
    if said.unreadable:
        return RowState.UNKNOWN, f"its health does not read: {said.unreadable}"
    if said.age_ns is None:
        return RowState.HUNG, f"says nothing of itself, {alive.up_s:.0f} s after its start"
    last = f"{doing(said.health)}" or "nothing"
    return RowState.HUNG, f"is there and does no work; when last heard: {last}"


def _absent(home: Home, state: ProcessState) -> tuple[RowState, str]:
    died = f" ({state.last_death})" if state.last_death else ""
    match state.state:
        case State.STOPPED | State.STOPPING:
            return RowState.STOPPED, state.description
        case State.UNKNOWN:
            return RowState.UNKNOWN, state.description
        case State.FATAL | State.BACKOFF if storm.is_open(home.run, state.name):
            times = storm.starts(home.run, state.name)
            return RowState.DOWN, f"came back {times} times within 10 min, and stays down{died}"
        case State.FATAL:
            return RowState.DOWN, f"given up, it died again and again at its start{died}"
    return RowState.DOWN, f"it has died{died}"


def _broker(home: Home, state: ProcessState, alive: Running | None) -> tuple[RowState, str]:
    """It says nothing of itself: it is asked."""
    if alive is not None and alive.stopped:
        return RowState.HUNG, "stopped by a signal: it does nothing until SIGCONT"
    if alive is None and state.state is not State.STOPPED:
        return _absent(home, state)
    if answers(home):
        found = "another's, found in the environment of an earlier `tarazu up`"
        return (RowState.RUNNING, "") if alive is not None else (RowState.UNSUPERVISED, found)
    if alive is None:
        return _absent(home, state)
    return (RowState.STARTING if alive.up_s < YOUNG_S else RowState.HUNG), "does not answer"


def _seconds(ns: int | None) -> float | None:
    return None if ns is None else ns / SECOND_NS


def required(home: Home) -> tuple[str, ...]:
    """What the desk cannot be without: the runbook's three, and in sim the broker."""
    return names(home) if home.profile is Profile.SIM else tuple(n for n in names(home) if n != SIM_BROKER)
