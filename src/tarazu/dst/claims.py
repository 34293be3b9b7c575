"""What the living process says has become of its orders, against the broker's truth."""

from typing import TYPE_CHECKING

from tarazu.engine import messages as m
from tarazu.orders.lifecycle import AT_BROKER, OrdStatus
from tarazu.orders.messages import Filled, Moved
from tarazu.orders.report import AnswerKind, Word

if TYPE_CHECKING:
    from tarazu.dst.life import Life
    from tarazu.dst.oracle import Oracle
    from tarazu.dst.world import World


class Claims:
    def __init__(self, oracle: "Oracle", world: "World") -> None:
        self._oracle, self._world = oracle, world
        self._filled: dict[str, int] = {}
        """By ref."""
        self.executions: set[tuple[str, str]] = set()

    def recovered(self, life: "Life") -> None:
        """From here on it says what it has found, whatever was said before."""
        orders = life.engine.state.blotter.orders
        self._filled = {ref: order.cum_qty for ref, order in orders.items()}
        self.executions = {(o.order_id, exec_id) for o in orders.values() for exec_id in o.fills}

    def executed(self, output: Filled) -> None:
        fill = output.fill
        name = (str(fill.order_id), fill.exec_id)
        if name in self.executions:
            self._oracle.violated("I4", f"execution {fill.exec_id} of {output.ref} is told twice")
        self.executions.add(name)

    def moved(self, life: "Life", output: Moved, message: m.Message) -> None:
        ref, cum = output.ref, output.cum_qty
        if cum < self._filled.get(ref, 0):
            self._oracle.violated("I4", f"{ref} has {cum} filled after {self._filled[ref]}")
        self._filled[ref] = cum
        order = life.engine.state.blotter.find(ref)
        if order is None:
            return
        truth = self._world.broker.orders.get(order.order_id)
        if cum > (truth.filled if truth else 0):
            self._oracle.violated("I4", f"{ref} has {cum} filled, in truth {truth.filled if truth else 0}")
        if output.was is OrdStatus.UNKNOWN and output.status in AT_BROKER:
            self._world.marks.hit("unknown_resolved_by_tag")
        if output.status is OrdStatus.UNKNOWN and isinstance(message, m.Started):
            self._world.marks.hit("boot_unknown")
        if output.status is OrdStatus.REJECTED and truth is not None:
            self._refused(order.order_id, ref, "I4")

    def answered(self, life: "Life", message: m.Answered) -> None:
        order = life.engine.state.blotter.find(message.ref)
        if order is None:
            return
        if message.answer.kind is AnswerKind.ACCEPTED and order.row is not None:
            self._world.marks.hit("answered_after_row")
        if message.answer.kind is AnswerKind.NOT_PLACED and order.status is OrdStatus.REJECTED:
            self._refused(order.order_id, message.ref, "I12")

    def _refused(self, order_id: str, ref: str, invariant: str) -> None:
        truth = self._world.broker.orders.get(order_id)
        if truth is None or truth.word is not Word.REJECTED:
            said = truth.word if truth else "nothing"
            self._oracle.violated(invariant, f"{ref} is called REJECTED, and the broker says {said}")
