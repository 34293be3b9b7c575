"""Wants on the scales: everything the gate is shown, and what the controls beside it say of all that is added at once.

Every control that needs more than one order and its instrument has a module of its own beside the gate, and is asked
here: no way to a new order leads past `denials_of`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from tarazu.engine import flags, phases, pilot, portfolio_watch, risk_watch
from tarazu.engine.exit_terms import is_stock_option
from tarazu.engine.messages import FeedMoved
from tarazu.engine.run import Run
from tarazu.market.touch import Touch
from tarazu.model.instrument import Instrument, Kind
from tarazu.model.order import OrdType, Side
from tarazu.model.order_request import PROTECTION_AUTO
from tarazu.orders.order_state import OrderState
from tarazu.orders.protection import NoStop, StopTerms, stop_prices
from tarazu.orders.slicing import NotSliceable, slices
from tarazu.orders.throttle import SendKind
from tarazu.risk.checks_order import can_be_traded
from tarazu.risk.conduct import Sent
from tarazu.risk.denial import Denial
from tarazu.risk.entry import Entry, Resting, market_worst_paise
from tarazu.risk.gate import weigh
from tarazu.strategy.wants import EntryWant, LegWant, SpreadWant, StopPlan

FEEDS_OF: Mapping[Kind, tuple[str, ...]] = {
    Kind.EQ: ("stocks", "cross_asset"),
    Kind.FUT: ("futures", "cross_asset"),
    Kind.CE: ("options",),
    Kind.PE: ("options",),
}
"""By `market.selection_plan`'s names. An option that is subscribed for itself, in `cross_asset`, is none to trade."""
_LIMIT, _MARKET, _PLACE = OrdType.LIMIT, OrdType.MARKET, SendKind.PLACE


class Dearer(msgspec.Struct, frozen=True, gc=False):
    """What rests of an order that is priced anew."""

    side: Side
    units: int
    was_paise: int
    """The higher of the price it has and one it has been asked to have."""


class Adding(msgspec.Struct, frozen=True, gc=False):
    """An order that would be added, or made larger."""

    want: EntryWant
    qty: int
    """Units that are new."""
    stop: StopPlan | None = None
    is_leg: bool = False
    """Of a spread: its other legs are its protection."""
    ref: str = ""
    """The order that would be made larger or priced anew: `want.qty` is all of it then. Empty: a new one."""
    group: str = ""
    """The spread under way that it is the rest of."""
    dearer: Dearer | None = None
    """Of a change of the price."""


def addings(want: EntryWant | SpreadWant) -> list[Adding]:
    """All that it would add: of a spread every leg, as an entry of its own."""
    if isinstance(want, EntryWant):
        return [Adding(want, want.qty, want.stop)]
    return [_leg(want, leg) for leg in (*want.hedges, *want.mains)]


def _leg(want: SpreadWant, leg: LegWant) -> Adding:
    entry = EntryWant(
        strategy=want.strategy,
        key=leg.key,
        side=leg.side,
        qty=want.sets * leg.per_set,
        product=want.product,
        order_type=_LIMIT if leg.price_paise is not None else _MARKET,
        price_paise=leg.price_paise,
    )
    return Adding(entry, entry.qty, is_leg=True)


Beside = Callable[[Run, Sequence[Adding]], Iterable[Denial]]
BESIDE: tuple[Beside, ...] = (risk_watch.denials, portfolio_watch.denials, pilot.denials, flags.denials)


def denials_of(run: Run, adding: Sequence[Adding]) -> tuple[Denial, ...]:
    """Every no to all of it together; empty is a yes."""
    found: list[Denial] = []
    for one in adding:
        found += weigh(weighed(run, one))
    for beside in BESIDE:
        found += beside(run, adding)
    return tuple(found)


def weighed(run: Run, adding: Adding) -> Entry:
    """It beside everything the gate weighs it against."""
    state, want = run.state, adding.want
    key, side, limits = want.key, want.side, state.config.risk
    instrument, touch, band = state.instruments.get(key), run.quotes.touch(key), state.bands.get(key)
    tradable = instrument if instrument is not None and can_be_traded(instrument) else None
    protection_bps: int | None = None
    worst_paise: float | None = want.price_paise
    if want.order_type is _MARKET:
        protection_bps = protection_of(want.order_type)
        worst_paise = market_worst_paise(instrument, side, touch, protection_bps)
    is_leaving = bool(state.flattening) or (key, want.product) in state.exits
    sends = 1 if adding.is_leg else _sends(tradable, adding.qty)
    return Entry(  # in its own order: by name it would take four times as long
        # What is asked.
        want.strategy, key, side, adding.qty, want.qty, want.product, want.order_type, want.price_paise, want.validity,
        protection_bps, limits,
        # The day.
        phases.due(state, run.now_ns)[1], instrument, tradable,
        instrument is not None and is_stock_option(run, instrument),
        state.day, state.session, run.wall_ns, (band.low_paise, band.high_paise) if band is not None else None,
        # The market.
        touch, touch.middle_paise if touch is not None else None,
        instrument is not None and _are_fresh(state.feeds.values(), instrument.kind),
        run.before.middle(key), worst_paise,
        # The desk.
        state.far(key, side), state.config.qty_max.get(key, state.config.qty_max_default),
        state.conduct.reference(key, side, run.now_ns - limits.collar_window_ns), _sent_again_ns(run, adding),
        state.conduct.round_trips(want.strategy, key, run.now_ns - limits.round_trips_ns),
        resting(state.blotter.open_of(key), side, touch), state.blotter.is_blocked(key), is_leaving,
        "" if adding.is_leg else _lacks_stop(run, adding, tradable, touch),
        state.throttle.held(_PLACE, run.now_ns, sends=sends, is_entry=True),
    )  # fmt: skip


def _are_fresh(feeds: Iterable[FeedMoved], kind: Kind) -> bool:
    """All that are required, and those that may hold an instrument of the kind."""
    may_hold = FEEDS_OF.get(kind, ())
    return not [feed for feed in feeds if not feed.fresh and (feed.required or feed.feed in may_hold)]


def protection_of(order_type: OrdType) -> int | None:
    """Every order at the market goes out with the broker's own table of protection."""
    return PROTECTION_AUTO if order_type is _MARKET else None


def reference_paise(run: Run, key: str) -> int:
    """The middle an entry is weighed against, for the record; 0 without one."""
    touch = run.quotes.touch(key)
    return int(touch.middle_paise or 0) if touch is not None else 0


def resting(orders: Iterable[OrderState], side: Side, touch: Touch | None) -> tuple[Resting, ...]:
    """What an order on `side` could trade with: all that rests or may rest on the other, at the price it has and at
    one it has been asked to have. A stop counts once its trigger was met, as far as fills and the last price show."""
    found: list[Resting] = []
    for order in orders:
        if order.side is side or order.ended or (order.order_type.is_stop and not _has_triggered(order, touch)):
            continue
        found.append(Resting(order.ref, order.price_paise))
        if order.change is not None and order.change.change is not None and order.change.change.price_paise:
            found.append(Resting(order.ref, order.change.change.price_paise))
    return tuple(found)


def _has_triggered(stop: OrderState, touch: Touch | None) -> bool:
    last = touch.last_paise if touch is not None else None
    return stop.cum_qty > 0 or (last is not None and stop.side.sign * (last - stop.trigger_paise) >= 0)


def _sent_again_ns(run: Run, adding: Adding) -> int | None:
    """None for a change: the order it is about is what was sent."""
    want, window_ns = adding.want, run.state.config.risk.duplicate_ns
    if adding.ref or not window_ns:
        return None
    price = want.price_paise if want.order_type is _LIMIT else None
    like = Sent(run.now_ns, want.key, want.side, want.qty, price, want.strategy, adding.group)
    return run.state.conduct.sent_again_ns(like, run.now_ns - window_ns)


def _sends(tradable: Instrument | None, qty: int) -> int:
    """How many orders it takes: all slices leave at once."""
    if tradable is None or not tradable.freeze_qty or qty <= tradable.freeze_qty:
        return 1
    cut = slices(qty, tradable.lot_size, tradable.freeze_qty)
    return 1 if isinstance(cut, NotSliceable) else max(len(cut), 1)


def _lacks_stop(run: Run, adding: Adding, tradable: Instrument | None, touch: Touch | None) -> str:
    want, stop = adding.want, adding.stop
    if stop is None:
        return "the want has none" if run.state.config.stop_required else ""
    if stop.distance_paise <= 0 or stop.width_paise < 0:
        return f"{stop.distance_paise} paise away and {stop.width_paise} wide is none"
    if tradable is None or want.key not in run.state.bands:
        return "its instrument or band is not known"
    exposure = run.state.exposure(want.key, want.product)
    cooling = (exposure.sell if want.side is Side.BUY else exposure.buy).cooling
    if cooling:
        return f"{cooling} units of orders that were cancelled there may still fill: no stop could go out beside them"
    price = want.price_paise or (touch.last_paise if touch is not None else None)
    if price is None:
        return "there is no price to reckon it from"
    prices = stop_prices(want.side, price, stop_terms(run, tradable, stop))
    return prices.why if isinstance(prices, NoStop) else ""


def stop_terms(run: Run, instrument: Instrument, stop: StopPlan) -> StopTerms:
    """KITE facts 1.6: SL-M is barred in options; everywhere else an SL does as well."""
    band = run.state.bands[instrument.key]
    return StopTerms(
        distance_paise=stop.distance_paise,
        width_paise=stop.width_paise,
        tick_paise=instrument.tick_size_paise,
        low_paise=band.low_paise,
        high_paise=band.high_paise,
        sl_m_barred=True,
    )
