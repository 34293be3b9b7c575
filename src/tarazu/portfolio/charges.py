"""What an executed order costs beside its price, as its contract note says it: to the paisa, in exact arithmetic.

The rates are dated data (`model.rules.ChargeRates`); a date they do not cover is refused. Rounding, ours where the
notes differ: every line is rounded half up to the paisa on the order's whole turnover, and GST on the sum of the
printed lines it is charged on. A real note rounds STT to the rupee over the day; Kite's virtual contract note shows it
exact, and so do we.
"""

from datetime import date
from functools import cache

import msgspec

from tarazu.model.instrument import Exchange, Kind
from tarazu.model.order import Product, Side
from tarazu.model.rules import ChargeRates, SegmentCharges
from tarazu.model.units import div_half_up

_BSE = (Exchange.BSE, Exchange.BFO)
_INTRADAY = (Product.MIS, Product.CO)


class ChargeLeg(msgspec.Struct, frozen=True, kw_only=True):
    """One order as executed so far. `value_paise` is Σ qty × price, of the premium if an option."""

    kind: Kind
    exchange: Exchange
    product: Product
    side: Side
    qty: int
    value_paise: int
    day: date
    """The trading day whose rates apply."""


class Charges(msgspec.Struct, frozen=True, kw_only=True):
    """The lines of a contract note, in paise."""

    brokerage_paise: int = 0
    stt_paise: int = 0
    exchange_paise: int = 0
    """Exchange transaction charge, without the levy below."""
    ipft_paise: int = 0
    """Investor protection fund: NSE IPFT, BSE IPF."""
    sebi_paise: int = 0
    stamp_paise: int = 0
    gst_paise: int = 0

    @property
    def total(self) -> int:
        return sum(msgspec.structs.astuple(self))

    def __add__(self, other: "Charges") -> "Charges":
        return _zip(self, other, 1)

    def __sub__(self, other: "Charges") -> "Charges":
        return _zip(self, other, -1)


NOTHING = Charges()


def charges(rates: ChargeRates, leg: ChargeLeg) -> Charges:
    """The charges of one executed order.

    Raises `NotCovered` for a day outside the rates. Nothing executed costs nothing. Never falls as the value grows.
    """
    rates.refuse_uncovered(leg.day)
    assert leg.qty >= 0 and leg.value_paise >= 0
    if leg.qty == 0:
        return NOTHING
    segment = segment_of(rates, leg)
    bse = leg.exchange in _BSE
    buys = leg.side is Side.BUY
    value = leg.value_paise
    brokerage = _brokerage(segment, value)
    exchange = _share(value, segment.bse_txn if bse else segment.nse_txn)
    ipft = _share(value, segment.bse_ipf if bse else segment.nse_ipft)
    sebi = _share(value, rates.sebi)
    return Charges(
        brokerage_paise=brokerage,
        stt_paise=_share(value, segment.stt_buy if buys else segment.stt_sell),
        exchange_paise=exchange,
        ipft_paise=ipft,
        sebi_paise=sebi,
        stamp_paise=_share(value, segment.stamp_buy) if buys else 0,
        gst_paise=_share(brokerage + exchange + ipft + sebi, rates.gst),
    )


def exercise_charges(rates: ChargeRates, intrinsic_paise: int, day: date) -> Charges:
    """STT on a long option exercised at expiry: a share of its whole intrinsic value; brokerage and the rest nil."""
    rates.refuse_uncovered(day)
    return Charges(stt_paise=_share(intrinsic_paise, rates.options.stt_exercise))


def with_gst(rates: ChargeRates, net_paise: int) -> Charges:
    """A charge of the broker's own (square-off, penalty) with GST on it."""
    return Charges(brokerage_paise=net_paise, gst_paise=_share(net_paise, rates.gst))


def segment_of(rates: ChargeRates, leg: ChargeLeg) -> SegmentCharges:
    """Which column of the rate card applies: the instrument decides, in the cash market the product does."""
    if leg.kind in (Kind.CE, Kind.PE):
        return rates.options
    if leg.kind is Kind.FUT:
        return rates.futures
    return rates.intraday if leg.product in _INTRADAY else rates.delivery


def _brokerage(segment: SegmentCharges, value_paise: int) -> int:
    card = segment.brokerage
    return card.flat_paise if card.flat_paise else min(_share(value_paise, card.pct), card.cap_paise)


def _share(value_paise: int, rate: float) -> int:
    numerator, denominator = _ratio(rate)
    return div_half_up(value_paise * numerator, denominator)


@cache
def _ratio(rate: float) -> tuple[int, int]:
    """The rate as the decimal its data file shows, exactly: 0.000355299 is 355299 / 1,000,000,000."""
    from fractions import Fraction  # who only reads what was charged does without

    return Fraction(repr(rate)).as_integer_ratio()


def _zip(a: Charges, b: Charges, sign: int) -> Charges:
    pairs = zip(msgspec.structs.astuple(a), msgspec.structs.astuple(b), strict=True)
    return Charges(**dict(zip(Charges.__struct_fields__, (x + sign * y for x, y in pairs), strict=True)))
