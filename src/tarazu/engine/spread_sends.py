"""What goes out for a spread: its legs, slice by slice, and the trims that take back what covers nothing."""

from tarazu.engine.acts import AllotLegs, Deny, EndSpread, Intend, Severity
from tarazu.engine.exit_terms import may_try_ns, new_order, rule_of
from tarazu.engine.run import Run
from tarazu.engine.state import Spread
from tarazu.engine.tags import fresh_tag
from tarazu.engine.weighing import Adding, denials_of, protection_of, reference_paise
from tarazu.model.order import OrdType
from tarazu.model.order_request import NewOrder
from tarazu.orders.blotter import Blotter
from tarazu.orders.flatten_plan import ExitOrder, ExitRule
from tarazu.orders.intent import OrderIntent, Purpose
from tarazu.orders.slicing import NotSliceable, slices
from tarazu.orders.throttle import SendKind
from tarazu.risk.denial import Code, Denial
from tarazu.strategy.wants import EntryWant, LegWant, SpreadWant

TRIM = "trim:"


def unsent(spread: Spread, blotter: Blotter) -> dict[str, int]:
    """By leg: what is allotted and not sent yet."""
    sent = sent_qty(spread, blotter)
    return {name: qty - sent[name] for name, qty in spread.allotted.items() if qty > sent[name]}


def sent_qty(spread: Spread, blotter: Blotter) -> dict[str, int]:
    """By allotted leg: the units of the orders that were written down for it, whatever came of them."""
    total: dict[str, int] = {}
    for name in spread.allotted:
        intents = (blotter.orders[ref].intent for ref in spread.refs.get(name, ()))
        total[name] = sum(intent.order.qty for intent in intents if intent is not None)
    return total


def send(run: Run, group: str, *, overdue: bool) -> None:
    """What is unsent, as the gate and the throttle let it; what they do not let go is given up, or waits."""
    spread = run.state.spreads[group]
    missing = [(_leg(spread.want, name), qty) for name, qty in unsent(spread, run.state.blotter).items()]
    denials = denials_of(run, [_adding(spread.want, leg, qty, group) for leg, qty in missing])
    lasting = tuple(denial for denial in denials if denial.code is not Code.THROTTLE)
    if lasting or overdue or _has_failed(spread, missing, run.state.blotter):
        _give_up(run, group, lasting)
        return
    for leg, qty in missing:
        instrument = run.state.instruments[leg.key]
        cut = slices(qty, instrument.lot_size, instrument.freeze_qty)
        assert not isinstance(cut, NotSliceable), "the gate lets through what can be sliced"
        for size in cut:
            if run.state.throttle.held(SendKind.PLACE, run.now_ns, is_entry=True) is not None:
                return  # the rest with the next message
            _intend(run, group, leg, size)


def _leg(want: SpreadWant, name: str) -> LegWant:
    return next(leg for leg in (*want.hedges, *want.mains) if leg.name == name)


def _adding(want: SpreadWant, leg: LegWant, qty: int, group: str) -> Adding:
    entry = EntryWant(
        strategy=want.strategy,
        key=leg.key,
        side=leg.side,
        qty=qty,
        product=want.product,
        order_type=_order_type(leg),
        price_paise=leg.price_paise,
    )
    return Adding(entry, qty, is_leg=True, group=group)


def _order_type(leg: LegWant) -> OrdType:
    return OrdType.MARKET if leg.price_paise is None else OrdType.LIMIT


def _has_failed(spread: Spread, missing: list[tuple[LegWant, int]], blotter: Blotter) -> bool:
    """Whether a slice of this side has ended unfilled: the others would go the same way, or stand uncovered."""
    side = spread.want.hedges if missing[0][0] in spread.want.hedges else spread.want.mains
    orders = [blotter.orders[ref] for leg in side for ref in spread.refs.get(leg.name, ())]
    return any(order.ended and order.cum_qty < order.qty for order in orders)


def _give_up(run: Run, group: str, denials: tuple[Denial, ...]) -> None:
    """What is not sent is not sent any more; a spread of which nothing was sent is over."""
    spread = run.state.spreads[group]
    why = ", ".join(f"{denial.code} {denial.observed}" for denial in denials) or "overdue, or a slice of it failed"
    if not spread.refs:
        run.act(Deny(want=spread.want, denials=denials))
        run.act(EndSpread(group=group, how=f"nothing was sent: {why}"))
        return
    sent = sent_qty(spread, run.state.blotter)
    run.act(AllotLegs(group=group, qty=sent, why=why))
    kept = "kept" if spread.want.keep_hedges else "trimmed"
    run.alert(Severity.SEV2, "SPREAD_SHORT", group, f"{why}: legs are not sent; hedges without mains are {kept}")


def _intend(run: Run, group: str, leg: LegWant, qty: int) -> None:
    instrument, want = run.state.instruments[leg.key], run.state.spreads[group].want
    order = NewOrder(
        tag=fresh_tag(run),
        exchange=instrument.exchange,
        tradingsymbol=instrument.tradingsymbol,
        side=leg.side,
        qty=qty,
        product=want.product,
        order_type=_order_type(leg),
        price_paise=leg.price_paise,
        protection_bps=protection_of(_order_type(leg)),
    )
    intent = OrderIntent(order=order, purpose=Purpose.ENTRY, strategy=want.strategy, group=group)
    run.act(Intend(intent=intent, leg=leg.name, reference_paise=reference_paise(run, leg.key)))


# Trims: exits, which no gate holds up.


def trim(run: Run, group: str, spare: dict[str, int]) -> None:
    """Take back what covers nothing: whole lots, and never more than the place still holds and nothing else closes."""
    want = run.state.spreads[group].want
    lots = {name: run.state.instruments[_leg(want, name).key].lot_size for name in spare}
    if all(qty < lots[name] for name, qty in spare.items()):
        run.alert(Severity.SEV2, "SPREAD_ODD", group, f"less than a lot is left of {', '.join(spare)}")
        run.act(EndSpread(group=group, how="DONE, with less than a lot of a hedge left over"))
        return
    for name, qty in spare.items():
        leg = _leg(want, name)
        room = min(qty, _room(run, leg, want))
        if room >= lots[name]:
            _trim(run, group, leg, room - room % lots[name])
        elif qty >= lots[name]:
            run.alert(Severity.SEV2, "SPREAD_STUCK", f"{group} {name}", f"{qty} of {leg.key} to be trimmed: not there")


def _room(run: Run, leg: LegWant, want: SpreadWant) -> int:
    exposure = run.state.exposure(leg.key, want.product)
    closing = exposure.sell if leg.side.sign > 0 else exposure.buy
    return leg.side.sign * exposure.filled - closing.total


def _trim(run: Run, group: str, leg: LegWant, qty: int) -> None:
    state = run.state
    spread, instrument = state.spreads[group], state.instruments[leg.key]
    tried = [state.blotter.orders[ref] for ref in spread.refs.get(TRIM + leg.name, ())]
    rule, side = rule_of(run, leg.key, tried), leg.side.opposite
    assert rule is not None, "a leg was sent of it"
    if run.now_ns < may_try_ns(tried):
        run.alert(Severity.SEV2, "EXIT_REFUSED", f"{group} {leg.name}", tried[-1].text)
        return
    if not rule.market_allowed and rule.price(side) is None:
        run.alert(Severity.SEV2, "EXIT_NO_PRICE", f"{group} {leg.name}", f"{qty} of {leg.key} cannot be trimmed")
        return
    cut = slices(qty, instrument.lot_size, instrument.freeze_qty)
    assert not isinstance(cut, NotSliceable), "no more is trimmed than was sent"
    for size in cut:
        if state.throttle.held(SendKind.PLACE, run.now_ns) is not None:
            return
        exit = _exit_order(leg, spread.want, size, rule)
        order = new_order(instrument, fresh_tag(run), exit)
        intent = OrderIntent(order=order, purpose=Purpose.EXIT, strategy=spread.want.strategy, group=group)
        run.act(Intend(intent=intent, leg=TRIM + leg.name))


def _exit_order(leg: LegWant, want: SpreadWant, qty: int, rule: ExitRule) -> ExitOrder:
    side, market = leg.side.opposite, rule.market_allowed
    return ExitOrder(
        key=leg.key,
        product=want.product,
        side=side,
        qty=qty,
        order_type=OrdType.MARKET if market else OrdType.LIMIT,
        price_paise=None if market else rule.price(side),
        protection_bps=rule.protection_bps if market else None,
    )
