"""The broker's pre-checks: a table of named rules, each answering with Kite's refusal or letting the order pass.

What fails here never reaches the order book. Messages known from the wild are in KITE facts 1.5-1.7; the others are
ours, in the same tone. Funds and holdings are checked after this table, by the books.
"""

from collections.abc import Callable

import msgspec

from tarazu.model.calendar import Phase
from tarazu.model.instrument import Exchange, Instrument, Kind
from tarazu.model.order import OrdType, Product, Side, Validity, Variety
from tarazu.model.rules import RuleBook
from tarazu.model.units import PAISE, rupees_text
from tarazu.sim.broker.auction_market import Auction
from tarazu.sim.broker.protection import is_given
from tarazu.sim.money.account import SHORT_OF_SHARES
from tarazu.sim.orders import OrderRequest
from tarazu.wire.kite_errors import PROTECTION_REQUIRED, ErrorType, Refusal

UNKNOWN_INSTRUMENT = Refusal("The instrument you are placing an order for has either expired or does not exist.")
AMO_CLOSED = Refusal("Your order could not be converted to a After Market Order (AMO).", ErrorType.ORDER)
MARKET_CLOSED = Refusal(
    "Markets are closed right now. Use an after market order (AMO) to place orders for the next session.",
    ErrorType.ORDER,
)
NO_AUCTION = Refusal("There is no auction session running for this instrument.", ErrorType.ORDER)
CUT_OFF = Refusal("Intraday (MIS, CO) orders are not accepted after the square-off time.", ErrorType.ORDER)

EXCHANGES = (Exchange.NSE, Exchange.BSE, Exchange.NFO, Exchange.BFO)
CASH_PRODUCTS = (Product.CNC, Product.MIS, Product.MTF)
DERIVATIVE_PRODUCTS = (Product.NRML, Product.MIS)
TTL_MINUTES_MAX = 8 * 60  # our bound: a longer life than the day's session is DAY


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What the checks need to know of the instrument's market at this moment. Prices in paise."""

    phase: Phase
    amo_time: bool
    after_cut_off: bool
    """Past the broker's MIS square-off."""
    ltp_paise: int
    lower_paise: int
    upper_paise: int
    position_qty: int
    """Net units the account holds in this instrument, all products."""
    on_index: bool
    """A derivative of an index."""
    banned: bool
    """The underlying is in the F&O ban period."""
    auction: Auction | None
    """The share's auction for short deliveries, while it takes orders."""
    settled_qty: int
    """Shares of it that the account holds in the depository."""


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """An order up for inspection: a new one, or an old one as a modification would have it."""

    request: OrderRequest
    instrument: Instrument
    facts: Facts
    modifies: bool = False

    @property
    def is_cash(self) -> bool:
        return not self.instrument.is_derivative

    @property
    def is_amo(self) -> bool:
        return self.request.variety == Variety.AMO

    @property
    def order_qty(self) -> int:
        """Units of one order at the exchange."""
        r = self.request
        return r.iceberg_quantity if r.variety == Variety.ICEBERG else r.quantity


Check = Callable[[Ticket, RuleBook], Refusal | None]


def inspect(ticket: Ticket, rules: RuleBook) -> Refusal | None:
    """The first refusal of `CHECKS`; None when the order passes them all."""
    for _, check in CHECKS:
        refusal = check(ticket, rules)
        if refusal is not None:
            return refusal
    return None


def refuse_words(request: OrderRequest) -> Refusal | None:
    """Parameters that are none of Kite's words; asked before the instrument is looked up."""
    words = (
        ("variety", request.variety, tuple(Variety)),
        ("exchange", request.exchange, tuple(Exchange)),
        ("order_type", request.order_type, tuple(OrdType)),
        ("product", request.product, (*CASH_PRODUCTS, Product.NRML)),
        ("validity", request.validity, tuple(Validity)),
    )
    for name, word, known in words:
        if word not in known:
            return Refusal(f"Invalid `{name}`.")
    if request.exchange not in EXCHANGES:
        return Refusal(f"The {request.exchange} segment is not enabled for this account.")
    return None


def _tradable(t: Ticket, _: RuleBook) -> Refusal | None:
    return UNKNOWN_INSTRUMENT if t.instrument.kind is Kind.INDEX else None


def _tag(t: Ticket, rules: RuleBook) -> Refusal | None:
    if len(t.request.tag) > rules.tag_chars_max:
        return Refusal(f"Invalid `tag`. It can have at most {rules.tag_chars_max} characters.")
    return None


def _hours(t: Ticket, _: RuleBook) -> Refusal | None:
    if t.is_amo:
        return None if t.facts.amo_time else AMO_CLOSED
    return MARKET_CLOSED if t.facts.phase is Phase.CLOSED else None


def _product(t: Ticket, _: RuleBook) -> Refusal | None:
    allowed = CASH_PRODUCTS if t.is_cash else DERIVATIVE_PRODUCTS
    if t.request.product not in (*allowed, Product.CO):
        return Refusal(f"The {t.request.product} product is not allowed on {t.request.exchange}.")
    return None


def _cut_off(t: Ticket, _: RuleBook) -> Refusal | None:
    intraday = t.request.product in (Product.MIS, Product.CO) or t.request.variety == Variety.CO
    return CUT_OFF if intraday and t.facts.after_cut_off and not (t.is_amo or t.modifies) else None


def _order_type(t: Ticket, rules: RuleBook) -> Refusal | None:
    kind, i = t.request.order_type, t.instrument
    if kind == OrdType.SL_M and i.is_option and rules.sl_m_barred_option:
        return Refusal("SL-M orders are not allowed for options. Use SL orders instead.")
    if kind == OrdType.SL_M and i.exchange in (Exchange.BSE, Exchange.BFO) and rules.sl_m_barred_bse:
        return Refusal(f"SL-M orders are discontinued on {i.exchange}. Use SL orders instead.")
    return None


def _protection(t: Ticket, rules: RuleBook) -> Refusal | None:
    r = t.request
    if r.market_protection and not is_given(r.market_protection):
        return Refusal("Invalid `market_protection`. It should be -1, or above 0 and at most 100.")
    if r.order_type in (OrdType.MARKET, OrdType.SL_M) and rules.market_protection_required and not r.market_protection:
        return PROTECTION_REQUIRED
    return None


def _market_order(t: Ticket, rules: RuleBook) -> Refusal | None:
    if t.request.order_type != OrdType.MARKET or not t.instrument.is_option or rules.always_open:
        return None
    if not t.facts.on_index:
        return Refusal("Market orders are not allowed for stock options. Use limit orders instead.")
    if t.is_amo:
        return Refusal("Market AMO orders are not allowed for index options. Use limit orders instead.")
    return None


def _variety(t: Ticket, rules: RuleBook) -> Refusal | None:
    r = t.request
    if r.variety == Variety.AUCTION:
        return _auction(t)
    if r.variety == Variety.CO:
        return _cover(t)
    if r.variety == Variety.ICEBERG:
        return _iceberg(t, rules)
    return None


def _auction(t: Ticket) -> Refusal | None:
    """Delivered shares only, at a price of one's own; the day's band does not bind here, the auction's range does."""
    r, auction = t.request, t.facts.auction
    if auction is None or r.auction_number != auction.number:
        return NO_AUCTION
    if r.transaction_type is not Side.SELL or r.product != Product.CNC:
        return Refusal("Only CNC sell orders are allowed in the auction session.")
    if r.order_type != OrdType.LIMIT or r.validity != Validity.DAY or r.disclosed_quantity:
        return Refusal("Only LIMIT orders of DAY validity, fully disclosed, are allowed in the auction session.")
    if r.quantity > t.facts.settled_qty:
        return SHORT_OF_SHARES
    if not auction.lower_paise <= r.price_paise <= auction.upper_paise:
        low, high = auction.lower_paise / PAISE, auction.upper_paise / PAISE
        return Refusal(f"Auction order price should be within {low:.2f} and {high:.2f}.")
    return None


def _cover(t: Ticket) -> Refusal | None:
    r = t.request
    if r.order_type not in (OrdType.LIMIT, OrdType.MARKET) and not t.modifies:
        return Refusal("Cover orders should be LIMIT or MARKET.")
    if r.product != Product.MIS and not t.modifies:
        return Refusal("Cover orders are allowed with the MIS product only.")
    if r.trigger_paise <= 0:
        return Refusal("Cover orders need a `trigger_price` for their stoploss leg.")
    entry = r.price_paise if r.order_type == OrdType.LIMIT else t.facts.ltp_paise
    if not t.modifies and (entry - r.trigger_paise) * r.transaction_type.sign <= 0:
        side = "below" if r.transaction_type is Side.BUY else "above"
        return Refusal(f"Stoploss trigger of a {r.transaction_type} cover order should be {side} its price.")
    return None


def _iceberg(t: Ticket, rules: RuleBook) -> Refusal | None:
    r, legs = t.request, t.request.iceberg_legs
    if t.modifies:
        return None
    if not rules.iceberg_legs_min <= legs <= rules.iceberg_legs_max:
        return Refusal(
            f"Invalid `iceberg_legs`. It should be {rules.iceberg_legs_min} to {rules.iceberg_legs_max} legs."
        )
    if r.iceberg_quantity <= 0 or not r.iceberg_quantity * (legs - 1) < r.quantity <= r.iceberg_quantity * legs:
        return Refusal("Invalid `iceberg_quantity`. Legs of this quantity do not make up the order's quantity.")
    if r.iceberg_quantity % t.instrument.lot_size:
        return Refusal(f"Iceberg quantity should be in multiples of {t.instrument.lot_size}.")
    at_market = r.order_type in (OrdType.MARKET, OrdType.SL_M)
    if at_market and r.exchange in (Exchange.BSE, Exchange.BFO):
        return Refusal(f"Market iceberg orders are not allowed on {r.exchange}.")
    if t.facts.phase is not Phase.CONTINUOUS:
        return Refusal("Iceberg orders are allowed in continuous trading only.")
    return None


def _validity(t: Ticket, _: RuleBook) -> Refusal | None:
    r = t.request
    if r.validity == Validity.IOC and (r.variety in (Variety.CO, Variety.ICEBERG) or r.disclosed_quantity):
        return Refusal("IOC validity is not allowed for cover, iceberg or disclosed quantity orders.")
    if r.validity == Validity.TTL and r.variety not in (Variety.REGULAR, Variety.ICEBERG):
        return Refusal(f"TTL validity is not allowed for {r.variety} orders.")
    if r.validity == Validity.TTL and not 1 <= r.validity_ttl <= TTL_MINUTES_MAX:
        return Refusal(f"Invalid `validity_ttl`. It should be 1 to {TTL_MINUTES_MAX} minutes.")
    return None


def _quantity(t: Ticket, rules: RuleBook) -> Refusal | None:
    qty, i = t.request.quantity, t.instrument
    if qty <= 0:
        return Refusal("Invalid `quantity`.")
    if qty % i.lot_size:
        return Refusal(f"Quantity should be in multiples of {i.lot_size}.")
    if t.is_cash and t.order_qty > rules.order_qty_max:
        return Refusal(f"Order quantity cannot exceed {rules.order_qty_max} shares.")
    if i.freeze_qty and t.order_qty > i.freeze_qty and not t.request.autoslice:
        return Refusal(f"Order quantity exceeds the exchange's freeze quantity of {i.freeze_qty}. Slice the order.")
    return None


def _disclosed(t: Ticket, _: RuleBook) -> Refusal | None:
    disclosed = t.request.disclosed_quantity
    if disclosed == 0:
        return None
    if not t.is_cash:
        return Refusal("Disclosed quantity is allowed for equity orders only.")
    if not 0 < disclosed <= t.order_qty or disclosed * 10 < t.order_qty:
        return Refusal("Disclosed quantity should be at least 10% of, and not more than, the quantity.")
    return None


def _price(t: Ticket, _: RuleBook) -> Refusal | None:
    r, tick = t.request, t.instrument.tick_size_paise
    if r.order_type in (OrdType.LIMIT, OrdType.SL) and r.price_paise <= 0:
        return Refusal(f"Price should be above 0 for {r.order_type} orders.")
    if r.price_paise < 0 or r.trigger_paise < 0:
        return Refusal("Prices cannot be negative.")
    if r.price_paise % tick or r.trigger_paise % tick:
        return Refusal(
            f"Tick size for this script is {tick / PAISE:.2f}. "
            "Kindly enter price in the multiple of tick size for this script."
        )
    return None


def _trigger(t: Ticket, _: RuleBook) -> Refusal | None:
    r, side = t.request, t.request.transaction_type
    if r.order_type not in (OrdType.SL, OrdType.SL_M):
        return None
    if r.trigger_paise <= 0:
        return Refusal(f"Trigger price should be above 0 for {r.order_type} orders.")
    if r.order_type == OrdType.SL and (r.price_paise - r.trigger_paise) * side.sign < 0:
        where = "higher than or equal to" if side is Side.BUY else "lower than or equal to"
        return Refusal(f"Limit price of a stoploss {side.lower()} order should be {where} its trigger price.")
    if not t.is_amo and (r.trigger_paise - t.facts.ltp_paise) * side.sign <= 0:
        where = "higher" if side is Side.BUY else "lower"
        return Refusal(
            f"Trigger price for stoploss {side.lower()} orders should be {where} "
            f"than the last traded price ({rupees_text(t.facts.ltp_paise)})."
        )
    return None


def _circuit(t: Ticket, rules: RuleBook) -> Refusal | None:
    """The day's band; tomorrow's is not known yet, so an after-market order meets it at the exchange."""
    r, facts = t.request, t.facts
    if not rules.price_bands or t.is_amo or r.order_type not in (OrdType.LIMIT, OrdType.SL):
        return None
    if r.variety == Variety.AUCTION:
        return None
    if r.price_paise < facts.lower_paise:
        word, limit = "lower", facts.lower_paise
    elif r.price_paise > facts.upper_paise:
        word, limit = "higher", facts.upper_paise
    else:
        return None
    circuit = "lower" if word == "lower" else "upper"
    return Refusal(
        f"Your order price is {word} than the current {circuit} circuit limit of {limit / PAISE:.2f}. "
        "Place an order within the daily range."
    )


def _far_from_ltp(t: Ticket, rules: RuleBook) -> Refusal | None:
    """support.zerodha.com: options with an LTP of Rs 100 or more."""
    r, ltp = t.request, t.facts.ltp_paise
    if not t.instrument.is_option or ltp < rules.option_far_from_ltp_paise or rules.always_open:
        return None
    if r.order_type not in (OrdType.LIMIT, OrdType.SL):
        return None
    too_high = r.transaction_type is Side.BUY and r.price_paise * 100 > ltp * (100 + rules.option_buy_above_pct)
    too_low = r.transaction_type is Side.SELL and r.price_paise * 100 < ltp * (100 - rules.option_sell_below_pct)
    if too_high or too_low:
        return Refusal(f"Your limit price is too far from the last traded price of {rupees_text(ltp)}.")
    return None


def _order_value(t: Ticket, rules: RuleBook) -> Refusal | None:
    value = t.order_qty * (t.request.price_paise or t.facts.ltp_paise)
    if value > rules.order_value_paise_max and not (t.request.autoslice and t.instrument.freeze_qty):
        return Refusal(f"Order value cannot exceed Rs. {rupees_text(rules.order_value_paise_max)}.")
    return None


def _ban(t: Ticket, _: RuleBook) -> Refusal | None:
    """In the ban period a position may shrink, not grow. KITE facts 3.5."""
    if not t.facts.banned:
        return None
    held, change = t.facts.position_qty, t.request.transaction_type.sign * t.request.quantity
    if held * change < 0 and abs(change) <= abs(held):
        return None
    return Refusal("This contract is in the ban period. Only orders that reduce a position are allowed.")


CHECKS: tuple[tuple[str, Check], ...] = (
    ("the instrument can be traded", _tradable),
    ("the tag is short enough", _tag),
    ("the product suits the exchange", _product),
    ("the order type is allowed", _order_type),
    ("market orders are protected", _protection),
    ("market orders suit the instrument", _market_order),
    ("quantity", _quantity),
    ("price and tick", _price),
    ("trigger", _trigger),
    ("validity", _validity),
    ("variety", _variety),
    ("disclosed quantity", _disclosed),
    ("market hours", _hours),
    ("intraday cut-off", _cut_off),
    ("circuit limits", _circuit),
    ("far from the last price", _far_from_ltp),
    ("order value", _order_value),
    ("ban period", _ban),
)
