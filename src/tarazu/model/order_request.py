"""What a desk asks of its broker about one order. Quantities are units (shares), never lots; prices are paise.

None, or an empty text, is a field that is left out of the request: the broker then takes its own default.
"""

import msgspec

from tarazu.model.order import OrdType, Product, Side, Validity, Variety

PROTECTION_AUTO = -1
"""`protection_bps`: the broker's own table of protection (KITE facts 1.6)."""


class NewOrder(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One order to be placed, once."""

    tag: str = ""
    """At most 20 letters and digits; the one thing of ours that an order book shows."""
    exchange: str
    tradingsymbol: str
    side: Side
    qty: int
    product: Product
    order_type: OrdType
    variety: Variety = Variety.REGULAR
    price_paise: int | None = None
    trigger_paise: int | None = None
    validity: Validity = Validity.DAY
    validity_ttl: int | None = None
    """Minutes, for TTL."""
    disclosed_qty: int | None = None
    protection_bps: int | None = None
    """How far a MARKET or SL-M order may go, in hundredths of a percent, or PROTECTION_AUTO."""
    iceberg_legs: int | None = None
    iceberg_qty: int | None = None
    auction_number: str = ""
    algo_id: str = ""
    autoslice: bool = False


class OrderChange(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A change of a working order; what is None stays as it is. `qty` is the whole order's, not what is to be added."""

    order_id: str
    variety: Variety = Variety.REGULAR
    parent_order_id: str = ""
    qty: int | None = None
    price_paise: int | None = None
    order_type: OrdType | None = None
    trigger_paise: int | None = None
    validity: Validity | None = None
    disclosed_qty: int | None = None
    protection_bps: int | None = None


class Cancellation(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    order_id: str
    variety: Variety = Variety.REGULAR
    parent_order_id: str = ""


class TradedOrder(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An order as a contract note is asked for it: at the average price of its fills."""

    order_id: str
    exchange: str
    tradingsymbol: str
    side: Side
    variety: Variety = Variety.REGULAR
    product: Product
    order_type: OrdType
    qty: int
    average_paise: int
