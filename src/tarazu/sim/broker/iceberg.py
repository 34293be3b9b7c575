"""Iceberg orders: legs of one order, each sent when the one before it has filled. KITE facts 1.5."""

from typing import Any

import msgspec

from tarazu.model.order import Variety
from tarazu.sim.broker.oms import Order
from tarazu.sim.orders import OrderRequest


def first_leg(request: OrderRequest) -> tuple[OrderRequest, dict[str, Any]]:
    """What goes to the exchange first, with its `meta`: an iceberg's first leg; any other order whole."""
    if request.variety != Variety.ICEBERG:
        return request, {}
    leg = msgspec.structs.replace(request, quantity=request.iceberg_quantity)
    return leg, _meta(1, request.iceberg_legs, request.iceberg_quantity, request.quantity)


def next_leg(order: Order) -> tuple[int, dict[str, Any]] | None:
    """(quantity, meta) of the leg after a filled one; None after the last."""
    plan = order.meta["iceberg"]
    assert isinstance(plan, dict)
    remaining = plan["remaining_quantity"]
    if remaining == 0:
        return None
    meta = _meta(plan["leg"] + 1, plan["legs"], plan["leg_quantity"], plan["total_quantity"])
    return min(plan["leg_quantity"], remaining), meta


def _meta(leg: int, legs: int, leg_qty: int, total_qty: int) -> dict[str, Any]:
    """As Kite v3 "Iceberg orders" shows it; `remaining_quantity` is what the legs after this one will ask."""
    return {
        "iceberg": {
            "leg": leg,
            "legs": legs,
            "leg_quantity": leg_qty,
            "total_quantity": total_qty,
            "remaining_quantity": max(0, total_qty - leg * leg_qty),
        }
    }
