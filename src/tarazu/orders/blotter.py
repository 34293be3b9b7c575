"""All our orders of the day, and everybody else's in this account, with their state.

A function of its messages: the same messages, in whatever process, give the same blotter and the same outputs. Orders
of the broker's book are told apart by order id; ours are found in it by their tag.
"""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from tarazu.model.execution import Fill
from tarazu.model.order import Variety
from tarazu.model.units import SECOND_NS
from tarazu.orders import alarms, messages, requests, strangers
from tarazu.orders.evidence import with_fills, with_row
from tarazu.orders.lifecycle import AT_BROKER, UNANSWERED, Heard, OrdStatus
from tarazu.orders.messages import Alarm, AlarmKind, Filled, Message, Output, ReadWanted
from tarazu.orders.order_state import OrderState, Patience, foreign, heard, intended
from tarazu.orders.report import END_RANK, OrderReport
from tarazu.orders.standing import Standing
from tarazu.orders.unknown import is_absent, lookalikes, missed_by

_UNKNOWN, _SUBMITTED = OrdStatus.UNKNOWN, OrdStatus.SUBMITTED
_PASSING = frozenset({_SUBMITTED, OrdStatus.IN_FLIGHT, OrdStatus.PENDING_MODIFY, OrdStatus.PENDING_CANCEL})

READ_EVERY_NS = 30 * SECOND_NS
READ_EVERY_UNSURE_NS = 2 * SECOND_NS
"""RELIABILITY I3."""


class Blotter(msgspec.Struct, kw_only=True):
    patience: Patience = Patience()
    orders: dict[str, OrderState] = {}
    """By `ref`, in the order in which they were intended or first seen."""
    refs: dict[str, str] = {}
    """By the broker's order id."""
    keys: dict[str, list[str]] = {}
    """The refs of each instrument."""
    strangers: list[str] = []
    """Foreign orders nobody has been told of yet."""
    now_ns: int = 0
    read_ns: int = 0
    """When the last complete read of the book began."""
    auth_lost: bool = False
    """From an answer that said so until a read of the book succeeds. Nothing is sent meanwhile, and nothing undone."""
    standing: Standing = msgspec.field(default_factory=Standing)
    """Derived from the orders, and in no snapshot."""

    def apply(self, message: Message) -> list[Output]:
        """Take one message. Idempotent for everything the broker says; AssertionError for a bug of ours."""
        if message.ts_ns > self.now_ns:
            self.now_ns = message.ts_ns
        match message:
            case messages.Timed():
                out = self._time()
            case messages.Reported():
                out = self._take_rows([message.report], self.now_ns, read=False)
            case messages.BookRead():
                out = self._read(message)
            case messages.TradesRead():
                out = self._trades(message)
            case messages.Intended():
                out = self._intend(message)
            case messages.Restarted():
                out = self._restart()
            case messages.Claimed() | messages.Disowned():
                out = strangers.judged(self, message)
            case _:
                out = requests.taken(self, message)
        return out + strangers.introduced(self) if self.strangers else out

    # What is asked of it.

    def find(self, ref: str) -> OrderState | None:
        """By our tag, or by `#` and the broker's order id: also of one that has since been found to be ours."""
        return self.orders.get(self.refs.get(ref[1:], "") if ref.startswith("#") else ref)

    def of_key(self, key: str) -> Iterator[OrderState]:
        return (self.orders[ref] for ref in self.keys.get(key, ()))

    def unknown(self) -> list[OrderState]:
        unsure = self.standing.unsure
        return [unsure[ref] for ref in sorted(unsure) if unsure[ref].status is _UNKNOWN] if unsure else []

    def open(self) -> Sequence[OrderState]:
        """Orders that may yet change or count for more than their fills, by name (`standing`)."""
        return self.standing.open(self.read_ns, self.patience.cooling_ns)

    def open_of(self, key: str) -> Iterable[OrderState]:
        return self.standing.open_of(key, self.read_ns, self.patience.cooling_ns)

    def coolings(self) -> int:
        """What is reckoned of open orders stands until one changes, or this does (`standing`)."""
        return self.standing.coolings(self.read_ns, self.patience.cooling_ns)

    def lookalikes(self, order: OrderState) -> list[OrderState]:
        return lookalikes(order, self.of_key(order.key), self.patience)

    def blocked_keys(self) -> set[str]:
        """Instruments in which an unknown order of ours may be an untagged one: no entries until a person has said."""
        return {order.key for order in self.unknown() if self.lookalikes(order)}

    def is_blocked(self, key: str) -> bool:
        """Whether it is one of them."""
        for order in self.standing.unsure.values():
            if order.key == key and order.status is OrdStatus.UNKNOWN and self.lookalikes(order):
                return True
        return False

    def read_every_ns(self) -> int:
        """How often the book should be read: more often while there is a question it could answer."""
        return READ_EVERY_UNSURE_NS if self.standing.unsure else READ_EVERY_NS

    def trades_missing(self) -> list[OrderState]:
        """Orders with more filled than their trades show: the trades should be read."""
        untraded = self.standing.untraded
        return [untraded[ref] for ref in sorted(untraded)] if untraded else []

    def snapshot(self) -> bytes:
        """The whole state; equal states give equal bytes."""
        told = {name: getattr(self, name) for name in self.__struct_fields__ if name != "standing"}
        return msgspec.json.encode(told, order="deterministic")

    # For the other files of this room.

    def put(self, order: OrderState) -> list[Output]:
        before = self.orders[order.ref]
        if before is order:
            return []
        self.orders[order.ref] = order
        self.standing.moved(before, order)
        if order.order_id:
            self.refs[order.order_id] = order.ref
        return alarms.told(before, order)

    def enter(self, order: OrderState) -> None:
        assert order.ref not in self.orders, f"{order.ref} was used before: an intent has one tag for ever"
        self.orders[order.ref] = order
        self.standing.moved(None, order)
        self.keys.setdefault(order.key, []).append(order.ref)
        if order.order_id:
            self.refs[order.order_id] = order.ref

    # Messages.

    def _intend(self, message: messages.Intended) -> list[Output]:
        intent = message.intent
        assert not intent.order.autoslice, "slices are intents of their own: each needs its tag"
        self.enter(intended(intent, self.now_ns))
        return []

    def _take_rows(self, rows: Iterable[OrderReport], at_ns: int, *, read: bool) -> list[Output]:
        out: list[Output] = []
        for row in rows:
            ref = self.refs.get(row.order_id)
            order = self.orders[ref] if ref else None
            if order is not None and _is_repeated(order, row):
                continue
            order, why = strangers.owner(self, row, order)
            out += why
            out += self.put(with_row(order, row, at_ns, self.now_ns, self.patience, read=read))
        return out

    def _read(self, message: messages.BookRead) -> list[Output]:
        self.auth_lost = False
        out = self._take_rows(message.reports, message.started_ns, read=True)
        if not message.whole:
            return out
        self.read_ns = max(self.read_ns, message.started_ns)
        unknown = self.unknown()
        tags = {row.tag.strip().upper() for row in message.reports if row.tag} if unknown else ()
        for order in unknown:
            if order.ref in tags:
                continue  # present, and bound to nothing: a mismatch or a double, which people have been told of
            order = missed_by(order, message.started_ns, self.patience)
            absent = is_absent(order, self.patience) and not self.lookalikes(order)
            out += self.put(heard(order, Heard.ABSENCE, self.now_ns) if absent else order)
            if absent:
                reads = f"not in {len(order.absent_reads)} complete reads after its quarantine"
                out.append(Alarm(ref=order.ref, kind=AlarmKind.ABSENT, text=reads))
        return out

    def _trades(self, message: messages.TradesRead) -> list[Output]:
        out: list[Output] = []
        by_order: dict[str, list[Fill]] = {}
        for fill in message.fills:
            by_order.setdefault(fill.order_id, []).append(fill)
        for order_id, fills in by_order.items():
            if order_id not in self.refs:
                self.enter(foreign(order_id, fills[0], self.now_ns))
                self.strangers.append(self.refs[order_id])
            order = self.orders[self.refs[order_id]]
            news = {fill.exec_id: fill for fill in fills if fill.exec_id not in order.fills}
            out += [Filled(ref=order.ref, fill=fill) for fill in news.values()]
            out += self.put(with_fills(order, list(news.values()), self.now_ns))
        return out

    def _restart(self) -> list[Output]:
        """What was under way has lost its answer. An intent without a send may have been sent: we cannot know."""
        out: list[Output] = []
        for order in self.open():
            if order.status in UNANSWERED:
                out += self.put(heard(order, Heard.RESTART, self.now_ns))
            elif order.change or order.cancel:
                out += self.put(requests.without_answers(order, self.now_ns))
        out.append(ReadWanted(ref="", why="a start"))
        return out

    def _time(self) -> list[Output]:
        out: list[Output] = []
        before_ns = self.now_ns - self.patience.stuck_ns
        for order in self.open():
            if order.status_ns > before_ns or not _passing(order):
                continue
            stuck = f"STUCK {order.status} {order.status_ns}"
            if stuck not in order.told:
                out += self.put(msgspec.structs.replace(order, told=(*order.told, stuck)))
                out.append(Alarm(ref=order.ref, kind=AlarmKind.STUCK, text=f"{order.status} for too long"))
                out.append(ReadWanted(ref=order.ref, why="an order is stuck"))
        return out


def restored(snapshot: bytes) -> Blotter:
    blotter = msgspec.json.decode(snapshot, type=Blotter)
    for order in blotter.orders.values():
        blotter.standing.moved(None, order)
    return blotter


def _is_repeated(order: OrderState, row: OrderReport) -> bool:
    """Whether a row says nothing that is not known: most rows of most reads."""
    if order.row != row or order.change or order.cancel or order.qty_high != row.qty or order.qty_low != row.qty:
        return False
    return row.word in END_RANK or order.status in AT_BROKER


def _passing(order: OrderState) -> bool:
    """In a state that should not last. After-market orders rest as SUBMITTED."""
    return order.status in _PASSING and (order.status is not _SUBMITTED or order.variety is not Variety.AMO)
