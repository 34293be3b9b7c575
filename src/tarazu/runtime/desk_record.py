"""The desk's record: what people and commands did and were told, beside the engine's journal with its one writer.

    <profile>/desk/2026-11-23.jsonl    one JSON object a line, in the order of events, IST day by IST day

Each line has the SHA-256 of the line before it (the first of a day: of the last of the day before), so that no line
can be changed, taken out or put in unseen. main writes the head down in its journal, whose checkpoints are signed: a
record that was rewritten whole differs from what the journal says of it. Any process may append: it holds a lock for
the moment that takes, and a line is on the disk when `append` returns. A torn last line, which a crash in the middle
of `append` leaves, is taken out by the next one and told in its place.
"""

import contextlib
import hashlib
import os
from collections.abc import Iterator, Mapping
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec

from tarazu.model import ist
from tarazu.runtime.alone import Held, alone
from tarazu.runtime.whole import sync_folder

NOTHING_BEFORE = "0" * 64
LINE_BYTES_MAX = 1 << 20
PATIENCE_S = 5.0


class DeskKind(StrEnum):
    """Of entries; never renamed, and none is taken away."""

    TORN = "record.torn"
    READINESS = "readiness.receipt"
    SESSION = "session.login"
    STACK = "stack.change"
    HALT_ASKED = "risk.halt_asked"
    """A halt that main could not be told: it takes it when it starts."""
    FLATTEN = "flatten"
    WATCHDOG = "watchdog.act"
    INCIDENT = "incident"
    ALERT = "alert"
    RUNBOOK = "runbook.step"
    DRILL = "drill"
    FREEZE = "freeze.list"
    """A list of freeze quantities that a person took in."""
    WRITING = "close.writing"
    """A step of a day's close is about to put its files in place; its own entry follows when it is done."""
    RECONCILED = "close.reconciled"
    CONTRACT_NOTE = "close.contract_note"
    AUDITED = "close.audited"
    BACKED_UP = "close.backed_up"
    RESTORED = "dr.restored"
    EXPORTED = "close.exported"
    ROLLED_UP = "close.rolled_up"
    CLOSED = "close.closed"
    """Every step of a day's close has passed."""
    EXPIRED = "close.expired"
    """A day older than the years that are kept went from this disk; a backup has it."""
    FLAGS = "flags.set"
    MODEL = "model.change"


class BadDeskRecord(ValueError):
    """A line does not follow the one before it, or does not read; the message says which."""


class DeskRecordBusy(OSError):
    """Somebody has held the record for too long."""


class DeskEntry(msgspec.Struct, frozen=True, kw_only=True):
    seq: int
    """From 1, each day."""
    ts_ns: int
    """UTC, of the profile's clock."""
    kind: DeskKind
    who: str
    """A person's login name, or a process: `watchdog`."""
    pid: int
    body: dict[str, Any]
    prev: str
    """SHA-256 of the line before, in hex."""

    def line(self) -> bytes:
        return msgspec.json.encode(self)

    def hash(self) -> str:
        return hashlib.sha256(self.line()).hexdigest()


def append(folder: Path, kind: DeskKind, body: Mapping[str, Any], *, who: str, now_ns: int) -> DeskEntry:
    """Write one entry; it is on the disk when this returns. It is filed under the day of `now_ns`, or under the last
    day there is where that is later: the order of the lines is the order of events.

    Raises BadDeskRecord where the day's last line does not read, DeskRecordBusy, OSError (nothing is written then),
    ValueError for a body that is too long.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(folder):
        # By a clock that has gone back, or another one, it still follows what is there.
        day = max([ist.day_of(now_ns), *days(folder)[-1:]])
        path = _path(folder, day)
        new = not path.exists()
        fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            last, end, torn = _last(path, fd)
            head = (last.seq, last.hash()) if last else (0, head_before(folder, day))
            if torn:
                told = {"bytes": len(torn), "sha256": hashlib.sha256(torn).hexdigest()}
                fallen = _entry(head, DeskKind.TORN, told, who, now_ns)
                end = _write(fd, end, fallen)
                head = fallen.seq, fallen.hash()
            entry = _entry(head, kind, dict(body), who, now_ns)
            _write(fd, end, entry)
        finally:
            os.close(fd)
        if new:
            sync_folder(folder)
    return entry


def days(folder: Path) -> list[date]:
    """Those with a record, in order; what is named by no day is none of it (`strays`)."""
    return sorted(day for path in folder.glob("*.jsonl") if (day := _day_of(path)) is not None)


def strays(folder: Path) -> list[Path]:
    """Files that lie among the days, and are named by none."""
    return sorted(path for path in folder.glob("*.jsonl") if _day_of(path) is None)


def size(folder: Path, day: date) -> int:
    """Of the day's file in bytes: a record that has not grown has nothing new. Raises OSError."""
    return _path(folder, day).stat().st_size


def entries(folder: Path, day: date) -> list[DeskEntry]:
    """Of one day, proven to follow each other; a torn last line is none. Raises BadDeskRecord, OSError."""
    path = _path(folder, day)
    if not path.exists():
        return []
    lines = path.read_bytes().split(b"\n")[:-1]
    found: list[DeskEntry] = []
    for number, line in enumerate(lines, start=1):
        entry = _decoded(path, f"line {number}", line)
        if entry.seq != number or (found and entry.prev != found[-1].hash()) or entry.line() != line:
            raise BadDeskRecord(f"{path}: line {number} does not follow the one before it: the record was changed")
        found.append(entry)
    return found


def whole(folder: Path) -> Iterator[DeskEntry]:
    """Of all days, each proven to follow the one before. Raises BadDeskRecord, OSError."""
    return (entry for _, entry in dated(folder, prev=NOTHING_BEFORE))


def dated(folder: Path, since: date | None = None, *, prev: str = "") -> Iterator[tuple[date, DeskEntry]]:
    """From the file of `since` on, or all: each entry with the day of its file, which may be later than its stamp's
    (`append`), and proven to follow the one before. `prev`: the hash that the first must follow; empty: whatever.
    Raises BadDeskRecord, OSError."""
    for day in days(folder):
        if since is not None and day < since:
            continue
        for entry in entries(folder, day):
            if prev and entry.prev != prev:
                raise BadDeskRecord(f"{_path(folder, day)}: entry {entry.seq} does not follow what is before it")
            prev = entry.hash()
            yield day, entry


def stamped(folder: Path, day: date) -> list[DeskEntry]:
    """What was said on that day by the clock, in whatever file it stands. Raises BadDeskRecord, OSError."""
    return [entry for _, entry in dated(folder, day) if ist.day_of(entry.ts_ns) == day]


def head_before(folder: Path, day: date) -> str:
    """The hash of the last line of the latest day before; NOTHING_BEFORE: there is none. Raises BadDeskRecord,
    OSError."""
    for earlier in reversed([one for one in days(folder) if one < day]):
        before = _path(folder, earlier)
        fd = os.open(before, os.O_RDONLY)
        try:
            last, _, _ = _last(before, fd)
        finally:
            os.close(fd)
        if last is not None:
            return last.hash()
    return NOTHING_BEFORE


# What it takes.


def _path(folder: Path, day: date) -> Path:
    return folder / f"{day.isoformat()}.jsonl"


def _day_of(path: Path) -> date | None:
    """None: it is named by no day, as `2026-11-31.jsonl` or `kept.jsonl`."""
    try:
        day = date.fromisoformat(path.stem)
    except ValueError:
        return None
    return day if day.isoformat() == path.stem else None


def _entry(head: tuple[int, str], kind: DeskKind, body: dict[str, Any], who: str, now_ns: int) -> DeskEntry:
    seq, prev = head
    entry = DeskEntry(seq=seq + 1, ts_ns=now_ns, kind=kind, who=who, pid=os.getpid(), body=body, prev=prev)
    length = len(entry.line()) + len(b"\n")
    if length > LINE_BYTES_MAX:
        raise ValueError(f"an entry of {length} bytes: the desk's record takes {LINE_BYTES_MAX}")
    # What is read back must be what was hashed: keys of another type than text, tuples and enums are settled now.
    return msgspec.json.decode(entry.line(), type=DeskEntry)


def _decoded(path: Path, which: str, line: bytes) -> DeskEntry:
    try:
        return msgspec.json.decode(line, type=DeskEntry)
    except msgspec.MsgspecError as bad:
        raise BadDeskRecord(f"{path}: {which} does not read: {bad}") from bad


def _last(path: Path, fd: int) -> tuple[DeskEntry | None, int, bytes]:
    """The last whole entry, where it ends, and what lies torn behind it."""
    size = os.fstat(fd).st_size
    start = max(0, size - 2 * LINE_BYTES_MAX - 2)
    tail = os.pread(fd, size - start, start)
    end = tail.rfind(b"\n") + 1
    begin = tail.rfind(b"\n", 0, end - 1) + 1 if end else 0
    last = _decoded(path, "its last line", tail[begin : end - 1]) if end else None
    return last, start + end, tail[end:]


def _write(fd: int, end: int, entry: DeskEntry) -> int:
    """Behind `end`, where nothing is worth keeping; where it then ends. A line that fails leaves none of itself."""
    line = entry.line() + b"\n"
    os.ftruncate(fd, end)
    try:
        written = 0
        while written < len(line):
            written += os.pwrite(fd, line[written:], end + written)
        os.fdatasync(fd)
    except OSError:
        os.ftruncate(fd, end)
        raise
    return end + len(line)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(alone(folder / "lock", PATIENCE_S))
        except Held as busy:
            raise DeskRecordBusy(str(busy)) from None
        yield
