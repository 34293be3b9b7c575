"""The witnesses of a day, heard against its entries: the watermark, and every checkpoint."""

from tarazu.journal import checkpoint as notes
from tarazu.journal.checkpoint import BadNote, Checkpoint
from tarazu.journal.codec import (
    WATERMARK_SLOT_BYTES,
    WATERMARK_SLOTS,
    BadBytes,
    Watermark,
    decode_watermark,
)
from tarazu.journal.entry import FIRST_SEQUENCE
from tarazu.journal.evidence import DayFiles, Trust
from tarazu.journal.findings import CHECKPOINTS, LOG, SEGMENT, WATERMARK, Fault, Finding, Report
from tarazu.journal.merkle import Tree
from tarazu.journal.scan import Progress

# The watermark.


def read_watermark(files: DayFiles, progress: Progress, report: Report) -> Watermark | None:
    """The later of the two slots."""
    if files.watermark is None:
        if files.segments:
            detail = "there is none, so a deleted end would not show"
            report.findings.append(Finding(fault=Fault.TRUNCATED, where=WATERMARK, detail=detail))
        return None
    marks = []
    whole = memoryview(files.watermark)
    if len(whole) != WATERMARK_SLOTS * WATERMARK_SLOT_BYTES:
        detail = f"{len(whole)} bytes of {WATERMARK_SLOTS * WATERMARK_SLOT_BYTES}"
        report.findings.append(Finding(fault=Fault.TRUNCATED, where=WATERMARK, detail=detail))
    for at in range(0, WATERMARK_SLOTS * WATERMARK_SLOT_BYTES, WATERMARK_SLOT_BYTES):
        slot = whole[at : at + WATERMARK_SLOT_BYTES]
        if not any(slot):
            continue  # not written yet
        try:
            marks.append(decode_watermark(slot))
        except BadBytes as bad:
            if len(slot) == WATERMARK_SLOT_BYTES:
                report.findings.append(
                    Finding(fault=Fault.CORRUPT, where=WATERMARK, offset=at, size=len(slot), detail=str(bad))
                )
    mark = max(marks, key=lambda m: m.count, default=None)
    if mark is None:
        if files.segments and not report.findings:
            detail = "it is empty, and the day has segments"
            report.findings.append(Finding(fault=Fault.CORRUPT, where=WATERMARK, detail=detail))
        return None
    if mark.day != progress.day or (progress.log is not None and progress.log != mark.log):
        detail = f"it is of day {mark.day}" if mark.day != progress.day else "it is another journal's"
        report.findings.append(Finding(fault=Fault.SWAPPED_DAY, where=WATERMARK, detail=detail))
    return mark


def judge_watermark(report: Report, tree: Tree) -> None:
    mark = report.watermark
    if mark is None:
        return
    if mark.sequence > report.head.sequence:
        if not _damaged(report):
            detail = f"the log ends with entry {report.head.sequence}; {mark.sequence} had been on the disk"
            report.findings.append(
                Finding(
                    fault=Fault.TRUNCATED,
                    where=SEGMENT,
                    segment=report.end_segment,
                    offset=report.end_offset,
                    sequence=report.head.sequence + 1,
                    detail=detail,
                )
            )
    elif mark.sequence and tree.leaf(mark.sequence - FIRST_SEQUENCE) != mark.hash:
        detail = "the entry under the watermark is another one now"
        report.findings.append(Finding(fault=Fault.REWRITTEN, where=LOG, sequence=mark.sequence, detail=detail))
    if mark.epoch < report.epoch and mark.sequence == report.head.sequence and report.entries:
        detail = f"epoch {mark.epoch}, and the log has entries of {report.epoch} up to there"
        report.findings.append(Finding(fault=Fault.EPOCH, where=WATERMARK, detail=detail))


def _damaged(report: Report) -> bool:
    """Whether the walk stopped before the end."""
    return any(f.where == SEGMENT and f.fault is not Fault.TORN_TAIL for f in report.findings)


# The checkpoints.


def judge_checkpoints(files: DayFiles, trust: Trust, report: Report, tree: Tree, live: bool) -> None:
    found = _own_checkpoints(files, report, live) + _kept_checkpoints(trust, report)
    report.signed = bool(trust.verifiers)
    good = [(place, c) for place, c in found if _is_ours(place, c, files, trust, report)]
    roots: dict[int, tuple[str, bytes]] = {}
    for place, point in good:
        before = roots.setdefault(point.size, (place, point.root))
        if before[1] != point.root:
            detail = f"{place} and {before[0]} both tell of {point.size} entries, with different roots"
            report.findings.append(Finding(fault=Fault.FORK, where=CHECKPOINTS, detail=detail))
            continue
        _judge_root(place, point, report, tree)


def _own_checkpoints(files: DayFiles, report: Report, live: bool) -> list[tuple[str, Checkpoint]]:
    """Those of the folder. Up to the watermark they are to be whole; after it the last may be unfinished."""
    mark = 0 if report.watermark is None else report.watermark.checkpoint_bytes
    if len(files.checkpoints) < mark:
        detail = f"{len(files.checkpoints)} bytes; {mark} had been on the disk"
        report.findings.append(Finding(fault=Fault.TRUNCATED, where=CHECKPOINTS, detail=detail))
    kept, unfinished = notes.split_notes(files.checkpoints)
    at, points = 0, []
    for place, note in enumerate(kept, start=1):
        try:
            points.append((f"checkpoint {place}", notes.parse(note)))
        except BadNote as bad:
            report.findings.append(
                Finding(fault=Fault.CORRUPT, where=CHECKPOINTS, offset=at, size=len(note), detail=str(bad))
            )
        at += len(note) + 1
    if unfinished and at < mark <= len(files.checkpoints):
        detail = "not a note where one was"
        report.findings.append(
            Finding(fault=Fault.CORRUPT, where=CHECKPOINTS, offset=at, size=len(unfinished), detail=detail)
        )
    elif unfinished and at >= mark and not live:
        detail = "the last was not written to its end"
        report.torn_notes_at = at
        report.findings.append(
            Finding(fault=Fault.TORN_TAIL, where=CHECKPOINTS, offset=at, size=len(unfinished), detail=detail)
        )
    return points


def _kept_checkpoints(trust: Trust, report: Report) -> list[tuple[str, Checkpoint]]:
    points = []
    for place, note in enumerate(trust.kept, start=1):
        try:
            points.append((f"kept checkpoint {place}", notes.parse(note)))
        except BadNote as bad:
            detail = f"kept checkpoint {place}: {bad}"
            report.findings.append(Finding(fault=Fault.CORRUPT, where=CHECKPOINTS, detail=detail))
    return points


def _is_ours(place: str, point: Checkpoint, files: DayFiles, trust: Trust, report: Report) -> bool:
    """Whether a checkpoint is of this log and signed as it should be."""
    if trust.verifiers and not point.is_signed_by(trust.verifiers):
        detail = f"{place}, of {point.size} entries: not signed by a key that is known, or not over this text"
        report.findings.append(Finding(fault=Fault.CORRUPT, where=CHECKPOINTS, detail=detail))
        return False
    name, _, day = point.origin.rpartition("/")
    if day != files.day.isoformat() or (trust.name is not None and name != trust.name):
        detail = f"{place} is of {point.origin}"
        report.findings.append(Finding(fault=Fault.SWAPPED_DAY, where=CHECKPOINTS, detail=detail))
        return False
    return True


def _judge_root(place: str, point: Checkpoint, report: Report, tree: Tree) -> None:
    if point.size > tree.size:
        if not _damaged(report):
            detail = f"the log ends with entry {tree.size}; {place} tells of {point.size}"
            report.findings.append(Finding(fault=Fault.TRUNCATED, where=LOG, sequence=tree.size + 1, detail=detail))
    elif tree.root(point.size) != point.root:
        detail = f"the first {point.size} entries are not those of {place}"
        report.findings.append(Finding(fault=Fault.REWRITTEN, where=LOG, sequence=point.size, detail=detail))
    else:
        report.checkpoints += 1
        report.checkpoint_size = max(report.checkpoint_size, point.size)
