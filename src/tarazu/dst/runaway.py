"""A strategy that wants to enter without end: counted where it wants, which is the world's own, and not in the engine.

What is counted is less than what the engine counts: single entries of this life, and none on days on which they wait
for a person's leave.
"""

from typing import TYPE_CHECKING

from tarazu.engine import messages as m
from tarazu.engine.acts import HaltStrategy, Step
from tarazu.engine.messages import Order
from tarazu.model.units import SECOND_NS
from tarazu.orders.messages import SendOrder

if TYPE_CHECKING:
    from tarazu.dst.life import Life
    from tarazu.dst.oracle import Oracle
    from tarazu.dst.world import World


class Runaway:
    def __init__(self, oracle: "Oracle", world: "World") -> None:
        self._oracle, self._world = oracle, world
        self._over = ""
        """How often it wanted, more often than it may; empty while it did not, and once a person has said so."""

    def told(self, life: "Life", message: m.Message, step: Step, now_ns: int) -> None:
        """The step is done: whatever was over the limit in it has halted the strategy by now."""
        if any(isinstance(act, HaltStrategy) and act.halt and act.halt.code == "RUNAWAY" for act in step.acts):
            self._world.marks.hit("ran_away")
        if isinstance(message, m.Commanded) and message.order is Order.RESET_STRATEGY:
            self._over = ""
        if isinstance(message, m.Ticked) and not self._world.plan.purse.approvals:
            self._look(now_ns)

    def entering(self, request: SendOrder) -> None:
        if self._over:
            self._oracle.violated("C13", f"{request.ref} is of a strategy that has run away: {self._over}")

    def recovered(self, life: "Life") -> None:
        """It begins anew, and so does the count."""
        self._over = ""

    def _look(self, now_ns: int) -> None:
        """Whether one more than it may is within the window."""
        wanted_ns, risk = self._world.wanted_ns, self._world.plan.purse.risk
        most = risk.runaway_wants_max
        if len(wanted_ns) > most and wanted_ns[-most - 1] > now_ns - risk.runaway_ns:
            self._over = f"it wanted to enter more than {most} times within {risk.runaway_ns // SECOND_NS} s"
