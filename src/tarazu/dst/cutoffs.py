"""What may not be entered any more near the day's end, by the clock on the wall (C16). The hours are NSE's and
Zerodha's (KITE facts 3.1, 3.2), written here once more: no calendar of the product is asked.
"""

from datetime import time
from typing import TYPE_CHECKING

from tarazu.model import ist
from tarazu.model.order import Product
from tarazu.orders.messages import SendOrder

if TYPE_CHECKING:
    from tarazu.dst.oracle import Oracle
    from tarazu.dst.world import World

MIS_UNTIL = {"NSE": time(15, 10), "NFO": time(15, 15)}
"""Ten minutes before the broker squares off: shares at 15:20, derivatives at 15:25."""
EXPIRING_UNTIL = time(15, 10)
"""Half an hour before derivatives stop trading, at 15:40."""


class Cutoffs:
    def __init__(self, oracle: "Oracle", world: "World") -> None:
        self._oracle, self._world = oracle, world

    def entering(self, request: SendOrder) -> None:
        world, order = self._world, request.order
        at = ist.clock_of(world.agenda.now_ns + world.wall_ahead_ns)
        until = MIS_UNTIL.get(order.exchange)
        if order.product is Product.MIS and until is not None and at >= until:
            self._late(request, f"MIS at {at:%H:%M:%S}")
        it = world.listed.get(f"{order.exchange}:{order.tradingsymbol}")
        if it is not None and it.expiry == world.disk.day and at >= EXPIRING_UNTIL:
            self._late(request, f"it expires today, and it is {at:%H:%M:%S}")

    def _late(self, request: SendOrder, why: str) -> None:
        order = request.order
        self._oracle.violated("C16", f"{request.ref} {order.side} {order.qty} {order.tradingsymbol}: {why}")
