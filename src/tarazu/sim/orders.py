"""What passes between broker and exchange: orders in, reports out; and the fill that the books are kept from."""

from enum import StrEnum

import msgspec

from tarazu.model.instrument import Instrument
from tarazu.model.order import Product, Side, Validity


class NewOrder(msgspec.Struct, frozen=True, kw_only=True):
    """One order as it leaves the broker for the exchange."""

    order_id: str
    user_id: str
    index: int
    """Row of the instrument in the day's universe."""
    side: Side
    qty: int
    price_paise: int
    """Limit; 0 is a market order."""
    trigger_paise: int = 0
    """Above 0 the order is a stop: it waits for the LTP to reach this price."""
    validity: Validity = Validity.DAY
    ttl_until_ns: int | None = None
    disclosed_qty: int = 0


class ReportKind(StrEnum):
    ACCEPTED = "ACCEPTED"
    """In the book (or auction); `exchange_order_id` is known from here on."""
    STOPPED = "STOPPED"
    """Accepted as a stop order, waiting for its trigger."""
    TRIGGERED = "TRIGGERED"
    TRADED = "TRADED"
    CANCELED = "CANCELED"
    """Out of the book: by request, IOC remainder, TTL or end of day, band slide; `text` says which."""
    REJECTED = "REJECTED"
    AMENDED = "AMENDED"
    AMEND_REFUSED = "AMEND_REFUSED"
    CANCEL_REFUSED = "CANCEL_REFUSED"


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What the exchange says about an order. Quantities in units, prices in paise."""

    kind: ReportKind
    order_id: str
    ts_ns: int
    exchange_order_id: str = ""
    qty: int = 0
    """TRADED: this execution's units; CANCELED: units withdrawn."""
    price_paise: int = 0
    trade_id: str = ""
    text: str = ""
    """The exchange's words, e.g. `17070 : The Price is out of the LPP range`."""


class Fill(msgspec.Struct, frozen=True, kw_only=True):
    """One execution of one account: all that cash, positions and charges are kept from."""

    user_id: str
    order_id: str
    trade_id: str
    instrument: Instrument
    side: Side
    product: Product
    qty: int
    price_paise: int
    ts_ns: int


class OrderRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A placement as parsed from Kite's form: types are right, nothing else is promised. Prices in paise."""

    variety: str
    exchange: str
    tradingsymbol: str
    transaction_type: Side
    order_type: str
    product: str
    validity: str = "DAY"
    validity_ttl: int = 0
    quantity: int
    price_paise: int = 0
    trigger_paise: int = 0
    disclosed_quantity: int = 0
    iceberg_legs: int = 0
    iceberg_quantity: int = 0
    auction_number: str = ""
    market_protection: float = 0.0
    autoslice: bool = False
    tag: str = ""
    algo_id: str = ""


class ModifyRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A modification: None leaves a field as it is. Prices in paise."""

    quantity: int | None = None
    price_paise: int | None = None
    order_type: str | None = None
    trigger_paise: int | None = None
    validity: str | None = None
    validity_ttl: int | None = None
    disclosed_quantity: int | None = None
    market_protection: float | None = None
    parent_order_id: str | None = None


class Placed(msgspec.Struct, frozen=True):
    """The broker took the order; the exchange has not spoken. `children` are the answers of an autosliced order."""

    order_id: str
    children: tuple[object, ...] | None = None


class OrderUpdate(msgspec.Struct, frozen=True):
    """One order row on its way to the account's tickers and, when `postback`, to the app's URL."""

    user_id: str
    ts_ns: int
    row: bytes
    """JSON of the row as it stood then."""
    postback: bool
