"""The name of the next order."""

from tarazu.engine.run import Run
from tarazu.orders.client_order_id import ClientOrderId


def fresh_tag(run: Run) -> str:
    """Of this day, this epoch and the next sequence, which the act that takes the name uses up; with the journal's head
    as it was when the message was taken."""
    state = run.state
    return ClientOrderId(state.day, state.epoch, state.names + 1, run.head).tag
