"""The stop that rests at the exchange for every entry that fills, and the exit that must not be left resting.

If everything of ours dies, the stop is what is left: it goes out within 3 seconds of the fill (RELIABILITY C28). Where
SL-M is barred (NSE options since 27 Sep 2021, BSE since 9 Oct 2023, KITE facts 1.6) it is an SL with a wide limit.
"""

from collections.abc import Collection, Container, Mapping, Sequence

import msgspec

from tarazu.model.order import OrdType, Product, Side
from tarazu.model.order_request import PROTECTION_AUTO, OrderChange
from tarazu.model.units import SECOND_NS
from tarazu.orders import tick_steps
from tarazu.orders.blotter import Blotter
from tarazu.orders.exposure import Exposure, Place, exposure_of, filled
from tarazu.orders.intent import Purpose
from tarazu.orders.lifecycle import AT_BROKER, OrdStatus
from tarazu.orders.order_state import OrderState

STOP_WITHIN_NS = 3 * SECOND_NS
_BUY, _SELL, _ENTRY, _STOP = Side.BUY, Side.SELL, Purpose.ENTRY, Purpose.STOP


class StopTerms(msgspec.Struct, frozen=True, kw_only=True):
    """How a strategy wants an instrument protected, and what the exchange allows there. Paise."""

    distance_paise: int
    """From the entry's price to the trigger."""
    width_paise: int
    """From the trigger to the limit: as far as the stop may slip. LPP is checked when it triggers."""
    tick_paise: int
    low_paise: int
    high_paise: int
    """The day's price band."""
    sl_m_barred: bool = True
    protection_bps: int = PROTECTION_AUTO


class StopPrices(msgspec.Struct, frozen=True, kw_only=True):
    order_type: OrdType
    trigger_paise: int
    price_paise: int | None = None
    protection_bps: int | None = None


class NoStop(msgspec.Struct, frozen=True):
    why: str


def stop_prices(entry: Side, entry_paise: int, terms: StopTerms) -> StopPrices | NoStop:
    """Of the stop for an entry on side `entry` at `entry_paise`. The trigger is rounded towards the entry, the limit
    away from it and kept inside the band; NoStop when the band or the tick leaves no room for a trigger."""
    away = -entry.sign
    raw = entry_paise + away * terms.distance_paise
    trigger = (tick_steps.ceil if entry is Side.BUY else tick_steps.floor)(raw, terms.tick_paise)
    if not terms.low_paise <= trigger <= terms.high_paise or trigger <= 0:
        return NoStop(f"a trigger of {trigger} paise is outside the band of {terms.low_paise} to {terms.high_paise}")
    if (trigger - entry_paise) * away <= 0:
        return NoStop(f"{terms.distance_paise} paise from {entry_paise} is no trigger on a tick of {terms.tick_paise}")
    if not terms.sl_m_barred:
        return StopPrices(order_type=OrdType.SL_M, trigger_paise=trigger, protection_bps=terms.protection_bps)
    if entry is Side.BUY:
        lowest = tick_steps.ceil(max(terms.low_paise, terms.tick_paise), terms.tick_paise)
        price = max(tick_steps.floor(trigger - terms.width_paise, terms.tick_paise), lowest)
    else:
        highest = tick_steps.floor(terms.high_paise, terms.tick_paise)
        price = min(tick_steps.ceil(trigger + terms.width_paise, terms.tick_paise), highest)
    return StopPrices(order_type=OrdType.SL, trigger_paise=trigger, price_paise=price)


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """Filled units of an entry that nothing protects."""

    entry: str
    key: str
    product: Product
    side: Side
    """Of the stop."""
    qty: int
    due_ns: int
    """Later than this it is an alarm."""


def gaps(
    blotter: Blotter, before: Mapping[Place, int] | None = None, among: Collection[str] | None = None
) -> Sequence[Gap]:
    """What still needs a stop, entry by entry, and never more than the position there needs: every order that could
    already close it counts, unknown ones and those that cool too, so that stops never flip a position. `among`: the
    entries that are to have one, of whom there are only ever more; None: all."""
    if not any(blotter.standing.bare.values()):
        return ()
    what, size = ("gaps", 0) if among is None else ("gaps among", len(among))
    asked = (blotter.coolings(), before, size)
    return blotter.standing.unmoved(what, asked, lambda: _gaps(blotter, before or {}, among))


def _gaps(blotter: Blotter, before: Mapping[Place, int], among: Container[str] | None) -> list[Gap]:
    room: dict[Place, int] = {}
    bare: dict[str, int] = {}
    for place, of_place in blotter.standing.bare.items():
        if of_place and (left := _room(exposure_of(blotter, *place, before.get(place, 0)))):
            room[place] = left
            bare |= of_place
    found: list[Gap] = []
    for ref in sorted(bare, reverse=True):  # what other hands have closed, they closed the oldest of
        if among is not None and ref not in among:
            continue
        order = blotter.orders[ref]
        place, sign = (order.key, order.product), order.side.sign
        qty = min(bare[ref], abs(room[place]))
        if qty > 0 and room[place] * sign > 0:
            room[place] -= sign * qty
            found.append(_gap(order, qty, order.filled_ns))
    return found


def _gap(order: OrderState, qty: int, since_ns: int) -> Gap:
    return Gap(
        entry=order.ref,
        key=order.key,
        product=order.product,
        side=order.side.opposite,
        qty=qty,
        due_ns=since_ns + STOP_WITHIN_NS,
    )


def uncovered(blotter: Blotter, entries: Collection[str], before: Mapping[Place, int] | None = None) -> Sequence[Gap]:
    """What of `entries` is open and bare: no stop or exit of ours that the broker has at work would close it. Wider
    than `gaps`: what others might close, what cools and what is unknown protects nothing, though no stop may go out
    beside it. Since when: the last fill, or the last end of an order of ours that would have closed it."""
    asked = (before, len(entries))
    return blotter.standing.unmoved("uncovered", asked, lambda: _uncovered(blotter, entries, before or {}))


def _uncovered(blotter: Blotter, entries: Container[str], before: Mapping[Place, int]) -> list[Gap]:
    room: dict[Place, int] = {}
    refs: list[str] = []
    for place, of_place in blotter.standing.entries.items():
        if left := _unclosed(blotter, place, before.get(place, 0)):
            room[place] = left
            refs += of_place
    kept: dict[Place, tuple[dict[str, int], int]] = {}
    found: list[Gap] = []
    for ref in sorted(refs, reverse=True):
        order = blotter.orders[ref]
        place, sign = (order.key, order.product), order.side.sign
        if ref not in entries or not order.cum_qty or room[place] * sign <= 0:
            continue
        if place not in kept:
            kept[place] = _kept(blotter, place, order.side)
        own, ended_ns = kept[place]
        qty = min(abs(room[place]), order.cum_qty - own.get(ref, 0))
        if qty > 0:
            room[place] -= sign * qty
            found.append(_gap(order, qty, max(order.filled_ns, ended_ns)))
    return found


def _kept(blotter: Blotter, place: Place, side: Side) -> tuple[dict[str, int], int]:
    """By entry on `side`: what its own stops and exits have closed, or are at work for; and when one last ended."""
    own: dict[str, int] = {}
    ended_ns = 0
    for order in blotter.of_key(place[0]):
        if order.product is place[1] and order.intent is not None and _closes(order, side):
            own[order.intent.covers] = own.get(order.intent.covers, 0) + order.cum_qty + _at_work(order)
            ended_ns = max(ended_ns, order.ended_ns)
    return own, ended_ns


def _unclosed(blotter: Blotter, place: Place, before: int) -> int:
    """The position, less what our stops and exits at work would close of it; signed."""
    net = filled(blotter, place, before)
    if not net:
        return 0
    side = _BUY if net > 0 else _SELL
    mine = (o for o in blotter.open_of(place[0]) if o.product is place[1] and _closes(o, side))
    return side.sign * max(abs(net) - sum(_at_work(o) for o in mine), 0)


def _closes(order: OrderState, entry: Side) -> bool:
    """Whether it is a stop or an exit of ours, for units on side `entry`."""
    return order.side is not entry and order.intent is not None and order.intent.purpose is not _ENTRY


def _at_work(order: OrderState) -> int:
    return max(order.qty - order.cum_qty, 0) if order.status in AT_BROKER else 0


class Surplus(msgspec.Struct, frozen=True, kw_only=True):
    """A stop of ours that rests for more than is open there: it would open what it is there to close."""

    ref: str
    key: str
    product: Product
    keep_qty: int
    """Of the whole order, what is filled of it included, and never more than the least it may have; 0: all that rests
    of it is too much."""


def surplus(blotter: Blotter, before: Mapping[Place, int] | None = None) -> Sequence[Surplus]:
    """Which stops are more than what is open: somebody else has closed it, and the oldest of it first."""
    return blotter.standing.unmoved("surplus", before, lambda: _surplus(blotter, before or {}))


def _surplus(blotter: Blotter, before: Mapping[Place, int]) -> list[Surplus]:
    room: dict[Place, int] = {}
    found: list[Surplus] = []
    for order in reversed(blotter.open()):
        if order.intent is None or order.intent.purpose is not _STOP or order.status not in AT_BROKER:
            continue
        place = (order.key, order.product)
        if place not in room:
            room[place] = filled(blotter, place, before.get(place, 0))
        kept = min(order.leaves_worst, max(-order.side.sign * room[place], 0))
        room[place] += order.side.sign * kept
        if kept < order.leaves_worst:
            keep_qty = min(order.cum_qty + kept, order.qty_least) if kept else 0
            found.append(Surplus(ref=order.ref, key=order.key, product=order.product, keep_qty=keep_qty))
    return found


def _room(exposure: Exposure) -> int:
    """The position, less everything that could already close it; signed."""
    net = exposure.filled
    return max(net - exposure.sell.total, 0) if net > 0 else min(net + exposure.buy.total, 0)


class ChaseTerms(msgspec.Struct, frozen=True, kw_only=True):
    """How a protected exit that rests is brought nearer, and how far."""

    every_ns: int = 2 * SECOND_NS
    steps_max: int = 10
    """Under Kite's 25 modifications an order; the throttle's 20 comes first."""
    cross_bps: int = 100
    """How far beyond the other side's best price each step goes."""
    worst_paise: int
    """Never a worse price than this."""
    tick_paise: int


class Rest(msgspec.Struct, frozen=True):
    """Nothing to do until then; 0: nothing at all."""

    until_ns: int = 0


class GaveUp(msgspec.Struct, frozen=True):
    """The exit rests and will not be moved further: a person must look."""

    why: str


def chase(order: OrderState, touch_paise: int | None, terms: ChaseTerms, now_ns: int) -> OrderChange | Rest | GaveUp:
    """The next price of an exit that rests. `touch_paise` is the best price of the other side, None without one.

    A MARKET order with protection is a LIMIT order at the protected price, and its rest stays in the book (KITE facts
    0.4). It is never moved back, never twice at once, and only so often.
    """
    if order.status not in (OrdStatus.WORKING, OrdStatus.PARTIALLY_FILLED) or order.change or order.cancel:
        return Rest()
    since = max(order.status_ns, order.row_ns)
    if now_ns < since + terms.every_ns:
        return Rest(since + terms.every_ns)
    if touch_paise is None:
        return GaveUp("the other side of the book is empty")
    if order.changes >= terms.steps_max:
        return GaveUp(f"{order.changes} steps have not filled it")
    if order.price_paise == terms.worst_paise:
        return GaveUp("it rests at the worst price it may have")
    sign = order.side.sign
    price = tick_steps.beyond(touch_paise, terms.cross_bps, order.side, terms.tick_paise)
    price = sign * min(sign * price, sign * terms.worst_paise)
    if sign * price <= sign * order.price_paise:
        return Rest(now_ns + terms.every_ns)
    return OrderChange(order_id=order.order_id, price_paise=price)
