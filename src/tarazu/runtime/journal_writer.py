"""The journal's one writer: entries appended in order, each acknowledged only when it is as durable as was promised.

`append` chains the entry and puts it in line. A forced one is then written and synced, with all before it, before
`append` returns. The others go with the next group: a thread writes and syncs what has gathered, and says so. One sync
is under way at a time: the kernel tells a failed write-back to one caller of fdatasync only, so of two at once one
could be told that all is well. At the first failure of any kind the writer is dead, for good, and nothing that was not
acknowledged will be.
"""

import threading
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TypeVar

from tarazu.journal.checkpoint import Signer, Verifier
from tarazu.journal.codec import FRAME_HEADER_BYTES, SEGMENT_HEADER_BYTES, aligned, encode_frame
from tarazu.journal.entry import KIND_MAX, PAYLOAD_BYTES_MAX, Durability, Head, day_number
from tarazu.journal.findings import Report
from tarazu.ports.disk import Disk
from tarazu.runtime.journal_epoch import begin_epoch, read_epoch
from tarazu.runtime.journal_files import MIB, day_folder
from tarazu.runtime.journal_log import DayLog
from tarazu.runtime.journal_recovery import recover
from tarazu.runtime.journal_space import RoomWatch, SpareSegment
from tarazu.runtime.journal_state import (
    USUAL,
    EntryTooLong,
    JournalDead,
    JournalSettings,
    Mode,
    NoRoom,
    NotDurable,
    Space,
)
from tarazu.runtime.os_disk import OsDisk
from tarazu.runtime.writer_lock import WriterLock

_LOOK_S = 1.0
"""How often the free space is measured and the watermark synced."""
_IN_LINE_BYTES_MAX = 4 * MIB
"""More than this in line, and an append writes it out itself: memory stays bounded when the disk is slow."""

T = TypeVar("T")


class Journal:
    """The writer of one day. `append` from one thread; the rest from any."""

    def __init__(
        self,
        root: Path,
        name: str,
        epoch: int,
        recovered: Report,
        settings: JournalSettings,
        disk: Disk,
        lock: WriterLock,
        signer: Signer | None,
        on_durable: Callable[[int], None] | None,
    ) -> None:
        """Use `open`."""
        self.day, self.epoch, self.mode = recovered.day, epoch, settings.durability
        self.folder = day_folder(root, recovered.day)
        self.recovered = recovered
        """What was found when it was opened; a torn tail in it has been erased."""
        self.dead: str | None = None
        """Why it is; None while it lives."""
        self._settings, self._lock, self._signer, self._on_durable = settings, lock, signer, on_durable
        self._day = day_number(recovered.day)
        self._frame_max = settings.segment_bytes - SEGMENT_HEADER_BYTES
        self._payload_max = min(PAYLOAD_BYTES_MAX, self._frame_max - aligned(FRAME_HEADER_BYTES + 8))
        self._watch = RoomWatch(disk, root, settings.room)
        self._spare = SpareSegment(disk, self.folder, settings.segment_bytes, self._watch)
        self._log = DayLog(disk, self._spare, name, epoch, recovered)
        self._head = self._log.written
        self._acknowledged = self._head.sequence
        # In line: frames and their hashes, under `_line`. Whoever writes takes all of them, under `_io`.
        self._line = threading.Lock()
        self._frames: list[bytes] = []
        self._hashes: list[bytes] = []
        self._in_line_bytes = 0
        self._io = threading.RLock()
        self._waiting = threading.Condition()
        self._came, self._over = threading.Event(), threading.Event()
        self._looked_at_s = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="journal-group", daemon=True)

    @classmethod
    def open(
        cls,
        root: Path,
        day: date,
        name: str,
        settings: JournalSettings = USUAL,
        *,
        signer: Signer | None = None,
        verifiers: tuple[Verifier, ...] = (),
        on_durable: Callable[[int], None] | None = None,
        disk: Disk | None = None,
    ) -> "Journal":
        """Begin or go on with the journal of `day` under `root`, in a new epoch.

        `name` is the journal's, in every checkpoint's origin. What is there is verified, checkpoints by `verifiers`.
        `on_durable` is told the last acknowledged sequence, by the thread that made it so; of two threads the later may
        be heard first. Raises SecondWriter, JournalDamaged, BadEpochFile, OSError.
        """
        disk = disk or OsDisk()
        day_folder(root, day).mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = WriterLock(root)
        try:
            disk.sync_folder(root.parent)
            disk.sync_folder(root)
            last = read_epoch(root)
            recovered = recover(disk, root, day, name, verifiers, last)
            epoch = begin_epoch(disk, root, last)
            journal = cls(root, name, epoch, recovered, settings, disk, lock, signer, on_durable)
        except BaseException:
            lock.close()
            raise
        journal._spare.start()
        journal._thread.start()
        return journal

    # What the caller asks.

    def append(
        self,
        kind: int,
        payload: bytes,
        ts_ns: int,
        durability: Durability = Durability.GROUP,
        *,
        from_reserve: bool = False,
    ) -> int:
        """Put one entry in line, or, FORCE, where the mode wants it; returns its sequence.

        `from_reserve` marks what an exit, a cancel or a halt needs recorded: only that is taken when the reserve is all
        that is left. Raises NoRoom or EntryTooLong, and nothing was written; JournalDead, and the process is to end.
        """
        assert 0 <= kind <= KIND_MAX
        if self.dead is not None or self._over.is_set():
            raise JournalDead(self.dead or "it is closed")
        if len(payload) > self._payload_max:
            raise EntryTooLong(len(payload), self._payload_max)
        if self._watch.space is Space.RESERVE and not from_reserve:
            raise NoRoom("only the reserve is left: free some space; exits and cancels are still journalled")
        head = self._head
        sequence = head.sequence + 1
        frame, entry_hash = encode_frame(sequence, ts_ns, kind, durability, self.epoch, self._day, head.hash, payload)
        with self._line:
            self._head = Head(sequence, entry_hash)
            self._frames.append(frame)
            self._hashes.append(entry_hash)
            self._in_line_bytes += len(frame)
        if durability == Durability.FORCE:
            self._commit(sync=self.mode is Mode.POWER)
        elif self._in_line_bytes > _IN_LINE_BYTES_MAX:
            self._commit(sync=False)
        if (self._log.durable.sequence < sequence or self._is_checkpoint_full()) and not self._came.is_set():
            self._came.set()
        return sequence

    @property
    def head(self) -> Head:
        """The last appended and its hash: what the next will be chained to."""
        return self._head

    @property
    def sequence(self) -> int:
        """The last appended."""
        return self._head.sequence

    @property
    def acknowledged(self) -> int:
        """The last that is as durable as the mode promises."""
        return self._acknowledged

    @property
    def space(self) -> Space:
        return self._watch.space

    @property
    def syncs(self) -> int:
        """Of segments, since this writer opened it."""
        return self._log.syncs

    def wait_durable(self, sequence: int, timeout_s: float = 5.0) -> None:
        """Return when the entry is acknowledged. Raises JournalDead, NotDurable."""
        with self._waiting:
            self._waiting.wait_for(lambda: self._acknowledged >= sequence or self.dead is not None, timeout_s)
        if self._acknowledged >= sequence:
            return
        if self.dead is not None:
            raise JournalDead(self.dead)
        raise NotDurable(f"entry {sequence} is not durable after {timeout_s} s")

    def sync(self) -> int:
        """Put all that was appended on the disk; returns the last sequence. Raises JournalDead."""
        self._commit(sync=True)
        return self._acknowledged

    def checkpoint(self, signer: Signer | None = None) -> bytes:
        """Sign the log as it is now, kept beside it when this returns: at a halt, at the close. Raises JournalDead."""
        by = signer or self._signer
        assert by is not None, "a checkpoint is signed"
        with self._io:
            self._commit(sync=True)
            return self._or_die(lambda: self._log.sign(by))

    def close(self) -> None:
        """All on the disk and signed, the watermark too, and the next writer let in. A second call does nothing."""
        if self._over.is_set():
            return
        try:
            if self.dead is None:
                with self._io:
                    self._commit(sync=True)
                    if self._signer is not None and self._log.unsigned:
                        self.checkpoint()
                    self._or_die(self._log.sync_mark)
        finally:
            self._over.set()
            self._came.set()
            if self._thread.is_alive():
                self._thread.join()
            self._spare.close()
            self._log.close()
            self._lock.close()

    # Writing.

    def _commit(self, sync: bool) -> None:
        """Write what is in line; with `sync` return when it is on the disk and marked so. Raises JournalDead."""
        with self._io:
            if self.dead is not None:
                raise JournalDead(self.dead)
            self._or_die(self._write)
            if sync:
                self._or_die(self._log.sync)
            log = self._log
            now = (log.durable if self.mode is Mode.POWER else log.written).sequence
        if now > self._acknowledged:
            with self._waiting:
                self._acknowledged = max(self._acknowledged, now)
                self._waiting.notify_all()
            if self._on_durable is not None:
                self._on_durable(now)

    def _write(self) -> None:
        with self._line:
            frames, hashes, head = self._frames, self._hashes, self._head
            self._frames, self._hashes, self._in_line_bytes = [], [], 0
        if frames:
            self._log.write(frames, hashes, head)

    def _or_die(self, act: Callable[[], T]) -> T:
        """Whatever goes wrong here is the end: nobody knows any more what the disk has."""
        try:
            return act()
        except OSError as broken:
            self._die(f"the disk failed: {broken}")
            raise JournalDead(self.dead) from broken
        except BaseException as bug:
            self._die(f"a bug: {bug!r}")
            raise

    def _die(self, why: str) -> None:
        self.dead = self.dead or why
        with self._waiting:
            self._waiting.notify_all()

    # The group's thread.

    def _run(self) -> None:
        try:
            while not self._over.is_set():
                self._beat()
        except JournalDead:
            pass  # it is said in `dead`, and to everyone who asks for anything
        finally:
            if not self._over.is_set():
                self._die("the group's thread ended")

    def _beat(self) -> None:
        """Wait for the first in line, let others join, and commit them. Look around once in a while."""
        if self._came.wait(_LOOK_S) and not self._over.is_set():
            self._came.clear()
            self._over.wait(self._settings.group_s)
            self._commit(sync=True)
        if self._over.is_set():
            return
        if self._is_checkpoint_due():
            self.checkpoint()
        if time.monotonic() - self._looked_at_s >= _LOOK_S:
            self._looked_at_s = time.monotonic()
            self._or_die(self._watch.look)
            with self._io:
                self._or_die(self._log.sync_mark)

    def _is_checkpoint_full(self) -> bool:
        return self._signer is not None and self._log.unsigned >= self._settings.checkpoint_entries

    def _is_checkpoint_due(self) -> bool:
        if self._signer is None or not self._log.unsigned:
            return False
        waited_s = time.monotonic() - self._log.signed_at_s
        return self._is_checkpoint_full() or waited_s >= self._settings.checkpoint_s
