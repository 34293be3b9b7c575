"""The engine's state as people read it: phase, positions, orders; for who looks at one moment of a day."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from tarazu.app.replaying.difference import plain
from tarazu.engine.state import EngineState
from tarazu.model import ist
from tarazu.orders.exposure import exposures
from tarazu.orders.order_state import OrderState


def standing_lines(state: EngineState, *, with_orders: bool) -> Iterator[str]:
    """`with_orders`: a line for each; else how many there are of each status."""
    since = ist.stamp(state.phase_ns)[11:] if state.phase_ns else "the beginning"
    yield f"phase      {state.phase} since {since}  {state.phase_why}".rstrip()
    if state.halt is not None:
        yield f"halt       {state.halt.level} {state.halt.code}: {state.halt.why}"
    for name, halt in state.strategy_halts.items():
        yield f"strategy   {name} halted, {halt.code}: {halt.why}"
    for name, said in (("flattening", state.flattening), ("entries", state.entries_off)):
        if said:
            yield f"{name:<10} {said}"
    for (key, product), why in state.exits.items():
        yield f"leaving    {key} {product}: {why}"
    for (key, product), place in sorted(exposures(state.blotter, state.before).items()):
        if place.filled or place.buy.total or place.sell.total:
            reach = f"may become {place.lowest:+,} to {place.highest:+,}"
            yield f"position   {key} {product}  {place.filled:+,} units, {reach}"
    orders = state.blotter.orders.values()
    if with_orders:
        yield from map(_order_line, orders)
    elif orders:
        counted = Counter(str(order.status) for order in orders)
        yield f"orders     {len(orders):,}: {', '.join(f'{status} {n:,}' for status, n in sorted(counted.items()))}"


def standing_facts(state: EngineState, *, with_orders: bool) -> dict[str, Any]:
    """The same for machines."""
    places = exposures(state.blotter, state.before)
    return {
        "phase": state.phase,
        "phase_why": state.phase_why,
        "halt": plain(state.halt),
        "flattening": state.flattening,
        "entries_off": state.entries_off,
        "positions": [
            {"key": key, "product": product, "qty": x.filled, "lowest": x.lowest, "highest": x.highest}
            for (key, product), x in sorted(places.items())
        ],
        "orders": [plain(order) for order in state.blotter.orders.values()] if with_orders else None,
        "digest": state.digest(),
    }


def _order_line(order: OrderState) -> str:
    purpose = order.intent.purpose if order.intent else "FOREIGN"
    whose = f"{order.intent.strategy} " if order.intent and order.intent.strategy else ""
    price = f" @ {order.price_paise / 100:,.2f}" if order.price_paise else ""
    return (
        f"order      {order.ref}  {order.status} {order.cum_qty:,}/{order.qty:,}  {whose}{purpose} "
        f"{order.side} {order.key} {order.product} {order.order_type}{price}"
    )
