"""One order: what was asked, what the broker has shown of it (`evidence`), and where that leaves it."""

import msgspec

from tarazu.model.execution import Fill
from tarazu.model.order import OrdType, Product, Side, Variety
from tarazu.model.units import MINUTE_NS, SECOND_NS
from tarazu.orders.asks import Ask
from tarazu.orders.intent import OrderIntent
from tarazu.orders.lifecycle import TERMINAL, Heard, OrdStatus, step
from tarazu.orders.report import OrderReport

_UNKNOWN, _REJECTED = OrdStatus.UNKNOWN, OrdStatus.REJECTED
_AT_WORK = (OrdStatus.WORKING, OrdStatus.PARTIALLY_FILLED)
_CALLED_ENDED = (OrdStatus.CANCELED, OrdStatus.EXPIRED)


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How long what is not known is waited for. RELIABILITY I5: with a quarantine of 130 s and less days went wrong."""

    quarantine_ns: int = 180 * SECOND_NS
    reads_min: int = 2
    cooling_ns: int = 120 * SECOND_NS
    """An order called canceled may still fill for so long; its remainder counts, and until a read after that."""
    lookalike_ns: int = 180 * SECOND_NS
    stuck_ns: int = MINUTE_NS


class OrderState(msgspec.Struct, frozen=True, kw_only=True):
    ref: str
    """Our tag; `#` and the order id of a foreign order."""
    intent: OrderIntent | None = None
    """None: foreign."""
    order_id: str = ""
    status: OrdStatus
    status_ns: int
    """Since when."""
    key: str
    side: Side
    product: Product
    order_type: OrdType = OrdType.LIMIT
    variety: Variety = Variety.REGULAR
    parent_order_id: str = ""
    qty: int
    price_paise: int = 0
    trigger_paise: int = 0
    qty_high: int
    """The largest quantity the order may still have, modifications that may be under way apart."""
    qty_low: int
    """The smallest, likewise: a row may be as old as the day, and show more than there is."""
    row: OrderReport | None = None
    row_ns: int = 0
    """When it was heard."""
    fills: dict[str, Fill] = {}
    traded_qty: int = 0
    filled_ns: int = 0
    """When it was last heard that more is filled."""
    durable: bool = False
    intended_ns: int = 0
    sent_ns: int = 0
    unknown_ns: int = 0
    """Until when it may have been sent: the quarantine counts from here."""
    absent_reads: tuple[int, ...] = ()
    """When the reads began that count for its absence."""
    ended_ns: int = 0
    """When the broker last called it ended with something unfilled; the remainder cools from here. 0: never."""
    was_working: bool = False
    change: Ask | None = None
    cancel: Ask | None = None
    cancel_ns: int = 0
    """When its cancellation was last asked for; 0: never."""
    changes: int = 0
    """Modifications asked for; Kite allows 25."""
    first_event_ns: int = 0
    first_qty: int = 0
    first_price_paise: int = 0
    """Of a foreign order, as its first row had them: what is changed since, by us or by hand, hides no lookalike."""
    disowned: bool = False
    told: tuple[str, ...] = ()
    """Alarms that are raised once."""
    text: str = ""

    @property
    def cum_qty(self) -> int:
        """FIX CumQty: the most that either the rows or the trades show."""
        row, traded = self.row, self.traded_qty
        return row.filled_qty if row is not None and row.filled_qty > traded else traded

    @property
    def ended(self) -> bool:
        return self.status in TERMINAL

    @property
    def qty_worst(self) -> int:
        """The largest quantity it may end with."""
        if self.change is None:
            high, cum = self.qty_high, self.cum_qty
            return high if high > cum else cum
        asked = self.change.change.qty if self.change.change else None
        return max(self.qty_high, asked or 0, self.cum_qty)

    @property
    def qty_least(self) -> int:
        """The smallest quantity it may have now: what asks for more may make it larger."""
        asked = self.change.change.qty if self.change is not None and self.change.change is not None else None
        return self.qty_low if asked is None or asked > self.qty_low else asked

    @property
    def leaves_worst(self) -> int:
        """What may still fill if it has not ended; and, cooling, if it has."""
        return self.qty_worst - self.cum_qty

    def cools(self, read_ns: int, cooling_ns: int) -> bool:
        """Until a complete read that began when the time was over has shown that nothing came: a late fill that
        nobody has heard of yet is as real as one that was. `read_ns` is when the last complete read began."""
        return self.ended and self.ended_ns > 0 and read_ns < self.ended_ns + cooling_ns

    @property
    def fills_missing(self) -> int:
        """Units the rows call filled of which no trade has been read."""
        return self.cum_qty - self.traded_qty


def intended(intent: OrderIntent, now_ns: int) -> OrderState:
    order = intent.order
    return OrderState(
        ref=intent.ref,
        intent=intent,
        status=OrdStatus.INTENDED,
        status_ns=now_ns,
        intended_ns=now_ns,
        key=intent.key,
        side=order.side,
        product=order.product,
        order_type=order.order_type,
        variety=order.variety,
        qty=order.qty,
        price_paise=order.price_paise or 0,
        trigger_paise=order.trigger_paise or 0,
        qty_high=order.qty,
        qty_low=order.qty,
    )


def foreign(order_id: str, like: OrderReport | Fill, now_ns: int) -> OrderState:
    """An order of somebody else's, before its first row or fill is taken."""
    return OrderState(
        ref=f"#{order_id}",
        order_id=order_id,
        status=OrdStatus.SUBMITTED,
        status_ns=now_ns,
        key=like.key,
        side=like.side,
        product=like.product,
        qty=0,
        qty_high=0,
        qty_low=like.qty if isinstance(like, OrderReport) else 0,
        first_event_ns=like.ts_event_ns,
        first_qty=like.qty if isinstance(like, OrderReport) else 0,
        first_price_paise=like.price_paise if isinstance(like, OrderReport) else 0,
    )


def heard(order: OrderState, what: Heard, now_ns: int) -> OrderState:
    status = step(order.status, what)
    if status is order.status:
        return order
    changed: dict[str, object] = {"status": status, "status_ns": now_ns}
    if status is _UNKNOWN:
        changed["unknown_ns"] = now_ns
    elif status in _AT_WORK:
        changed["was_working"] = True
    elif status in _CALLED_ENDED or (status is _REJECTED and order.was_working):
        changed["ended_ns"] = now_ns
    return msgspec.structs.replace(order, **changed)
