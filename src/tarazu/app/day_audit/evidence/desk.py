"""The desk's record of the day: its chain, and that it is what the journal had noted of it."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import msgspec

from tarazu.app.day_audit.finding import Code, Finding
from tarazu.app.day_audit.walk.seen import Seen
from tarazu.app.home import Home
from tarazu.app.supervision.programs import MAIN
from tarazu.app.verdict import Status
from tarazu.engine.messages import DeskNoted
from tarazu.runtime.desk_record import BadDeskRecord, DeskEntry, DeskKind, days, entries, head_before, stamped

_BEGAN = ("started", "restarted")
"""`app.supervision.outcome`: main was there, and worked."""


class DeskProof(msgspec.Struct, frozen=True, kw_only=True):
    """`entries`: of the day's file, whole and in order as far as they are proven."""

    entries: list[DeskEntry]
    noted: int = 0
    """How many heads the journal has noted and the record still has."""
    findings: list[Finding]


class Notes:
    """What the journal says of the desk's record: a reader of the walk."""

    def __init__(self) -> None:
        self.heads: dict[tuple[str, int], tuple[str, int]] = {}
        """By file and entry: its hash, and the journal's entry that says so."""

    def take(self, seen: Seen) -> None:
        if isinstance(seen.message, DeskNoted):
            self.heads[seen.message.day, seen.message.seq] = seen.message.hash, seen.sequence


def desk_proof(home: Home, day: date, notes: Notes) -> DeskProof:
    """Also of the files of other days that the journal has noted: the record may be a day behind, or ahead."""
    findings: list[Finding] = []
    of_day = _proven(home, day, findings)
    known = {day.isoformat(): of_day}
    noted = 0
    for (name, seq), (sha256, sequence) in sorted(notes.heads.items()):
        if name not in known:
            known[name] = _proven(home, date.fromisoformat(name), findings)
        found = known[name][seq - 1].hash() if 0 < seq <= len(known[name]) else ""
        if found == sha256:
            noted += 1
        else:
            findings.append(_differs(name, seq, sha256, found, sequence))
    return DeskProof(entries=of_day, noted=noted, findings=findings)


def about_day(home: Home, day: date) -> list[DeskEntry]:
    """Entries that name this day, in whatever file since then; none where the record does not read."""
    found: list[DeskEntry] = []
    for one in (each for each in days(home.desk) if each >= day):
        try:
            found += [entry for entry in entries(home.desk, one) if entry.body.get("day") == day.isoformat()]
        except (BadDeskRecord, OSError):
            continue  # told by `desk_proof` of its day
    return found


def said_on(home: Home, day: date) -> tuple[list[DeskEntry], list[Finding]]:
    """What the record says on that day by the clock; or that it cannot be believed."""
    try:
        return stamped(home.desk, day), []
    except (BadDeskRecord, OSError) as bad:
        return [], [_broken(day, str(bad))]


def _proven(home: Home, day: date, findings: list[Finding]) -> list[DeskEntry]:
    try:
        of_day = entries(home.desk, day)
        if of_day and of_day[0].prev != head_before(home.desk, day):
            findings.append(_broken(day, "its first entry does not follow the last of the day before"))
    except (BadDeskRecord, OSError) as bad:
        findings.append(_broken(day, str(bad)))
        return []
    return of_day


def _broken(day: date, detail: str) -> Finding:
    return Finding(code=Code.DESK_RECORD, status=Status.CRIT, about=f"desk/{day}.jsonl", detail=detail)


def _differs(name: str, seq: int, sha256: str, found: str, sequence: int) -> Finding:
    is_now = f"it is {found[:12]} now" if found else "there is no such entry now"
    detail = f"entry {seq} had the hash {sha256[:12]} when the journal noted it, and {is_now}"
    about = f"desk/{name}.jsonl"
    return Finding(code=Code.DESK_HEAD, status=Status.CRIT, about=about, sequence=sequence, detail=detail)


def traces(of_day: list[DeskEntry]) -> Iterator[str]:
    """What the record says of a journal of this day: there was one, though it may not be there now."""
    for entry in of_day:
        standing = entry.body.get("standing")
        count = standing.get("entries") if isinstance(standing, dict) else None
        if isinstance(count, int) and count:
            yield f"{entry.kind} stood on a journal of {count:,} entries"
        if entry.kind is DeskKind.STACK and _began_main(entry.body):
            yield f"main was started ({entry.kind}, entry {entry.seq}), and its first word goes into the day's journal"


def _began_main(body: dict[str, Any]) -> bool:
    rows = body.get("processes")
    return body.get("act") == "up" and any(
        row.get("name") == MAIN and row.get("did") in _BEGAN and row.get("exit") in (0, 1)
        for row in (rows if isinstance(rows, list) else [])
        if isinstance(row, dict)
    )
