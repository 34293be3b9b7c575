"""What an earlier flatten sent and had no answer to: it may still come, and counts until the quarantine is over.
Without this a second flatten, minutes after the first, could close a place twice."""

import logging
from collections.abc import Iterator

import msgspec

from tarazu.app.flatten.book import AccountBook
from tarazu.app.flatten.tags import off_the_wire
from tarazu.app.home import Home
from tarazu.model import ist
from tarazu.model.order_request import NewOrder
from tarazu.model.units import MINUTE_NS
from tarazu.orders import messages as m
from tarazu.orders.intent import OrderIntent, Purpose
from tarazu.orders.report import Answer, AnswerKind
from tarazu.runtime.desk_record import BadDeskRecord, DeskEntry, DeskKind, entries

log = logging.getLogger("tarazu.flatten")

FOR_NS = 10 * MINUTE_NS
"""Further back nothing can be under way: three times the quarantine (`Patience.quarantine_ns`)."""


def take_unanswered(home: Home, book: AccountBook) -> int:
    """Before the first read of the book, which may then show them; how many there are."""
    try:
        sent = list(_sent(entries(home.desk, ist.day_of(book.now_ns)), book.now_ns - FOR_NS))
    except (BadDeskRecord, OSError) as bad:
        log.error("what an earlier flatten sent is not known: %s", bad)
        return 0
    for ts_ns, order in sent:
        intent = OrderIntent(order=order, purpose=Purpose.SQUARE_OFF, strategy="flatten")
        book.tell(m.Intended(intent=intent, ts_ns=ts_ns))
        book.tell(m.Durable(ref=intent.ref, ts_ns=ts_ns))
        book.tell(m.Send(ref=intent.ref, ts_ns=ts_ns))
        answer = Answer(AnswerKind.NO_ANSWER, text="of an earlier flatten")
        book.tell(m.PlaceAnswered(ref=intent.ref, answer=answer, ts_ns=ts_ns))
    return len(sent)


def _sent(record: list[DeskEntry], since_ns: int) -> Iterator[tuple[int, NewOrder]]:
    """Placements without an answer that settles them."""
    open_: dict[str, tuple[int, NewOrder]] = {}
    last: dict[str, str] = {}
    for entry in record:
        if entry.kind is not DeskKind.FLATTEN or entry.ts_ns < since_ns:
            continue
        run, step = str(entry.body.get("run")), entry.body.get("step")
        if step == "place":
            order = msgspec.convert(entry.body["request"], NewOrder)
            last[run] = order.tag
            order = msgspec.structs.replace(order, tag=off_the_wire(order.tag), autoslice=False)
            open_[last[run]] = (entry.ts_ns, order)
        elif step == "place.answer" and entry.body.get("outcome") in ("Accepted", "Refused"):
            open_.pop(last.get(run, ""), None)
    yield from open_.values()
