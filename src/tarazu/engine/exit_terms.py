"""On what terms a place can be left now: the day's rule for its instrument, and prices that should fill."""

from collections.abc import Sequence

from tarazu.engine.run import Run
from tarazu.market.touch import Touch
from tarazu.model.instrument import Instrument, Kind
from tarazu.model.order import OrdType, Side
from tarazu.model.order_request import NewOrder
from tarazu.model.units import SECOND_NS
from tarazu.orders import tick_steps
from tarazu.orders.flatten_plan import ExitOrder, ExitRule
from tarazu.orders.lifecycle import OrdStatus
from tarazu.orders.messages import AlarmKind
from tarazu.orders.order_state import OrderState

_BUY, _SELL, _INDEX = Side.BUY, Side.SELL, Kind.INDEX
PAUSE_MAX_NS = 64 * SECOND_NS
"""Ours: a broker that refuses an exit is asked again, less and less often; the day has 4,500 requests."""


def rule_of(run: Run, key: str, tried: Sequence[OrderState] = ()) -> ExitRule | None:
    """None for what is not in today's master. `tried` are the exits there so far: where a MARKET order was refused and
    a price is known, it is a LIMIT the next time."""
    instrument = run.state.instruments.get(key)
    if instrument is None:
        return None
    buy, sell = price_now(run, instrument, _BUY), price_now(run, instrument, _SELL)
    last = tried[-1] if tried else None
    barred = is_stock_option(run, instrument)
    if last is not None and _was_refused(last) and last.intent is not None:
        was_market = last.intent.order.order_type is OrdType.MARKET
        barred = barred or (was_market and (buy if last.side is _BUY else sell) is not None)
    return ExitRule(
        lot_size=instrument.lot_size,
        freeze_qty=instrument.freeze_qty,
        market_allowed=not barred,
        buy_paise=buy,
        sell_paise=sell,
    )


def is_stock_option(run: Run, instrument: Instrument) -> bool:
    """MARKET is barred in them (KITE facts 1.6). An underlying that is not in the master is not called a share."""
    under = run.state.instruments.get(instrument.underlying)
    return instrument.is_option and under is not None and under.kind is not _INDEX


def fresh_touch(run: Run, key: str) -> Touch | None:
    """None for a market that is not watched, or was last heard of too long ago."""
    touch = run.quotes.touch(key)
    if touch is None or abs(run.wall_ns - touch.seen_ns) > run.state.config.touch_age_ns:
        return None
    return touch


def price_now(run: Run, instrument: Instrument, side: Side) -> int | None:
    """Of an order on `side` that should fill at once; None when the other side of the book is empty or not known."""
    touch = fresh_touch(run, instrument.key)
    best = opposite_best(touch, side) if touch else None
    if best is None:
        return None
    price = tick_steps.beyond(best, run.state.config.chase_cross_bps, side, instrument.tick_size_paise)
    return within_band(run, instrument, price)


def opposite_best(touch: Touch, side: Side) -> int | None:
    return touch.ask_paise if side is _BUY else touch.bid_paise


def worst_price(run: Run, instrument: Instrument, side: Side, first_paise: int) -> int:
    """How far an exit that was first at `first_paise` may be brought."""
    price = tick_steps.beyond(first_paise, run.state.config.chase_worst_bps, side, instrument.tick_size_paise)
    return within_band(run, instrument, price)


def within_band(run: Run, instrument: Instrument, paise: int) -> int:
    """The nearest price on the tick that the exchange takes today; a band that is not known bounds nothing but zero."""
    tick, band = instrument.tick_size_paise, run.state.bands.get(instrument.key)
    lowest = tick_steps.ceil(max(band.low_paise if band else 0, tick), tick)
    if band is None:
        return max(paise, lowest)
    return max(min(paise, tick_steps.floor(band.high_paise, tick)), lowest)


def may_try_ns(tried: Sequence[OrderState]) -> int:
    """Not before this after exits that were refused one after the other: twice as long each time."""
    times: set[int] = set()
    for order in reversed(tried):
        if not _was_refused(order):
            break
        times.add(order.sent_ns)
    if not times:
        return 0
    return tried[-1].status_ns + min(SECOND_NS << (len(times) - 1), PAUSE_MAX_NS)


def turn_failed_ns(run: Run, order: OrderState) -> int:
    """When it was last seen that a stop that is to be the exit has not become it; 0: a moment ago it had not."""
    if not order.order_type.is_stop:
        return 0
    failed_ns = run.state.alerted.get((AlarmKind.ASK_FAILED, order.ref), 0)
    if order.ref in run.state.exit_prices:
        failed_ns = max(failed_ns, order.status_ns)
    return failed_ns if run.now_ns < failed_ns + 2 * PAUSE_MAX_NS else 0


def _was_refused(order: OrderState) -> bool:
    return order.status is OrdStatus.REJECTED and order.cum_qty == 0


def new_order(instrument: Instrument, tag: str, exit: ExitOrder) -> NewOrder:
    return NewOrder(
        tag=tag,
        exchange=instrument.exchange,
        tradingsymbol=instrument.tradingsymbol,
        side=exit.side,
        qty=exit.qty,
        product=exit.product,
        order_type=exit.order_type,
        price_paise=exit.price_paise,
        protection_bps=exit.protection_bps,
    )
