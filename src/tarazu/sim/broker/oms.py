"""One order as the broker keeps it, the rows it leaves, and the only way its status may change."""

import msgspec

from tarazu.model import ist
from tarazu.model.instrument import Instrument
from tarazu.model.order import OrdType, Product, Side, Validity, Variety
from tarazu.model.units import rupees
from tarazu.sim.broker.protection import protection_tags
from tarazu.sim.orders import Fill, Report
from tarazu.wire.kite_orders import EDGES, TERMINAL, KiteStatus, OrderRow, TradeRow

S = KiteStatus

# A change under way that something overtakes is first taken back, so that the rows stay on Kite's graph.
TAKEN_BACK = {
    S.MODIFY_VALIDATION_PENDING: S.NOT_MODIFIED,
    S.MODIFY_PENDING: S.NOT_MODIFIED,
    S.CANCEL_PENDING: S.NOT_CANCELLED,
}
PENDING_CHANGE = frozenset(TAKEN_BACK)

ALGO_ID = "algo_id"
"""Where `meta` keeps it; Kite documents the parameter, not where it is shown."""


def way(status: KiteStatus, to: KiteStatus, resting: KiteStatus) -> tuple[KiteStatus, ...]:
    """The statuses from `status` (exclusive) to `to` along Kite's graph: direct where an edge leads there, else by
    taking back the pending change and, where that does not end there either, by way of `resting`."""
    steps: list[KiteStatus] = []
    if to not in EDGES[status]:
        status = TAKEN_BACK.get(status, resting)
        steps.append(status)
        if to not in EDGES[status]:
            steps.append(resting)
    return (*steps, to)


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """The terms a modification asks for, complete."""

    qty: int
    price_paise: int
    trigger_paise: int
    order_type: OrdType
    validity: Validity
    validity_ttl: int
    disclosed_qty: int
    market_protection: float
    protected_paise: int = 0
    protected_pct: float = 0.0
    tags: list[str]


class Order(msgspec.Struct, kw_only=True):
    """The broker's order. Quantities in units, prices in paise, times UTC ns."""

    no: int
    """Sequence number in this broker's life; keys its draws."""
    order_id: str
    user_id: str
    instrument: Instrument
    variety: Variety
    side: Side
    order_type: OrdType
    product: Product
    validity: Validity
    validity_ttl: int = 0
    qty: int
    price_paise: int = 0
    trigger_paise: int = 0
    disclosed_qty: int = 0
    market_protection: float = 0.0
    parent_order_id: str | None = None
    auction_number: str | None = None
    placed_by: str = ""
    """The user, or `rms` for the broker's own square-offs."""
    tag: str | None = None
    tags: list[str] = []
    meta: dict[str, object] = {}
    guid: str = ""
    protected_paise: int = 0
    """Limit an SL-M order becomes when triggered; 0 without protection."""
    protected_pct: float = 0.0
    """Market protection in force, resolved to a percentage."""

    status: KiteStatus = S.PUT_RECEIVED
    status_message: str | None = None
    status_message_raw: str | None = None
    exchange_order_id: str | None = None
    ordered_ns: int
    exchange_ns: int | None = None
    update_ns: int | None = None
    modified: bool = False
    modifications: int = 0
    triggered: bool = False
    filled_qty: int = 0
    canceled_qty: int = 0
    turnover_paise: int = 0
    """Exact sum of qty x price of its fills."""
    ttl_until_ns: int | None = None
    sent: bool = False
    """The exchange has it."""
    change: Change | None = None
    held_until_ns: int = 0
    """Until then what the exchange says is not seen (fault `order.stuck`)."""
    held: list[Report] = []
    rows: list[OrderRow] = []

    @property
    def is_done(self) -> bool:
        return self.status in TERMINAL

    @property
    def pending_qty(self) -> int:
        return self.qty - self.filled_qty - self.canceled_qty

    @property
    def is_stop(self) -> bool:
        return self.order_type.is_stop

    @property
    def algo_id(self) -> str:
        """The exchange's id of the algo that sent it; empty for none."""
        return str(self.meta.get(ALGO_ID, ""))

    @property
    def resting(self) -> KiteStatus:
        """The status in which it waits at the exchange."""
        return S.TRIGGER_PENDING if self.is_stop and not self.triggered else S.OPEN

    def begin(self, status: KiteStatus) -> None:
        """Write the first row."""
        assert not self.rows
        self.status = status
        self.rows.append(self.row())

    def walk(self, to: KiteStatus, now_ns: int) -> None:
        """Go to `to` along Kite's graph, a row at each step. Every change of status but `revive` is made here."""
        for status in way(self.status, to, self.resting):
            assert status in EDGES[self.status], f"{self.order_id}: {self.status} -> {status} leaves the graph"
            self.status = status
            self.update_ns = now_ns
            if status in (S.CANCELLED, S.REJECTED):
                self.canceled_qty = self.qty - self.filled_qty
            self.rows.append(self.row())

    def restate(self) -> None:
        """Write the last row anew, its status unchanged: a fill while a change is pending has no row of its own."""
        self.rows[-1] = self.row()

    def revive(self, now_ns: int) -> None:
        """CANCELLED -> COMPLETE, off the graph: fault `order.cancel_fills`, and nothing else, does this."""
        assert self.status is S.CANCELLED and self.filled_qty == self.qty
        self.status, self.canceled_qty, self.update_ns = S.COMPLETE, 0, now_ns
        self.rows.append(self.row())

    def book(self, fill: Fill) -> None:
        """Count one execution; the status does not change."""
        assert 0 < fill.qty <= self.qty - self.filled_qty, "no order fills beyond its quantity"
        self.filled_qty += fill.qty
        self.turnover_paise += fill.qty * fill.price_paise

    def adopt(self, change: Change, now_ns: int) -> None:
        """Take on the terms the exchange has accepted."""
        self.qty, self.price_paise, self.trigger_paise = change.qty, change.price_paise, change.trigger_paise
        self.order_type, self.validity, self.validity_ttl = change.order_type, change.validity, change.validity_ttl
        self.disclosed_qty, self.market_protection = change.disclosed_qty, change.market_protection
        self.protected_paise, self.protected_pct = change.protected_paise, change.protected_pct
        self.tags = change.tags
        self.modified, self.update_ns, self.change = True, now_ns, None
        if self.triggered:
            self.trigger()  # it was reached while the change was on its way

    def trigger(self) -> None:
        """The stop's price was reached. A protected SL-M reads LIMIT from here on, as a protected MARKET order does."""
        self.triggered = True
        if self.order_type is OrdType.SL_M and self.protected_paise:
            self.order_type, self.price_paise, self.market_protection = OrdType.LIMIT, self.protected_paise, 0.0
            self.tags = [*self.tags, *protection_tags(self.protected_pct)]

    def row(self) -> OrderRow:
        """The order as Kite shows it now. The average price is rounded to 4 decimals of a rupee."""
        average = self.turnover_paise / (100 * self.filled_qty) if self.filled_qty else 0.0
        return OrderRow(
            account_id=self.user_id,
            placed_by=self.placed_by,
            order_id=self.order_id,
            exchange_order_id=self.exchange_order_id,
            parent_order_id=self.parent_order_id,
            status=self.status,
            status_message=self.status_message,
            status_message_raw=self.status_message_raw,
            order_timestamp=ist.stamp(self.ordered_ns),
            exchange_update_timestamp=None if self.update_ns is None or not self.sent else ist.stamp(self.update_ns),
            exchange_timestamp=None if self.exchange_ns is None else ist.stamp(self.exchange_ns),
            variety=self.variety.value,
            modified=self.modified,
            auction_number=self.auction_number,
            exchange=self.instrument.exchange.value,
            tradingsymbol=self.instrument.tradingsymbol,
            instrument_token=self.instrument.instrument_token,
            order_type=self.order_type.value,
            transaction_type=self.side.value,
            validity=self.validity.value,
            validity_ttl=self.validity_ttl,
            product=self.product.value,
            quantity=self.qty,
            disclosed_quantity=self.disclosed_qty,
            price=rupees(self.price_paise),
            trigger_price=rupees(self.trigger_paise),
            average_price=round(average, 4),
            filled_quantity=self.filled_qty,
            pending_quantity=self.pending_qty,
            # Kite's sample of a rejected order shows neither a pending nor a cancelled quantity.
            cancelled_quantity=0 if self.status is S.REJECTED else self.canceled_qty,
            market_protection=self.market_protection,
            meta=dict(self.meta),
            tag=self.tag,
            tags=list(self.tags),
            guid=self.guid,
        )


def trade_row(order: Order, fill: Fill) -> TradeRow:
    """One execution as Kite shows it."""
    return TradeRow(
        trade_id=fill.trade_id,
        order_id=order.order_id,
        exchange_order_id=order.exchange_order_id,
        exchange=order.instrument.exchange.value,
        tradingsymbol=order.instrument.tradingsymbol,
        instrument_token=order.instrument.instrument_token,
        product=order.product.value,
        average_price=rupees(fill.price_paise),
        quantity=fill.qty,
        transaction_type=order.side.value,
        fill_timestamp=ist.stamp(fill.ts_ns),
        order_timestamp=ist.clock_of(order.ordered_ns).strftime("%H:%M:%S"),
        exchange_timestamp=ist.stamp(fill.ts_ns),
    )


class Blotter:
    """All orders of the day and their fills, in the order of placement."""

    def __init__(self) -> None:
        self._orders: dict[str, Order] = {}
        self._fills: dict[str, list[Fill]] = {}
        self._trades: dict[str, list[TradeRow]] = {}
        self._working: dict[str, list[Order]] = {}

    def add(self, order: Order) -> None:
        assert order.order_id not in self._orders
        self._orders[order.order_id] = order
        self._working.setdefault(order.user_id, []).append(order)

    def get(self, order_id: str) -> Order | None:
        return self._orders.get(order_id)

    def of(self, user_id: str) -> list[Order]:
        return [o for o in self._orders.values() if o.user_id == user_id]

    def working(self, user_id: str) -> list[Order]:
        """The user's orders that are not done, after-market orders included."""
        working = [o for o in self._working.get(user_id, []) if not o.is_done]
        self._working[user_id] = working
        return list(working)

    def all(self) -> list[Order]:
        return list(self._orders.values())

    def book(self, fill: Fill) -> None:
        """The order is here, and has the exchange's id; the row of its execution never changes again."""
        self._fills.setdefault(fill.order_id, []).append(fill)
        self._trades.setdefault(fill.order_id, []).append(trade_row(self._orders[fill.order_id], fill))

    def fills(self, order_id: str) -> list[Fill]:
        return self._fills.get(order_id, [])

    def trades(self, order_id: str) -> list[TradeRow]:
        """Its executions as Kite shows them, in their order."""
        return list(self._trades.get(order_id, ()))

    def clear(self, keep: KiteStatus) -> None:
        """Forget the day's orders, except those in status `keep`: they wait for the next session."""
        self._orders = {k: o for k, o in self._orders.items() if o.status is keep}
        self._fills.clear()
        self._trades.clear()
        self._working.clear()
        for order in self._orders.values():
            self._working.setdefault(order.user_id, []).append(order)
