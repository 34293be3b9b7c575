"""Entries that still work at the broker when no main looks after them: found by the journal's intents, and cancelled.

An entry is an order whose intent says so. Stops and exits protect, and stay; what is not ours is nobody's to cancel.
"""

import time
from collections.abc import Callable, Iterable
from typing import TypeVar

import msgspec

from tarazu.adapters.kite_account.client import KiteAccount, ReadOutcome
from tarazu.app.home import Home
from tarazu.engine import codec
from tarazu.engine.acts import Intend
from tarazu.model.order import Variety
from tarazu.model.order_request import Cancellation
from tarazu.model.outcome import Answered, RefusalKind, Refused
from tarazu.orders.client_order_id import ClientOrderId, read_tag
from tarazu.runtime.journal_files import day_folder
from tarazu.runtime.journal_reader import JournalReader
from tarazu.wire.kite_orders import TERMINAL, KiteStatus, OrderRow

T = TypeVar("T")

ENTRY = "ENTRY"
GONE_S = 15.0
"""So long a cancellation is waited for."""
TRIES_S = 10.0
"""So long a busy broker is asked."""
_AGAIN_S = 1.0
_INTEND = Intend.__name__.encode()


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
    """Those of them that an intent of their day calls an entry."""
    named = {row.order_id: tag for row in rows if row.tag and isinstance(tag := read_tag(row.tag), ClientOrderId)}
    refs: set[str] = set()
    for day in {tag.day for tag in named.values()}:
        for entry in JournalReader(day_folder(home.journal, day)).ready():
            if _INTEND not in entry.payload:
                continue
            told = codec.decode(entry.kind, entry.payload)
            acts = told.step.acts if isinstance(told, codec.Record) else ()
            refs |= {act.intent.ref for act in acts if isinstance(act, Intend) and act.intent.purpose == ENTRY}
    return [row for row in rows if row.order_id in named and row.tag in refs]
