"""The account, watched: books read within the reserve, compared with the journal, and entries cancelled when main is
silent. One thread of its own; what it has found is read by the others as whole values.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from datetime import date
from typing import TypeVar

import msgspec

from tarazu.adapters.kite_account.client import ReadOutcome
from tarazu.app.account.intents import IntentBook
from tarazu.app.account.reading import failure_of
from tarazu.app.home import Home
from tarazu.app.watchdog.account.audit import Audit, Undecided, audit, cancellation, working_entries
from tarazu.app.watchdog.account.brake import Brake
from tarazu.app.watchdog.account.result import Result, day_result
from tarazu.app.watchdog.health import BookRead
from tarazu.app.watchdog.record import note_act
from tarazu.engine.codec import BadPayload
from tarazu.engine.halts import Halt
from tarazu.model import ist
from tarazu.model.outcome import Accepted, Answered, Refused
from tarazu.model.units import SECOND_NS
from tarazu.orders.kite_rows import book_read
from tarazu.orders.report import OrderReport
from tarazu.runtime.journal_reader import BrokenChain
from tarazu.wire.kite_orders import TradeRow

log = logging.getLogger("tarazu.watchdog")
T = TypeVar("T")

ORDERS_NS, ORDERS_ALERT_NS = 3 * SECOND_NS, SECOND_NS
"""Between two reads of the order book; the second while main is silent."""
RESULT_NS = 10 * SECOND_NS
SILENT_NS = 10 * SECOND_NS
"""RELIABILITY 8, dead-man 4: main silent for so long, and its working entries are cancelled."""
WARY_NS = 4 * SECOND_NS
AGAIN_NS = 5 * SECOND_NS
"""An entry that still works so long after it was asked to be cancelled is asked again."""
LOOK_S = 0.25


class AccountFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the account now. Never rendered as good where it is not known."""

    audit: Audit = Audit()
    """What was seen in two reads in a row."""
    broken: str = ""
    """Where the journal's chain does not hold; empty when it does."""
    unread: str = ""
    """Why the intents on the disk cannot be read though the chain holds (another version, a disk); empty: they can."""
    halted: Halt | None = None
    """The engine's halt by today's journal, whether main runs or not."""
    result: Result | None = None
    """None before the first."""
    result_wall_ns: int = 0
    result_mono_ns: int = 0
    entries: tuple[str, ...] = ()
    """Order ids of entries that work while main is silent."""
    cancelled: tuple[str, ...] = ()
    """What was cancelled in this silence, for people."""
    read_ns: int | None = None
    """CLOCK_MONOTONIC of the last order book."""


class AccountWatch:
    """`silent_ns` is set by whoever watches main; `work` is one step and never blocks for longer than its questions."""

    def __init__(self, home: Home, brake: Brake, wall_ns: Callable[[], int]) -> None:
        self.facts = AccountFacts()
        self.silent_ns = 0
        self.cancels = 0
        self._home, self._brake, self._wall_ns = home, brake, wall_ns
        self._intents = IntentBook(home.journal)
        self._reads: dict[str, tuple[int | None, str]] = dict.fromkeys(("orders", "trades", "positions"), (None, ""))
        self._due: dict[str, int] = {"orders": 0, "result": 0}
        self._seen_once: frozenset[str] = frozenset()
        self._asked: dict[str, int] = {}

    def run(self, ending: threading.Event) -> None:
        """Until `ending`. Raises what is a bug."""
        while not ending.is_set():
            self.work()
            ending.wait(LOOK_S)

    def work(self) -> None:
        mono_ns = time.monotonic_ns()
        if mono_ns >= self._due["orders"]:
            self._due["orders"] = mono_ns + (ORDERS_ALERT_NS if self.silent_ns >= WARY_NS else ORDERS_NS)
            self._look_at_orders()
        if time.monotonic_ns() >= self._due["result"] and not self._is_busy():
            self._due["result"] = mono_ns + RESULT_NS
            self._reckon()

    def _is_busy(self) -> bool:
        """The reserve is for entries that are to be cancelled, or may be in a moment."""
        return WARY_NS <= self.silent_ns < SILENT_NS + AGAIN_NS or bool(self.facts.entries)

    def books(self, mono_ns: int) -> tuple[BookRead, ...]:
        reads: Mapping[str, tuple[int | None, str]] = dict(self._reads)
        return tuple(
            BookRead(what=what, age_ns=None if at_ns is None else mono_ns - at_ns, failing=why)
            for what, (at_ns, why) in reads.items()
        )

    # Orders.

    def _look_at_orders(self) -> None:
        book = self._read("orders", self._brake.orders)
        if book is None:
            return
        started_ns = self._reads["orders"][0] or 0
        rows = list(book_read(book, started_ns, started_ns).reports)
        today = ist.day_of(self._wall_ns())
        try:
            self._intents.follow(today)
            found = audit(rows, self._intents, today)
        except BrokenChain as broken:
            self._tell(broken=str(broken), unread="", read_ns=started_ns)
        except (BadPayload, OSError) as unread:
            self._tell(broken="", unread=str(unread) or type(unread).__name__, read_ns=started_ns)
        else:
            faults = self._intents.faults
            chains = "; ".join(f"{day}: {why}" for day, why in faults.items() if isinstance(why, BrokenChain))
            others = "; ".join(f"{day}: {why}" for day, why in faults.items() if not isinstance(why, BrokenChain))
            halt = self._intents.on(today, today).halt
            self._tell(broken=chains, unread=others, audit=self._confirmed(found), halted=halt, read_ns=started_ns)
        self._brake_entries(rows, today)

    def _confirmed(self, found: Audit) -> Audit:
        """What the read before had, too: an order that is told of is one, and a hiccup is none."""
        ids = frozenset(one.order_id for one in (*found.nobodys, *found.doubled, *found.foreign))
        before, self._seen_once = self._seen_once, ids

        def twice(told: tuple[Undecided, ...]) -> tuple[Undecided, ...]:
            return tuple(one for one in told if one.order_id in before)

        return Audit(nobodys=twice(found.nobodys), doubled=twice(found.doubled), foreign=twice(found.foreign))

    def _brake_entries(self, rows: list[OrderReport], today: date) -> None:
        if self.silent_ns < SILENT_NS:
            self._asked.clear()
            self._tell(entries=(), cancelled=())
            return
        try:
            entries = working_entries(rows, self._intents, today)
        except (BrokenChain, BadPayload, OSError) as broken:
            log.error("which orders are entries is not known: %s", broken)
            return
        self._tell(entries=tuple(str(row.order_id) for row in entries))
        for row in entries:
            self._cancel(row)

    def _cancel(self, row: OrderReport) -> None:
        mono_ns = time.monotonic_ns()
        if self.silent_ns < SILENT_NS or mono_ns < self._asked.get(row.order_id, -AGAIN_NS) + AGAIN_NS:
            return  # main is back, or it was asked a moment ago
        self._asked[row.order_id] = mono_ns
        self.cancels += 1
        outcome = self._brake.cancel(cancellation(row))
        what = f"{row.side} {row.qty} {row.key} ({row.order_id})"
        if isinstance(outcome, Accepted):
            how = "asked"
            self._tell(cancelled=(*self.facts.cancelled, what))
        else:
            how = f"refused: {outcome.message}" if isinstance(outcome, Refused) else f"not known: {outcome.told}"
        log.warning("main is silent: the entry %s is cancelled, %s", what, how)
        body = {"act": "cancel_entry", "order_id": row.order_id, "tag": row.tag, "what": what, "how": how}
        note_act(self._home, body, self._wall_ns())

    # The day's result.

    def _reckon(self) -> None:
        trades: list[TradeRow] | None = self._read("trades", self._brake.trades)
        positions = self._read("positions", self._brake.positions)
        if trades is None or positions is None:
            result = Result(why=next(why for _, why in self._reads.values() if why))
        else:
            result = day_result(positions, trades, ist.day_of(self._wall_ns()))
        self._tell(result=result, result_wall_ns=self._wall_ns(), result_mono_ns=time.monotonic_ns())

    def _read(self, what: str, ask: Callable[[], ReadOutcome[T]]) -> T | None:
        started_ns = time.monotonic_ns()
        outcome = ask()
        if isinstance(outcome, Answered):
            self._reads[what] = (started_ns, "")
            return outcome.value
        failure = failure_of(outcome)
        self._reads[what] = (self._reads[what][0], f"{failure.why}: {failure.told}")
        return None

    def _tell(self, **facts: object) -> None:
        self.facts = msgspec.structs.replace(self.facts, **facts)
