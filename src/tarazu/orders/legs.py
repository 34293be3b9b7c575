"""Orders of several legs: hedges first, the legs they cover only as far as they are covered, and a stated end for each
way it can go wrong.

A plan is in sets: one set is `per_set` units of each leg, so 2 sets of a NIFTY spread are 130 and 130. What to do next
is one table over where the hedges and the mains stand; it is asked again after every change, and remembers nothing.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum

import msgspec

from tarazu.orders.blotter import Blotter
from tarazu.orders.lifecycle import OrdStatus
from tarazu.orders.order_state import OrderState


class Leg(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    per_set: int
    """Units in one set, whole lots."""
    refs: tuple[str, ...] = ()
    """Its orders so far, slices each: none until it is sent."""
    trims: tuple[str, ...] = ()
    """The orders that took some of it back."""


class MultiLeg(msgspec.Struct, frozen=True, kw_only=True):
    group: str
    sets: int
    hedges: tuple[Leg, ...]
    """What limits the loss of the mains: the long options of a spread."""
    mains: tuple[Leg, ...]
    keep_hedges: bool = False
    """Whether hedges stay when what they were to cover did not come about."""


class Stand(StrEnum):
    """Where one side of the plan stands, all its legs together."""

    UNSENT = "UNSENT"
    PENDING = "PENDING"
    """Some order of it has not ended."""
    UNSURE = "UNSURE"
    """Some order of it is unknown, or may still fill though it was called canceled."""
    FULL = "FULL"
    SHORT = "SHORT"
    """All ended, something filled, not everything."""
    NOTHING = "NOTHING"


class Move(StrEnum):
    SEND_HEDGES = "SEND_HEDGES"
    SEND_MAINS = "SEND_MAINS"
    """As many sets as the hedges cover."""
    WAIT = "WAIT"
    CANCEL_HEDGES = "CANCEL_HEDGES"
    CANCEL_MAINS = "CANCEL_MAINS"
    ABANDON = "ABANDON"
    """Nothing was filled, nothing is to be done."""
    TRIM_HEDGES = "TRIM_HEDGES"
    """Sell what the hedges cover and the mains have not."""
    DONE = "DONE"


class Step(msgspec.Struct, frozen=True):
    move: Move
    qty: dict[str, int] = {}
    """Units by leg, for the moves that order something."""


_S, _M = Stand, Move

# (hedges, mains) -> what next. A hedge is never sold while a main may exist or come to: UNSURE waits, without end.
MOVES: dict[tuple[Stand, Stand], Move] = {
    (_S.UNSENT, _S.UNSENT): _M.SEND_HEDGES,
    (_S.PENDING, _S.UNSENT): _M.WAIT,
    (_S.UNSURE, _S.UNSENT): _M.WAIT,
    (_S.FULL, _S.UNSENT): _M.SEND_MAINS,
    (_S.SHORT, _S.UNSENT): _M.SEND_MAINS,
    (_S.NOTHING, _S.UNSENT): _M.ABANDON,
    (_S.FULL, _S.PENDING): _M.WAIT,
    (_S.SHORT, _S.PENDING): _M.WAIT,
    (_S.FULL, _S.UNSURE): _M.WAIT,
    (_S.SHORT, _S.UNSURE): _M.WAIT,
    (_S.FULL, _S.FULL): _M.DONE,
    (_S.SHORT, _S.FULL): _M.TRIM_HEDGES,
    (_S.FULL, _S.SHORT): _M.TRIM_HEDGES,
    (_S.SHORT, _S.SHORT): _M.TRIM_HEDGES,
    (_S.FULL, _S.NOTHING): _M.TRIM_HEDGES,
    (_S.SHORT, _S.NOTHING): _M.TRIM_HEDGES,
}
OVERDUE = {(_S.PENDING, _S.UNSENT): _M.CANCEL_HEDGES, (_S.FULL, _S.PENDING): _M.CANCEL_MAINS} | {
    (_S.SHORT, _S.PENDING): _M.CANCEL_MAINS
}


def next_step(plan: MultiLeg, blotter: Blotter, *, overdue: bool) -> Step:
    """What to do now. `overdue`: what is pending has been so for longer than the desk waits."""
    hedged = _sets(plan.hedges, blotter)
    stands = _stand(plan.hedges, plan.sets, blotter, covers=False), _stand(plan.mains, hedged, blotter, covers=True)
    if stands[0] in (_S.PENDING, _S.UNSURE) and stands[1] is not _S.UNSENT:
        return Step(_M.WAIT)  # a hedge came back to life after its mains were sent: more cover, never less
    move = MOVES.get(stands)
    assert move is not None, f"{plan.group}: mains without hedges, {stands}"
    if overdue:
        move = OVERDUE.get(stands, move)
    match move:
        case _M.SEND_HEDGES:
            return Step(move, {leg.name: plan.sets * leg.per_set for leg in plan.hedges})
        case _M.SEND_MAINS:
            return _cover(plan, hedged, blotter)
        case _M.TRIM_HEDGES:
            return _trimmed(plan, blotter)
    return Step(move)


def _cover(plan: MultiLeg, hedged: int, blotter: Blotter) -> Step:
    sets = min(hedged, plan.sets)
    if sets == 0:
        return _trimmed(plan, blotter)  # the hedges filled, but not one whole set of them
    return Step(_M.SEND_MAINS, {leg.name: sets * leg.per_set for leg in plan.mains})


def _trimmed(plan: MultiLeg, blotter: Blotter) -> Step:
    """The part of each hedge that no main needs. A main filled in part needs its whole set."""
    needed = max((-(-_filled(leg, blotter) // leg.per_set) for leg in plan.mains), default=0)
    spare = {leg.name: _filled(leg, blotter) - needed * leg.per_set - _taken_back(leg, blotter) for leg in plan.hedges}
    spare = {name: qty for name, qty in spare.items() if qty > 0}
    if spare and not plan.keep_hedges:
        return Step(_M.TRIM_HEDGES, spare)
    trims = (blotter.orders[ref] for leg in plan.hedges for ref in leg.trims)
    return Step(_M.DONE if all(order.ended for order in trims) else _M.WAIT)


def _stand(legs: Sequence[Leg], sets: int, blotter: Blotter, *, covers: bool) -> Stand:
    orders = [blotter.orders[ref] for leg in legs for ref in leg.refs]
    if not orders:
        return _S.UNSENT
    if any(_unsure(order, blotter, covers=covers) for order in orders):
        return _S.UNSURE
    if any(not order.ended for order in orders):
        return _S.PENDING
    filled: Mapping[str, int] = {leg.name: _filled(leg, blotter) for leg in legs}
    if all(filled[leg.name] >= sets * leg.per_set for leg in legs):
        return _S.FULL
    return _S.SHORT if any(filled.values()) else _S.NOTHING


def _unsure(order: OrderState, blotter: Blotter, *, covers: bool) -> bool:
    """A main that was canceled counts as one that may come, until it has cooled; a late hedge does no harm."""
    cooling = covers and order.leaves_worst > 0 and order.cools(blotter.read_ns, blotter.patience.cooling_ns)
    return cooling or order.status in (OrdStatus.UNKNOWN, OrdStatus.IN_FLIGHT)


def _filled(leg: Leg, blotter: Blotter) -> int:
    return sum(blotter.orders[ref].cum_qty for ref in leg.refs)


def _taken_back(leg: Leg, blotter: Blotter) -> int:
    """All that the trims have sold or may still sell."""
    orders = [blotter.orders[ref] for ref in leg.trims]
    cooling_ns = blotter.patience.cooling_ns
    return sum(
        order.cum_qty if order.ended and not order.cools(blotter.read_ns, cooling_ns) else order.qty_worst
        for order in orders
    )


def _sets(legs: Sequence[Leg], blotter: Blotter) -> int:
    """Whole sets that are filled in every leg."""
    return min((_filled(leg, blotter) // leg.per_set for leg in legs), default=0)
