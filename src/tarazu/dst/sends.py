"""What leaves: once, from the disk, no faster than allowed, and within what may be held or closed in truth."""

from typing import TYPE_CHECKING

from tarazu.dst.exposure import closing_units, own_reach
from tarazu.dst.pace import Pace
from tarazu.model.order import Product, Side
from tarazu.orders.intent import Purpose
from tarazu.orders.messages import CancelOrder, ModifyOrder, SendOrder
from tarazu.ports.desk import Request

if TYPE_CHECKING:
    from tarazu.dst.life import Life
    from tarazu.dst.oracle import Oracle
    from tarazu.dst.world import World


class Sends:
    def __init__(self, oracle: "Oracle", world: "World") -> None:
        self._oracle, self._world = oracle, world
        self._sent: set[str] = set()
        self._pace = Pace(world.plan.config.limits)

    def leaving(self, life: "Life", request: Request) -> None:
        """Before it is on the line."""
        self._keep_pace(request)
        match request:
            case SendOrder():
                self._place(life, request)
            case ModifyOrder():
                self._modify(life, request)
            case CancelOrder():
                self._cancel(life, request)

    def _keep_pace(self, request: Request) -> None:
        said = self._pace.sent(self._world.agenda.now_ns, isinstance(request, CancelOrder))
        if said:
            self._oracle.violated("I7", said)
        if isinstance(request, ModifyOrder) and self._pace.changed(request.change.order_id):
            self._oracle.violated("I7", f"{request.ref} is changed more often than Kite allows")

    def _place(self, life: "Life", request: SendOrder) -> None:
        ref, order, world = request.ref, request.order, self._world
        if ref in self._sent:
            self._oracle.violated("I1", f"{ref} is sent twice")
        self._sent.add(ref)
        if not world.disk.durable(ref):
            self._oracle.violated("I2", f"{ref} is sent and is not on the disk")
        purpose = _purpose(life, ref)
        key = f"{order.exchange}:{order.tradingsymbol}"
        if purpose is Purpose.ENTRY:
            self._adds_risk(life, key, order.product, order.side, order.qty, ref)
            self._oracle.entering(life, request)
        else:
            world.marks.hit("stop_placed" if purpose is Purpose.STOP else "exit_sent")
            self._closes(life, key, order.product, order.side, order.qty, ref)

    def _modify(self, life: "Life", request: ModifyOrder) -> None:
        truth = self._world.broker.orders[request.change.order_id]
        added = (request.change.qty or 0) - max(truth.qty, truth.qty_coming)
        if added <= 0:
            return
        place, side = truth.place, truth.order.side
        if _purpose(life, request.ref) is Purpose.ENTRY:
            self._adds_risk(life, *place, side, added, request.ref)
        else:
            self._closes(life, *place, side, added, request.ref)

    def _cancel(self, life: "Life", request: CancelOrder) -> None:
        truth = self._world.broker.orders[request.cancellation.order_id]
        state = life.engine.state
        is_stop = _purpose(life, request.ref) is Purpose.STOP
        leaving = state.flattening or truth.place in state.exits or request.ref in state.cancels
        if is_stop and state.blotter.auth_lost and not leaving:
            self._oracle.violated("I12", f"stop {request.ref} is cancelled while the session is lost")

    def _adds_risk(self, life: "Life", key: str, product: Product, side: Side, qty: int, ref: str) -> None:
        if self._oracle.is_halted:
            self._oracle.violated("I6", f"{ref} takes on risk after a halt")
        limit = life.engine.state.config.qty_max.get(key, 0)
        reach = own_reach(self._world, life, key, product, side) + qty
        if reach > limit:
            self._oracle.violated("I5", f"{ref}: {side} in {key} could reach {reach}, the limit is {limit}")

    def _closes(self, life: "Life", key: str, product: Product, side: Side, qty: int, ref: str) -> None:
        held, closing = closing_units(self._world, life, key, product, side)
        if closing + qty > max(held, 0):
            self._oracle.violated("I11", f"{ref}: {side} {qty} in {key} beside {closing} of {held} held")


def _purpose(life: "Life", ref: str) -> Purpose | None:
    order = life.engine.state.blotter.find(ref)
    return order.intent.purpose if order is not None and order.intent is not None else None
