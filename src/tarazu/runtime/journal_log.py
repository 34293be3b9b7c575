"""A day's log on the disk, as its writer holds it: segments, watermark, checkpoints. Not for two threads at once.

Every method may raise OSError, and is then the last one that was called.
"""

import time

from tarazu.journal.checkpoint import Signer
from tarazu.journal.codec import SegmentHeader, Watermark, log_id
from tarazu.journal.entry import Head, day_number
from tarazu.journal.findings import Report
from tarazu.ports.disk import Disk
from tarazu.runtime.journal_checkpoints import CheckpointFile
from tarazu.runtime.journal_segment import JournalSegment, begin, reopen
from tarazu.runtime.journal_space import SpareSegment
from tarazu.runtime.journal_watermark import WatermarkFile


class DayLog:
    """`written` is what the kernel has, `durable` what the disk has; both are always a beginning of the log."""

    def __init__(self, disk: Disk, spare: SpareSegment, name: str, epoch: int, recovered: Report) -> None:
        self.syncs = 0
        self._disk, self._spare, self._epoch = disk, spare, epoch
        self._folder = spare.folder
        self._log, self._day = log_id(name), day_number(recovered.day)
        first = recovered.head.hash if recovered.entries else recovered.first_prev
        assert first is not None
        self.written = self.durable = Head(recovered.head.sequence, first)
        self._points = CheckpointFile(disk, self._folder, name, recovered)
        self._mark_count = 0 if recovered.watermark is None else recovered.watermark.count + 1
        self._marks = WatermarkFile(disk, self._folder, self._next_mark())
        if recovered.watermark is not None:
            self._mark_count -= 1  # it was there, and took no first mark
        self._ungrown: list[bytes] = []
        self.signed_at_s = time.monotonic()
        self._segment = self._resume(recovered)

    @property
    def unsigned(self) -> int:
        """Durable entries that no checkpoint tells of yet."""
        return self.durable.sequence - self._points.entries

    def write(self, frames: list[bytes], hashes: list[bytes], head: Head) -> None:
        """Give the kernel these frames; `head` is the last of them."""
        whole = b"".join(frames)
        if len(whole) <= self._segment.room:
            self._segment.write(whole)
        else:
            self._write_over_segments(frames, hashes)
        self._ungrown += hashes
        self.written = head

    def sync(self) -> None:
        """Put what was written on the disk, then say so in the watermark."""
        if self.durable.sequence == self.written.sequence:
            return
        self._segment.sync()
        self.syncs += 1
        self.durable = self.written
        self._mark()

    def sync_mark(self) -> None:
        self._marks.sync()

    def sign(self, signer: Signer) -> bytes:
        """The checkpoint of all that is durable, which is all that was written."""
        assert self.durable.sequence == self.written.sequence
        hashes, self._ungrown = self._ungrown, []
        self._points.grow(hashes)
        note = self._points.sign(signer)
        self.signed_at_s = time.monotonic()
        self._mark()
        return note

    def close(self) -> None:
        self._segment.close()
        self._marks.close()
        self._points.close()

    def _write_over_segments(self, frames: list[bytes], hashes: list[bytes]) -> None:
        """What fits into this segment, the rest into the next ones."""
        before = self.written
        begun, room = 0, self._segment.room
        for place, frame in enumerate(frames):
            if len(frame) > room:
                if place > begun:
                    self._segment.write(b"".join(frames[begun:place]))
                self._roll(Head(before.sequence + place, hashes[place - 1] if place else before.hash))
                begun, room = place, self._segment.room
            room -= len(frame)
        self._segment.write(b"".join(frames[begun:]))

    def _roll(self, head: Head) -> None:
        """Finish this segment and begin the next after `head`; the first is on the disk before the next has a name."""
        self._segment.sync()
        self.syncs += 1
        number = int(self._segment.path.stem) + 1
        self._segment.close()
        self._segment = self._begin(number, head)

    def _begin(self, number: int, head: Head) -> JournalSegment:
        segment = self._spare.take()
        header = SegmentHeader(
            day=self._day,
            segment=number,
            epoch=self._epoch,
            size=segment.size,
            first_sequence=head.sequence + 1,
            prev=head.hash,
            log=self._log,
        )
        begin(segment, self._folder, header)
        return segment

    def _resume(self, recovered: Report) -> JournalSegment:
        """Where the log ends; all of it is put on the disk, and marked so, before anything is built on it."""
        if not recovered.end_segment:
            return self._begin(1, self.written)
        segment = reopen(self._disk, self._folder, recovered.end_segment, recovered.end_offset)
        segment.sync()
        self._mark()
        self._marks.sync()
        return segment

    def _mark(self) -> None:
        """The order of it all is argued in `journal_watermark`."""
        self._marks.write(self._next_mark())

    def _next_mark(self) -> Watermark:
        self._mark_count += 1
        return Watermark(
            day=self._day,
            epoch=self._epoch,
            count=self._mark_count - 1,
            sequence=self.durable.sequence,
            hash=self.durable.hash,
            checkpoint_bytes=self._points.size,
            log=self._log,
        )
