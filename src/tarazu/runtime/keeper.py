"""What the log needs done beside its appends: bytes to the disk, the next segment ready, an eye on the free space.

One thread does it at a fixed beat. An append never waits for it, but for one case: a segment filled faster than the
next could be made, counted in `stalled_rolls`.
"""

import errno
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import date
from pathlib import Path

import msgspec

from tarazu.runtime.doorbell import Bells
from tarazu.runtime.segment_file import WrittenSegment, make_segment

MIB = 1 << 20
WARM_BYTES_MIN = 64 << 10
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}

log = logging.getLogger("tarazu.feed_log")


class Watermarks(msgspec.Struct, frozen=True):
    """Free bytes of the file system: LOW below the first; below the second the log takes no further segment.

    What is already preallocated is written to the end; with none left it is DISK_FULL.
    """

    low_bytes: int = 2048 * MIB
    floor_bytes: int = 256 * MIB


class Keeper:
    """Owns the segments but for the appending itself; `take` and `adopt` are the appending thread's."""

    def __init__(
        self,
        folder: Path,
        day: date,
        segment_bytes: int,
        watermarks: Watermarks,
        written: Callable[[], tuple[int, WrittenSegment | None, int]],
        on_failure: Callable[[], None],
    ) -> None:
        self.folder, self.day = folder, day
        self.bells = Bells(folder)
        self.failure: str | None = None
        self.full = False
        self.free_bytes = 0
        self.stalled_rolls = 0
        self._deaf = False
        self.syncs = 0
        self.sync_ns_max = 0
        self._synced_sequence = written()[0]
        self._segment_bytes, self._watermarks = segment_bytes, watermarks
        self._written, self._on_failure = written, on_failure
        self._durable_as_of_ns = time.monotonic_ns()
        self._current: WrittenSegment | None = None
        self._retired: deque[WrittenSegment] = deque()
        self._prepared: WrittenSegment | None = None
        self._wanted = 1
        self._making = threading.Lock()  # only ever held to make a segment
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="feed-log-keeper", daemon=True)
        self.look_at_disk()

    # What the appending thread calls.

    def start(self, period_s: float) -> None:
        self._period_s = period_s
        self._thread.start()

    def expect(self, number: int) -> None:
        """The next segment to make is `number`. Before `start`."""
        self._wanted = number

    def take(self) -> WrittenSegment | None:
        """The next segment, made on the spot when it is not ready; None when there is no room or the disk failed."""
        ready = self._prepared is not None
        with self._making:
            if self._prepared is None and not self.full and self.failure is None:
                self._prepare()
            segment, self._prepared = self._prepared, None
            if segment is not None:
                self._wanted = segment.number + 1
                self.stalled_rolls += not ready and self._current is not None
            return segment

    def adopt(self, segment: WrittenSegment) -> None:
        """`segment` is written from now on; the one before it is complete."""
        if self._current is not None:
            self._retired.append(self._current)
        self._current, self._wanted = segment, segment.number + 1

    @property
    def ready(self) -> bool:
        """Whether the next segment waits."""
        return self._prepared is not None

    @property
    def low(self) -> bool:
        return self.full or self.free_bytes < self._watermarks.low_bytes

    @property
    def sync_lag_ns(self) -> int:
        """How long the oldest append that is not on the disk yet may have waited; 0 when all are."""
        if self._written()[0] == self._synced_sequence:
            return 0
        return time.monotonic_ns() - self._durable_as_of_ns

    def close(self) -> None:
        """Stop the thread, put everything on the disk, remove the segment that was never begun."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        self._sync()
        if self._prepared is not None:
            self._prepared.path.unlink()
            self._prepared.close()
        for segment in (*self._retired, self._current):
            if segment is not None:
                segment.close()
        self.bells.close()

    # The beat.

    def _run(self) -> None:
        try:
            while not self._stop.wait(self._period_s):
                self.beat()
        finally:
            if not self._stop.is_set():
                self._fail("the keeper's thread died of a bug")

    def beat(self) -> None:
        """One round: readers, the disk's room, the next segment, the sync."""
        try:
            self.bells.discover()
            self._deaf = False
        except OSError as broken:
            if not self._deaf:
                log.warning("readers are not found, and wait without being woken: %s", broken)
            self._deaf = True  # no reader's trouble ends the recording
        try:
            self.look_at_disk()
        except OSError as broken:
            self._fail(f"feed folder: {broken}")
        if self._prepared is None and self.failure is None:
            with self._making:
                if self._prepared is None:
                    self._prepare()
        self._sync()

    def look_at_disk(self) -> None:
        disk = os.statvfs(self.folder)
        self.free_bytes = disk.f_bavail * disk.f_frsize

    def _prepare(self) -> None:
        """Make the next segment unless that would take the free space below the floor."""
        if self.free_bytes - self._segment_bytes < self._watermarks.floor_bytes:
            self.full = True
            return
        try:
            self._prepared = make_segment(self.folder, self.day, self._wanted, self._segment_bytes)
            self.full = False
        except OSError as broken:
            if broken.errno in NO_ROOM:
                self.full = True
            else:
                self._fail(f"cannot make segment {self._wanted}: {broken}")

    def _sync(self) -> None:
        """Put what has been written so far on the disk."""
        if self.failure is not None:
            return  # a second sync may succeed and mean nothing
        (sequence, current, at), began_ns = self._written(), time.monotonic_ns()
        try:
            if current is not None and sequence != self._synced_sequence:
                grown = max(0, at - current.synced_to)
                if grown:
                    current.sync_to(at)
                self.syncs += 1
                # Where the appends of the next beat will go, by the last one's.
                current.warm(at, 2 * grown + WARM_BYTES_MIN)
            while self._retired:
                self._retired[0].sync()
                self._retired.popleft().close()
        except OSError as broken:
            self._fail(f"sync: {broken}")
            return
        self._synced_sequence, self._durable_as_of_ns = sequence, began_ns
        self.sync_ns_max = max(self.sync_ns_max, time.monotonic_ns() - began_ns)

    def _fail(self, failure: str) -> None:
        """Remember the first failure for good: after a failed sync nobody knows what the disk has."""
        self.failure = self.failure or failure
        self._on_failure()
