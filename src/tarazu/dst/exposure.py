"""True exposure: what our own orders hold and may still come to hold, as the broker and the line know it, together with
what the engine has heard of everybody else's. What others do unheard nobody can be blamed for.
"""

from typing import TYPE_CHECKING

from tarazu.dst.broker_order import OURS
from tarazu.model.order import Product, Side
from tarazu.orders.exposure import open_part
from tarazu.orders.intent import Purpose
from tarazu.orders.messages import ModifyOrder, SendOrder

if TYPE_CHECKING:
    from tarazu.dst.life import Life
    from tarazu.dst.world import World


def own_reach(world: "World", life: "Life", key: str, product: Product, side: Side) -> int:
    """How far towards `side` the position may get, in truth: orders at the broker, on the line, and dead ones that
    will fill."""
    place = (key, product)
    units = side.sign * (world.broker.carried.get(place, (0, 0))[0] + world.broker.net_ours.get(place, 0))
    for order in world.broker.orders.values():
        if order.origin == OURS and order.place == place and order.order.side is side:
            units += order.leaves
    for request in world.network.under_way.values():
        if isinstance(request, SendOrder):
            order_ = request.order
            if f"{order_.exchange}:{order_.tradingsymbol}" == key and (order_.product, order_.side) == (product, side):
                units += order_.qty
        elif isinstance(request, ModifyOrder):
            truth = world.broker.orders[request.change.order_id]
            if truth.place == place and truth.order.side is side and not truth.ended:
                units += max((request.change.qty or 0) - max(truth.qty, truth.qty_coming), 0)
    return units + _heard_of_others(world, life, key, product, side, working=True)


def closing_units(world: "World", life: "Life", key: str, product: Product, side: Side) -> tuple[int, int]:
    """What is held that `side` closes, and how much of it our own exits and stops may close already."""
    place, state = (key, product), life.engine.state
    held = world.broker.carried.get(place, (0, 0))[0] + world.broker.net_ours.get(place, 0)
    held = -side.sign * held - _heard_of_others(world, life, key, product, side, working=False)
    closing = 0
    for order in world.broker.orders.values():
        if order.origin == OURS and order.place == place and order.order.side is side and order.leaves:
            ours = state.blotter.find(order.order.tag)
            if ours is not None and ours.intent is not None and ours.intent.purpose is not Purpose.ENTRY:
                closing += order.leaves
    for request in world.network.under_way.values():
        if isinstance(request, SendOrder) and request.order.side is side:
            ours = state.blotter.find(request.ref)
            if ours is None or (ours.key, ours.product) != place or ours.intent is None:
                continue
            closing += request.order.qty if ours.intent.purpose is not Purpose.ENTRY else 0
    return held, closing


def _heard_of_others(world: "World", life: "Life", key: str, product: Product, side: Side, *, working: bool) -> int:
    """Towards `side`, by the engine's own account of orders that are truly not ours."""
    blotter, units = life.engine.state.blotter, 0
    for order in blotter.of_key(key):
        if order.intent is not None or order.product is not product:
            continue
        if world.broker.orders[order.order_id].origin == OURS:
            continue
        units += side.sign * order.side.sign * order.cum_qty
        if working and order.side is side:
            units += open_part(order, blotter.read_ns, blotter.patience.cooling_ns).total
    return units
