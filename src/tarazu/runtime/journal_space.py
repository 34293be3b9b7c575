"""Room on the disk: watched, and a reserve of it kept back for the exits of a day whose disk filled up."""

import errno
import threading
from collections.abc import Callable
from pathlib import Path

from tarazu.ports.disk import Disk
from tarazu.runtime.journal_segment import JournalSegment, prepare
from tarazu.runtime.journal_state import Room, Space

NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
PIECE_PAUSE_S = 0.001
"""Between the pieces of a segment made ahead, so that forced appends get at the disk."""


class RoomWatch:
    """The free space, and the file that holds the reserve."""

    def __init__(self, disk: Disk, root: Path, room: Room) -> None:
        self._disk, self._root, self._room = disk, root, room
        self._reserve = root / "reserve"
        self.space = Space.OK
        self.look()

    def look(self) -> None:
        """Measure; lay the reserve by (again) when there is plenty. Raises OSError."""
        free = self._disk.free_bytes(self._root)
        plenty = free >= self._room.low_bytes + self._room.reserve_bytes
        if plenty and self._room.reserve_bytes and not self._reserve.exists():
            self._hold()
        if self.space is not Space.RESERVE or plenty:
            self.space = Space.OK if free >= self._room.low_bytes else Space.LOW

    def release(self) -> bool:
        """Give the reserve up. False when there is none any more."""
        self.space = Space.RESERVE
        if not self._reserve.exists():
            return False
        self._disk.unlink(self._reserve)
        self._disk.sync_folder(self._root)
        return True

    def _hold(self) -> None:
        unfinished = self._root / "reserve.part"
        fd = self._disk.open(unfinished)
        try:
            self._disk.allocate(fd, self._room.reserve_bytes)
        except OSError as broken:
            if broken.errno not in NO_ROOM:
                raise
            self._disk.unlink(unfinished)
            return  # someone else took it: next time
        finally:
            self._disk.close(fd)
        self._disk.rename(unfinished, self._reserve)


class SpareSegment:
    """The next segment, made ahead by a thread of its own."""

    def __init__(self, disk: Disk, folder: Path, size: int, watch: RoomWatch) -> None:
        self._disk, self._size, self._watch = disk, size, watch
        self.folder = folder
        self._made = 0
        for left in folder.glob("next-*.part"):  # by a writer that was killed
            disk.unlink(left)
        self._making = threading.Lock()
        self._ready: JournalSegment | None = None
        self._failure: OSError | None = None
        self._wanted, self._stopped = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="journal-spare", daemon=True)

    def start(self) -> None:
        self._wanted.set()
        self._thread.start()

    def take(self) -> JournalSegment:
        """The next, made on the spot when it is not ready; from the reserve when there is no other room.

        Raises OSError when there is none at all, or when the disk failed at it.
        """
        with self._making:
            if self._failure is not None:
                raise self._failure
            segment = self._ready or self._make(lambda: None)
            self._ready = None
        self._wanted.set()
        return segment

    def close(self) -> None:
        self._stopped.set()
        self._wanted.set()
        if self._thread.is_alive():
            self._thread.join()
        unused, self._ready = self._ready, None
        if unused is not None:
            unused.close()
            self._disk.unlink(unused.path)

    def _run(self) -> None:
        while True:
            self._wanted.wait()
            self._wanted.clear()
            if self._stopped.is_set():
                return
            with self._making:
                if self._ready is None and self._failure is None:
                    try:
                        self._ready = self._make(lambda: self._stopped.wait(PIECE_PAUSE_S))
                    except OSError as broken:
                        if broken.errno not in NO_ROOM:  # room may come back before it is needed
                            self._failure = broken

    def _make(self, pause: Callable[[], object]) -> JournalSegment:
        self._made += 1  # the one before may not have its name yet
        path = self.folder / f"next-{self._made}.part"
        try:
            return prepare(self._disk, path, self._size, pause)
        except OSError as broken:
            if broken.errno not in NO_ROOM or not self._watch.release():
                raise
        return prepare(self._disk, path, self._size, pause)
