"""The desk's flags on one day in six: a person sets another version now and then, and main tells its engine.

As `app.main.flags_watch` does it: at once where it lives, else right after its next start. The oracle knows them from
here, and asks no engine.
"""

from random import Random
from typing import TYPE_CHECKING

from tarazu.engine import messages as m
from tarazu.model.units import SECOND_NS
from tarazu.risk.flags import Flags, StrategyFlags

if TYPE_CHECKING:
    from tarazu.dst.world import World

STRATEGY = "seeded"
SIZES = (0, 25, 50, 100, 100)


class Switches:
    def __init__(self, world: "World") -> None:
        self._world = world
        self._dice = Random(f"switches {world.seed}")
        self.active = Flags()
        if world.plan.is_flagged:
            world.agenda.after(self._wait_ns(), self._now_and_then)
        if "pilot_on" in world.plan.happens:
            wait_s = Random(f"pilot on {world.seed}").randint(30, 300)
            world.agenda.after(wait_s * SECOND_NS, self._pilot_on)

    def news(self, kept: Flags) -> m.FlagsSet | None:
        """What an engine that keeps to `kept` is to be told."""
        return m.FlagsSet(flags=self.active) if kept != self.active else None

    def all_on(self) -> None:
        """When all is well again; on a day without flags nothing was ever off."""
        if self.active.version:
            self._set(Flags(version=self.active.version + 1, sha256="on"))

    def off(self, strategy: str) -> str:
        """Why nothing of it may be entered; empty: it may. The rule in the oracle's own words."""
        its = self.active.strategies.get(strategy)
        if not self.active.entries:
            return "entries are off"
        if its is not None and not its.entries:
            return "the strategy's entries are off"
        return "nothing is left of its size" if its is not None and its.size_pct == 0 else ""

    def _pilot_on(self) -> None:
        """It turns one way, and holds for the day."""
        self._world.marks.hit("pilot_switched_on")
        self._world.people.command(m.Order.PILOT_ON)

    def _now_and_then(self) -> None:
        if self._world.faults.healed:
            return
        self._world.agenda.after(self._wait_ns(), self._now_and_then)
        dice = self._dice
        its = StrategyFlags(entries=dice.random() < 0.7, size_pct=dice.choice(SIZES))
        number = self.active.version + 1
        made = Flags(version=number, sha256=f"{number:02x}", entries=dice.random() < 0.7, strategies={STRATEGY: its})
        self._set(made)

    def _set(self, flags: Flags) -> None:
        self.active = flags
        self._world.marks.hit("flags_set")
        self._world.tell(m.FlagsSet(flags=flags))

    def _wait_ns(self) -> int:
        return self._dice.randint(20, 180) * SECOND_NS
