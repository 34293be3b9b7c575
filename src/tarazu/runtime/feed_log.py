"""The feed log's writer: every frame of the day, as received, in the order received.

`append` copies the frame into the mapped segment, so it returns with the bytes in the page cache: the process may be
killed at once and nothing is lost. The keeper puts them on the disk within its beat; only a power cut costs that much.
"""

import sys
from datetime import date
from pathlib import Path

import msgspec

from tarazu.journal.crc import crc32c
from tarazu.runtime.keeper import MIB, Keeper, Watermarks
from tarazu.runtime.log_state import FrameTooLong, LogState, NotRecorded, Stats
from tarazu.runtime.repair import Report, recover
from tarazu.runtime.segment import (
    CRC_FROM,
    FRAME,
    FRAME_HEADER_BYTES,
    PAYLOAD_BYTES_MAX,
    SEGMENT_HEADER_BYTES,
    Kind,
    aligned,
    day_folder,
    segment_path,
    segments,
)
from tarazu.runtime.segment_file import WrittenSegment
from tarazu.runtime.writer_lock import WriterLock

SEGMENT_BYTES = 32 * MIB
# Twenty times a second: what a power cut may cost, against the disk's time (measured: 1.5-4 ms a sync).
SYNC_PERIOD_S = 0.05
# Kept free at a segment's end for the seal and for the marks of a recording that stops.
RESERVE_BYTES = 512
_CALLERS_KIND_MAX = int(Kind.EVENT)

Payload = bytes | bytearray | memoryview

assert sys.byteorder == "little", "frames are stored in the host's order, which the format fixes as little-endian"


class FeedLog:
    """The one writer of a day's log. Append from one thread."""

    def __init__(
        self, folder: Path, day: date, lock: WriterLock, recovery: Report, segment_bytes: int, watermarks: Watermarks
    ) -> None:
        """Use `open`."""
        self.folder, self.day = folder, day
        self.recovery = recovery
        """What was found at the end of the log when it was opened; a torn tail in it has been erased."""
        self._lock = lock
        self._sequence = self._first = recovery.next_sequence - 1
        self._at, self._limit = 0, -1
        self._payload_max = min(
            PAYLOAD_BYTES_MAX, segment_bytes - SEGMENT_HEADER_BYTES - FRAME_HEADER_BYTES - RESERVE_BYTES
        )
        assert self._payload_max > 0
        self._not_recorded = self._missed = 0
        self._stopped = self._closed = False
        self._segment: WrittenSegment | None = None
        self._keeper = Keeper(folder, day, segment_bytes, watermarks, self._written, self._halt)
        self._ring = self._keeper.bells.ring

    @classmethod
    def open(
        cls,
        feed: Path,
        day: date,
        *,
        segment_bytes: int = SEGMENT_BYTES,
        sync_period_s: float = SYNC_PERIOD_S,
        watermarks: Watermarks | None = None,
    ) -> "FeedLog":
        """Begin or go on with the log of `day` under the feed folder. Raises SecondWriter, OSError.

        Without room for a segment it opens all the same, in state DISK_FULL.
        """
        folder = day_folder(feed, day)
        folder.mkdir(parents=True, exist_ok=True)
        lock = WriterLock(folder)
        try:
            recovery = recover(folder)
            _remove_unbegun(folder, recovery.end.segment)
            log = cls(folder, day, lock, recovery, segment_bytes, watermarks or Watermarks())
            log._resume()
        except BaseException:
            lock.close()
            raise
        log._keeper.start(sync_period_s)
        return log

    def append(self, kind: Kind, connection: int, payload: Payload, wall_ns: int, mono_ns: int) -> int:
        """Record one frame and wake the readers; returns its sequence.

        Raises NotRecorded or FrameTooLong, and then nothing was written. Never waits for the disk or for a reader.
        """
        assert kind <= _CALLERS_KIND_MAX, "marks and seals are the log's own"
        size = len(payload)
        if self._at + FRAME_HEADER_BYTES + size > self._limit or size > self._payload_max:
            self._make_room(size, wall_ns, mono_ns)
        sequence = self._sequence + 1
        self._put(sequence, kind, connection, payload, wall_ns, mono_ns)
        self._sequence = sequence
        return sequence

    @property
    def state(self) -> LogState:
        if self._closed:
            return LogState.CLOSED
        if self._keeper.failure is not None:
            return LogState.FAILED
        if self._stopped and not self._keeper.ready:
            return LogState.DISK_FULL
        return LogState.LOW if self._keeper.low else LogState.RECORDING

    @property
    def stats(self) -> Stats:
        keeper = self._keeper
        return Stats(
            last_sequence=self._sequence,
            frames=self._sequence - self._first,
            not_recorded=self._not_recorded,
            segment=0 if self._segment is None else self._segment.number,
            stalled_rolls=keeper.stalled_rolls,
            readers=len(keeper.bells),
            syncs=keeper.syncs,
            sync_lag_ns=keeper.sync_lag_ns,
            sync_ns_max=keeper.sync_ns_max,
            free_bytes=keeper.free_bytes,
            failure=keeper.failure,
        )

    def close(self) -> None:
        """Put everything on the disk and let the next writer in. A second call does nothing."""
        if self._closed:
            return
        if self._missed:
            self._mark({"recording": "CLOSED", "not_recorded": self._missed}, 0, 0)
        self._closed, self._limit = True, -1
        self._keeper.close()
        self._lock.close()

    # The frame.

    def _put(self, sequence: int, kind: int, connection: int, payload: Payload, wall_ns: int, mono_ns: int) -> None:
        """Write a frame there is room for: all of it, then its length, which is what makes it one."""
        at, view = self._at, self._view
        end = at + FRAME_HEADER_BYTES + len(payload)
        FRAME.pack_into(view, at, 0, 0, sequence, wall_ns, mono_ns, connection, kind)
        view[at + FRAME_HEADER_BYTES : end] = payload
        words, word = self._words, at >> 2
        words[word + 1] = crc32c(view[at + CRC_FROM : end])
        words[word] = end - at
        self._at = (end + 7) & ~7
        self._ring()

    # The segment.

    def _resume(self) -> None:
        """Begin where the log ends."""
        number, at = self.recovery.end
        path = segment_path(self.folder, number)
        self._keeper.expect(number)
        segment = WrittenSegment(path, number) if path.exists() else self._keeper.take()
        if segment is None:
            self._stopped = True
            return
        self._begin(segment, at)

    def _begin(self, segment: WrittenSegment, at: int) -> None:
        self._keeper.adopt(segment)
        self._view, self._words = segment.view, segment.words
        self._at, self._limit = at, len(segment.view) - RESERVE_BYTES
        self._segment = segment  # last, as `_written` needs it
        if self._keeper.failure is not None:
            self._halt()  # it came while we were here

    def _make_room(self, size: int, wall_ns: int, mono_ns: int) -> None:
        """Roll to the next segment. Raises when there is none to roll to."""
        if size > self._payload_max:
            raise FrameTooLong(size, self._payload_max)
        if self._closed:
            raise NotRecorded(LogState.CLOSED, "the log is closed")
        segment = None if self._keeper.failure else self._keeper.take()
        if segment is None:
            self._refuse(wall_ns, mono_ns)
        else:
            self._seal(wall_ns, mono_ns)
            self._begin(segment, SEGMENT_HEADER_BYTES)
            if self._missed:
                self._mark({"recording": "RESUMED", "not_recorded": self._missed}, wall_ns, mono_ns)
            self._stopped, self._missed = False, 0

    def _refuse(self, wall_ns: int, mono_ns: int) -> None:
        """Count the frame, and at the first say in the log itself that recording stopped."""
        if not self._stopped:
            self._halt()
            self._stopped = True
            self._mark({"recording": "STOPPED", "state": self.state}, wall_ns, mono_ns)
        self._missed += 1
        self._not_recorded += 1
        raise NotRecorded(self.state, self._keeper.failure or f"{self._keeper.free_bytes} bytes free")

    def _seal(self, wall_ns: int, mono_ns: int) -> None:
        """Tell readers to go on in the next segment. The seal has the next frame's sequence and is not counted."""
        if self._segment is not None:
            self._put(self._sequence + 1, Kind.SEAL, 0, b"", wall_ns, mono_ns)

    def _mark(self, what: dict[str, object], wall_ns: int, mono_ns: int) -> None:
        """Record something about the log, if the reserve has room for it and for the seal."""
        payload = msgspec.json.encode(what)
        after = aligned(self._at + FRAME_HEADER_BYTES + len(payload)) + FRAME_HEADER_BYTES
        if self._segment is not None and after <= len(self._segment.view):
            self._put(self._sequence + 1, Kind.MARK, 0, payload, wall_ns, mono_ns)
            self._sequence += 1

    def _written(self) -> tuple[int, WrittenSegment | None, int]:
        """How far we are, for the keeper's thread: the last sequence, and the offset after it in the segment it is in.

        In the middle of a roll the offset may already be the next segment's, and then is before the one synced to.
        """
        while True:
            segment = self._segment
            sequence, at = self._sequence, self._at
            if self._segment is segment:
                return sequence, segment, at

    def _halt(self) -> None:
        """Let no further frame take the fast way."""
        self._limit = -1


def _remove_unbegun(folder: Path, last: int) -> None:
    """Take away what a killed writer had prepared beyond the segment the log goes on in; no reader is there yet."""
    for path in folder.glob("*.part"):
        path.unlink()
    for number in segments(folder):
        if number > last:
            segment_path(folder, number).unlink()
