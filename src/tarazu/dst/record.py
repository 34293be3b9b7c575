"""The journal's writer on the simulated disk: `ports.record.Record`, with a boundary before and after every effect."""

from collections.abc import Callable
from typing import Protocol

from tarazu.dst.disk import SimDisk
from tarazu.dst.faults import Faults
from tarazu.journal.codec import encode_frame
from tarazu.journal.entry import Durability, Head, day_number
from tarazu.model.units import MILLISECOND_NS
from tarazu.runtime.journal_state import JournalDead, NoRoom

GROUP_NS = 250 * MILLISECOND_NS
"""How long a group gathers: far longer than the real writer's, so that a crash finds something to lose."""


class Surroundings(Protocol):
    """What the record needs of the world."""

    @property
    def faults(self) -> Faults: ...

    def effect(self, name: str, /) -> None:
        """A boundary at which the process may die. Raises ProcessDied."""
        ...

    def after(self, ns: int, thing: Callable[[], None]) -> None: ...

    def wrote(self, kind: int, frame: bytes) -> None: ...

    def synced(self, upto: int) -> None: ...


class SimRecord:
    def __init__(self, disk: SimDisk, epoch: int, head: Head, world: Surroundings) -> None:
        self._disk, self._epoch, self._head, self._world = disk, epoch, head, world
        self._day = day_number(disk.day)
        self._line: list[bytes] = []
        self._is_due = False
        self.reserve_only = False
        self.dead = ""
        self.appends = 0

    @property
    def head(self) -> Head:
        return self._head

    @property
    def unwritten(self) -> bytes:
        return b"".join(self._line)

    def append(
        self,
        kind: int,
        payload: bytes,
        ts_ns: int,
        durability: Durability = Durability.GROUP,
        *,
        from_reserve: bool = False,
    ) -> int:
        """As `Journal.append`. The disk may die of it: ENOSPC, EIO and short writes are one to whoever waits."""
        self._world.effect("append")
        if self.dead:
            raise JournalDead(self.dead)
        if self.reserve_only and not from_reserve:
            raise NoRoom("only the reserve is left")
        sequence = self._head.sequence + 1
        frame, digest = encode_frame(
            sequence, ts_ns, kind, durability, self._epoch, self._day, self._head.hash, payload
        )
        self._line.append(frame)
        self._head = Head(sequence, digest)
        self.appends += 1
        self._world.wrote(kind, frame)
        if durability is Durability.FORCE:
            self.sync()
        elif not self._is_due:
            self._is_due = True
            self._world.after(GROUP_NS, self._group)
        self._world.effect("appended")
        return sequence

    def sync(self) -> int:
        if self._line:
            self._world.effect("sync")
            if self._world.faults.strikes("disk_dead"):
                self.dead = "the disk failed"
                raise JournalDead(self.dead)
            self._disk.write(b"".join(self._line))
            self._line.clear()
            self._world.effect("written")
            self._disk.sync(self._head)
            self._disk.mark(self._head, self._epoch)
            self._world.synced(self._head.sequence)
            self._world.effect("synced")
        return self._head.sequence

    def _group(self) -> None:
        self._is_due = False
        self.sync()
