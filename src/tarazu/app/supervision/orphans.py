"""Processes that outlived their supervisor: they hold the home's locks and nobody would start them again."""

import contextlib
import os
import select
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from tarazu.app.home import Home

PROC = Path("/proc")


class Orphan(msgspec.Struct, frozen=True):
    name: str
    pid: int


def orphans(home: Home) -> list[Orphan]:
    """The processes of this home that a supervisord started, told by the environment they were given.

    Only while no supervisord of the home runs are they orphans. Processes of other users are not seen.
    """
    return [orphan for pid in _pids() if (orphan := _orphan(home, pid)) is not None]


def end(home: Home, found: list[Orphan], patience_s: float = 10.0) -> None:
    """SIGTERM, and SIGKILL for those that are still there after `patience_s`. Returns when all are gone."""
    with contextlib.ExitStack() as handles:
        waiting = {fd: orphan for orphan in found if (fd := _handle(home, orphan, handles)) is not None}
        _signal(waiting, signal.SIGTERM)
        _signal(_left(waiting, patience_s), signal.SIGKILL)
        _left(waiting, patience_s)


def is_running(pid: int) -> bool:
    """Whether there is such a process, a zombie not counted."""
    try:
        stat = (PROC / str(pid) / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def is_stopped(pid: int) -> bool:
    """SIGSTOP, or a debugger: proc(5), state T or t."""
    try:
        stat = (PROC / str(pid) / "stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] in "Tt"


def _orphan(home: Home, pid: int) -> Orphan | None:
    environ = _environ(pid)
    ours = environ.get("TARAZU_HOME") == str(home.root.parent) and environ.get("TARAZU_PROFILE") == home.profile
    supervised = "SUPERVISOR_ENABLED" in environ and pid not in _ourselves()
    return Orphan(environ.get("SUPERVISOR_PROCESS_NAME", ""), pid) if ours and supervised else None


def _handle(home: Home, orphan: Orphan, handles: contextlib.ExitStack) -> int | None:
    """A descriptor of the very process; None when it is gone and its number perhaps another's."""
    try:
        fd = os.pidfd_open(orphan.pid)
    except ProcessLookupError:
        return None
    handles.callback(os.close, fd)
    return fd if _orphan(home, orphan.pid) == orphan else None


def _signal(waiting: dict[int, Orphan], number: signal.Signals) -> None:
    for fd in waiting:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(fd, number)


def _left(waiting: dict[int, Orphan], patience_s: float) -> dict[int, Orphan]:
    """Those that still run after at most `patience_s`."""
    left, until = dict(waiting), time.monotonic() + patience_s
    while left and (rest_s := until - time.monotonic()) > 0:
        for fd in select.select(list(left), [], [], rest_s)[0]:
            del left[fd]
    return left


def _pids() -> Iterator[int]:
    return (int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit())


def _environ(pid: int) -> dict[str, str]:
    """As it was when the process began; empty when it is gone or another user's."""
    try:
        rows = (PROC / str(pid) / "environ").read_bytes()
    except (PermissionError, FileNotFoundError, ProcessLookupError):
        return {}
    pairs = (os.fsdecode(row).partition("=") for row in rows.split(b"\0"))
    return {name: value for name, _, value in pairs}


def _ourselves() -> set[int]:
    """This process and those it descends from: a command that a supervised process runs ends neither."""
    line, pid = set[int](), os.getpid()
    while pid > 1 and pid not in line:
        line.add(pid)
        pid = int((PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])
    return line
