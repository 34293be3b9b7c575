"""What the desk writes to: room, the journal and its chain, the desk's record, the database, and who may write."""

import os
import sqlite3
import time
from datetime import date
from pathlib import Path

from tarazu.app import audit
from tarazu.app.database import database_file
from tarazu.app.main import desk_watch
from tarazu.app.readiness.look import Look
from tarazu.app.readiness.rows.row import block, ok, skip, unknown, warn
from tarazu.app.verdict import Check, Status
from tarazu.engine.codec import BadPayload
from tarazu.engine.messages import DeskNoted
from tarazu.model import ist
from tarazu.runtime import desk_record
from tarazu.runtime.desk_record import BadDeskRecord
from tarazu.runtime.journal_files import days
from tarazu.runtime.journal_reader import BrokenChain
from tarazu.runtime.journal_state import GIB, USUAL
from tarazu.runtime.writer_lock import is_being_written

LOW_GIB = USUAL.room.low_bytes / GIB
"""With less the journal takes no entries."""
WARN_GIB = 5.0
DAYS = 2
"""Today and the day before: those that this day's trading stands on. `tarazu audit verify --all` looks at all."""
DB_MS_MAX = 1_000
REBUILD = "tarazu db rebuild"


def disk(look: Look, row: Check) -> Check:
    """In sim a full disk warns: nothing but the simulation is lost by it, and the journal stops entries by itself."""
    at = look.home.root if look.home.root.exists() else look.home.root.parent
    room = os.statvfs(at if at.exists() else Path("/"))
    free = room.f_bavail * room.f_frsize / GIB
    seen = ok(row, "", observed=round(free, 1), limit=WARN_GIB, unit="GiB")
    hint = f"df -h {at}"
    if free < LOW_GIB:
        told = f"below {LOW_GIB:g} GiB the journal takes no entries"
        return warn(seen, "DISK_LOW", told, hint) if look.is_sim else block(seen, "DISK_LOW", told, hint)
    return warn(seen, "DISK_LOW", "a day of feed and journal takes a few", hint) if free < WARN_GIB else seen


def db_write(look: Look, row: Check) -> Check:
    """A database beside the real one, made, committed to the disk and taken away again; and the real one can be opened
    for writing."""
    path = look.home.root / f"readiness-{os.getpid()}.sqlite"
    began_s = time.monotonic()
    try:
        _written(path)
        _openable(database_file(look.home))
    except (sqlite3.Error, OSError) as failed:
        return block(row, "DB_WRITE", f"{look.home.root}: {failed}", f"df -h {look.home.root}; ls -ld {look.home.root}")
    finally:
        _gone(path)
    took_ms = round((time.monotonic() - began_s) * 1_000)
    seen = ok(row, "", observed=took_ms, limit=DB_MS_MAX, unit="ms")
    return seen if took_ms <= DB_MS_MAX else warn(seen, "DB_SLOW", "a write waits for the disk", "iostat -x 1 5")


def db_schema(look: Look, row: Check) -> Check:
    """The database is a view of the journal: damaged, it is made anew, and main goes on without."""
    path = database_file(look.home)
    if not path.exists():
        return skip(row, "there is no database yet: main makes it")
    from tarazu.adapters.sqlite_projection.connect import CannotUse, Damaged, connect
    from tarazu.adapters.sqlite_projection.schema import VERSION

    try:
        connect(path, write=False).close()
    except Damaged as damaged:
        return block(row, "DB_DAMAGED", str(damaged), REBUILD)
    except CannotUse as cannot:
        return unknown(row, "DB_UNKNOWN", str(cannot), REBUILD)
    return ok(row, f"version {VERSION}")


def chain(look: Look, row: Check) -> Check | tuple[Check, ...]:
    """Checksums, chain, epochs, watermark and checkpoints of the journal's last days up to today."""
    root = look.home.journal
    chosen = [day for day in days(root) if day <= ist.day_of(look.now_ns)][-DAYS:]
    if not chosen:
        return skip(row, "nothing is journalled yet in this home")
    try:
        by, found = audit.trust(look.home, None, ()), list[Check]()
        for day in chosen:
            report = audit.judge(look.home, day, by, lambda done, total: None)
            by = audit.following(by, report)
            found += [_of_day(row, day, check) for check in audit.checks(report)]
    except audit.CannotAudit as cannot:
        return unknown(row, "AUDIT_UNKNOWN", str(cannot), "tarazu audit verify --all")
    wrong = tuple(check for check in found if check.status is not Status.OK)
    return wrong or ok(row, f"{', '.join(str(day) for day in chosen)} verified")


def record(look: Look, row: Check) -> Check:
    """Each line of the desk's record follows the one before: from the one that main's journal has noted on, and of the
    last days at least; of all days where none was noted."""
    desk = look.home.desk
    known, beside = desk_record.days(desk), desk_record.strays(desk)
    try:
        told = _proven(look, known)
    except BadDeskRecord as bad:
        return block(row, "DESK_CHAIN", str(bad), "tarazu incident open; keep the file as it is")
    if beside:
        names = ", ".join(path.name for path in beside[:4])
        told = f"{told}; {names} in {desk} is of no day, and is not read"
        return warn(row, "DESK_STRAYS", told, f"ls -l {desk}; move what is no record elsewhere")
    return ok(row, told) if known else skip(row, "nobody has done anything yet in this home")


def _proven(look: Look, known: list[date]) -> str:
    """How much. Raises BadDeskRecord, OSError."""
    desk, noted = look.home.desk, _noted(look)
    for _ in desk_watch.after(desk, noted):
        pass
    first = None if noted is None else min([date.fromisoformat(noted.day), *known[-DAYS:]])
    prev = desk_record.NOTHING_BEFORE if first is None else desk_record.head_before(desk, first)
    found = list(desk_record.dated(desk, first, prev=prev))
    return f"{len(found)} lines of {len({day for day, _ in found})} days"


def _noted(look: Look) -> DeskNoted | None:
    """None as well where the journal does not read, which is `audit.chain`'s to tell: all is proven then."""
    try:
        return look.past.noted
    except (BrokenChain, BadPayload):
        return None


def lock(look: Look, row: Check) -> Check:
    """One writer of the journal: nobody, or our own main."""
    root = look.home.journal
    if not is_being_written(root):
        return ok(row, "free")
    pid = int((root / "writer.lock").read_text().strip() or 0)
    if look.main is not None and look.main.pid == pid:
        return ok(row, f"held by main, process {pid}")
    told = f"process {pid or 'unknown'} writes the journal, and no main of this home says that it is it"
    return block(row, "SECOND_WRITER", told, f"ps -fp {pid}; tarazu engine status")


def _of_day(row: Check, day: date, check: Check) -> Check:
    """A torn end is repaired by the next start. That nothing is signed yet is so until main has run for a minute."""
    if check.status is Status.OK:
        return row
    if check.code == "NO_CHECKPOINT":
        return warn(row, check.code, check.detail)
    return row.broken(check.status, check.code, check.detail, check.hint or f"tarazu audit verify --date {day}")


def _written(path: Path) -> None:
    with_sync = sqlite3.connect(path, isolation_level=None)
    try:
        with_sync.execute("PRAGMA synchronous=FULL")
        with_sync.execute("CREATE TABLE written (at INTEGER)")
        with_sync.execute("INSERT INTO written VALUES (1)")
        if with_sync.execute("SELECT count(*) FROM written").fetchone() != (1,):
            raise OSError("what was written is not what is read")
    finally:
        with_sync.close()


def _openable(path: Path) -> None:
    """Changes nothing; what is in it is `db.schema`'s."""
    if path.exists():
        path.open("r+b").close()


def _gone(path: Path) -> None:
    for left in (path, path.with_name(f"{path.name}-journal")):
        left.unlink(missing_ok=True)
