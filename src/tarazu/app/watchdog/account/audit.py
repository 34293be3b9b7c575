"""The broker's order book against the intents on the disk, and which of its orders are entries that still work."""

from collections import Counter
from datetime import date

import msgspec

from tarazu.app.account.intents import IntentBook
from tarazu.app.flatten.tags import is_flatten_tag
from tarazu.model.order_request import Cancellation
from tarazu.orders.client_order_id import ClientOrderId, read_tag
from tarazu.orders.intent import Purpose
from tarazu.orders.report import OrderReport, Word

WORKS = frozenset({Word.SUBMITTED, Word.WORKING, Word.MODIFYING, Word.ODD})
"""May still fill; an odd one counts as working. One that is being cancelled is not asked again."""


class Undecided(msgspec.Struct, frozen=True, kw_only=True):
    """An order of the account that is in no journal of ours."""

    order_id: str
    tag: str
    text: str


class Audit(msgspec.Struct, frozen=True, kw_only=True):
    """One comparison. Rows that fit are not told of."""

    nobodys: tuple[Undecided, ...] = ()
    """They carry a tag of ours, and there is no intent of it: a bug, or somebody who plays us."""
    doubled: tuple[Undecided, ...] = ()
    """Two orders with one tag, neither of them rejected."""
    foreign: tuple[Undecided, ...] = ()
    """Of a person, another program, the broker itself: untagged, or with a tag that is not of our kind.
    Orders of `tarazu flatten` are not among them, nor those that a person has disowned."""


def audit(rows: list[OrderReport], book: IntentBook, today: date) -> Audit:
    """Read the rows first and follow the journal after: an intent is on the disk before its order is sent. Raises as
    `IntentBook.follow`."""
    decided = {row.order_id: intent.ref for row in rows if (intent := book.intent_of(row, today)) is not None}
    orders = Counter(decided[row.order_id] for row in rows if row.order_id in decided and row.word is not Word.REJECTED)
    nobodys, doubled, foreign = [], [], []
    for row in rows:
        ref = decided.get(row.order_id)
        known = is_flatten_tag(row.tag) or row.order_id in book.on(today, today).disowned
        if ref is None:
            if book.is_unknown(row, today):
                continue  # the fault is told of, and the row neither way
            if isinstance(read_tag(row.tag), ClientOrderId):
                nobodys.append(_told(row, f"it carries {row.tag}, of which no intent is in the journal"))
            elif not known:
                foreign.append(_told(row, "placed by nobody here"))
        elif orders[ref] > 1 and row.word is not Word.REJECTED:
            doubled.append(_told(row, f"it is the order {ref}, and so is another one"))
    return Audit(nobodys=tuple(nobodys), doubled=tuple(doubled), foreign=tuple(foreign))


def working_entries(rows: list[OrderReport], book: IntentBook, today: date) -> list[OrderReport]:
    """Entries by the intents on the disk. Stops and exits are none; neither is anything in a place that is being left,
    and neither is an order that we know nothing of. Raises as `IntentBook.follow`."""
    found = []
    for row in rows:
        intent = book.intent_of(row, today) if row.word in WORKS else None
        if intent is None or intent.purpose is not Purpose.ENTRY:
            continue
        if not book.on(today, today).is_left(row.key, row.product):
            found.append(row)
    return found


def cancellation(row: OrderReport) -> Cancellation:
    return Cancellation(order_id=row.order_id, variety=row.variety, parent_order_id=row.parent_order_id)


def _told(row: OrderReport, why: str) -> Undecided:
    what = f"{row.side} {row.qty} {row.key} {row.product}, {row.word}"
    return Undecided(order_id=row.order_id, tag=row.tag, text=f"order {row.order_id}: {what}; {why}")
