"""Exits that rest are brought to the market step by step: a MARKET order with protection is a LIMIT order whose rest
stays in the book (KITE facts 0.4), and nobody may be left half out of a position."""

from collections.abc import Iterable

import msgspec

from tarazu.engine.acts import Alert, AskChange, Severity
from tarazu.engine.exit_terms import fresh_touch, opposite_best, worst_price
from tarazu.engine.messages import MarketMoved, Ticked
from tarazu.engine.run import Run
from tarazu.engine.state import EngineState
from tarazu.market.touch import Touch
from tarazu.model.instrument import Instrument
from tarazu.model.order_request import OrderChange
from tarazu.model.units import MINUTE_NS, SECOND_NS
from tarazu.orders.intent import Purpose
from tarazu.orders.lifecycle import OrdStatus
from tarazu.orders.order_state import OrderState
from tarazu.orders.protection import ChaseTerms, GaveUp, chase
from tarazu.orders.throttle import SendKind

ANEW_NS = 30 * SECOND_NS
"""An exit that was given up is brought to the market as it is then, once it has rested for so long."""
STOP_RESTS_NS = 3 * SECOND_NS
STOP_RESTS_AGAIN_NS = MINUTE_NS
_RESTS = (OrdStatus.WORKING, OrdStatus.PARTIALLY_FILLED)
_STOP, _EXIT, _SQUARE_OFF = Purpose.STOP, Purpose.EXIT, Purpose.SQUARE_OFF


def tell_resting_stops(run: Run) -> None:
    """A stop whose limit the market has run past protects nothing: once a minute, until somebody has left the place."""
    if not isinstance(run.message, Ticked):
        return
    for order in run.state.blotter.open():
        if order.intent is None or order.intent.purpose is not _STOP:
            continue
        if _is_run_past(run, order) and run.now_ns >= max(order.status_ns, order.row_ns) + STOP_RESTS_NS:
            said_ns = run.state.alerted.get(("STOP_RESTS", order.ref))
            if said_ns is None or run.now_ns >= said_ns + STOP_RESTS_AGAIN_NS:
                text = (
                    f"{order.key}: the market is past its limit of {order.price_paise}, and {order.leaves_worst} rest"
                )
                run.act(Alert(severity=Severity.SEV2, code="STOP_RESTS", of=order.ref, text=text))


def _is_run_past(run: Run, order: OrderState) -> bool:
    if not order.price_paise or order.status not in _RESTS or is_resting_exit(run.state, order):
        return False
    touch = fresh_touch(run, order.key)
    best = opposite_best(touch, order.side) if touch else None
    return best is not None and order.side.sign * best > order.side.sign * order.price_paise


def chase_exits(run: Run) -> None:
    state, message = run.state, run.message
    if not (state.exits or state.flattening or state.spreads) or state.blotter.auth_lost:
        return
    if isinstance(message, Ticked):
        _chase(run, state.blotter.open())
    elif isinstance(message, MarketMoved):
        for key in run.quotes.changed():
            _chase(run, list(state.blotter.open_of(key)))


def _chase(run: Run, orders: Iterable[OrderState]) -> None:
    for order in orders:
        if is_resting_exit(run.state, order):
            _bring(run, order)


def is_resting_exit(state: EngineState, order: OrderState) -> bool:
    """An exit of a place that is being left, a stop that was turned into one, or the trim of a spread."""
    if order.order_type.is_stop or not order.price_paise or order.status not in _RESTS:
        return False
    purpose = order.intent.purpose if order.intent is not None else None
    if order.intent is not None and purpose is _EXIT and order.intent.group in state.spreads:
        return True
    is_exit = purpose is _SQUARE_OFF or order.ref in state.exit_prices  # a stranger's, too, once it was turned
    return is_exit and (bool(state.flattening) or (order.key, order.product) in state.exits)


def _bring(run: Run, order: OrderState) -> None:
    state, instrument = run.state, run.state.instruments.get(order.key)
    if instrument is None:
        return  # there is no exit of ours in what is not in today's master
    touch = fresh_touch(run, order.key)
    first_paise = state.exit_prices.get(order.ref, order.price_paise)
    terms = ChaseTerms(
        every_ns=state.config.chase_every_ns,
        steps_max=state.config.chase_steps_max,
        cross_bps=state.config.chase_cross_bps,
        worst_paise=worst_price(run, instrument, order.side, first_paise),
        tick_paise=instrument.tick_size_paise,
    )
    if touch is not None and _was_given_up(order, terms, run.now_ns):
        _begin_anew(run, instrument, order, touch, terms)
        return
    said = chase(order, opposite_best(touch, order.side) if touch else None, terms, run.now_ns)
    if isinstance(said, GaveUp):
        why = said.why if touch else "no fresh price to bring it nearer by"
        run.alert(Severity.SEV2, "EXIT_RESTS", order.ref, f"{order.key}: {why}")
    elif isinstance(said, OrderChange) and state.throttle.held(SendKind.MODIFY, run.now_ns, order.changes) is None:
        run.act(AskChange(ref=order.ref, change=said, why="chase", first_paise=first_paise))


def _was_given_up(order: OrderState, terms: ChaseTerms, now_ns: int) -> bool:
    """It has rested for long where the chase has left it."""
    sign = order.side.sign
    is_at_end = order.changes >= terms.steps_max or sign * order.price_paise >= sign * terms.worst_paise
    return is_at_end and now_ns >= max(order.status_ns, order.row_ns) + ANEW_NS


def _begin_anew(run: Run, instrument: Instrument, order: OrderState, touch: Touch, terms: ChaseTerms) -> None:
    """One step from the market as it is now, said each time; half out of a position is worse than a bad price."""
    state, best = run.state, opposite_best(touch, order.side)
    worst_paise = worst_price(run, instrument, order.side, best or order.price_paise)
    terms = msgspec.structs.replace(terms, steps_max=order.changes + 1, worst_paise=worst_paise)
    said = chase(order, best, terms, run.now_ns)
    if isinstance(said, OrderChange) and state.throttle.held(SendKind.MODIFY, run.now_ns, order.changes) is None:
        text = f"{order.key}: it rested, and is brought to the market anew"
        run.act(Alert(severity=Severity.SEV2, code="EXIT_RESTS", of=order.ref, text=text))
        run.act(AskChange(ref=order.ref, change=said, why="chase", first_paise=state.exit_prices.get(order.ref, 0)))
    else:
        run.alert(Severity.SEV2, "EXIT_RESTS", order.ref, f"{order.key}: it rests where its chase has ended")
