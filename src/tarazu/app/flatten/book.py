"""The account as a flatten knows it: a blotter made from the broker's order book, and what is held where.

The broker wins: what it says is held and its orders of the day do not explain was carried into the day.
"""

import time
from collections.abc import Iterator, Mapping

import msgspec

from tarazu.app.account.contracts import OURS
from tarazu.app.account.reading import AccountRead
from tarazu.app.flatten.tags import off_the_wire
from tarazu.model.order import Product
from tarazu.orders.blotter import Blotter
from tarazu.orders.exposure import Place
from tarazu.orders.flatten_plan import BrokerPosition, Reason, Wait
from tarazu.orders.kite_rows import book_read
from tarazu.orders.lifecycle import AT_BROKER, OrdStatus
from tarazu.orders.messages import BookRead, Message, Output
from tarazu.orders.order_state import OrderState
from tarazu.orders.report import END_RANK, OrderReport
from tarazu.ports.clock import Clock
from tarazu.wire.kite_books import OrderBook
from tarazu.wire.kite_money import PositionRow, PositionsData

_DELIVERY = (Product.CNC, Product.MTF)


class Left(msgspec.Struct, frozen=True, kw_only=True):
    """A position that no flatten leaves, and why; of the broker, whatever it is."""

    key: str
    product: str
    qty: int
    why: str


class AccountBook:
    """One flatten's. Time is steady: of the profile's clock at the start, carried on by the monotonic one."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._base_ns = clock.wall_ns() - time.monotonic_ns()
        self.blotter = Blotter()
        self.before: dict[Place, int] = {}
        self.held: dict[Place, int] = {}
        self.last_paise: dict[str, int] = {}
        """Last prices, as the positions tell them."""
        self.left: tuple[Left, ...] = ()
        self.unread: tuple[str, ...] = ()
        """Rows of the order book of which not even the place is known: beside one of them no account is flat."""

    def anew(self) -> None:
        """Forget all: what is known is what is read from now on."""
        self.blotter, self.before, self.held = Blotter(), {}, {}
        self.left = self.unread = ()

    @property
    def now_ns(self) -> int:
        return self._base_ns + time.monotonic_ns()

    def begin(self, read: AccountRead) -> None:
        """The first whole read, during which no fill came (`fills_of`)."""
        self.take(read)
        places = {*self.held, *self.blotter.standing.places}
        filled = self.blotter.standing.filled
        self.before = {place: self.held.get(place, 0) - filled.get(place, 0) for place in sorted(places)}

    def take(self, read: AccountRead) -> None:
        """A later one: orders and positions are both there."""
        assert read.orders.value is not None and read.positions.value is not None
        self._positions(read.positions.value)
        self.unread = tuple(_unread(read.orders.value))
        told = book_read(read.orders.value, self._base_ns + read.orders.started_ns, self.now_ns)
        reports = tuple(self._settled(report) for report in told.reports)
        self.tell(BookRead(started_ns=told.started_ns, reports=reports, whole=told.whole, ts_ns=told.ts_ns))

    def tell(self, message: Message) -> list[Output]:
        return self.blotter.apply(message)

    def positions(self) -> list[BrokerPosition]:
        return [BrokerPosition(key=key, product=product, qty=qty) for (key, product), qty in self.held.items()]

    def places(self) -> set[Place]:
        """All that are ours to leave."""
        never = {(left.key, left.product) for left in self.left}
        known = {*self.held, *self.before, *self.blotter.standing.places}
        return {place for place in known if (place[0], str(place[1])) not in never and _is_ours(place[0])}

    def open_places(self) -> list[tuple[Place, int]]:
        """Held, and ours to leave; shorts first, as they are left."""
        ours = self.places()
        held = [(place, qty) for place, qty in self.held.items() if qty and place in ours]
        return sorted(held, key=lambda row: (row[1] >= 0, row[0]))

    def open_orders(self) -> list[OrderState]:
        """Those at the broker, of places that are ours to leave."""
        ours = self.places()
        return [o for o in self.blotter.open() if o.status in AT_BROKER and (o.key, o.product) in ours]

    def until_ns(self, wait: Wait) -> int:
        """When the wait is over, as far as time decides it; 0 where it does not."""
        patience = self.blotter.patience
        orders = [o for o in self.blotter.open_of(wait.key) if o.product is wait.product]
        if wait.reason is Reason.COOLING:
            return max((o.ended_ns + patience.cooling_ns for o in orders if o.ended), default=0)
        if wait.reason is Reason.UNKNOWN:
            unknown = (o.status_ns + patience.quarantine_ns for o in orders if o.status is OrdStatus.UNKNOWN)
            return max(unknown, default=0)
        return 0

    def _positions(self, data: PositionsData) -> None:
        held: dict[Place, int] = {}
        left: list[Left] = []
        for row in data.net:
            key = f"{row.exchange}:{row.tradingsymbol}"
            self.last_paise[key] = round(row.last_price * 100)
            if why := _not_left(row):
                left += [Left(key=key, product=row.product, qty=row.quantity, why=why)] if row.quantity else []
            else:
                held[key, Product(row.product)] = row.quantity
        self.held, self.left = held, tuple(left)

    def _settled(self, report: OrderReport) -> OrderReport:
        """With the blotter's own name for what this process sent. What the broker called ended two minutes ago and
        more fills no more (`Patience.cooling_ns`): its remainder does not cool again because we look at it now."""
        tag = off_the_wire(report.tag)
        old = self._clock.wall_ns() - report.ts_event_ns > self.blotter.patience.cooling_ns
        is_over = report.word in END_RANK and report.ts_event_ns > 0 and old
        if tag == report.tag and not is_over:
            return report
        qty = report.filled_qty if is_over else report.qty
        return msgspec.structs.replace(report, tag=tag, qty=qty)


def fills_of(book: OrderBook | None) -> Mapping[str, int]:
    """By order id: two reads with the same had no fill between them."""
    if book is None:
        return {}
    return {row.order_id: row.filled_quantity for row in book.rows} | {o.order_id: o.filled_quantity for o in book.odd}


def _unread(book: OrderBook) -> Iterator[str]:
    for odd in book.odd:
        if not (odd.order_id and odd.exchange and odd.tradingsymbol):
            yield f"{odd.order_id or 'no id'} {odd.status} {odd.tradingsymbol}: {odd.why}"
    for row in book.rows:
        if not (row.order_id and row.exchange and row.tradingsymbol):
            yield f"{row.order_id or 'no id'} {row.status} {row.tradingsymbol}"


def _is_ours(key: str) -> bool:
    return key.partition(":")[0] in OURS


def _not_left(row: PositionRow) -> str:
    """Why nothing here leaves it; empty when it is ours to leave."""
    if row.exchange not in OURS:
        return "not a segment of this desk: leave it in Kite"
    if row.product not in set(Product):
        return f"a product {row.product!r} that this desk does not know: leave it in Kite"
    if row.product in _DELIVERY and row.quantity < 0:
        return "sold out of the holdings: to be delivered, no short"
    return ""
