"""Opening the journal: what is there is verified, a torn tail erased, anything else refused.

A crash leaves one thing only: at the end, bytes that were never acknowledged. They are erased, durably. Whole entries
beyond the watermark stay: they were decided, and may have been acted on. They are written once more before they are
built upon, for after a failed sync the kernel may hold bytes, and call them clean, that the disk never took.
"""

from datetime import date
from pathlib import Path

from tarazu.journal.checkpoint import Verifier
from tarazu.journal.entry import GENESIS, Head
from tarazu.journal.evidence import Trust
from tarazu.journal.findings import SEGMENT, Fault, Report
from tarazu.journal.verify import verify_day
from tarazu.ports.disk import Disk
from tarazu.runtime.journal_files import (
    MIB,
    checkpoints_path,
    day_folder,
    days,
    map_file,
    read_day,
    segment_path,
    write_all,
)
from tarazu.runtime.journal_state import JournalDamaged


def recover(disk: Disk, root: Path, day: date, name: str, verifiers: tuple[Verifier, ...], epoch: int) -> Report:
    """What a writer needs to go on with `day`. The writer's lock is held. Raises JournalDamaged."""
    folder = day_folder(root, day)
    trust = Trust(name=name, verifiers=verifiers, epoch=epoch, first_prev=end_before(disk, root, day, name, verifiers))
    report = verify_day(read_day(folder), trust)
    if report.first_prev is None:
        report.first_prev = GENESIS
    _repair(disk, folder, report)
    report.leaves = b""  # the frontier is all that growth needs
    return report


def end_before(disk: Disk, root: Path, day: date, name: str, verifiers: tuple[Verifier, ...]) -> bytes | None:
    """The hash of the last entry of the last day before `day` that has any; None when there is none.

    That day is verified whole, and its torn tail erased: what a new day is chained to must stay. Raises JournalDamaged.
    """
    for earlier in reversed([d for d in days(root) if d < day]):
        folder = day_folder(root, earlier)
        report = verify_day(read_day(folder), Trust(name=name, verifiers=verifiers))
        _repair(disk, folder, report)
        if report.entries:
            return report.head.hash
    return None


def _repair(disk: Disk, folder: Path, report: Report) -> None:
    """Erase torn ends and make the rest durable. Raises JournalDamaged for anything else."""
    if report.fault not in (None, Fault.TORN_TAIL):
        raise JournalDamaged(report)
    if report.torn_notes_at is not None:
        _cut(disk, checkpoints_path(folder), report.torn_notes_at)
    torn = [f for f in report.findings if f.where == SEGMENT]
    for finding in torn:
        _write(disk, segment_path(folder, finding.segment), bytes(finding.size), finding.offset)
    acked = Head() if report.watermark is None else Head(report.watermark.sequence, report.watermark.hash)
    if report.entries and report.head.sequence > acked.sequence:
        path = segment_path(folder, report.end_segment)
        _write(disk, path, bytes(map_file(path)[: report.end_offset]), 0)


def _write(disk: Disk, path: Path, data: bytes, offset: int) -> None:
    fd = disk.open(path)
    try:
        view = memoryview(data)
        for at in range(0, len(view), MIB):
            write_all(disk, fd, view[at : at + MIB], offset + at)
        disk.fdatasync(fd)
    finally:
        disk.close(fd)


def _cut(disk: Disk, path: Path, size: int) -> None:
    fd = disk.open(path)
    try:
        disk.truncate(fd, size)
        disk.fdatasync(fd)
    finally:
        disk.close(fd)
