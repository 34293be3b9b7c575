"""Verifying a day: every byte of its segments, the chain, the tree against every checkpoint, the watermark.

What is gone or wrong is told apart by what had been acknowledged. The watermark says up to where everything had been
on the disk: damage after it is what a crash leaves (TORN_TAIL), damage before it is CORRUPT, and an end before it is
TRUNCATED. A group written but not acknowledged may reach the disk in any order, so beyond the watermark whole entries
may follow a torn one. The watermark's own last update may be lost with the power (`runtime/journal_watermark`): what
can then pass for a torn tail is at most the last group, and only if it is damaged as well.
"""

from collections.abc import Callable

from tarazu.journal.codec import log_id
from tarazu.journal.entry import FIRST_SEQUENCE, Head, day_number
from tarazu.journal.evidence import NOTHING, DayFiles, Trust
from tarazu.journal.findings import LOG, SEGMENT, Fault, Finding, Report
from tarazu.journal.merkle import Tree, join_pairs
from tarazu.journal.scan import Progress, check_header, last_written, next_entry, scan
from tarazu.journal.witness import judge_checkpoints, judge_watermark, read_watermark

LONG_DAY_ENTRIES = 50_000


def verify_day(
    files: DayFiles, trust: Trust = NOTHING, live: bool = False, told: Callable[[int, int], None] | None = None
) -> Report:
    """Judge a day. `live`: it is being written, and its end is not judged. `told` hears segments done, of how many."""
    progress = Progress(
        day=day_number(files.day),
        log=None if trust.name is None else log_id(trust.name),
        head=Head(FIRST_SEQUENCE - 1),
        first_prev=trust.first_prev,
        leaves=bytearray(),
    )
    report = Report(day=files.day, findings=[])
    report.watermark = read_watermark(files, progress, report)
    _walk(files, progress, report, live, told)
    report.entries, report.payload_bytes = progress.entries, progress.payload_bytes
    report.head, report.epoch, report.first_prev = progress.head, progress.epoch, progress.first_prev
    report.leaves = bytes(progress.leaves)
    tree = Tree(report.leaves, _join(report))
    report.root, report.frontier = tree.root(), tree.frontier()
    judge_watermark(report, tree)
    judge_checkpoints(files, trust, report, tree, live)
    if trust.epoch is not None and trust.epoch < report.epoch:
        detail = f"the last epoch begun is said to be {trust.epoch}, and there are entries of {report.epoch}"
        report.findings.append(Finding(fault=Fault.EPOCH, where=LOG, detail=detail))
    return report


# The segments.


def _walk(
    files: DayFiles, progress: Progress, report: Report, live: bool, told: Callable[[int, int], None] | None
) -> None:
    count = len(files.segments)
    for done, (number, view) in enumerate(files.segments):
        finding = _walk_segment(view, number, progress, report, last=done == count - 1, live=live)
        if finding is not None:
            report.findings.append(finding)
            return  # what follows has lost its footing: it is not judged, and not vouched for
        if told is not None:
            told(done + 1, count)


def _walk_segment(
    view: memoryview, number: int, progress: Progress, report: Report, last: bool, live: bool
) -> Finding | None:
    wanted = report.segments + 1
    if number != wanted:
        detail = f"missing: the next is {number}"
        return Finding(fault=Fault.CORRUPT, where=SEGMENT, segment=wanted, detail=detail)
    finding = check_header(view, number, progress)
    if finding is not None:
        return finding
    report.segments = number
    finding = None if _scanned_whole(view, progress, report) else scan(view, number, progress)
    report.end_segment, report.end_offset = number, progress.at
    return finding or _ending(view, number, progress, report, last, live)


def _scanned_whole(view: memoryview, progress: Progress, report: Report) -> bool:
    """A long day is taken in a segment at a time, where nothing is wrong with it."""
    if not _is_long(report):
        return False
    from tarazu.journal.batch import scan_whole

    return scan_whole(view, progress)


def _join(report: Report) -> Callable[[bytes], bytes]:
    if not _is_long(report):
        return join_pairs
    from tarazu.journal.batch import join_level

    return join_level


def _is_long(report: Report) -> bool:
    """Whether the kernels are worth loading, which takes as long as some 100,000 entries do without them."""
    return report.watermark is not None and report.watermark.sequence >= LONG_DAY_ENTRIES


def _ending(
    view: memoryview, number: int, progress: Progress, report: Report, last: bool, live: bool
) -> Finding | None:
    """What stands where no entry does: nothing, a torn tail, or damage."""
    at, sequence = progress.at, progress.head.sequence + 1
    acked = 0 if report.watermark is None else report.watermark.sequence
    if live and last and report.watermark is not None and sequence > acked:
        return None  # a torn tail at most: the many bytes up to the file's end need no look
    end = last_written(view, at)
    if end == at:
        return None
    beyond = next_entry(view, at)
    torn = last and sequence > acked and (report.watermark is not None or beyond is None)
    if torn and live:
        return None
    if torn:
        detail = "written and never acknowledged"
        return Finding(
            fault=Fault.TORN_TAIL,
            where=SEGMENT,
            segment=number,
            offset=at,
            size=end - at,
            sequence=sequence,
            detail=detail,
        )
    upto = end if beyond is None else beyond[0]
    found = "" if beyond is None else f"; entry {beyond[1].sequence} follows whole"
    return Finding(
        fault=Fault.CORRUPT,
        where=SEGMENT,
        segment=number,
        offset=at,
        size=upto - at,
        sequence=sequence,
        detail=f"no entry where one was{found}",
    )
