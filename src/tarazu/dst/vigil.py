"""What must have been done by now: things whose absence shows only as time passes.

The engine's own account says what there is to do; that it is done, and in time, is watched here.
"""

from typing import TYPE_CHECKING

from tarazu.engine import messages as m
from tarazu.engine.acts import Step
from tarazu.model.units import SECOND_NS
from tarazu.orders.intent import Purpose
from tarazu.orders.lifecycle import AT_BROKER, OrdStatus
from tarazu.orders.messages import Moved, SendOrder
from tarazu.orders.order_state import OrderState
from tarazu.orders.protection import gaps
from tarazu.orders.throttle import SendKind

if TYPE_CHECKING:
    from tarazu.dst.life import Life
    from tarazu.dst.oracle import Oracle

STOP_WITHIN_NS = 10 * SECOND_NS
"""Three are promised, to the next second of a clock that here may tick every third."""
CANCEL_WITHIN_NS = 2 * SECOND_NS
_BOOKS = frozenset({m.OrdersRead, m.TradesRead, m.PositionsRead})
_GIVEN_UP = (OrdStatus.ABSENT, OrdStatus.REJECTED)


class Vigil:
    def __init__(self, oracle: "Oracle") -> None:
        self._oracle = oracle
        self._read: set[type[m.Message]] = set()
        """Books that were read whole in this life."""
        self._due: dict[tuple[str, str], int] = {}
        """What should be done, by what it is and of which order, and since when; while it should."""
        self._late: set[str] = set()
        """Orders that came after they were given up."""

    def told(self, life: "Life", message: m.Message, step: Step, now_ns: int) -> None:
        if isinstance(message, m.Started):
            self._read.clear()
            self._due.clear()
        if type(message) in _BOOKS and getattr(message, "whole", True):
            self._read.add(type(message))
        for output in step.outputs:
            if isinstance(output, Moved) and output.was in _GIVEN_UP and output.status in AT_BROKER:
                self._late.add(output.ref)
            elif isinstance(output, SendOrder):
                self._sent(life, output)
        if isinstance(message, m.Ticked):
            self._look(life, now_ns)

    def _sent(self, life: "Life", sent: SendOrder) -> None:
        order = life.engine.state.blotter.find(sent.ref)
        is_entry = order is not None and order.intent is not None and order.intent.purpose is Purpose.ENTRY
        if is_entry and not self._read >= _BOOKS:
            missing = ", ".join(sorted(book.__name__ for book in _BOOKS - self._read))
            self._oracle.violated("C31", f"{sent.ref} takes on risk in a life without {missing}")

    def _look(self, life: "Life", now_ns: int) -> None:
        due = {}
        for name, within_ns in self._wanted(life):
            since_ns = due[name] = self._due.get(name, now_ns)
            if now_ns > since_ns + within_ns:
                invariant, ref = name
                self._oracle.violated(invariant, f"{ref}: not done for {(now_ns - since_ns) / SECOND_NS:.0f} s")
        self._due = due

    def _wanted(self, life: "Life") -> list[tuple[tuple[str, str], int]]:
        state, wanted = life.engine.state, []
        bare = self._bare(life) if not state.blotter.auth_lost and not state.flattening else []
        if bare and state.throttle.held(SendKind.PLACE, state.blotter.now_ns) is None:
            wanted += [(("C28", ref), STOP_WITHIN_NS) for ref in bare]
        for order in state.blotter.open():
            if order.status not in AT_BROKER or not order.order_id or order.cancel_ns:
                continue
            is_entry = order.intent is not None and order.intent.purpose is Purpose.ENTRY
            if order.ref in self._late or order.ref in state.cancels:
                wanted.append((("I5", order.ref), CANCEL_WITHIN_NS))
            elif state.halt is not None and is_entry:
                wanted.append((("C22", order.ref), CANCEL_WITHIN_NS))
        return wanted

    def _bare(self, life: "Life") -> list[str]:
        """Entries of which a stop could be placed now, and none was refused."""
        state = life.engine.state
        return [
            gap.entry
            for gap in gaps(state.blotter, state.before)
            if gap.entry in state.stops
            and (gap.key, gap.product) not in state.exits
            and gap.qty % state.instruments[gap.key].lot_size == 0
            and not any(_came_to_nothing(order, gap.entry) for order in state.blotter.of_key(gap.key))
        ]


def _came_to_nothing(order: OrderState, entry: str) -> bool:
    return order.intent is not None and order.intent.covers == entry and order.ended and order.cum_qty == 0
