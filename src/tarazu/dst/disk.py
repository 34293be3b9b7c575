"""A disk in memory: one journal's segment and watermark, what of them is synced, and what a crash leaves of it."""

from datetime import date
from random import Random

from tarazu.journal.codec import (
    SEGMENT_HEADER_BYTES,
    WATERMARK_SLOT_BYTES,
    WATERMARK_SLOTS,
    SegmentHeader,
    Watermark,
    after,
    encode_segment_header,
    encode_watermark,
    entry_at,
    log_id,
)
from tarazu.journal.entry import GENESIS, Entry, Head, day_number
from tarazu.journal.evidence import DayFiles, Trust
from tarazu.journal.findings import Fault, Report
from tarazu.journal.verify import verify_day

LOG_NAME = "dst"
SEGMENT_BYTES = 4 << 20
_STEP_BYTES = 64 << 10
_LOG_ID = log_id(LOG_NAME)


class SecondInstance(Exception):
    """The lock is held by a process that lives."""


class DiskLied(Exception):
    """What was synced is not there: the journal's code or this disk is wrong."""


class SimDisk:
    """`synced` bytes survive anything. What was written after them survives a crash as a prefix, perhaps torn, perhaps
    with a hole: sectors of one write reach a disk in any order."""

    def __init__(self, day: date) -> None:
        self.day, self._day_number = day, day_number(day)
        self.epoch = 0
        self.holder: int | None = None
        """The epoch of the process that holds the lock."""
        header = SegmentHeader(
            day=self._day_number,
            segment=1,
            epoch=0,
            size=SEGMENT_BYTES,
            first_sequence=1,
            prev=GENESIS,
            log=_LOG_ID,
        )
        self.image = bytearray(encode_segment_header(header))
        self.synced = len(self.image)
        self.synced_head = Head()
        self._slots: list[Watermark | None] = [None] * WATERMARK_SLOTS
        self._slots_synced = list(self._slots)
        self._marks = 0
        self.mark(Head(), 0)
        self._slots_synced = list(self._slots)

    def lock(self, epoch: int) -> None:
        if self.holder is not None:
            raise SecondInstance(f"epoch {self.holder} lives")
        self.holder = epoch

    def write(self, data: bytes) -> None:
        self.image += data
        assert len(self.image) < SEGMENT_BYTES, "the day's journal does not fit the simulated disk"

    def sync(self, head: Head) -> None:
        self.synced, self.synced_head = len(self.image), head

    def mark(self, head: Head, epoch: int) -> None:
        """Write the watermark, not synced; the one before it is by now."""
        self._slots_synced = list(self._slots)
        mark = Watermark(
            day=self._day_number,
            epoch=epoch,
            count=self._marks,
            sequence=head.sequence,
            hash=head.hash,
            checkpoint_bytes=0,
            log=_LOG_ID,
        )
        self._slots[self._marks % WATERMARK_SLOTS] = mark
        self._marks += 1

    def durable(self, text: str) -> bool:
        """Whether this is on the disk, near the end."""
        return self.image.rfind(text.encode(), max(self.synced - _STEP_BYTES, 0), self.synced) >= 0

    # What a crash does.

    def crash(self, unwritten: bytes, dice: Random, kept: float | None = None) -> None:
        """The process is gone: `unwritten` was still in its memory or on its way. `kept` is how much of what was not
        synced is kept; None lets the dice say, a third of the time all of it or nothing."""
        self.holder = None
        loose = bytes(self.image[self.synced :]) + unwritten
        if kept is None:
            kept = dice.choice((0.0, 1.0, dice.random()))
        left = bytearray(loose[: round(len(loose) * kept)])
        if len(left) > 2_048 and 0 < kept < 1 and dice.random() < 0.3:
            hole = dice.randrange(0, len(left) - 512)
            left[hole : hole + 512] = bytes(512)
        del self.image[self.synced :]
        self.image += left
        if loose and dice.random() < 0.3:
            self._slots = list(self._slots_synced)

    # What the next process does.

    def recover(self) -> tuple[Report, memoryview]:
        """Verify what is there and erase a torn tail, as `runtime.journal_recovery` does. Raises DiskLied."""
        segment = bytearray(SEGMENT_BYTES)
        segment[: len(self.image)] = self.image
        view = memoryview(segment)
        marks = b"".join(_slot(mark) for mark in self._slots)
        trust = Trust(name=LOG_NAME, epoch=self.epoch, first_prev=GENESIS)
        report = verify_day(DayFiles(day=self.day, segments=((1, view),), watermark=marks), trust)
        if report.fault not in (None, Fault.TORN_TAIL):
            raise DiskLied(str(report.gravest))
        if report.head.sequence < self.synced_head.sequence:
            raise DiskLied(
                f"entry {self.synced_head.sequence} was synced, the journal ends with {report.head.sequence}"
            )
        del self.image[report.end_offset :]
        self.image += bytes(report.end_offset - len(self.image))  # the last entry's padding may have been cut
        self.sync(report.head)
        return report, view[: report.end_offset]

    def begin_epoch(self, head: Head) -> int:
        """Durable before it is used."""
        self.epoch += 1
        self.mark(head, self.epoch)
        self._slots_synced = list(self._slots)
        return self.epoch


def _slot(mark: Watermark | None) -> bytes:
    return (encode_watermark(mark) if mark is not None else b"").ljust(WATERMARK_SLOT_BYTES, b"\0")


def entries(view: memoryview) -> "list[Entry]":
    """All of a verified segment."""
    found: list[Entry] = []
    at = SEGMENT_HEADER_BYTES
    while (entry := entry_at(view, at)) is not None:
        found.append(entry)
        at = after(entry, at)
    return found
