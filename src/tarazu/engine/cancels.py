"""Orders that should not be there: asked to be cancelled until they have ended. No gate, no throttle holds this up."""

from tarazu.engine.acts import AskCancel
from tarazu.engine.messages import Commanded, Order
from tarazu.engine.run import Run
from tarazu.model.units import SECOND_NS
from tarazu.orders.intent import Purpose
from tarazu.orders.lifecycle import AT_BROKER
from tarazu.orders.order_state import OrderState

AGAIN_NS = 2 * SECOND_NS


def cancel(run: Run) -> None:
    state, message = run.state, run.message
    if isinstance(message, Commanded) and message.order is Order.CANCEL_ENTRIES:
        for order in _resting_entries(run):
            run.act(AskCancel(ref=order.ref, why=f"{message.who}: {message.why}"))
    if state.halt is not None:
        for order in _resting_entries(run):
            if order.cancel is None:
                run.act(AskCancel(ref=order.ref, why=f"halted: {state.halt.code}"))
    for ref, why in state.cancels.items():
        found = state.blotter.find(ref)
        if found is not None and found.status in AT_BROKER and _may_ask(found, run.now_ns):
            run.act(AskCancel(ref=found.ref, why=why))


def _resting_entries(run: Run) -> list[OrderState]:
    mine = (o for o in run.state.blotter.open() if o.intent is not None and o.intent.purpose is Purpose.ENTRY)
    return [order for order in mine if order.status in AT_BROKER and order.order_id]


def _may_ask(order: OrderState, now_ns: int) -> bool:
    return bool(order.order_id) and (order.cancel is None or now_ns >= order.cancel.asked_ns + AGAIN_NS)
