"""One execution of ours, as the books are kept from it."""

import msgspec

from tarazu.model.ids import BrokerOrderId, InstrumentToken
from tarazu.model.order import Product, Side


class Fill(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """FIX ExecType F: LastQty (32) units at LastPx (31). Idempotent on `exec_id` within its exchange and day: brokers
    repeat fills after a reconnect."""

    exec_id: str
    """The exchange's trade id."""
    order_id: BrokerOrderId
    key: str
    """`EXCHANGE:TRADINGSYMBOL`."""
    instrument_token: InstrumentToken
    product: Product
    side: Side
    qty: int
    """Units, above 0."""
    price_paise: int
    ts_event_ns: int
    """When the exchange says it happened; whole seconds from Kite."""

    @property
    def can_be(self) -> bool:
        """Whether books can be kept from it: of an order, of units, at a price. Brokers have told of others."""
        return bool(self.order_id) and self.qty > 0 and self.price_paise >= 0

    @property
    def signed_qty(self) -> int:
        return self.side.sign * self.qty

    @property
    def value_paise(self) -> int:
        """What was paid (positive) or received (negative), before charges."""
        return self.signed_qty * self.price_paise
