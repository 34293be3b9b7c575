"""Each order's trail through the day, as the journal alone tells it: decision, gate, intent, send, answer, outcome."""

from collections.abc import Iterable

import msgspec

from tarazu.app.day_audit.trail.origin import Origins
from tarazu.app.day_audit.trail.permission import Permission
from tarazu.app.day_audit.walk.seen import Seen
from tarazu.engine.acts import Intend
from tarazu.engine.messages import Answered, Call, Commanded, Order, OrderHeard, OrdersRead
from tarazu.journal.entry import Durability
from tarazu.orders.client_order_id import ClientOrderId, read_tag
from tarazu.orders.intent import Purpose
from tarazu.orders.lifecycle import TERMINAL, OrdStatus
from tarazu.orders.messages import Filled, Moved, SendOrder
from tarazu.orders.report import OrderReport

FOREIGN_MARK = "#"


class Trail(msgspec.Struct, kw_only=True):
    """Of one order. Times are the engine's, UTC ns; 0 for what never was."""

    ref: str
    """Our tag; `#` and the broker's id of an order that nobody here intended."""
    order_id: str = ""
    key: str = ""
    side: str = ""
    qty: int = 0
    price_paise: int | None = None
    purpose: str = ""
    strategy: str = ""
    decision: str = ""
    """Who is behind it, in words; empty: nobody."""
    gate: str = ""
    """Of an entry: why it should not have been let out; empty: it was weighed and nothing was against it."""
    durable: bool = False
    intended_ns: int = 0
    sequence: int = 0
    """The entry of its intent, or at which it was first seen."""
    sends: int = 0
    answer: str = ""
    """`ACCEPTED`, `REFUSED`...; empty: none."""
    answered_ns: int = 0
    status: OrdStatus | None = None
    """By its moves; None: of an order that was not intended and has made none."""
    cum_qty: int = 0
    fills: int = 0
    traded_qty: int = 0
    filled_ns: int = 0
    """Its first execution was heard."""
    ended_ns: int = 0
    broken: str = ""
    """The first of its moves that does not follow the one before."""

    @property
    def is_ours(self) -> bool:
        return not self.ref.startswith(FOREIGN_MARK)

    @property
    def is_over(self) -> bool:
        return self.status in TERMINAL


class Trails:
    """Of all orders of the day, in the order in which they were first heard of."""

    def __init__(self) -> None:
        self.orders: dict[str, Trail] = {}
        self.twice: list[tuple[str, int]] = []
        """Tags that were intended again, and where."""
        self.not_ours: dict[str, tuple[int, str]] = {}
        """Tags of our making that the broker showed and nobody intended: first seen where, of what order."""
        self.origins, self.permission = Origins(), Permission()

    def take(self, seen: Seen) -> None:
        self.origins.begin(seen)
        self.permission.begin(seen)
        match seen.message:
            case Answered(call=Call.PLACE) as answered:
                trail = self._of(answered.ref, seen)
                trail.answer, trail.answered_ns = str(answered.answer.kind), seen.ts_ns
                trail.order_id = answered.answer.order_id or trail.order_id
            case Commanded(order=Order.CLAIM) as word if word.ref in self.orders:
                self.orders[word.ref].order_id = self.orders[word.ref].order_id or word.order_id
            case OrderHeard(report=report):
                self._rows((report,), seen)
            case OrdersRead(reports=reports):
                self._rows(reports, seen)
        for act in seen.acts:
            if isinstance(act, Intend):
                self._intended(act, seen)
            self.origins.take(act)
            self.permission.take(act)
        for said in seen.outputs:
            self._said(said, seen)

    def _of(self, ref: str, seen: Seen) -> Trail:
        if ref not in self.orders:
            order_id = ref.removeprefix(FOREIGN_MARK) if ref.startswith(FOREIGN_MARK) else ""
            self.orders[ref] = Trail(ref=ref, order_id=order_id, sequence=seen.sequence)
        return self.orders[ref]

    def _rows(self, reports: Iterable[OrderReport], seen: Seen) -> None:
        for row in reports:
            if not row.tag or not isinstance(cid := read_tag(row.tag), ClientOrderId):
                continue
            trail = self.orders.get(cid.tag)
            if trail is None:
                self.not_ours.setdefault(cid.tag, (seen.sequence, row.order_id))
            elif not trail.order_id and trail.key == row.key:
                trail.order_id = row.order_id

    def _intended(self, act: Intend, seen: Seen) -> None:
        intent, ref = act.intent, act.intent.ref
        if ref in self.orders and self.orders[ref].intended_ns:
            self.twice.append((ref, seen.sequence))
            return
        trail = self._of(ref, seen)
        trail.key, trail.side, trail.qty = intent.key, str(intent.order.side), intent.order.qty
        trail.price_paise, trail.purpose, trail.strategy = intent.order.price_paise, intent.purpose, intent.strategy
        trail.decision = self.origins.of(act, self.orders)
        trail.gate = self.permission.refuses(act) if intent.purpose is Purpose.ENTRY else ""
        trail.durable = seen.durability == Durability.FORCE
        trail.intended_ns, trail.sequence, trail.status = seen.ts_ns, seen.sequence, OrdStatus.INTENDED

    def _said(self, said: object, seen: Seen) -> None:
        match said:
            case SendOrder(ref=ref):
                self._of(ref, seen).sends += 1
            case Moved(ref=ref):
                self._moved(self._of(ref, seen), said, seen)
            case Filled(ref=ref, fill=fill):
                trail = self._of(ref, seen)
                trail.fills, trail.traded_qty = trail.fills + 1, trail.traded_qty + fill.qty
                trail.filled_ns = trail.filled_ns or seen.ts_ns
                trail.key, trail.side = trail.key or fill.key, trail.side or str(fill.side)
                trail.order_id = trail.order_id or fill.order_id

    def _moved(self, trail: Trail, moved: Moved, seen: Seen) -> None:
        if trail.status is not None and moved.was is not trail.status and not trail.broken:
            trail.broken = f"{moved.was} to {moved.status} at entry {seen.sequence:,}, and it was {trail.status}"
        trail.status, trail.cum_qty = moved.status, moved.cum_qty
        trail.ended_ns = seen.ts_ns if moved.status in TERMINAL else 0
