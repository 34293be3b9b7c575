"""Orders that should not be there: asked to be cancelled until they have ended. No gate holds this up, and of the
limits only Kite's own: what the throttle keeps back from everything else is theirs."""

from tarazu.engine.acts import AskCancel
from tarazu.engine.run import Run
from tarazu.engine.state import EngineState
from tarazu.model.units import SECOND_NS
from tarazu.orders.intent import Purpose
from tarazu.orders.lifecycle import AT_BROKER
from tarazu.orders.order_state import OrderState

AGAIN_NS = 2 * SECOND_NS
_ENTRY = Purpose.ENTRY


def cancel(run: Run) -> None:
    """At once as many as Kite takes in a second; the rest as its seconds pass."""
    state = run.state
    is_barred = state.halt is not None or state.strategy_halts or state.flags.any_off
    if not is_barred and not state.cancels:
        return
    wanted = {ref: order for ref in state.cancels if (order := state.blotter.find(ref)) is not None}
    whys = dict(state.cancels)
    if is_barred:
        for order in _resting_entries(run):
            if order.cancel is None and (why := _barred(state, order)):
                wanted.setdefault(order.ref, order)
                whys.setdefault(order.ref, why)
    for ref, order in wanted.items():
        if order.status in AT_BROKER and may_ask(order, run.now_ns) and state.throttle.has_room(run.now_ns):
            run.act(AskCancel(ref=order.ref, why=whys[ref]))


def _barred(state: EngineState, order: OrderState) -> str:
    """Why it may not rest any longer: a halt, or the flags; empty: it may."""
    strategy = order.intent.strategy if order.intent is not None else ""
    halt = state.halt or state.strategy_halts.get(strategy)
    return f"halted: {halt.code}" if halt is not None else state.flags.off(strategy)


def _resting_entries(run: Run) -> list[OrderState]:
    mine = [o for o in run.state.blotter.open() if o.intent is not None and o.intent.purpose is _ENTRY]
    return [order for order in mine if order.status in AT_BROKER and order.order_id]


def may_ask(order: OrderState, now_ns: int) -> bool:
    """A broker that refuses it is not asked with every message again."""
    return bool(order.order_id) and (not order.cancel_ns or now_ns >= order.cancel_ns + AGAIN_NS)
