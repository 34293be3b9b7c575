"""A disk that is full for minutes, on the days that have it: longer than a desk waits for it before it is halted."""

from random import Random
from typing import TYPE_CHECKING

from tarazu.engine import messages as m
from tarazu.model.units import SECOND_NS

if TYPE_CHECKING:
    from tarazu.dst.life import Life
    from tarazu.dst.world import World

TIMES = 3


class FullDisk:
    """Of the process that runs then. One that dies of it finds room again: so does whoever starts it."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._dice = Random(f"full disk for {world.seed}")
        for _ in range(TIMES if "full_disk" in world.plan.happens else 0):
            after_s = self._dice.randint(0, world.plan.safety_ns // SECOND_NS)
            world.agenda.after(after_s * SECOND_NS, self._fill)

    def _fill(self) -> None:
        world, life = self._world, self._world.life
        for_s = self._dice.randint(40, 150)
        if life is None or world.faults.healed:
            return
        world.note("DISK full for minutes, but for the reserve")
        world.marks.hit("disk_full_for_minutes")
        life.record.reserve_only = True
        world.agenda.after(SECOND_NS, lambda: self._tell(life))
        world.agenda.after(for_s * SECOND_NS, lambda: self._free(life))

    def _tell(self, life: "Life") -> None:
        """The watch looks once a second; it has room again where somebody has made some meanwhile."""
        if life.record.reserve_only:
            life.tell(m.RecordTrouble(of="DISK", ok=False, text="full"))

    def _free(self, life: "Life") -> None:
        life.record.reserve_only = False
        life.tell(m.RecordTrouble(of="DISK", ok=True))
