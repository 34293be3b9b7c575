"""Orders that should not be there, and why: they are in `state.cancels` until they have ended, and `cancels` asks."""

from tarazu.engine.state import EngineState, Spread


def entries(state: EngineState, why: str) -> None:
    """All that have not ended, wherever they are."""
    for order in state.blotter.open():
        if order.intent is not None and order.intent.purpose == "ENTRY" and not order.ended:
            state.cancels.setdefault(order.ref, why)


def legs(state: EngineState, spread: Spread, why: str) -> None:
    for leg in (*spread.want.hedges, *spread.want.mains):
        for ref in spread.refs.get(leg.name, ()):
            if not state.blotter.orders[ref].ended:
                state.cancels.setdefault(ref, why)


def forget(state: EngineState) -> None:
    """Of what has ended, once its end cannot be denied any more."""
    blotter = state.blotter
    for ref in list(state.cancels):
        order = blotter.find(ref)
        if order is not None and order.ended and not order.cools(blotter.read_ns, blotter.patience.cooling_ns):
            del state.cancels[ref]
