"""A home whose supervisor and processes are real, and that leaves none behind."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tarazu.app.home import Home, Profile
from tarazu.app.supervision import orphans
from tarazu.app.supervision.programs import Program
from tarazu.app.supervision.state import ProcessState, State
from tarazu.app.supervision.supervisor import Supervision
from tarazu.app.supervision.waiting import until

PATIENCE_S = 60.0


@contextmanager
def supervised_home(root: Path, profile: Profile = Profile.PAPER) -> Iterator[Home]:
    home = Home(profile, root / profile)
    home.make()
    try:
        yield home
    finally:
        sweep(home)


def sweep(home: Home) -> None:
    """Kill what runs in the home, whatever state it is in."""
    pid = Supervision(home, ()).pid
    if pid is not None:
        os.kill(pid, signal.SIGKILL)
        until(lambda: not orphans.is_running(pid), PATIENCE_S)
    orphans.end(home, orphans.orphans(home), patience_s=2.0)
    assert until(lambda: not orphans.orphans(home), PATIENCE_S)


def program(name: str, code: str, order: int = 10, stop_s: int = 2) -> Program:
    return Program(name=name, words=("-c", code), order=order, stop_s=stop_s)


def reached(supervision: Supervision, name: str, *states: State) -> ProcessState:
    """The state, once it is one of these."""
    found = [supervision.state(name)]

    def there() -> bool:
        found.append(supervision.state(name))
        return found[-1].state in states

    assert until(there, PATIENCE_S), f"{name} is {found[-1]}, not {states}"
    return found[-1]


def awake(supervision: Supervision, name: str = "sleeper") -> int:
    """Start a program that prints a line once it is ready for signals; its pid."""
    pid = supervision.start(name).pid
    log = supervision.log_of(name)
    assert until(lambda: log.exists() and "awake" in log.read_text(), PATIENCE_S)
    assert pid is not None
    return pid


def gone(pid: int) -> bool:
    return until(lambda: not orphans.is_running(pid), PATIENCE_S)
