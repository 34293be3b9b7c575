"""The journal: whole days as they are, and of the day that is being written all that was acknowledged.

The watermark is read first, the checkpoints next, the segments last (`read_day`). A checkpoint signed in between tells
of more than the watermark: the copy ends at whichever went further, after an entry that is on the disk either way, and
is then a journal whose process died in that moment.
"""

from datetime import date
from pathlib import Path

import msgspec

from tarazu.app.audit import journal_name
from tarazu.app.backup.container.manifest import JournalDay
from tarazu.app.backup.parts.gathering import Gathering
from tarazu.app.data.steps import Progress
from tarazu.app.database.acknowledged import marked
from tarazu.journal.checkpoint import BadNote, Verifier, join_notes, parse, split_notes
from tarazu.journal.codec import SEGMENT_HEADER_BYTES, BadBytes, after, decode_segment_header, entry_at
from tarazu.journal.evidence import DayFiles, Trust
from tarazu.journal.verify import verify_day
from tarazu.runtime.journal_files import (
    checkpoints_path,
    day_folder,
    days,
    read_day,
    segment_path,
    watermark_path,
)
from tarazu.runtime.writer_lock import is_being_written


def journal_part(into: Gathering, verifiers: tuple[Verifier, ...], progress: Progress) -> None:
    """Raises OSError."""
    root = into.home.journal
    known, prev = days(root), None
    for done, day in enumerate(known, start=1):
        live = day == known[-1] and is_being_written(root)
        files = _live_day(into, day) if live else _past_day(into, day)
        trust = Trust(name=journal_name(into.home), verifiers=verifiers, first_prev=prev)
        report = verify_day(files, trust)
        fault = "" if report.fault is None else str(report.gravest)
        told = JournalDay(
            day=day.isoformat(),
            entries=report.entries,
            root=report.root.hex(),
            head=report.head.hash.hex(),
            fault=fault,
        )
        into.journal.append(told)
        prev = report.head.hash if report.entries else prev
        progress(done, len(known))
    if (root / "epoch").exists():
        # The last, so that no segment is of an epoch that was never begun.
        into.staged("journal/epoch", (root / "epoch").read_bytes())


def _past_day(into: Gathering, day: date) -> DayFiles:
    folder = day_folder(into.home.journal, day)
    files = read_day(folder)
    for number, view in files.segments:
        path = segment_path(folder, number)
        into.take(_name(folder, path), path, bytes=len(view))
    for path in (watermark_path(folder), checkpoints_path(folder)):
        if path.exists():
            into.take(_name(folder, path), path)
    return files


def _live_day(into: Gathering, day: date) -> DayFiles:
    folder = day_folder(into.home.journal, day)
    files = read_day(folder)
    if files.watermark is None:
        return _past_day(into, day)  # nobody can say how far it was acknowledged: as it is, which the report tells
    notes, _ = split_notes(files.checkpoints)
    last = max([marked(files.watermark), *(size for note in notes[-1:] if (size := _size_of(note)) is not None)])
    checkpoints = join_notes(notes)
    segments: list[tuple[int, memoryview]] = []
    for number, view in files.segments:
        end = _end(view, last)
        if end is None:
            break  # begun after the last entry that is taken
        path = segment_path(folder, number)
        into.take(_name(folder, path), path, upto=end, bytes=len(view))
        segments.append((number, memoryview(bytes(view[:end]).ljust(len(view), b"\0")) if end < len(view) else view))
    into.staged(_name(folder, watermark_path(folder)), files.watermark)
    into.staged(_name(folder, checkpoints_path(folder)), checkpoints)
    return msgspec.structs.replace(files, segments=segments, checkpoints=checkpoints)


def _end(view: memoryview, last: int) -> int | None:
    """Where the entry `last` ends in a segment, or the segment where it goes on behind it; None: it begins after."""
    try:
        first = decode_segment_header(view).first_sequence
    except BadBytes:
        return len(view)  # damaged: as it is, and the report says so
    if first > last:
        return None
    at = SEGMENT_HEADER_BYTES
    while (entry := entry_at(view, at)) is not None:
        at = after(entry, at)
        if entry.sequence == last:
            return at
    return len(view)


def _size_of(note: bytes) -> int | None:
    try:
        return parse(note).size
    except BadNote:
        return None


def _name(folder: Path, path: Path) -> str:
    return f"journal/{folder.name}/{path.name}"
