"""Incidents, kept in the desk's record (`runtime.desk_record`) and nowhere else: this folds and writes its entries.

    {"act": "open", "id": "INC-20261123-02", "severity": "SEV2", "code": "FEED_STALE", "detail": ..., "runbook": ...}
    {"act": "note" | "ack" | "close" | "bundle", "id": ..., "text": ...}

Reading takes the entries as they stand and proves no chain: an incident must be seen in a record that somebody has
damaged, too. `read` tells of lines that do not read; whether the record is what was written is for the gate and audit.
"""

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from tarazu.app.alerts.alert import RANK, Severity
from tarazu.app.home import Home
from tarazu.app.incidents.incident import Act, Incident, Said
from tarazu.model import ist
from tarazu.runtime.alone import alone
from tarazu.runtime.desk_record import BadDeskRecord, DeskEntry, DeskKind, append, days

_ID = re.compile(r"INC-[0-9]{8}-[0-9]{2,}")
_MARK = f'"kind":"{DeskKind.INCIDENT}"'.encode()


class NotKept(OSError):
    """The desk's record takes nothing, and nothing is changed; the message is for people."""


class NoSuchIncident(KeyError):
    """There is none of this id."""


class Book(msgspec.Struct, frozen=True):
    """All incidents, as the record tells of them."""

    incidents: list[Incident]
    """In the order in which they were opened."""
    unread: list[str]
    """Lines of the record that may be of an incident and do not read."""


def open_incident(
    home: Home, severity: Severity, code: str, detail: str, *, who: str, now_ns: int, runbook: str = ""
) -> Incident:
    """A new one, or the open one of this code: then nothing is written, unless it is graver now than it was.

    Raises NotKept.
    """
    with _alone(home):
        book = _readable(home)
        known = next((i for i in book.incidents if i.is_open and i.code == code), None)
        if known is not None and RANK[severity] >= RANK[known.severity]:
            return known
        id_ = known.id if known else _next_id(book, now_ns)
        body = {"act": Act.OPEN, "id": id_, "severity": severity, "code": code, "detail": detail, "runbook": runbook}
        return _append(home, body, known, who, now_ns)


def note(home: Home, id_: str, text: str, *, who: str, now_ns: int) -> Incident:
    """Raises NoSuchIncident, NotKept."""
    return _say(home, Act.NOTE, id_, text, who, now_ns)


def ack(home: Home, id_: str, *, who: str, now_ns: int, text: str = "") -> Incident:
    """Somebody has it. The first to say so stays the one who has; a second is in the timeline.

    Raises NoSuchIncident, NotKept.
    """
    return _say(home, Act.ACK, id_, text, who, now_ns)


def close(home: Home, id_: str, why: str, *, who: str, now_ns: int) -> Incident:
    """It is over. One that is closed stays so; nothing is written then. Raises NoSuchIncident, NotKept."""
    known = _found(home, id_)
    return _say(home, Act.CLOSE, id_, why, who, now_ns) if known.is_open else known


def bundled(home: Home, id_: str, text: str, *, who: str, now_ns: int) -> Incident:
    """That a bundle was made, and its digest. Raises NoSuchIncident, NotKept."""
    return _say(home, Act.BUNDLE, id_, text, who, now_ns)


def incidents(home: Home) -> list[Incident]:
    """In the order in which they were opened. Raises OSError."""
    return read(home).incidents


def find(home: Home, id_: str) -> Incident | None:
    return next((i for i in incidents(home) if i.id == id_.upper()), None)


def read(home: Home) -> Book:
    """Raises OSError."""
    found: dict[str, Incident] = {}
    unread: list[str] = []
    for day in days(home.desk):
        path = home.desk / f"{day.isoformat()}.jsonl"
        unread += [f"{path.name} line {number}" for number, line in _lines(path) if not _taken(found, line)]
    return Book(list(found.values()), unread)


_LINES: dict[Path, tuple[tuple[int, int, int], tuple[tuple[int, bytes], ...]]] = {}
"""By file, as it was when it was read: a record of years is not read anew every ten seconds."""


def _lines(path: Path) -> tuple[tuple[int, bytes], ...]:
    """Those that are of incidents, or may be, with their numbers. Raises OSError."""
    seen = path.stat()
    mark = seen.st_ino, seen.st_mtime_ns, seen.st_size
    known = _LINES.get(path)
    if known is not None and known[0] == mark:
        return known[1]
    lines = enumerate(path.read_bytes().split(b"\n")[:-1], start=1)
    kept = tuple((n, raw) for n, raw in lines if _MARK in raw or not (raw.startswith(b"{") and raw.endswith(b"}")))
    _LINES[path] = mark, kept
    return kept


# Folding.


class _Body(msgspec.Struct, frozen=True, kw_only=True):
    """Of an entry; what is not said is empty."""

    act: Act
    id: str
    severity: Severity = "SEV3"
    code: str = ""
    detail: str = ""
    runbook: str = ""
    text: str = ""


def _taken(found: dict[str, Incident], line: bytes) -> bool:
    """Whether it reads, and is of an incident that was opened, by an id of ours."""
    try:
        entry = msgspec.json.decode(line, type=DeskEntry)
        if entry.kind is not DeskKind.INCIDENT:
            return True
        body = msgspec.convert(entry.body, _Body)
    except msgspec.MsgspecError:
        return False
    before = found.get(body.id)
    if before is None and (body.act is not Act.OPEN or not _ID.fullmatch(body.id)):
        return False
    found[body.id] = _after(before, body, entry)
    return True


def _after(before: Incident | None, body: _Body, entry: DeskEntry) -> Incident:
    said = Said(ts_ns=entry.ts_ns, act=body.act, who=entry.who, text=body.text or body.detail)
    if before is None:
        return Incident(
            id=body.id,
            severity=body.severity,
            code=body.code,
            detail=body.detail,
            opened_ns=entry.ts_ns,
            opened_by=entry.who,
            runbook=body.runbook,
            timeline=(said,),
        )
    after = msgspec.structs.replace(before, timeline=(*before.timeline, said))
    match body.act:
        case Act.OPEN:
            runbook = body.runbook or before.runbook
            return msgspec.structs.replace(after, severity=body.severity, detail=body.detail, runbook=runbook)
        case Act.ACK if not before.acked_by:
            return msgspec.structs.replace(after, acked_by=entry.who, acked_ns=entry.ts_ns)
        case Act.CLOSE if before.is_open:
            closed = {"closed_ns": entry.ts_ns, "closed_by": entry.who, "closed_why": body.text}
            return msgspec.structs.replace(after, **closed)
    return after


# Writing.


def _say(home: Home, act: Act, id_: str, text: str, who: str, now_ns: int) -> Incident:
    known = _found(home, id_)
    return _append(home, {"act": act, "id": known.id, "text": text}, known, who, now_ns)


def _found(home: Home, id_: str) -> Incident:
    """Raises NoSuchIncident, NotKept."""
    known = next((i for i in _readable(home).incidents if i.id == id_.upper()), None)
    if known is None:
        raise NoSuchIncident(id_)
    return known


def _readable(home: Home) -> Book:
    """For what is about to write. Raises NotKept."""
    try:
        return read(home)
    except OSError as failed:
        raise NotKept(f"the desk's record does not read: {failed}") from failed


def _append(home: Home, body: dict[str, str], before: Incident | None, who: str, now_ns: int) -> Incident:
    """It as it is after this entry, which is on the disk: nothing is read again. Raises NotKept."""
    try:
        entry = append(home.desk, DeskKind.INCIDENT, body, who=who, now_ns=now_ns)
    except (OSError, BadDeskRecord, ValueError) as failed:
        raise NotKept(f"the desk's record takes nothing: {failed}") from failed
    return _after(before, msgspec.convert(body, _Body), entry)


def _next_id(book: Book, now_ns: int) -> str:
    stem = f"INC-{ist.day_of(now_ns):%Y%m%d}-"
    taken = [int(i.id.removeprefix(stem)) for i in book.incidents if i.id.startswith(stem)]
    return f"{stem}{max(taken, default=0) + 1:02}"


@contextlib.contextmanager
def _alone(home: Home) -> Iterator[None]:
    """Two processes that see the same thing open one incident. Raises NotKept."""
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(alone(home.incidents / "lock"))
        except OSError as failed:
            raise NotKept(f"no incident can be opened: {failed}") from failed
        yield
