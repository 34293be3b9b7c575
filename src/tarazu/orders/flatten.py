"""The one planner of square-offs: from the positions the broker has to exact orders. What `--dry-run` prints is what
live sends (RELIABILITY I11).

Asked again and again, each time with a fresh read of positions, it ends at zero or says what it waits for. It never
flips: an exit is at most what both the broker and we know of the position, less everything that may already close it,
unknown orders and those that were canceled a moment ago too. That is why a resting stop is not canceled and replaced,
which would leave its remainder cooling for two minutes, but turned: modified into the exit.
"""

from collections.abc import Collection, Iterable, Mapping

import msgspec

from tarazu.model.order import OrdType, Side
from tarazu.model.order_request import OrderChange
from tarazu.model.units import SECOND_NS
from tarazu.orders.blotter import Blotter
from tarazu.orders.exposure import Place, exposure_of, open_part
from tarazu.orders.flatten_plan import BrokerPosition, ExitOrder, ExitRule, FlattenPlan, Reason, Turn, Wait
from tarazu.orders.intent import Purpose
from tarazu.orders.lifecycle import AT_BROKER, OrdStatus
from tarazu.orders.order_state import OrderState
from tarazu.orders.slicing import LEGS_MAX, NotSliceable, slices

STRANDED_NS = 30 * SECOND_NS
_RESTS = frozenset({OrdStatus.WORKING, OrdStatus.PARTIALLY_FILLED})


class _Place(msgspec.Struct):
    """What is planned for one place."""

    withdrawals: list[str] = []
    cancels: list[str] = []
    turns: list[Turn] = []
    exits: list[ExitOrder] = []
    waits: list[Wait] = []
    is_flat: bool = True


def plan_flatten(
    blotter: Blotter,
    positions: Iterable[BrokerPosition],
    rules: Mapping[str, ExitRule],
    *,
    before: Mapping[Place, int] | None = None,
    modifications_max: int = 20,
    only: Collection[Place] | None = None,
) -> FlattenPlan:
    """What to do now about everything, or about `only` these places. `positions` are a whole, fresh read; `before` was
    carried into the day."""
    held = {(position.key, position.product): position.qty for position in positions}
    places = set(only) if only is not None else {*held, *(before or {}), *blotter.standing.places}
    planned: list[_Place] = []
    for place in sorted(places, key=lambda place: (held.get(place, 0) >= 0, place)):
        carried = (before or {}).get(place, 0)
        planned.append(_plan(blotter, place, held.get(place, 0), carried, rules.get(place[0]), modifications_max))
    return FlattenPlan(
        withdrawals=tuple(ref for part in planned for ref in part.withdrawals),
        cancels=tuple(ref for part in planned for ref in part.cancels),
        turns=tuple(turn for part in planned for turn in part.turns),
        exits=tuple(order for part in planned for order in part.exits),
        waits=tuple(wait for part in planned for wait in part.waits),
        flat=all(part.is_flat for part in planned),
    )


def _plan(
    blotter: Blotter, place: Place, theirs: int, carried: int, rule: ExitRule | None, modifications_max: int
) -> _Place:
    key, product = place
    ours = exposure_of(blotter, key, product, carried)
    part = _Place(is_flat=theirs == ours.filled == 0)
    if theirs != ours.filled:
        part.waits.append(Wait(key, product, Reason.DISAGREES, theirs - ours.filled))
    net = min(abs(theirs), abs(ours.filled)) if theirs * ours.filled > 0 else 0
    closing = Side.SELL if (theirs or ours.filled) > 0 else Side.BUY
    room = net
    in_doubt = net == 0 and theirs != ours.filled
    turnable: list[OrderState] = []
    may_matter = {order.ref for order in blotter.open_of(key) if order.product is product}
    for order in (blotter.orders[ref] for ref in blotter.keys.get(key, ()) if ref in may_matter):
        may_come = open_part(order, blotter.read_ns, blotter.patience.cooling_ns)
        if may_come.total == 0:
            continue
        part.is_flat = False
        closes = net > 0 and order.side is closing
        if order.status is OrdStatus.INTENDED and not (closes and _is_exit(order)):
            part.withdrawals.append(order.ref)
        elif in_doubt and not _is_entry(order):
            continue  # a stop of a position that may be there stays until it is known
        elif order.status in AT_BROKER and not closes:
            _cancel(part, order)
        elif order.status in AT_BROKER and not _is_exit(order) and order.cancel is None:
            turnable.append(order)
            continue
        elif _is_stranded(order, rule, modifications_max, blotter.now_ns):
            _spent(part, place, order)
        if closes:
            room -= may_come.total
            _wait(part, place, order, may_come.total)
    for order in turnable:
        qty = _fitting(order, room, rule)
        if qty is None:
            _cancel(part, order)
        else:
            _turn(part, place, order, qty, rule, modifications_max)
        room -= order.leaves_worst
    if room > 0:
        _exit(part, place, closing, room, rule)
    return part


def _is_exit(order: OrderState) -> bool:
    return order.intent is not None and order.intent.purpose is Purpose.SQUARE_OFF


def _is_entry(order: OrderState) -> bool:
    return order.intent is not None and order.intent.purpose is Purpose.ENTRY


def _fitting(order: OrderState, room: int, rule: ExitRule | None) -> int | None:
    """The whole quantity with which a resting order closes no more than `room`; None when it must go. Never more than
    the least it may have: what may be larger may be smaller too, and others that close may still fill."""
    if order.leaves_worst <= room:
        return order.qty
    qty = min(order.cum_qty + room, order.qty_least)
    fits = qty > order.cum_qty and rule is not None and qty % rule.lot_size == 0
    return qty if fits else None


def _cancel(part: _Place, order: OrderState) -> None:
    if order.order_id and order.cancel is None:
        part.cancels.append(order.ref)


def _wait(part: _Place, place: Place, order: OrderState, qty: int) -> None:
    if order.ended:
        reason = Reason.COOLING
    else:
        reason = Reason.UNDER_WAY if order.status in AT_BROKER else Reason.UNKNOWN
    part.waits.append(Wait(*place, reason, qty))


def _spent(part: _Place, place: Place, order: OrderState) -> None:
    """It can be moved no more: it goes, and once it has cooled an exit of its own takes its place."""
    _cancel(part, order)
    part.waits.append(Wait(*place, Reason.SPENT, order.leaves_worst))


def _is_stranded(order: OrderState, rule: ExitRule | None, modifications_max: int, now_ns: int) -> bool:
    """An exit that has rested behind the market for long, with no modification left."""
    rests = order.status in _RESTS and order.change is None and order.cancel is None
    if not rests or order.changes < modifications_max or now_ns < max(order.status_ns, order.row_ns) + STRANDED_NS:
        return False
    return not _is_at(order, rule.price(order.side) if rule else None)


def _is_at(order: OrderState, price: int | None) -> bool:
    """Whether it is at the price already, or beyond it; a price that is not known makes nothing behind it."""
    sign = order.side.sign
    return not order.order_type.is_stop and (price is None or sign * order.price_paise >= sign * price)


def _turn(
    part: _Place, place: Place, order: OrderState, qty: int, rule: ExitRule | None, modifications_max: int
) -> None:
    """Make a resting stop or target the exit. One that is at the price already, or being changed, is left alone."""
    new_qty = None if qty == order.qty_worst else qty
    price = rule.price(order.side) if rule else None
    rests = order.status in _RESTS and order.change is None
    if not rests or (_is_at(order, price) and new_qty is None):
        part.waits.append(Wait(*place, Reason.UNDER_WAY, order.leaves_worst))
    elif order.changes >= modifications_max:
        _spent(part, place, order)
    elif price is not None:
        change = OrderChange(order_id=order.order_id, qty=new_qty, order_type=OrdType.LIMIT, price_paise=price)
        part.turns.append(Turn(order.ref, change))
    elif rule is not None and rule.market_allowed:
        bps = rule.protection_bps
        change = OrderChange(order_id=order.order_id, qty=new_qty, order_type=OrdType.MARKET, protection_bps=bps)
        part.turns.append(Turn(order.ref, change))
    else:
        reason = Reason.NO_RULE if rule is None else Reason.NO_PRICE
        part.waits.append(Wait(*place, reason, order.leaves_worst))


def _exit(part: _Place, place: Place, side: Side, qty: int, rule: ExitRule | None) -> None:
    if rule is None:
        part.waits.append(Wait(*place, Reason.NO_RULE, qty))
        return
    if not rule.market_allowed and rule.price(side) is None:
        part.waits.append(Wait(*place, Reason.NO_PRICE, qty))
        return
    if odd := qty % rule.lot_size:
        part.waits.append(Wait(*place, Reason.ODD_QTY, odd))
    largest = (rule.freeze_qty - rule.freeze_qty % rule.lot_size) * LEGS_MAX
    whole = min(qty - odd, largest) if rule.freeze_qty else qty - odd
    cut = slices(whole, rule.lot_size, rule.freeze_qty) if whole else ()
    if isinstance(cut, NotSliceable):
        part.waits.append(Wait(*place, Reason.ODD_QTY, qty))
        return
    market = rule.market_allowed
    part.exits += [
        ExitOrder(
            key=place[0],
            product=place[1],
            side=side,
            qty=size,
            order_type=OrdType.MARKET if market else OrdType.LIMIT,
            price_paise=None if market else rule.price(side),
            protection_bps=rule.protection_bps if market else None,
        )
        for size in cut
    ]
