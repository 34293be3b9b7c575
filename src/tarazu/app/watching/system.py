"""The machine's part of the look: processes, their restarts, descriptors, the disk, the database."""

from collections.abc import Iterator

import msgspec

from tarazu.app.main.health import MainHealth
from tarazu.app.stack.standing import ProcessRow, RowState
from tarazu.app.supervision.programs import SIM_BROKER
from tarazu.app.verdict import Check, Status, plain
from tarazu.app.watching.look import Look
from tarazu.app.watching.words import gib
from tarazu.model.units import MILLISECOND_NS

DISK_FREE_MIN = 5 << 30
"""OPERATOR.md 3(1): less is a blocker of the gate."""
FILES_PERCENT_MAX = 80
"""Ours: a process that may open no more sockets answers nobody."""

# What a process's state amounts to. STOPPED: nobody wants it; the simulated broker may be another's.
STATES = {
    RowState.RUNNING: (Status.OK, ""),
    RowState.STARTING: (Status.WARN, "PROCESS_STARTING"),
    RowState.UNSUPERVISED: (Status.WARN, "PROCESS_UNSUPERVISED"),
    RowState.STOPPED: (Status.WARN, "PROCESS_STOPPED"),
    RowState.HUNG: (Status.CRIT, "PROCESS_HUNG"),
    RowState.DOWN: (Status.CRIT, "PROCESS_DOWN"),
    RowState.UNKNOWN: (Status.UNKNOWN, "PROCESS_UNKNOWN"),
}


def system(seen: Look) -> tuple[str, tuple[Check, ...]]:
    """In words, and its checks."""
    checks = [*_processes(seen), *_disk(seen), *_files(seen)]
    return " | ".join(_told(seen)), tuple(checks)


def _told(seen: Look) -> Iterator[str]:
    if isinstance(seen.stack, Check):
        yield f"processes unknown: {plain(seen.stack.detail)}"
    else:
        works = [row.process for row in seen.stack.rows if row.works]
        yield f"{len(works)} of {len(seen.stack.rows)} processes work"
        died = [f"{row.process} {row.restarts}" for row in seen.stack.rows if row.restarts]
        yield f"restarts {', '.join(died) or 'none'}"
    if isinstance(seen.engine, MainHealth):
        engine = seen.engine
        yield f"fd {engine.fds}/{seen.files.files_max or '?'}"
        yield f"loop {engine.loop_lag_ns / MILLISECOND_NS:.0f} ms late at most"
    if seen.files.free_bytes is not None:
        yield f"disk {gib(seen.files.free_bytes)} free"
    if seen.files.database_bytes is not None:
        yield f"db {gib(seen.files.database_bytes)}"


def _processes(seen: Look) -> Iterator[Check]:
    if isinstance(seen.stack, Check):
        yield seen.stack
        return
    rows = [row for row in seen.stack.rows if row.process != SIM_BROKER or not row.works]
    idle = [row for row in rows if row.state is RowState.STOPPED]
    if len(idle) > 1:
        names = ", ".join(row.process for row in idle)
        stopped = Check(id="process.*", status=Status.OK)
        yield stopped.broken(Status.WARN, "PROCESS_STOPPED", f"nobody has started {names}", "tarazu up all")
        rows = [row for row in rows if row not in idle]
    for row in rows:
        yield from _process(row)


def _process(row: ProcessRow) -> Iterator[Check]:
    status, code = STATES[row.state]
    check = Check(id=f"process.{row.process}", status=Status.OK)
    if status is Status.OK:
        yield check
    else:
        yield check.broken(status, code, plain(row.detail or str(row.state)), f"tarazu up {row.process}")
    if row.restarts:
        died = f": {row.last_death}" if row.last_death else ""
        told = check.broken(Status.WARN, "RESTARTED", f"it has died {row.restarts} times unasked{died}")
        yield msgspec.structs.replace(told, hint=f"tarazu logs {row.process}")


def _disk(seen: Look) -> Iterator[Check]:
    free = seen.files.free_bytes
    if free is None:
        yield Check(
            id="disk",
            status=Status.UNKNOWN,
            code="DISK_UNKNOWN",
            detail=f"{seen.home.root} cannot be looked at",
            hint="tarazu doctor",
        )
        return
    check = Check(id="disk", status=Status.OK, observed=gib(free), limit=gib(DISK_FREE_MIN))
    yield check if free >= DISK_FREE_MIN else check.broken(Status.WARN, "DISK_LOW", "little room is left", "df -h")


def _files(seen: Look) -> Iterator[Check]:
    most = seen.files.files_max
    if isinstance(seen.engine, Check) or most is None:
        return
    check = Check(id="main.files", status=Status.OK, observed=seen.engine.fds, limit=most, unit="descriptors")
    if seen.engine.fds * 100 >= most * FILES_PERCENT_MAX:
        check = check.broken(Status.WARN, "FILES", "main will soon open no more", "tarazu logs main")
    yield check
