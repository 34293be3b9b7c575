"""One life of the trading process: it recovers from the disk, takes messages, and dies, sometimes in the middle of one.

What `app.main` does around the shell is done here the same way, without sockets.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from tarazu import reference
from tarazu.dst.desk import SimDesk
from tarazu.dst.disk import entries
from tarazu.dst.faults import Faults
from tarazu.dst.record import SimRecord
from tarazu.engine import messages as m
from tarazu.engine.config import EngineConfig
from tarazu.engine.process import Engine
from tarazu.runtime.journal_state import JournalDead, NoRoom
from tarazu.runtime.shell import EngineFailed, Shell

if TYPE_CHECKING:
    from tarazu.dst.world import World


class ProcessDied(Exception):
    """Killed at an effect boundary."""


class RecoveryFailed(Exception):
    """A bug: the journal is whole, and an engine cannot be made from it."""


class Life:
    def __init__(self, world: "World") -> None:
        """Lock, recover, begin an epoch. Raises SecondInstance, DiskLied, RecoveryFailed."""
        self.world = world
        self.is_alive = True
        self.effect = world.effect
        disk = world.disk
        disk.lock(disk.epoch + 1)
        report, view = disk.recover()
        parts = world.options.parts
        self.engine: Engine = parts.engine(
            world.master, reference.charge_rates(), world.quotes, lambda config: world.strategies(disk.epoch)
        )
        self._steady_ns = parts.steady
        try:
            parts.recover(self.engine, world.oracle.checked(self.engine, entries(view)))
        except Exception as bug:
            raise RecoveryFailed(f"{type(bug).__name__}: {bug}") from bug
        world.oracle.recovered(self, report)
        self._started_ahead_ns = world.wall_ahead_ns
        self.epoch = disk.begin_epoch(report.head)
        self.record = SimRecord(disk, self.epoch, report.head, self)
        self.takes = 0
        self.shell: Shell = parts.shell(self.engine, self.record, SimDesk(self), self)

    def begin(self, config: EngineConfig) -> None:
        """What the main process tells its engine first."""
        day = self.world.disk.day.isoformat()
        session = reference.calendar().session(self.world.disk.day)
        started = m.Started(day=day, epoch=self.epoch, profile="dst", build="dst", config=config, session=session)
        opening = (started, self.bands(), m.FeedMoved(feed="options", fresh=self.world.feed_fresh, required=True))
        for message in opening:
            self.tell(message)
        if news := self.world.people.switches.news(self.engine.state.flags):
            self.tell(news)

    def bands(self) -> m.BandsRead:
        limits = self.world.bands()
        return m.BandsRead(
            bands=tuple(m.Band(key=k, low_paise=low, high_paise=high) for k, (low, high) in limits.items())
        )

    # Times.

    def steady_ns(self) -> int:
        """What the monotonic clock carries on, over restarts, too."""
        return self._steady_ns(self.world.agenda.now_ns, self._started_ahead_ns)

    def wall_ns(self) -> int:
        return self.world.agenda.now_ns + self.world.wall_ahead_ns

    # Messages.

    def tell(self, message: m.Message) -> bool:
        """Whether it was taken whole: nobody is there, or the process died of it."""
        if not self.is_alive:
            return False
        self.takes += 1
        return self.survives(self.shell.take, message)

    def survives(self, act: Callable[..., object], *what: object) -> bool:
        """Whether the process lived through it."""
        try:
            act(*what)
        except ProcessDied as died:
            self.world.died(self, str(died))
        except (JournalDead, NoRoom) as dead:
            self.world.died(self, f"{type(dead).__name__}: {dead}")
        except EngineFailed as bug:
            self.world.oracle.violated("BUG", str(bug))
            self.world.died(self, "a bug")
        return self.is_alive

    @property
    def is_settled(self) -> bool:
        """Whether the engine's state is what the record's last entry left."""
        return self.record.appends == self.takes

    # The record's surroundings.

    @property
    def faults(self) -> Faults:
        return self.world.faults

    def after(self, ns: int, thing: Callable[[], None]) -> None:
        """The group's thread: gone with the process."""
        self.world.agenda.after(ns, lambda: self.is_alive and self.survives(thing))

    def wrote(self, kind: int, frame: bytes) -> None:
        self.world.wrote(frame)

    def synced(self, upto: int) -> None:
        """Nothing to be said of it: what must be on the disk is looked for there."""
