"""The last looks at a day: minutes after all has healed, and once everything is to be flat."""

from typing import TYPE_CHECKING

from tarazu.dst.broker_order import OURS, BrokerOrder
from tarazu.engine.phase import Phase
from tarazu.model.order import Side
from tarazu.model.units import SECOND_NS
from tarazu.orders.intent import Purpose
from tarazu.orders.lifecycle import AT_BROKER, OrdStatus
from tarazu.orders.report import Word

if TYPE_CHECKING:
    from tarazu.dst.life import Life
    from tarazu.dst.oracle import Oracle
    from tarazu.dst.world import World

SETTLED_NS = 60 * SECOND_NS
"""An execution is in everybody's books after so long."""
LASTING = frozenset({"DAY_LOSS", "PILOT_LOSS", "DRAWDOWN", "ORDER_TO_TRADE"})
"""Halts whose cause does not pass by itself: a person cannot take them back on that day."""
_WORDS = {
    Word.FILLED: OrdStatus.FILLED,
    Word.CANCELED: OrdStatus.CANCELED,
    Word.REJECTED: OrdStatus.REJECTED,
    Word.EXPIRED: OrdStatus.EXPIRED,
}


class LastLook:
    def __init__(self, oracle: "Oracle", world: "World") -> None:
        self._oracle, self._world = oracle, world

    def when_settled(self) -> None:
        """Before everything is flattened."""
        life = self._world.life
        if life is None:
            self._oracle.violated("L1", "no process is running")
            return
        state = life.engine.state
        if state.phase is Phase.ACTIVE:
            self._world.marks.hit("traded_to_the_end")
        elif state.halt is None or not {state.halt.code, self._oracle.persists} & LASTING:
            self._oracle.violated(
                "L1", f"{state.phase} minutes after all has healed: {state.phase_why}; {state.agreement.breaks}"
            )
        self._all_equal(life)
        self._all_protected(life)

    def at_the_end(self) -> None:
        world, life = self._world, self._world.life
        if life is None:
            self._oracle.violated("L1", "no process is running")
            return
        self._all_equal(life)
        for place, net in sorted(world.broker.net.items()):
            if net:
                self._oracle.violated("L2", f"{net} of {place} after minutes of flattening")
        for order in world.broker.orders.values():
            if order.leaves:
                self._oracle.violated("L2", f"order {order.order_id} still works after minutes of flattening")

    def _all_equal(self, life: "Life") -> None:
        blotter, world_now = life.engine.state.blotter, self._world.agenda.now_ns
        for truth in self._world.broker.orders.values():
            ours = blotter.find(f"#{truth.order_id}")
            if ours is None:
                self._oracle.violated("I3" if truth.origin == OURS else "I8", f"order {truth.order_id} is not known")
                continue
            if truth.origin == OURS and ours.ref != truth.order.tag:
                self._oracle.violated("I3", f"order {truth.order_id} is {truth.order.tag}, not {ours.ref}")
            if truth.origin != OURS and truth.order_id not in self._oracle.alarmed:
                self._oracle.violated("I8", f"nobody was told of the foreign order {truth.order_id}")
            self._equal(truth, ours.ref, ours.status, ours.cum_qty)
            if world_now - truth.filled_ns < SETTLED_NS:
                continue  # trades are read every half minute
            paid = sum(fill.qty * fill.price_paise for fill in ours.fills.values())
            if paid != truth.value:
                self._oracle.violated("I3", f"{ours.ref} is worth {paid} by its fills, in truth {truth.value}")
        for order in blotter.orders.values():
            if not order.order_id and not order.ended:
                self._oracle.violated("I3", f"{order.ref} is still {order.status}")
        self._books_equal(life)

    def _equal(self, truth: BrokerOrder, ref: str, status: OrdStatus, cum: int) -> None:
        if cum != truth.filled:
            self._oracle.violated("I3", f"{ref} has {cum} filled, in truth {truth.filled}")
        if truth.ended and status is not _WORDS[truth.word]:
            self._oracle.violated("I3", f"{ref} is {status}, in truth {truth.word}")
        if not truth.ended and status not in AT_BROKER:
            self._oracle.violated("I3", f"{ref} is {status}, in truth {truth.word}")

    def _books_equal(self, life: "Life") -> None:
        state, net, orders = life.engine.state, self._world.broker.net, self._world.broker.orders
        if state.books is None:
            self._oracle.violated("L1", "positions were never read")
            return
        recent = {o.place for o in orders.values() if self._world.agenda.now_ns - o.filled_ns < SETTLED_NS}
        held = ((p.key, p.product, p.qty) for p in state.books.positions())
        ours = {(key, product): qty for key, product, qty in held if qty and (key, product) not in recent}
        truth = {place: qty for place, qty in net.items() if qty and place not in recent}
        if ours != truth:
            self._oracle.violated("I4", f"the books say {sorted(ours.items())}, in truth {sorted(truth.items())}")

    def _all_protected(self, life: "Life") -> None:
        """Where only entries with stops of ours have traded, all that is held has a closing order at the exchange."""
        world, state = self._world, life.engine.state
        mixed = set(world.broker.carried)
        for truth in world.broker.orders.values():
            if truth.filled and (truth.origin != OURS or not _is_plain(life, truth)):
                mixed.add(truth.place)
        for place, net in sorted(world.broker.net.items()):
            if not net or place in mixed or place in state.exits:
                continue
            side = Side.SELL if net > 0 else Side.BUY
            closing = [o for o in world.broker.orders.values() if o.place == place and o.order.side is side]
            resting = sum(o.leaves for o in closing if not o.ended)
            if resting < abs(net):
                self._oracle.violated("L3", f"{net} of {place} with {resting} of stops, minutes after all has healed")


def _is_plain(life: "Life", truth: BrokerOrder) -> bool:
    """An entry with a stop, or what covers one."""
    order = life.engine.state.blotter.find(truth.order.tag)
    if order is None or order.intent is None:
        return False
    return order.intent.purpose is not Purpose.ENTRY or order.ref in life.engine.state.stops
