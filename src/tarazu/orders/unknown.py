"""What may be concluded about an order of which no answer came.

Absence is not evidence until the quarantine has passed and two complete reads that began after it agree; presence is
always evidence (RELIABILITY 2). An untagged order that looks like it keeps it unknown: tags do come back null.
"""

from collections.abc import Iterable

import msgspec

from tarazu.orders.client_order_id import TagKind, read_tag
from tarazu.orders.lifecycle import OrdStatus
from tarazu.orders.order_state import OrderState, Patience


def missed_by(order: OrderState, started_ns: int, patience: Patience) -> OrderState:
    """An UNKNOWN order after a complete read without it. Each read counts once, only after the quarantine, and only
    until there are enough: one that a lookalike keeps unknown may be read of all day."""
    assert order.status is OrdStatus.UNKNOWN
    if is_absent(order, patience):
        return order
    if started_ns < order.unknown_ns + patience.quarantine_ns or started_ns in order.absent_reads:
        return order
    return msgspec.structs.replace(order, absent_reads=(*order.absent_reads, started_ns))


def is_absent(order: OrderState, patience: Patience) -> bool:
    return len(order.absent_reads) >= patience.reads_min


def looks_like(stranger: OrderState, order: OrderState, patience: Patience) -> bool:
    """Whether a foreign order may be `order` with its tag lost.

    Same instrument, side, quantity and product, the same price where both are limit prices (a MARKET order reads back
    as LIMIT at the protected price, KITE facts 1.5), and a time within the window. What is not known does not differ.
    """
    if stranger.intent is not None or stranger.disowned or read_tag(_tag(stranger)) not in _LOST:
        return False
    return (
        (stranger.key, stranger.side, stranger.product) == (order.key, order.side, order.product)
        and (stranger.first_qty or stranger.qty) in (order.qty, 0)
        and _same_price(stranger, order)
        and _same_time(stranger.first_event_ns, order, patience.lookalike_ns)
    )


def lookalikes(order: OrderState, others: Iterable[OrderState], patience: Patience) -> list[OrderState]:
    """The foreign orders that keep `order` unknown, when it is."""
    if order.intent is None or order.status not in (OrdStatus.IN_FLIGHT, OrdStatus.UNKNOWN):
        return []
    return [other for other in others if looks_like(other, order, patience)]


_LOST = (TagKind.UNTAGGED, TagKind.GARBLED)


def _tag(stranger: OrderState) -> str:
    return stranger.row.tag if stranger.row else ""


def _same_price(stranger: OrderState, order: OrderState) -> bool:
    wanted = order.intent.order.price_paise if order.intent else None
    shown = stranger.first_price_paise or (stranger.row.price_paise if stranger.row else None)
    return wanted is None or shown is None or shown == wanted


def _same_time(event_ns: int, order: OrderState, window_ns: int) -> bool:
    """An order that a restart made unknown may have been sent at any moment from its intent to the restart."""
    first = order.sent_ns or order.intended_ns
    last = max(order.unknown_ns, first)
    return event_ns == 0 or first - window_ns <= event_ns <= last + window_ns
