"""People beside a running desk: who looks at halts and takes them back, and who is asked for leave."""

from random import Random
from typing import TYPE_CHECKING

from tarazu.engine.messages import Order
from tarazu.model.units import SECOND_NS

if TYPE_CHECKING:
    from tarazu.dst.people import People
    from tarazu.dst.world import World

LOOK_NS = 20 * SECOND_NS
OWN = "OPERATOR"
"""Halts of people, who take them back themselves."""


class Supervisors:
    """They look every now and then, and do not always answer: too late, twice, with no, or without saying why."""

    def __init__(self, world: "World", people: "People") -> None:
        self._world, self._people = world, people
        self._dice = Random(f"supervisors {world.seed}")
        self._answers = self._dice.choice((0.0, 0.6, 0.9))
        """How often somebody answers at all who is asked for leave."""
        self._seen: set[str] = set()
        world.agenda.after(LOOK_NS, self._look)
        if world.plan.purse.approvals:
            world.agenda.after(SECOND_NS, self._look_at_what_waits)

    def _look(self) -> None:
        world, dice = self._world, self._dice
        world.agenda.after(LOOK_NS, self._look)
        if world.life is None:
            return
        state = world.life.engine.state
        incident = "" if dice.random() < 0.2 and not world.faults.healed else "SIM"
        if state.halt is not None and (world.faults.healed or (state.halt.code != OWN and dice.random() < 0.5)):
            self._people.command(Order.RESET_HALT, incident=incident)
        for name in sorted(state.strategy_halts) if dice.random() < 0.5 else ():
            self._people.command(Order.RESET_STRATEGY, ref=name, incident=incident)

    def _look_at_what_waits(self) -> None:
        world = self._world
        if world.faults.healed:
            return
        world.agenda.after(SECOND_NS, self._look_at_what_waits)
        for ref in sorted(world.life.engine.state.waiting) if world.life is not None else ():
            if ref not in self._seen:
                self._seen.add(ref)
                self._answer(ref)

    def _answer(self, ref: str) -> None:
        dice, agenda, command = self._dice, self._world.agenda, self._people.command
        if dice.random() >= self._answers:
            return
        order = Order.APPROVE if dice.random() < 0.85 else Order.REFUSE
        after_ns = dice.randint(200, 30_000) * SECOND_NS // 1_000
        for again in range(2 if dice.random() < 0.2 else 1):
            agenda.after(after_ns + again * SECOND_NS, lambda: command(order, ref=ref))
