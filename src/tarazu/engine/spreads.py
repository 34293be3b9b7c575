"""Multi-leg orders under way: one step of `orders.legs` at a time, hedges first.

What the table there decides is asked anew after every message that can change an answer to it. The gate weighs each
sending again, for a halt or a stale feed may have come since the spread was let in.
"""

from collections.abc import Iterable

from tarazu.engine.acts import AllotLegs, AskCancel, EndSpread, Severity
from tarazu.engine.cancels import may_ask
from tarazu.engine.messages import MarketMoved
from tarazu.engine.run import Run
from tarazu.engine.spread_sends import TRIM, send, trim, unsent
from tarazu.engine.state import EngineState, Spread
from tarazu.model.units import SECOND_NS
from tarazu.orders.exposure import open_part
from tarazu.orders.legs import Leg, Move, MultiLeg, next_step
from tarazu.orders.lifecycle import AT_BROKER
from tarazu.orders.order_state import OrderState
from tarazu.strategy.wants import LegWant, SpreadWant


def advance(run: Run) -> None:
    state = run.state
    if not state.spreads or state.blotter.auth_lost:
        return
    if isinstance(run.message, MarketMoved) and all(spread.allotted for spread in state.spreads.values()):
        return  # prices decide nothing here, but a strategy's new spread waits for no second
    for group in list(state.spreads):
        _advance(run, group)


def _advance(run: Run, group: str) -> None:
    spread = run.state.spreads[group]
    left = _left(run.state, spread.want)
    if left:
        run.alert(Severity.SEV2, "SPREAD_LEFT", group, left)
        run.act(EndSpread(group=group, how=left))
        return
    overdue = _is_overdue(run, spread)
    if unsent(spread, run.state.blotter):
        send(run, group, overdue=overdue)
        return
    step = next_step(plan_of(group, spread), run.state.blotter, overdue=overdue)
    match step.move:
        case Move.SEND_HEDGES | Move.SEND_MAINS:
            run.act(AllotLegs(group=group, qty=step.qty))
            send(run, group, overdue=False)
        case Move.TRIM_HEDGES:
            trim(run, group, step.qty)
        case Move.CANCEL_HEDGES:
            _cancel(run, _orders(run.state, spread, spread.want.hedges))
        case Move.CANCEL_MAINS:
            _cancel(run, _orders(run.state, spread, spread.want.mains))
        case Move.DONE | Move.ABANDON:
            if not _may_still_fill(run.state, spread):
                run.act(EndSpread(group=group, how=step.move))


def plan_of(group: str, spread: Spread) -> MultiLeg:
    """Where the mains are not to be sent any more, it is a plan of no sets: the hedges are then trimmed or kept."""
    want = spread.want
    mains_given_up = all(spread.allotted.get(leg.name) == 0 for leg in want.mains)
    return MultiLeg(
        group=group,
        sets=0 if mains_given_up else want.sets,
        hedges=tuple(_leg(leg, spread) for leg in want.hedges),
        mains=tuple(_leg(leg, spread) for leg in want.mains),
        keep_hedges=want.keep_hedges,
    )


def _leg(leg: LegWant, spread: Spread) -> Leg:
    refs, trims = spread.refs.get(leg.name, ()), spread.refs.get(TRIM + leg.name, ())
    return Leg(name=leg.name, per_set=leg.per_set, refs=tuple(refs), trims=tuple(trims))


def _left(state: EngineState, want: SpreadWant) -> str:
    """Why the spread is not carried on: the planner of square-offs alone acts in a place that is being left, or what
    both sell would be sold twice."""
    if state.flattening:
        return f"flattening for {state.flattening}"
    places = [(leg.key, want.product) for leg in (*want.hedges, *want.mains)]
    return next((f"{place[0]} is being left: {state.exits[place]}" for place in places if place in state.exits), "")


def _is_overdue(run: Run, spread: Spread) -> bool:
    """Counted from the last intent of what is pending, or from when it was to be sent."""
    orders = _orders(run.state, spread, (*spread.want.hedges, *spread.want.mains))
    pending = [order.intended_ns for order in orders if not order.ended]
    since_ns = max([spread.began_ns, spread.allotted_ns, *pending])
    return run.now_ns >= since_ns + round(spread.want.overdue_s * SECOND_NS)


def _orders(state: EngineState, spread: Spread, legs: Iterable[LegWant]) -> list[OrderState]:
    return [state.blotter.orders[ref] for leg in legs for ref in spread.refs.get(leg.name, ())]


def _cancel(run: Run, orders: Iterable[OrderState]) -> None:
    for order in orders:
        if order.status in AT_BROKER and may_ask(order, run.now_ns) and run.state.throttle.has_room(run.now_ns):
            run.act(AskCancel(ref=order.ref, why="its spread is overdue"))


def _may_still_fill(state: EngineState, spread: Spread) -> bool:
    """It is not over while something of it could come: a late hedge would be nobody's."""
    blotter = state.blotter
    orders = (blotter.orders[ref] for refs in spread.refs.values() for ref in refs)
    return any(open_part(order, blotter.read_ns, blotter.patience.cooling_ns).total for order in orders)
