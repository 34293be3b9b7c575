"""Wants, weighed and carried out: the one funnel through which anything new comes to the broker."""

from collections.abc import Iterable
from typing import TypeVar

from tarazu.engine import flags, guards
from tarazu.engine.acts import AskCancel, AskChange, BeginExit, BeginSpread, Deny, Intend
from tarazu.engine.messages import Wanted
from tarazu.engine.run import Run
from tarazu.engine.scales import dearest_paise
from tarazu.engine.tags import fresh_tag
from tarazu.engine.weighing import Adding, Dearer, addings, denials_of, protection_of, reference_paise
from tarazu.model.order import OrdType
from tarazu.model.order_request import NewOrder, OrderChange
from tarazu.model.units import SECOND_NS
from tarazu.orders.intent import OrderIntent, Purpose
from tarazu.orders.order_state import OrderState
from tarazu.orders.slicing import NotSliceable, slices
from tarazu.orders.throttle import SendKind
from tarazu.risk.change import Change, cannot_be
from tarazu.risk.denial import Code, Denial
from tarazu.strategy.wants import CancelWant, ChangeWant, EntryWant, ExitWant, SpreadWant, Want

PERSON = "person"
"""In whose name a want from outside touches what a strategy has sent."""
OVERDUE_S_MAX = 86_400
"""A day: no spread of ours waits for its legs any longer."""

_Entering = TypeVar("_Entering", EntryWant, SpreadWant)


def from_outside(run: Run) -> None:
    """Somebody wants something, or gives leave to what has waited: that is weighed anew, as the day stands now."""
    if isinstance(run.message, Wanted):
        carry_out(run, [run.message.want])
    carry_out(run, guards.approved(run), has_leave=True)


def carry_out(run: Run, wants: Iterable[Want], *, has_leave: bool = False) -> None:
    for want in wants:
        match want:
            case EntryWant():
                _enter(run, want, has_leave)
            case SpreadWant():
                _spread(run, want, has_leave)
            case ExitWant():
                _exit(run, want)
            case CancelWant():
                _cancel(run, want)
            case ChangeWant():
                _change(run, want)


def _enter(run: Run, wanted: EntryWant, has_leave: bool) -> None:
    want = _sized(run, wanted, has_leave)
    if want is None:
        return
    instrument = run.state.instruments.get(want.key)
    denials = denials_of(run, addings(want))
    if denials or instrument is None:
        run.act(Deny(want=want, denials=denials))
        return
    if not has_leave and guards.holds(run, want):
        return
    cut = slices(want.qty, instrument.lot_size, instrument.freeze_qty)
    assert not isinstance(cut, NotSliceable), "the gate lets through what can be sliced"
    group = ""
    for qty in cut:
        tag = fresh_tag(run)
        group = group or (tag if len(cut) > 1 else "")
        order = NewOrder(
            tag=tag,
            exchange=instrument.exchange,
            tradingsymbol=instrument.tradingsymbol,
            side=want.side,
            qty=qty,
            product=want.product,
            order_type=want.order_type,
            price_paise=want.price_paise if want.order_type is OrdType.LIMIT else None,
            validity=want.validity,
            protection_bps=protection_of(want.order_type),
        )
        intent = OrderIntent(order=order, purpose=Purpose.ENTRY, strategy=want.strategy, group=group)
        run.act(Intend(intent=intent, stop=want.stop, reference_paise=reference_paise(run, want.key)))


def _sized(run: Run, want: _Entering, has_leave: bool) -> _Entering | None:
    """As much of it as the flags leave, None where that is nothing. What has waited for leave was cut before it was
    shown."""
    sized = want if has_leave else flags.sized(run.state, want)
    if isinstance(sized, Denial):
        run.act(Deny(want=want, denials=(sized,)))
        return None
    return sized


def _spread(run: Run, wanted: SpreadWant, has_leave: bool) -> None:
    """Weighed whole, every leg as an entry of its own and all of them together; one no is a no to all."""
    want = _sized(run, wanted, has_leave)
    if want is None:
        return
    denials = list(denials_of(run, addings(want)))
    if misshapen := _misshapen(run, want):
        denials.append(Denial(Code.ORDER, misshapen))
    if began := _began_again(run, want):
        denials.append(began)
    if denials:
        run.act(Deny(want=want, denials=tuple(denials)))
    elif has_leave or not guards.holds(run, want):
        run.act(BeginSpread(group=fresh_tag(run), want=want))


def _began_again(run: Run, want: SpreadWant) -> Denial | None:
    """(C12) The very same is under way and so young that nothing of it may have been sent yet: the gate, which looks
    at what was sent, would not see it."""
    window_ns = run.state.config.risk.duplicate_ns
    for spread in run.state.spreads.values():
        if spread.want == want and run.now_ns < spread.began_ns + window_ns:
            return Denial(Code.DUPLICATE, "the same spread has just begun", f"{window_ns / SECOND_NS:.1f} s")
    return None


def _misshapen(run: Run, want: SpreadWant) -> str:
    """Why it is no spread that could be carried out leg by leg; empty when it is."""
    legs = (*want.hedges, *want.mains)
    if not want.hedges or not want.mains or want.sets <= 0:
        return "no hedges, mains or sets"
    if not 0 < want.overdue_s <= OVERDUE_S_MAX:
        return f"overdue_s is {want.overdue_s}: it is to be above 0, and {OVERDUE_S_MAX} at most"
    if len({leg.name for leg in legs}) < len(legs) or any(not leg.name or ":" in leg.name for leg in legs):
        return "every leg needs a name of its own, without a colon"
    if len({leg.key for leg in legs}) < len(legs):
        return "two legs in one instrument"
    lots = {leg.key: run.state.instruments[leg.key].lot_size for leg in legs if leg.key in run.state.instruments}
    odd = [leg.name for leg in legs if leg.per_set <= 0 or leg.per_set % lots.get(leg.key, 1)]
    return f"a set is no whole number of lots of {', '.join(odd)}" if odd else ""


def _exit(run: Run, want: ExitWant) -> None:
    """In a key that nobody knows nothing can be flat, and nothing can be left."""
    state, place = run.state, (want.key, want.product)
    held = (*state.held, *state.before)
    if want.key not in state.instruments and place not in held and not any(state.blotter.of_key(want.key)):
        run.act(Deny(want=want, denials=(Denial(Code.INSTRUMENT, want.key, "today's master, or held"),)))
    elif place not in state.exits:
        run.act(BeginExit(key=want.key, product=want.product, strategy=want.strategy, why=want.why))


def _cancel(run: Run, want: CancelWant) -> None:
    order = run.state.blotter.find(want.ref)
    if order is None or order.ended:
        run.act(Deny(want=want, denials=(Denial(Code.ORDER, order.status if order else "no such order"),)))
    elif denial := _untouchable(run, want, order):
        run.act(Deny(want=want, denials=(denial,)))
    else:
        run.act(AskCancel(ref=order.ref, why=want.why or want.strategy, until_ended=True))


def _untouchable(run: Run, want: CancelWant | ChangeWant, order: OrderState) -> Denial | None:
    """Of another's order, and of one that protects or leaves. A person, whose want comes from outside, has a say in
    every entry and in what nobody here has sent; a position without its stop is nobody's wish."""
    intent = order.intent
    if intent is not None and intent.purpose in (Purpose.STOP, Purpose.SQUARE_OFF):
        return Denial(Code.ORDER, f"it is a {intent.purpose}", "leave the place: it goes with the position")
    owner = intent.strategy if intent is not None else ""
    is_persons = isinstance(run.message, Wanted) and want.strategy == PERSON
    if want.strategy == owner or is_persons:
        return None
    return Denial(Code.ORDER, f"it is {owner or 'nobody'}'s order, not {want.strategy}'s", "orders of its own")


def _change(run: Run, want: ChangeWant) -> None:
    order = run.state.blotter.find(want.ref)
    if order is None or order.ended or order.intent is None:
        run.act(Deny(want=want, denials=(Denial(Code.ORDER, order.status if order else "no such order"),)))
        return
    not_its_own = _untouchable(run, want, order)
    denials = _change_denials(run, want, order) if not_its_own is None else (not_its_own,)
    if denials:
        run.act(Deny(want=want, denials=denials))
        return
    change = OrderChange(order_id=order.order_id, qty=want.qty, price_paise=want.price_paise)
    run.act(AskChange(ref=order.ref, change=change, why=want.strategy))


def _change_denials(run: Run, want: ChangeWant, order: OrderState) -> tuple[Denial, ...]:
    """Less of it, or another price of an exit, passes; more of it, or another price of an entry, is weighed as one."""
    held = run.state.throttle.held(SendKind.MODIFY, run.now_ns, order.changes)
    if held is not None:
        return (Denial(Code.THROTTLE, f"{held.count} a {held.window}", str(held.limit)),)
    band = run.state.bands.get(order.key)
    asked = Change(
        key=order.key,
        purpose=order.intent.purpose if order.intent is not None else None,
        qty=want.qty,
        price_paise=want.price_paise,
        instrument=run.state.instruments.get(order.key),
        band=(band.low_paise, band.high_paise) if band else None,
    )
    if wrong := cannot_be(asked):
        return (wrong,)
    added = max((want.qty or 0) - order.qty_least, 0)
    is_entry = order.intent is not None and order.intent.purpose is Purpose.ENTRY
    if order.intent is None or (not added and (not is_entry or want.price_paise is None)):
        return ()
    if without_leave := guards.change_denials(run, want, added):
        return without_leave
    probe = EntryWant(
        strategy=order.intent.strategy,
        key=order.key,
        side=order.side,
        qty=max(want.qty or 0, order.qty_worst),
        product=order.product,
        price_paise=want.price_paise if want.price_paise is not None else order.price_paise,
    )
    stop = run.state.stops.get(order.ref)
    adding = Adding(probe, added, stop, is_leg=True, ref=order.ref, dearer=_dearer(order, want))
    found = [*_bare(run, order, added), *denials_of(run, [adding])]
    return tuple(denial for denial in found if added or denial.code is not Code.LOT)


def _bare(run: Run, order: OrderState, added: int) -> tuple[Denial, ...]:
    """(C28) More of what no stop of its own would follow, or of a spread's leg, which its other legs cover as it is."""
    group = order.intent.group if order.intent is not None else ""
    if not added:
        return ()
    if group and run.state.blotter.find(group) is None:  # slices are a group by the first one's name
        return (Denial(Code.STOP, f"it is a leg of spread {group}", "another spread: a leg is covered as it is"),)
    if run.state.config.stop_required and order.ref not in run.state.stops:
        return (Denial(Code.STOP, "the order has no stop of its own", "a stop at the exchange"),)
    return ()


def _dearer(order: OrderState, want: ChangeWant) -> Dearer | None:
    if want.price_paise is None:
        return None
    return Dearer(order.side, order.leaves_worst, dearest_paise(order))
