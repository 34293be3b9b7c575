"""The stop at the exchange behind every filled entry, within three seconds (RELIABILITY C28).

It goes out whatever the phase, halted too: it only makes less of what is already there.
"""

from itertools import takewhile

from tarazu.engine.acts import AskCancel, AskChange, BeginExit, Intend, Severity
from tarazu.engine.exit_terms import fresh_touch, opposite_best
from tarazu.engine.messages import Answered, OrderHeard, OrdersRead, Ticked, TradesRead
from tarazu.engine.run import Run
from tarazu.engine.tags import fresh_tag
from tarazu.engine.weighing import stop_terms
from tarazu.model.order_request import NewOrder, OrderChange
from tarazu.model.units import SECOND_NS
from tarazu.orders.intent import OrderIntent, Purpose
from tarazu.orders.lifecycle import OrdStatus
from tarazu.orders.order_state import OrderState
from tarazu.orders.protection import Gap, NoStop, StopPrices, gaps, stop_prices, surplus, uncovered
from tarazu.orders.throttle import SendKind

TRY_AGAIN_S_MAX = 60
REFUSED_TIMES_MAX = 6
"""In a row, which takes half a minute by the pauses between them: what the broker says no to for so long it will not
take, and the place is left."""
_MAY_OPEN_A_GAP = (OrderHeard, Answered, OrdersRead, TradesRead, Ticked)


def protect(run: Run) -> None:
    """Where filled units of an entry have no stop, place one. Places that are being left have their exits."""
    state = run.state
    if not state.stops or not isinstance(run.message, _MAY_OPEN_A_GAP):
        return
    for gap in () if state.flattening else gaps(state.blotter, state.before, among=state.stops):
        if (gap.key, gap.product) not in state.exits:
            _is_covered(run, gap)
    if isinstance(run.message, Ticked):
        _tell_bare(run)


def _tell_bare(run: Run) -> None:
    """Also where no stop may go out, and where a place is being left and no exit is at work: a person has to know."""
    for gap in uncovered(run.state.blotter, run.state.stops, run.state.before):
        if run.now_ns > gap.due_ns:
            text = f"{gap.qty} of {gap.key} have no stop or exit at work"
            run.alert(Severity.SEV2, "UNPROTECTED", gap.entry, text)


def relieve(run: Run) -> None:
    """Take back what of the stops would open a position: a person has sold by hand what they protect, say. Looked at
    once a second: in between, what closes and what is closed may be heard in either order."""
    state = run.state
    if not isinstance(run.message, Ticked) or not state.stops or state.flattening or state.blotter.auth_lost:
        return
    for found in surplus(state.blotter, state.before):
        order = state.blotter.orders[found.ref]
        if (found.key, found.product) in state.exits or order.cancel is not None or order.change is not None:
            continue
        run.alert(Severity.WARN, "SURPLUS_STOP", found.ref, f"{order.leaves_worst} rest, more than is open there")
        if not found.keep_qty:
            run.act(AskCancel(ref=found.ref, why="more than is open there: it would open a position"))
        elif state.throttle.held(SendKind.MODIFY, run.now_ns, order.changes) is None:
            change = OrderChange(order_id=order.order_id, qty=found.keep_qty)
            run.act(AskChange(ref=found.ref, change=change, why="more than is open there"))


def _is_covered(run: Run, gap: Gap) -> bool:
    """Place the stop, if it can be placed now."""
    state = run.state
    entry, instrument = state.blotter.orders[gap.entry], state.instruments.get(gap.key)
    if instrument is None or gap.key not in state.bands or gap.qty % instrument.lot_size:
        return False
    prices = stop_prices(entry.side, _entry_price(entry), stop_terms(run, instrument, state.stops[gap.entry]))
    if isinstance(prices, NoStop):
        return _is_left(run, gap, entry, f"there is no room for its stop: {prices.why}")
    vain = _vain(run, entry)
    if why := _refused_for_good(run, vain, entry, prices):
        return _is_left(run, gap, entry, f"{why}: {vain[-1].text}")
    if state.blotter.auth_lost or run.now_ns < _next_try_ns(vain):
        return False
    if state.throttle.held(SendKind.PLACE, run.now_ns) is not None:
        return False  # the next second will do: it is at most one
    order = NewOrder(
        tag=fresh_tag(run),
        exchange=instrument.exchange,
        tradingsymbol=instrument.tradingsymbol,
        side=gap.side,
        qty=gap.qty,
        product=gap.product,
        order_type=prices.order_type,
        price_paise=prices.price_paise,
        trigger_paise=prices.trigger_paise,
        protection_bps=prices.protection_bps,
    )
    strategy = entry.intent.strategy if entry.intent else ""
    run.act(Intend(intent=OrderIntent(order=order, purpose=Purpose.STOP, strategy=strategy, covers=gap.entry)))
    return True


def _vain(run: Run, entry: OrderState) -> list[OrderState]:
    """Stops of this entry that came to nothing."""
    mine = (o for o in run.state.blotter.of_key(entry.key) if o.intent is not None and o.intent.covers == entry.ref)
    return [order for order in mine if order.ended and order.cum_qty == 0]


def _refused_for_good(run: Run, vain: list[OrderState], entry: OrderState, prices: StopPrices) -> str:
    """Why no other is tried; empty while there is hope. The broker takes no stop that the last price has met already
    (KITE facts 1.6, wrong-side trigger): one that was refused while the market is past it is met in substance, and
    would have left the place. Nor one whose trigger is too far from the last price, however often it is asked."""
    if not vain or vain[-1].status is not OrdStatus.REJECTED:
        return ""
    refused = takewhile(lambda order: order.status is OrdStatus.REJECTED, reversed(vain))
    if len(list(refused)) >= REFUSED_TIMES_MAX:
        return f"the broker refused its stop {REFUSED_TIMES_MAX} times"
    touch = fresh_touch(run, entry.key)
    best = opposite_best(touch, entry.side.opposite) if touch is not None else None
    price = touch.last_paise if touch is not None and touch.last_paise is not None else best
    is_past = price is not None and (prices.trigger_paise - price) * entry.side.sign >= 0
    return "the broker refused its stop, and the market is past its trigger" if is_past else ""


def _is_left(run: Run, gap: Gap, entry: OrderState, why: str) -> bool:
    """What can have no stop is not held: the one planner of exits leaves it. Always False: it is not covered."""
    strategy = entry.intent.strategy if entry.intent else ""
    run.act(BeginExit(key=gap.key, product=gap.product, strategy=strategy, why=why))
    run.alert(Severity.SEV2, "STOP_IMPOSSIBLE", gap.entry, f"{gap.qty} of {gap.key} are left: {why}")
    return False


def _next_try_ns(vain: list[OrderState]) -> int:
    """A stop that came to nothing is tried again at longer and longer intervals, and never given up."""
    if not vain:
        return 0
    pause_s = min(1 << (len(vain) - 1), TRY_AGAIN_S_MAX)
    return max(order.status_ns for order in vain) + pause_s * SECOND_NS


def _entry_price(entry: OrderState) -> int:
    """What was paid, as far as trades or rows say; else the limit."""
    if entry.traded_qty:
        return round(sum(f.qty * f.price_paise for f in entry.fills.values()) / entry.traded_qty)
    if entry.row is not None and entry.row.average_paise:
        return entry.row.average_paise
    return entry.price_paise
