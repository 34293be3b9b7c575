"""What a database is worth beside the journal it shows."""

from datetime import date
from pathlib import Path

import msgspec

from tarazu.adapters.sqlite_projection.connect import Damaged
from tarazu.adapters.sqlite_projection.content import Content
from tarazu.app.database.acknowledged import acknowledged
from tarazu.app.verdict import Check, Status
from tarazu.journal.entry import Head
from tarazu.runtime.journal_files import day_folder, days
from tarazu.runtime.journal_reader import BrokenChain, JournalReader
from tarazu.runtime.writer_lock import is_being_written

BEHIND_MAX = 2_000
"""Entries that the database of a running desk may be behind: a few seconds of a busy day."""
REBUILD = "tarazu db rebuild"


class Behind(msgspec.Struct, frozen=True, kw_only=True):
    """A day of which the journal has acknowledged more than the database shows."""

    day: str
    shown: int
    acknowledged: int


def behind(journal: Path, content: Content) -> list[Behind]:
    """Day by day; empty when the database shows all there is."""
    found = []
    for day in days(journal):
        place = content.places.get(day.isoformat())
        shown = (place.head if place else Head()).sequence
        there = acknowledged(day_folder(journal, day))
        if shown < there:
            found.append(Behind(day=day.isoformat(), shown=shown, acknowledged=there))
    return found


def damage_check(damaged: Damaged) -> Check:
    return Check(id="database.pages", status=Status.CRIT, code="DAMAGED", detail=str(damaged), hint=REBUILD)


def checks(journal: Path, content: Content) -> tuple[Check, ...]:
    """Of a database whose pages have all been read and hold."""
    rows = sum(table.rows for table in content.tables.values())
    pages = Check(id="database.pages", status=Status.OK, observed=rows, unit="rows read")
    return (pages, _of_this_journal(journal, content), _behind(journal, content))


def _behind(journal: Path, content: Content) -> Check:
    found = behind(journal, content)
    entries = sum(day.acknowledged - day.shown for day in found)
    limit = BEHIND_MAX if is_being_written(journal) else 0
    check = Check(id="database.behind", status=Status.OK, observed=entries, limit=limit, unit="entries")
    if entries <= limit:
        return check
    told = ", ".join(f"{day.day} at {day.shown:,} of {day.acknowledged:,}" for day in found)
    return check.broken(Status.WARN, "BEHIND", told, REBUILD)


def _of_this_journal(journal: Path, content: Content) -> Check:
    """Whether the entries at which the tables stand are those of this journal."""
    check = Check(id="database.journal", status=Status.OK, observed=len(content.places), unit="days")
    for day, place in content.places.items():
        folder = day_folder(journal, date.fromisoformat(day))
        if not folder.exists():
            return check.broken(Status.WARN, "NO_JOURNAL", f"{day} is shown, and its journal is not here")
        try:
            found = _entry_hash(folder, place.head.sequence)
        except BrokenChain as broken:
            return check.broken(Status.CRIT, "BROKEN_CHAIN", str(broken), f"tarazu audit verify --date {day}")
        if found != place.head.hash:
            told = f"entry {place.head.sequence} of {day} is not the one the database was made from"
            return check.broken(Status.CRIT, "OTHER_JOURNAL", told, f"tarazu audit verify --date {day}, then {REBUILD}")
    return check


def _entry_hash(folder: Path, sequence: int) -> bytes:
    for entry in JournalReader(folder).ready():
        if entry.sequence == sequence:
            return entry.hash
    return b""
