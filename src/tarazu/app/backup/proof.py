"""What came back, judged: the journal's chain and root day by day, the tables, the desk's record. Beside the hashes of
the files, which `unpack` has judged: this is that what they amount to can be read, and is what the source told."""

from datetime import date
from pathlib import Path

from tarazu.adapters.sqlite_projection.connect import CannotUse, Damaged
from tarazu.adapters.sqlite_projection.content import Database
from tarazu.app.backup.container.manifest import JournalDay, Manifest, RecordTold
from tarazu.app.backup.parts.database_part import NAME as DATABASE
from tarazu.app.backup.refusal import Code, Refused
from tarazu.app.data.steps import Progress
from tarazu.journal.checkpoint import Verifier
from tarazu.journal.evidence import Trust
from tarazu.journal.verify import verify_day
from tarazu.runtime import desk_record
from tarazu.runtime.desk_record import BadDeskRecord
from tarazu.runtime.journal_files import day_folder, days, read_day


def proof_fault(root: Path, manifest: Manifest, verifiers: tuple[Verifier, ...], progress: Progress) -> Refused | None:
    """Of the home unpacked at `root`. None: its journal, tables and record are those that were backed up. Raises
    OSError."""
    return (
        _journal(root / "journal", manifest, verifiers, progress) or _tables(root, manifest) or _record(root, manifest)
    )


def _journal(root: Path, manifest: Manifest, verifiers: tuple[Verifier, ...], progress: Progress) -> Refused | None:
    told = [date.fromisoformat(day.day) for day in manifest.journal]
    if days(root) != told:
        return Refused(Code.ROOT_DIFFERS, f"days {days(root)} of the journal came back, and {told} were backed up")
    name, prev = f"tarazu.local/{manifest.profile}", None
    for done, day in enumerate(manifest.journal, start=1):
        files = read_day(day_folder(root, date.fromisoformat(day.day)))
        report = verify_day(files, Trust(name=name, verifiers=verifiers, first_prev=prev))
        found = JournalDay(
            day=day.day,
            entries=report.entries,
            root=report.root.hex(),
            head=report.head.hash.hex(),
            fault="" if report.fault is None else str(report.gravest),
        )
        if found != day:
            return Refused(Code.ROOT_DIFFERS, f"{day.day}: {_told(found)} came back, and {_told(day)} was backed up")
        prev = report.head.hash if report.entries else prev
        progress(done, len(manifest.journal))
    return None


def _tables(root: Path, manifest: Manifest) -> Refused | None:
    file = root / DATABASE
    if manifest.tables is None:
        return Refused(Code.TABLES_DIFFER, "a database of which nothing is told") if file.exists() else None
    if not file.is_file():
        return Refused(Code.TABLES_DIFFER, "no database came back")
    try:
        with Database(file) as database:
            database.check()
            found = {name: (table.rows, table.sha256) for name, table in database.content().tables.items()}
    except (Damaged, CannotUse) as bad:
        return Refused(Code.TABLES_DIFFER, str(bad))
    finally:
        for part in (".lock", ".turn", "-wal", "-shm"):
            file.with_name(file.name + part).unlink(missing_ok=True)
    told = {name: (table.rows, table.sha256) for name, table in manifest.tables.items()}
    wrong = sorted(name for name in told.keys() | found.keys() if told.get(name) != found.get(name))
    return Refused(Code.TABLES_DIFFER, f"other rows came back of {', '.join(wrong)}") if wrong else None


def _record(root: Path, manifest: Manifest) -> Refused | None:
    found, told = record_told(root / "desk"), manifest.record
    if found == told:
        return None
    seen = f"{found.entries:,} lines came back, and {told.entries:,} were backed up"
    return Refused(Code.RECORD_DIFFERS, found.fault if found.fault != told.fault else seen)


def record_told(folder: Path) -> RecordTold:
    """Every line proven to follow the one before it. Raises OSError."""
    head, count = "", 0
    try:
        for _, entry in desk_record.dated(folder):
            head, count = entry.hash(), count + 1
    except BadDeskRecord as bad:
        return RecordTold(entries=count, fault=str(bad).replace(f"{folder}/", ""))
    return RecordTold(entries=count, head=head)


def _told(day: JournalDay) -> str:
    return f"{day.entries:,} entries with root {day.root[:12]}" + (f" ({day.fault})" if day.fault else "")
