"""The dated rules of broker and exchange: limits, lots, freeze quantities, price guards. Data in, meaning here.

A rule set says for which dates it holds (`valid_from`, `valid_through`); `RuleBook.refuse_uncovered` refuses the rest.
Sources and what is uncertain travel in the data files beside the numbers.
"""

from datetime import date, time

import msgspec

from tarazu.model.calendar import NotCovered


class RateLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Requests per calendar second of the broker's clock, by family; 0 means unlimited."""

    quote: int
    historical: int
    orders: int
    other: int
    orders_per_minute: int
    orders_per_day: int


class PriceGuard(msgspec.Struct, frozen=True, kw_only=True):
    """One LPP rule: allowed distance from the reference price, absolute or a share, whichever field is set."""

    pct: float = 0.0
    abs_paise: int = 0
    min_abs_paise: int = 0


class LimitPriceProtection(msgspec.Struct, frozen=True, kw_only=True):
    """NSE/FAOP/54242 and BSE's equivalent, as broker pages give them."""

    nse_option_low: PriceGuard
    nse_option: PriceGuard
    nse_option_low_until_paise: int
    nse_index_future_low: PriceGuard
    nse_index_future: PriceGuard
    nse_index_future_low_until_paise: int
    nse_stock_future_low: PriceGuard
    nse_stock_future: PriceGuard
    nse_stock_future_low_until_paise: int
    bse_option: PriceGuard
    bse_future: PriceGuard
    reference_window_s: int
    untraded_after_s: int


class ProtectionSlab(msgspec.Struct, frozen=True):
    """Automatic market protection (value -1): `pct` applies while LTP is below `ltp_below_paise` (None: no bound)."""

    ltp_below_paise: int | None
    pct: float


class MarketHaltStep(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """Market-wide breaker: an index move of `level_pct` in [from, before) halts for `halt_min` (None: the day)."""

    level_pct: int
    from_: time
    before: time
    halt_min: int | None


class Contract(msgspec.Struct, frozen=True, kw_only=True):
    """Lot and freeze quantity of one underlying's derivatives, in units."""

    lot_size: int
    freeze_qty: int
    weekly_expiry: int | None = None
    """ISO weekday (Monday 1) of the weekly expiry; None without weeklies."""
    monthly_expiry: int = 2
    """ISO weekday of which the month's last is the monthly expiry."""
    uncertain: bool = False


class MarginRates(msgspec.Struct, frozen=True, kw_only=True):
    """Our documented SPAN-like approximation; fractions of notional. The real SPAN needs the clearing house's files."""

    index_price_scan: float
    stock_price_scan: float
    vol_scan: float
    """Absolute move of implied volatility in the scan."""
    index_exposure: float
    stock_exposure: float
    short_option_minimum: float
    """Least margin of a short option, a share of the underlying's notional."""
    calendar_spread: float
    """Charge on a calendar spread's offset legs, a share of the far month's notional."""
    cash_intraday: float
    """MIS in cash shares: floor of 20 %, that is 5x."""


class RuleBook(msgspec.Struct, frozen=True, kw_only=True):
    """One named rule profile: all that the simulated broker enforces and that is not a session time."""

    name: str
    valid_from: date
    valid_through: date
    always_open: bool = False
    market_protection_required: bool
    price_bands: bool
    limit_price_protection: LimitPriceProtection | None
    mwcb: tuple[MarketHaltStep, ...]
    mwcb_pre_open_min: int
    rates: RateLimits
    modifications_per_order: int
    quote_keys: int
    ohlc_keys: int
    ltp_keys: int
    candle_days: dict[str, int]
    ws_connections: int
    ws_tokens: int
    gtt_active_max: int
    gtt_validity_days: int
    gtt_min_distance_pct: float
    alerts_active_max: int
    autoslice_max: int
    iceberg_legs_min: int
    iceberg_legs_max: int
    tag_chars_max: int
    order_qty_max: int
    """Mini-RMS: shares of one order in the cash market."""
    order_value_paise_max: int
    protection_equity_future: tuple[ProtectionSlab, ...]
    protection_option: tuple[ProtectionSlab, ...]
    option_far_from_ltp_paise: int
    option_buy_above_pct: float
    option_sell_below_pct: float
    sl_m_barred_option: bool
    sl_m_barred_bse: bool
    cash_band_pct: float
    fno_range_pct: float
    fno_range_step_pct: float
    cas_band_pct: float
    square_off_charge_paise: int
    token_dies_at: time
    contracts: dict[str, Contract]
    stock_freeze_qty: int
    margins: MarginRates
    sources: tuple[str, ...] = ()
    uncertain: tuple[str, ...] = ()

    def refuse_uncovered(self, day: date) -> None:
        if not self.valid_from <= day <= self.valid_through:
            raise NotCovered(
                f"rules {self.name} cover {self.valid_from} to {self.valid_through}, not {day}; "
                "a newer tarazu brings newer data"
            )


class Brokerage(msgspec.Struct, frozen=True, kw_only=True):
    """Per executed order: the lower of `pct` of turnover and `cap_paise`, or `flat_paise`. pct is a fraction."""

    pct: float = 0.0
    cap_paise: int = 0
    flat_paise: int = 0


class SegmentCharges(msgspec.Struct, frozen=True, kw_only=True):
    """Fractions of turnover (premium turnover for options)."""

    stt_buy: float
    stt_sell: float
    stt_exercise: float = 0.0
    nse_txn: float
    nse_ipft: float
    bse_txn: float
    bse_ipf: float = 0.0
    stamp_buy: float
    brokerage: Brokerage


class ChargeRates(msgspec.Struct, frozen=True, kw_only=True):
    valid_from: date
    valid_through: date
    gst: float
    sebi: float
    delivery: SegmentCharges
    intraday: SegmentCharges
    futures: SegmentCharges
    options: SegmentCharges
    dp_paise_per_scrip: int
    sources: tuple[str, ...] = ()
    uncertain: tuple[str, ...] = ()

    def refuse_uncovered(self, day: date) -> None:
        if not self.valid_from <= day <= self.valid_through:
            raise NotCovered(
                f"charge rates cover {self.valid_from} to {self.valid_through}, not {day}; "
                "a newer tarazu brings newer data"
            )
