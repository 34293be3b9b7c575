"""The supervisor of one profile: begun when it is needed, asked for states, told to start and stop.

It is supervisord in a session of its own: no terminal takes it down, and it starts again what dies unasked. It starts
nothing by itself. One home has one supervisord; who changes anything does it `alone`.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from tarazu.app.home import Home
from tarazu.app.supervision import orphans, storm
from tarazu.app.supervision import process as supervisor_process
from tarazu.app.supervision.conf import CONF, LOG, conf
from tarazu.app.supervision.link import (
    ALREADY_STARTED,
    BAD_NAME,
    NOT_RUNNING,
    SHUTDOWN_STATE,
    SupervisorRefused,
    SupervisorSilent,
    ask,
)
from tarazu.app.supervision.private_file import replace_private
from tarazu.app.supervision.process import BEGIN_S
from tarazu.app.supervision.programs import STOP_S_MAX, Program
from tarazu.app.supervision.state import ProcessState, State, state_of
from tarazu.app.supervision.waiting import until

ALONE_S = 60.0


class Busy(OSError):
    """Another command holds the home for too long."""


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """What `ensure` had to do; nothing when all is empty."""

    anew: bool = False
    """There was no supervisord."""
    ended: tuple[orphans.Orphan, ...] = ()
    """What an earlier one had left running when it died."""
    changed: tuple[str, ...] = ()
    """Programs stopped because they are to be run otherwise than they were."""


class Supervision:
    """Holds no connection: an object may be kept or made anew for each question."""

    def __init__(self, home: Home, programs: Sequence[Program] = ()) -> None:
        """`programs` is the table that `ensure` brings about; to ask, stop and shut down none is needed."""
        self.home, self.programs = home, tuple(programs)
        self._held = 0
        self._lock: int | None = None

    @property
    def pid(self) -> int | None:
        """Of the supervisord that runs; a pid file that was left behind is seen through."""
        return supervisor_process.running_pid(self.home)

    def state(self, name: str) -> ProcessState:
        """UNKNOWN, with what to do, where nobody can tell. Raises SupervisorRefused, and OSError for a home that cannot
        be read."""
        return self.states([name])[0]

    def states(self, names: Sequence[str]) -> list[ProcessState]:
        """The same of several, by one question."""
        if self.pid is None:
            left = orphans.orphans(self.home)
            return [_unsupervised(name, left) for name in names]
        try:
            told = {info["name"]: info for info in self._ask("getAllProcessInfo")}
        except SupervisorSilent as silent:
            return [ProcessState(name=name, state=State.UNKNOWN, description=str(silent)) for name in names]
        log = self.home.logs / LOG
        return [state_of(told[name], log) if name in told else _never_started(name) for name in names]

    @contextlib.contextmanager
    def alone(self, patience_s: float = ALONE_S) -> Iterator[None]:
        """Nobody else changes anything meanwhile; may be nested. Raises Busy after `patience_s`."""
        if self._held == 0:
            self._lock = self._take_lock(patience_s)
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1
            if self._held == 0 and self._lock is not None:
                os.close(self._lock)

    def ensure(self, programs: Sequence[Program] | None = None) -> Begun:
        """Make one supervisord run with this table of programs (and keep to it), and say what that took. Starts none.

        Raises SupervisorSilent when one runs and does not answer, SupervisorFailed when none can be begun, Busy.
        """
        with self.alone():
            self.programs = self.programs if programs is None else tuple(programs)
            self._write_conf()
            pid = self.pid
            if pid is not None and self._goes_on(pid):
                return Begun(changed=self._reload())
            ended = self.end_orphans()
            supervisor_process.begin(self.home)
            self._ask("getState")
            return Begun(anew=True, ended=ended)

    def start(self, name: str) -> ProcessState:
        """Idempotent; returns as soon as the process is spawned. Raises SupervisorSilent, SupervisorRefused."""
        with self.alone():
            until(lambda: self.state(name).state is not State.STOPPING, self._stop_s(name))
            if not self.state(name).state.is_up:
                storm.begin_count(self.home.run, name)
            self._ask_unless((ALREADY_STARTED,), "startProcess", name, False)
            return self.state(name)

    def stop(self, name: str) -> ProcessState:
        """Idempotent; returns when the process is gone. Raises SupervisorSilent, SupervisorRefused."""
        with self.alone():
            if self.pid is not None:
                self._ask_unless((NOT_RUNNING, BAD_NAME), "stopProcess", name, False)
                until(lambda: not self.state(name).state.is_up, self._stop_s(name))
            return self.state(name)

    def restart(self, name: str) -> ProcessState:
        with self.alone():
            self.stop(name)
            return self.start(name)

    def shutdown(self) -> None:
        """Stop all, the last started first, then supervisord itself; returns when it is gone. Idempotent.

        Raises SupervisorSilent.
        """
        with self.alone():
            pid = self.pid
            if pid is not None:
                self._ask_unless((SHUTDOWN_STATE,), "shutdown")
                self._wait_for_the_end_of(pid)
            self.end_orphans()

    def end_orphans(self, name: str | None = None) -> tuple[orphans.Orphan, ...]:
        """What a supervisord that died has left running, or of that the one named; none while one runs."""
        with self.alone():
            found = orphans.orphans(self.home) if self.pid is None else []
            left = [orphan for orphan in found if name in (None, orphan.name)]
            orphans.end(self.home, left, patience_s=STOP_S_MAX)
            return tuple(left)

    def log_of(self, name: str) -> Path:
        return self.home.logs / f"{name}.log"

    # What it takes.

    def _ask(self, method: str, *words: str | bool) -> Any:
        try:
            return ask(self.home.run, method, *words)
        except SupervisorSilent as silent:
            pid = self.pid
            advice = f"; if it stays so: kill -9 {pid}; tarazu up" if pid else "; tarazu up begins another"
            raise SupervisorSilent(f"{silent}{advice}") from silent

    def _ask_unless(self, granted: tuple[int, ...], method: str, *words: str | bool) -> None:
        """Where the answer would be that it is so already, it is good."""
        try:
            self._ask(method, *words)
        except SupervisorRefused as refused:
            if refused.code not in granted:
                raise

    def _goes_on(self, pid: int) -> bool:
        """False when it was on its way out, and is gone now. Raises SupervisorSilent."""
        if self._ask("getState")["statename"] != "SHUTDOWN":
            return True
        self._wait_for_the_end_of(pid)
        return False

    def _wait_for_the_end_of(self, pid: int) -> None:
        """Its files go before it does, so the process itself is waited for."""
        if not until(lambda: not orphans.is_running(pid), sum(p.stop_s for p in self.programs) + BEGIN_S):
            raise SupervisorSilent(f"supervisord {pid} does not end: kill -9 {pid}; tarazu up")

    def _reload(self) -> tuple[str, ...]:
        """Bring its table up to date; what is to be run otherwise is stopped and taken up anew."""
        ((added, changed, removed),) = self._ask("reloadConfig")
        for name in (*changed, *removed):
            self.stop(name)
            self._ask("removeProcessGroup", name)
        for name in (*added, *changed):
            self._ask("addProcessGroup", name)
        return tuple(changed)

    def _write_conf(self) -> None:
        self.home.make()
        replace_private(self.home.run / CONF, conf(self.home, self.programs))

    def _take_lock(self, patience_s: float) -> int:
        self.home.make()
        lock = os.open(self.home.run / "supervisor.lock", os.O_RDWR | os.O_CREAT, 0o600)

        def taken() -> bool:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

        if not until(taken, patience_s):
            os.close(lock)
            raise Busy("another tarazu command starts or stops processes here: try again when it is done")
        return lock

    def _stop_s(self, name: str) -> float:
        return next((p.stop_s for p in self.programs if p.name == name), STOP_S_MAX) + 5.0


def _unsupervised(name: str, found: Sequence[orphans.Orphan]) -> ProcessState:
    """Of a home without a supervisor, with what outlived one."""
    left = [orphan.pid for orphan in found if orphan.name == name]
    if left:
        told = f"runs without a supervisor, which died: tarazu up {name} puts it under one"
        return ProcessState(name=name, state=State.UNKNOWN, pid=left[0], description=told)
    return ProcessState(name=name, state=State.STOPPED, description="no supervisor runs: tarazu up begins it")


def _never_started(name: str) -> ProcessState:
    return ProcessState(name=name, state=State.STOPPED, description=f"never started: tarazu up {name}")
