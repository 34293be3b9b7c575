"""Whose order a row is, and what is done about orders that are not ours.

They are adopted: every one counts in exposure and is told of. Placed by hand, by a GTT, by the broker's square-off, by
another program; or ours with the tag lost, which `unknown` watches for.
"""

from typing import TYPE_CHECKING

import msgspec

from tarazu.orders.client_order_id import ClientOrderId, read_tag
from tarazu.orders.evidence import with_fills, with_row
from tarazu.orders.lifecycle import OrdStatus
from tarazu.orders.messages import Alarm, AlarmKind, Claimed, Disowned, Output
from tarazu.orders.order_state import OrderState, foreign
from tarazu.orders.report import OrderReport, Word
from tarazu.orders.unknown import looks_like

if TYPE_CHECKING:
    from tarazu.orders.blotter import Blotter

_A = AlarmKind


def owner(blotter: "Blotter", row: OrderReport, known: OrderState | None) -> tuple[OrderState, list[Output]]:
    """The order a row belongs to: the one with its order id, else ours with its tag, else a stranger, entered now."""
    if known is not None and known.intent is not None:
        return known, []
    cid = read_tag(row.tag)
    ours = blotter.orders.get(cid.tag) if isinstance(cid, ClientOrderId) else None
    if ours is not None and not ours.order_id and _fits(ours, row):
        return (bound(blotter, known, ours), []) if known else (ours, [])
    if known is not None:
        return known, []
    stranger = foreign(row.order_id, row, blotter.now_ns)
    blotter.enter(stranger)
    if not isinstance(cid, ClientOrderId):
        blotter.strangers.append(stranger.ref)
        return stranger, []
    return stranger, [_claims_to_be_ours(stranger, ours, row, cid.tag)]


def bound(blotter: "Blotter", stranger: OrderState, ours: OrderState) -> OrderState:
    """`ours`, with all that was heard of it while it was taken for a stranger, who is no more."""
    del blotter.orders[stranger.ref]
    blotter.standing.moved(stranger, None)
    blotter.keys[stranger.key].remove(stranger.ref)
    if stranger.ref in blotter.strangers:
        blotter.strangers.remove(stranger.ref)
    blotter.refs[stranger.order_id] = ours.ref
    order = msgspec.structs.replace(
        ours,
        order_id=stranger.order_id,
        change=stranger.change,
        cancel=stranger.cancel,
        cancel_ns=stranger.cancel_ns,
        changes=ours.changes + stranger.changes,
    )
    if stranger.row is not None:
        order = with_row(order, stranger.row, stranger.row_ns, blotter.now_ns, blotter.patience, read=False)
    return with_fills(order, list(stranger.fills.values()), blotter.now_ns)


def introduced(blotter: "Blotter") -> list[Output]:
    """Alarms for strangers of whom nobody has been told; those that may be an order now in flight wait for its end."""
    out: list[Output] = []
    waiting: list[str] = []
    for ref in blotter.strangers:
        stranger = blotter.orders[ref]
        like = [o for o in blotter.of_key(stranger.key) if _may_be(blotter, stranger, o)]
        if any(order.status is OrdStatus.IN_FLIGHT for order in like):
            waiting.append(ref)
        elif like:
            text = f"untagged, and like {', '.join(order.ref for order in like)}: claim it or disown it"
            out.append(Alarm(ref=ref, kind=_A.LOOKALIKE, text=text))
        else:
            text = f"{stranger.side} {stranger.qty} {stranger.key} {stranger.product}, of nobody here"
            out.append(Alarm(ref=ref, kind=_A.FOREIGN, text=text))
    blotter.strangers = waiting
    return out


def judged(blotter: "Blotter", message: Claimed | Disowned) -> list[Output]:
    """A person's word about an untagged order. Nothing happens when it does not fit what is known."""
    stranger = blotter.find(f"#{message.order_id}")
    if stranger is None or stranger.intent is not None:
        return []
    if isinstance(message, Disowned):
        return blotter.put(msgspec.structs.replace(stranger, disowned=True))
    ours = blotter.orders.get(message.ref)
    if ours is None or ours.order_id or not looks_like(stranger, ours, blotter.patience):
        return []
    return blotter.put(bound(blotter, stranger, ours))


def _may_be(blotter: "Blotter", stranger: OrderState, order: OrderState) -> bool:
    sought = order.intent is not None and order.status in (OrdStatus.IN_FLIGHT, OrdStatus.UNKNOWN)
    return sought and looks_like(stranger, order, blotter.patience)


def _fits(ours: OrderState, row: OrderReport) -> bool:
    return row.word is Word.ODD or (ours.key, ours.side) == (row.key, row.side)


def _claims_to_be_ours(stranger: OrderState, ours: OrderState | None, row: OrderReport, tag: str) -> Alarm:
    if ours is None:
        return Alarm(ref=stranger.ref, kind=_A.NO_INTENT, text=f"it carries {tag}, of which there is no intent")
    if _fits(ours, row):
        text = f"it carries {tag}, and so does order {ours.order_id}"
        return Alarm(ref=stranger.ref, kind=_A.DOUBLED, text=text)
    text = f"it carries {tag} of {ours.side} {ours.key}, and is {row.side} {row.key}"
    return Alarm(ref=stranger.ref, kind=_A.TAG_MISMATCH, text=text)
