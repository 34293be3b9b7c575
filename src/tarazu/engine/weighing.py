"""Wants on the scales: everything the gate is shown, and what the controls beside it say of all that is added at once.

Every control that needs more than one order and its instrument has a module of its own beside the gate, and is asked
here: no way to a new order leads past `denials_of`.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from tarazu.engine import guards, phases, portfolio_watch, risk_watch
from tarazu.engine.run import Run
from tarazu.model.instrument import Instrument
from tarazu.model.order import Side
from tarazu.orders.protection import NoStop, StopTerms, stop_prices
from tarazu.orders.slicing import NotSliceable, slices
from tarazu.orders.throttle import SendKind
from tarazu.risk.denial import Denial
from tarazu.risk.gate import Entry, weigh
from tarazu.strategy.wants import EntryWant, StopPlan


class Adding(NamedTuple):
    """An order that would be added, or made larger."""

    want: EntryWant
    qty: int
    """Units that are new."""
    stop: StopPlan | None = None
    is_leg: bool = False
    """Of a spread: its other legs are its protection."""


Beside = Callable[[Run, Sequence[Adding]], Iterable[Denial]]
BESIDE: tuple[Beside, ...] = (risk_watch.denials, portfolio_watch.denials, guards.denials)


def denials_of(run: Run, adding: Sequence[Adding]) -> tuple[Denial, ...]:
    """Every no to all of it together; empty is a yes."""
    found = [denial for one in adding for denial in weigh(weighed(run, one))]
    for beside in BESIDE:
        found += beside(run, adding)
    return tuple(found)


def weighed(run: Run, adding: Adding) -> Entry:
    """It beside everything the gate weighs it against."""
    state, want, key = run.state, adding.want, adding.want.key
    instrument = state.instruments.get(key)
    band = state.bands.get(key)
    sends = 1 if adding.is_leg else _sends(instrument, adding.qty)
    return Entry(
        key=key,
        side=want.side,
        qty=adding.qty,
        order_type=want.order_type,
        price_paise=want.price_paise,
        entries=phases.due(state, run.now_ns)[1],
        instrument=instrument,
        exposure=state.exposure(key, want.product),
        qty_max=state.config.qty_max.get(key, state.config.qty_max_default),
        band=(band.low_paise, band.high_paise) if band else None,
        touch=run.quotes.touch(key),
        is_blocked=key in state.blotter.blocked_keys(),
        is_leaving=bool(state.flattening) or (key, want.product) in state.exits,
        lacks_stop="" if adding.is_leg else _lacks_stop(run, want, instrument, adding.stop),
        held=state.throttle.held(SendKind.PLACE, run.now_ns, sends=sends, is_entry=True),
    )


def _sends(instrument: Instrument | None, qty: int) -> int:
    """How many orders it takes: all slices leave at once."""
    cut = slices(qty, instrument.lot_size, instrument.freeze_qty) if instrument is not None else ()
    return 1 if isinstance(cut, NotSliceable) else max(len(cut), 1)


def _lacks_stop(run: Run, want: EntryWant, instrument: Instrument | None, stop: StopPlan | None) -> str:
    if stop is None:
        return "the want has none" if run.state.config.stop_required else ""
    if stop.distance_paise <= 0 or stop.width_paise < 0:
        return f"{stop.distance_paise} paise away and {stop.width_paise} wide is none"
    if instrument is None or want.key not in run.state.bands:
        return "its instrument or band is not known"
    exposure = run.state.exposure(want.key, want.product)
    cooling = (exposure.sell if want.side is Side.BUY else exposure.buy).cooling
    if cooling:
        return f"{cooling} units of orders that were cancelled there may still fill: no stop could go out beside them"
    price = want.price_paise or _reference(run, want.key)
    if price is None:
        return "there is no price to reckon it from"
    prices = stop_prices(want.side, price, stop_terms(run, instrument, stop))
    return prices.why if isinstance(prices, NoStop) else ""


def _reference(run: Run, key: str) -> int | None:
    touch = run.quotes.touch(key)
    return touch.last_paise if touch else None


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
