"""Exits that rest are brought to the market step by step: a MARKET order with protection is a LIMIT order whose rest
stays in the book (KITE facts 0.4), and nobody may be left half out of a position."""

from collections.abc import Iterable

from tarazu.engine.acts import AskChange, Severity
from tarazu.engine.exit_terms import fresh_touch, opposite_best, worst_price
from tarazu.engine.messages import MarketMoved, Ticked
from tarazu.engine.run import Run
from tarazu.engine.state import EngineState
from tarazu.model.order_request import OrderChange
from tarazu.orders.intent import Purpose
from tarazu.orders.lifecycle import OrdStatus
from tarazu.orders.order_state import OrderState
from tarazu.orders.protection import ChaseTerms, GaveUp, chase
from tarazu.orders.throttle import SendKind


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
    if order.order_type.is_stop or not order.price_paise:
        return False
    if order.status not in (OrdStatus.WORKING, OrdStatus.PARTIALLY_FILLED):
        return False
    purpose = order.intent.purpose if order.intent is not None else None
    if order.intent is not None and purpose is Purpose.EXIT and order.intent.group in state.spreads:
        return True
    is_exit = purpose is Purpose.SQUARE_OFF or order.ref in state.exit_prices  # a stranger's, too, once it was turned
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
    said = chase(order, opposite_best(touch, order.side) if touch else None, terms, run.now_ns)
    if isinstance(said, GaveUp):
        why = said.why if touch else "no fresh price to bring it nearer by"
        run.alert(Severity.SEV2, "EXIT_RESTS", order.ref, f"{order.key}: {why}")
    elif isinstance(said, OrderChange) and state.throttle.held(SendKind.MODIFY, run.now_ns, order.changes) is None:
        run.act(AskChange(ref=order.ref, change=said, why="chase", first_paise=first_paise))
