"""Entries that still work at the broker when no main looks after them: found by the journal's intents, and cancelled.

An entry is an order whose intent says so. Stops and exits protect, and stay; what is not ours is nobody's to cancel.
"""

import time
from collections.abc import Callable, Iterable
from typing import TypeVar

import msgspec

from tarazu.adapters.kite_account.client import KiteAccount, ReadOutcome
from tarazu.app.account.intents import IntentBook
from tarazu.app.home import Home
from tarazu.app.supervision.bring_up import now_ns
from tarazu.model import ist
from tarazu.model.order import Variety
from tarazu.model.order_request import Cancellation
from tarazu.model.outcome import Answered, RefusalKind, Refused
from tarazu.orders.intent import Purpose
from tarazu.wire.kite_orders import TERMINAL, KiteStatus, OrderRow

T = TypeVar("T")

GONE_S = 15.0
"""So long a cancellation is waited for."""
TRIES_S = 10.0
"""So long a busy broker is asked."""
_AGAIN_S = 1.0


class NotCancelled(Exception):
    """Entries may still work; the message says why, for people."""


def open_rows(account: KiteAccount) -> list[OrderRow]:
    """Orders of the account that have not ended. Raises NotCancelled where the broker does not tell."""
    told = asked(account.orders)
    return [row for row in told.rows if row.status not in TERMINAL]


def asked(question: Callable[[], ReadOutcome[T]]) -> T:
    """Its answer; asked again for a while where the broker is busy. Raises NotCancelled."""
    end = time.monotonic() + TRIES_S
    while not isinstance(told := question(), Answered):
        over = isinstance(told, Refused) and told.kind is not RefusalKind.THROTTLED
        if over or time.monotonic() > end:
            why = told.message if isinstance(told, Refused) else f"{told.cause}: {told.told}"
            raise NotCancelled(f"the broker's books cannot be read: {why}")
        time.sleep(_AGAIN_S)
    return told.value


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """Working entries that were to be cancelled, as the broker's book has them in the end."""

    cancelled: int = 0
    filled: tuple[str, ...] = ()
    """Those that traded meanwhile or before, in part too, for people."""


def cancel_entries(home: Home, account: KiteAccount) -> Ended:
    """Cancel every working entry of ours and see it end. Raises NotCancelled, and for a journal that does not read
    codec.BadPayload, journal_reader.BrokenChain, OSError."""
    found = _entries(home, open_rows(account))
    if not found:
        return Ended()
    end, left = time.monotonic() + GONE_S, {row.order_id: row for row in found}
    last = dict(left)
    refused: set[str] = set()
    while left:
        for row in left.values():
            answer = account.cancel(Cancellation(order_id=row.order_id, variety=Variety(row.variety)))
            refused |= {answer.message} if isinstance(answer, Refused) else set()
        time.sleep(_AGAIN_S)
        last |= {row.order_id: row for row in asked(account.orders).rows if row.order_id in last}
        left = {order_id: row for order_id, row in last.items() if row.status not in TERMINAL}
        if left and time.monotonic() > end:
            why = f" ({'; '.join(sorted(refused))})" if refused else ""
            raise NotCancelled(f"asked for, and not ended within {GONE_S:g} s: order {', '.join(sorted(left))}{why}")
    return ended(last.values())


def ended(rows: Iterable[OrderRow]) -> Ended:
    """What became of them, by their last rows."""
    rows = tuple(rows)
    filled = [
        f"{row.filled_quantity} of {row.quantity} {row.transaction_type} {row.exchange}:{row.tradingsymbol}"
        for row in rows
        if row.filled_quantity
    ]
    return Ended(cancelled=sum(row.status == KiteStatus.CANCELLED for row in rows), filled=tuple(filled))


def _entries(home: Home, rows: list[OrderRow]) -> list[OrderRow]:
    """Those of them that an intent calls an entry, by their tag or by a person's claim."""
    if not rows:
        return []  # then a journal that does not read hides nothing
    today, book = ist.day_of(now_ns(home)), IntentBook(home.journal)
    book.follow(today)
    decided = [(row, book.intent_of(row, today)) for row in rows]
    for day, fault in book.faults.items():
        raise NotCancelled(f"the journal of {day} does not read, and an entry of that day may work: {fault}")
    return [row for row, intent in decided if intent is not None and intent.purpose is Purpose.ENTRY]
