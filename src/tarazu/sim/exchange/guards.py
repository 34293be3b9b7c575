"""The exchange's checks on an order, as tables: what breaks a rule, and the words it is refused with.

Codes are the exchange's where a source gives one; the other texts are ours, in the exchange's manner.
"""

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from tarazu.model.calendar import Phase
from tarazu.model.instrument import Exchange, Instrument, Kind
from tarazu.model.order import Side, Validity
from tarazu.model.rules import LimitPriceProtection, PriceGuard, RuleBook
from tarazu.sim.exchange.exchange_order import ExchangeOrder

NOT_AMENDABLE = "16346 : Order cannot be modified"
LPP_TEXT = "17070 : The Price is out of the LPP range"

# Option market orders: 17182 beyond the mark-up of 20 % of LTP, at least Rs 10 (KITE.md 3.6).
MARK_UP_PCT = 20
MARK_UP_MIN_PAISE = 1_000

# NSE circular 54/2023, error 16448: distance between limit and trigger of a stop in F&O, (up to Rs 50, above it).
STOP_GAP_LOW_UNTIL_PAISE = 5_000
STOP_GAP = {
    True: (PriceGuard(abs_paise=1_000), PriceGuard(pct=20)),  # options
    False: (PriceGuard(abs_paise=150), PriceGuard(pct=3)),  # futures
}


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """All that a guard may look at besides the order. Prices in paise; 0 or None where there is none."""

    rules: RuleBook
    instrument: Instrument
    phase: Phase
    ltp_paise: int
    volume: int
    band: tuple[int, int]
    """Lowest and highest price allowed now; (0, 0) without a band."""
    closing_paise: int
    """The price of the post-close session."""
    protected: tuple[int, int] | None
    """LPP range."""
    opposite_paise: int | None
    """Best price on the other side of the book."""


class Guard(NamedTuple):
    text: str
    breaks: Callable[[ExchangeOrder, Situation], bool]


def refuse(order: ExchangeOrder, now: Situation) -> str | None:
    """Why the exchange refuses `order` now; None when it takes it."""
    guards = SHAPE + PHASE.get(now.phase, CLOSED)
    if now.phase is Phase.CONTINUOUS and not order.is_waiting_stop:
        guards += MATCHING
    return _first(guards, order, now)


def refuse_match(order: ExchangeOrder, now: Situation) -> str | None:
    """Why a stop is refused at the moment it triggers (NSE/FAOP/54242: a stop's limit is checked then)."""
    return _first(MATCHING, order, now)


def market_limit(side: Side, now: Situation) -> int | None:
    """The worst price a market order may take; None without a limit."""
    return now.ltp_paise + side.sign * mark_up(now.ltp_paise) if _has_option_rules(now) else None


def mark_up(ltp_paise: int) -> int:
    return max(ltp_paise * MARK_UP_PCT // 100, MARK_UP_MIN_PAISE)


def lpp_range(lpp: LimitPriceProtection, instrument: Instrument, on_index: bool, reference: int) -> tuple[int, int]:
    """Lowest sell and highest buy around the reference price. NSE/FAOP/54242 and BSE's equivalent."""
    away = _distance(_lpp_guard(lpp, instrument, on_index, reference), reference)
    return max(reference - away, instrument.tick_size_paise), reference + away


def _lpp_guard(lpp: LimitPriceProtection, instrument: Instrument, on_index: bool, reference: int) -> PriceGuard:
    if instrument.exchange is Exchange.BFO:
        return lpp.bse_option if instrument.is_option else lpp.bse_future
    if instrument.is_option:
        low, until, high = lpp.nse_option_low, lpp.nse_option_low_until_paise, lpp.nse_option
    elif on_index:
        low, until, high = lpp.nse_index_future_low, lpp.nse_index_future_low_until_paise, lpp.nse_index_future
    else:
        low, until, high = lpp.nse_stock_future_low, lpp.nse_stock_future_low_until_paise, lpp.nse_stock_future
    return low if reference <= until else high


def _distance(guard: PriceGuard, price: int) -> int:
    return max(guard.abs_paise, guard.min_abs_paise, int(price * guard.pct / 100))


def _first(guards: tuple[Guard, ...], order: ExchangeOrder, now: Situation) -> str | None:
    return next((g.text for g in guards if g.breaks(order, now)), None)


def _off_lot(o: ExchangeOrder, s: Situation) -> bool:
    return o.qty % s.instrument.lot_size != 0


def _over_freeze(o: ExchangeOrder, s: Situation) -> bool:
    return 0 < s.instrument.freeze_qty < o.qty


def _off_tick(o: ExchangeOrder, s: Situation) -> bool:
    tick = s.instrument.tick_size_paise
    return o.price_paise % tick != 0 or o.trigger_paise % tick != 0


def _off_band(o: ExchangeOrder, s: Situation) -> bool:
    low, high = s.band
    return high > 0 and any(p > 0 and not low <= p <= high for p in (o.price_paise, o.trigger_paise))


def _bad_disclosure(o: ExchangeOrder, s: Situation) -> bool:
    return o.disclosed_qty != 0 and (s.instrument.is_derivative or not 0 < o.disclosed_qty <= o.qty)


def _is_barred_sl_m(o: ExchangeOrder, s: Situation) -> bool:
    if not (o.is_waiting_stop and o.is_market):
        return False
    at_bse = s.instrument.exchange in (Exchange.BSE, Exchange.BFO)
    at_nfo = s.instrument.exchange is Exchange.NFO and s.instrument.is_option
    return (at_bse and s.rules.sl_m_barred_bse) or (at_nfo and s.rules.sl_m_barred_option)


def _is_stop_on_wrong_side(o: ExchangeOrder, s: Situation) -> bool:
    return o.trigger_paise > 0 and o.price_paise > 0 and (o.price_paise - o.trigger_paise) * o.side.sign < 0


def _is_stop_gap_too_wide(o: ExchangeOrder, s: Situation) -> bool:
    lpp = s.rules.limit_price_protection
    if lpp is None or not o.is_waiting_stop or o.is_market or s.instrument.exchange is not Exchange.NFO:
        return False
    low, high = STOP_GAP[s.instrument.is_option]
    guard = low if o.trigger_paise <= STOP_GAP_LOW_UNTIL_PAISE else high
    return abs(o.price_paise - o.trigger_paise) > _distance(guard, o.trigger_paise)


def _is_off_lpp(o: ExchangeOrder, s: Situation) -> bool:
    if s.protected is None or o.is_market:
        return False
    low, high = s.protected
    return o.price_paise > high if o.side is Side.BUY else o.price_paise < low


def _has_option_rules(s: Situation) -> bool:
    return s.instrument.is_option and s.rules.limit_price_protection is not None


def _is_untraded_option(o: ExchangeOrder, s: Situation) -> bool:
    return o.is_market and _has_option_rules(s) and s.volume == 0


def _is_beyond_mark_up(o: ExchangeOrder, s: Situation) -> bool:
    limit = market_limit(o.side, s)
    if not o.is_market or limit is None or s.opposite_paise is None:
        return False
    return (s.opposite_paise - limit) * o.side.sign > 0


SHAPE = (
    Guard("Security is not allowed to trade in this market", lambda o, s: s.instrument.kind is Kind.INDEX),
    Guard("Order quantity must be greater than zero", lambda o, s: o.qty <= 0),
    Guard("Order price is not valid", lambda o, s: o.price_paise < 0 or o.trigger_paise < 0),
    Guard("Order quantity is not a multiple of the regular lot", _off_lot),
    Guard("Order price is not a multiple of the tick size", _off_tick),
    Guard("Order quantity exceeds the quantity freeze limit", _over_freeze),
    Guard("Order price is out of the day's price range", _off_band),
    Guard("Disclosed quantity is not valid", _bad_disclosure),
    # KITE.md 1.6, 3.6: no SL-M in NSE options since 27 Sep 2021, none at BSE since 9 Oct 2023.
    Guard("16052 : Function not available", _is_barred_sl_m),
    Guard("Limit price of the stop loss order is on the wrong side of its trigger price", _is_stop_on_wrong_side),
    Guard(
        "16448 : Difference between limit price and trigger price is beyond permissible range", _is_stop_gap_too_wide
    ),
)

MATCHING = (
    Guard(LPP_TEXT, _is_off_lpp),
    Guard("17181 : Market orders are not allowed, the contract has not traded", _is_untraded_option),
    Guard("17182 : Market order price is beyond the permissible range of the last traded price", _is_beyond_mark_up),
)

CLOSED = (Guard("Markets are not open for order entry", lambda o, s: True),)
AUCTION = (
    Guard("Stop loss orders are not allowed in the call auction", lambda o, s: o.trigger_paise > 0),
    Guard("IOC orders are not allowed in the call auction", lambda o, s: o.validity is Validity.IOC),
    Guard("Disclosed quantity is not allowed in the call auction", lambda o, s: o.disclosed_qty > 0),
)
LIMIT_ONLY = (*AUCTION, Guard("Market orders are not allowed in this session", lambda o, s: o.is_market))
POST_CLOSE = (
    Guard("Stop loss orders are not allowed in the closing session", lambda o, s: o.trigger_paise > 0),
    Guard(
        "Only orders at the closing price are allowed in the closing session",
        lambda o, s: s.closing_paise == 0 or o.price_paise not in (0, s.closing_paise),
    ),
)

# Phases in which orders are entered; any other is CLOSED.
PHASE: dict[Phase, tuple[Guard, ...]] = {
    Phase.CONTINUOUS: (),
    Phase.PRE_OPEN: AUCTION,
    Phase.PRE_OPEN_LIMIT: LIMIT_ONLY,
    Phase.CAS: AUCTION,
    Phase.CAS_LIMIT: LIMIT_ONLY,
    Phase.POST_CLOSE: POST_CLOSE,
}

# SEBI HO/47/11/11(3)2025-MRD-POD2/I/2765/2026: in the limit-only window market orders are neither modified nor
# canceled; the pre-open of 7 Sep 2026 follows the closing auction.
MARKET_ORDERS_LOCKED = frozenset({Phase.CAS_LIMIT, Phase.PRE_OPEN_LIMIT})
