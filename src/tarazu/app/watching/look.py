"""One look at the desk: all that is known of it at a moment, each part or the reason why it is not known."""

import contextlib
import os
import time
from pathlib import Path

import msgspec

from tarazu.app.database import database_file
from tarazu.app.depth_ws.health import DepthWsHealth
from tarazu.app.feed.snapshot import read_feed
from tarazu.app.home import Home
from tarazu.app.incidents.store import Book
from tarazu.app.incidents.store import read as read_incidents
from tarazu.app.main.checks import read_engine
from tarazu.app.main.health import MainHealth
from tarazu.app.stack.standing import StackStanding, stack_standing
from tarazu.app.verdict import Check, Status
from tarazu.model import ist
from tarazu.runtime.journal_files import day_folder


class Files(msgspec.Struct, frozen=True, kw_only=True):
    """What the disk says; None: it cannot be told."""

    free_bytes: int | None
    database_bytes: int | None
    files_max: int | None
    """Descriptors that main may open."""


class Look(msgspec.Struct, frozen=True, kw_only=True):
    home: Home
    mono_ns: int
    now_ns: int
    """The profile's wall clock."""
    feed: DepthWsHealth | Check
    engine: MainHealth | Check
    stack: StackStanding | Check
    incidents: Book | Check
    files: Files


def look(home: Home, mono_ns: int, wall_ns: int) -> Look:
    """At this moment of the machine's two clocks. Raises nothing: what does not read is a check."""
    feed, engine = read_feed(home, mono_ns), read_engine(home, mono_ns)
    told = next((h for h in (engine, feed) if not isinstance(h, Check)), None)
    return Look(
        home=home,
        mono_ns=mono_ns,
        now_ns=wall_ns if told is None else told.wall_ns + told.age_ns(mono_ns),
        feed=feed,
        engine=engine,
        stack=_stack(home),
        incidents=_incidents(home),
        files=_files(home, engine),
    )


def look_now(home: Home) -> Look:
    return look(home, time.monotonic_ns(), time.time_ns())


def journal_of(seen: Look) -> Path:
    """Today's folder, there or not."""
    return day_folder(seen.home.journal, ist.day_of(seen.now_ns))


def _stack(home: Home) -> StackStanding | Check:
    try:
        return stack_standing(home)
    except OSError as bad:
        return _unread("processes", bad)


def _incidents(home: Home) -> Book | Check:
    try:
        return read_incidents(home)
    except OSError as bad:
        return _unread("incidents", bad)


def _unread(name: str, bad: OSError) -> Check:
    return Check(id=name, status=Status.UNKNOWN, code="UNREADABLE", detail=str(bad))


def _files(home: Home, engine: MainHealth | Check) -> Files:
    free = database = most = None
    with contextlib.suppress(OSError):
        disk = os.statvfs(home.root)
        free = disk.f_bavail * disk.f_frsize
        file = database_file(home)
        database = sum(path.stat().st_size for path in file.parent.glob(f"{file.name}*"))
    if isinstance(engine, MainHealth):
        most = _files_max(engine.pid)
    return Files(free_bytes=free, database_bytes=database, files_max=most)


def _files_max(pid: int) -> int | None:
    """proc(5), /proc/[pid]/limits."""
    try:
        limits = Path(f"/proc/{pid}/limits").read_text()
    except OSError:
        return None
    row = next((line for line in limits.splitlines() if line.startswith("Max open files")), "")
    words = row.split()
    return int(words[3]) if len(words) > 3 and words[3].isdigit() else None
