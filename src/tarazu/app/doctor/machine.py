"""The machine: Python, time, disk, open files, cores and memory."""

import os
import resource
import shutil
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from tarazu.app.doctor.clock import clock_check
from tarazu.app.home import Home
from tarazu.app.identity import install_again
from tarazu.app.verdict import Check, Status
from tarazu.runtime.journal_state import USUAL

GIB = 1 << 30
DISK_MIN_GIB = 5.0
"""OPERATOR 3(1): `disk 63.1 GiB>=5`. A day's feed log and journal take 1 to 2 GiB."""
DISK_FULL_GIB = USUAL.room.low_bytes / GIB
"""As the gate: CRIT below this, a warning below the other."""
SYNC_MAX_MS = 50.0
"""Ours: an order waits for its record's fdatasync; a disk that takes longer each time is none to trade from."""
FILES_MIN = 1024
"""Ours: main and depth_ws hold some 200 each; the supervisor asks for 256."""
MEMORY_MIN_GIB = 1.5
"""Ours: main has 412 MB in OPERATOR 3(2), depth_ws 88, a rebuild of the database as much again."""


def machine_checks(home: Home) -> Iterator[Check]:
    yield python_check()
    yield clock_check()
    yield zone_check()
    yield from disk_checks(home.root)
    yield files_check()
    yield memory_check()


def python_check(version: tuple[int, ...] = tuple(sys.version_info[:3])) -> Check:
    told = ".".join(map(str, version))
    check = Check(id="python", status=Status.OK, observed=told)
    if version < (3, 11):
        return check.broken(Status.CRIT, "PYTHON_TOO_OLD", "tarazu needs 3.11 or newer", install_again())
    return check


def zone_check() -> Check:
    """tarazu itself counts IST as UTC+5:30; logs, cron and people's terminals go by the machine's data."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    check = Check(id="zone", status=Status.OK, observed="Asia/Kolkata")
    try:
        offset = datetime.now(UTC).astimezone(ZoneInfo("Asia/Kolkata")).utcoffset()
    except ZoneInfoNotFoundError:
        told = "this machine has no time zone data; tarazu does not need it, other tools show other times"
        return check.broken(Status.WARN, "NO_ZONE_DATA", told, "apt-get install tzdata")
    if offset is None or offset.total_seconds() != 5.5 * 3600:
        return check.broken(Status.CRIT, "ZONE_WRONG", f"Asia/Kolkata is {offset} from UTC here, not 5:30", "")
    return check


def disk_checks(root: Path) -> Iterator[Check]:
    there = next(path for path in (root, *root.parents) if path.exists())
    free = shutil.disk_usage(there).free / GIB
    check = Check(id="disk.free", status=Status.OK, observed=round(free, 1), limit=DISK_MIN_GIB, unit="GiB")
    if free < DISK_FULL_GIB:
        told = f"on the disk of {there}: below {DISK_FULL_GIB:g} GiB the journal takes no entries"
        check = check.broken(Status.CRIT, "DISK_LOW", told, "tarazu data list")
    elif free < DISK_MIN_GIB:
        check = check.broken(Status.WARN, "DISK_LOW", f"on the disk of {there}", "tarazu data list")
    yield check
    yield sync_check(there)


def sync_check(folder: Path) -> Check:
    """How long the disk takes to be sure of 4 KiB: the best of three, for one may meet somebody else's."""
    try:
        best_ms = min(_sync_ms(folder) for _ in range(3))
    except OSError as bad:
        return Check(
            id="disk.sync",
            status=Status.CRIT,
            code="CANNOT_WRITE",
            detail=f"{folder} does not take a file: {bad.strerror}",
            hint="look at the mount and at who owns it, or set TARAZU_HOME to a folder of yours",
        )
    check = Check(id="disk.sync", status=Status.OK, observed=round(best_ms, 2), limit=SYNC_MAX_MS, unit="ms")
    if best_ms > SYNC_MAX_MS:
        return check.broken(Status.WARN, "DISK_SLOW", f"an order waits so long for its record in {folder}", "")
    return check


def _sync_ms(folder: Path) -> float:
    path = folder / f".doctor.{os.getpid()}"
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        start = time.perf_counter()
        os.write(fd, bytes(4096))
        os.fdatasync(fd)
        return (time.perf_counter() - start) * 1e3
    finally:
        os.close(fd)
        path.unlink()


def files_check(limits: tuple[int, int] | None = None) -> Check:
    soft, _ = limits or resource.getrlimit(resource.RLIMIT_NOFILE)
    soft = 1 << 20 if soft == resource.RLIM_INFINITY else soft
    check = Check(id="open_files", status=Status.OK, observed=soft, limit=FILES_MIN)
    if soft < FILES_MIN:
        return check.broken(Status.WARN, "FEW_FILES", "may be open at once in a process", f"ulimit -n {FILES_MIN}")
    return check


def memory_check() -> Check:
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB
    except (OSError, ValueError):
        return Check(id="memory", status=Status.SKIP, detail="this system does not tell its memory")
    check = Check(id="memory", status=Status.OK, observed=round(total, 1), limit=MEMORY_MIN_GIB, unit="GiB")
    return check.broken(Status.WARN, "LITTLE_MEMORY", "in this machine", "") if total < MEMORY_MIN_GIB else check
