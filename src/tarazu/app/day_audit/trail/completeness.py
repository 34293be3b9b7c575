"""Whether every order's trail is whole: each link that is missing is named, by the order's id."""

from collections.abc import Iterator

import msgspec

from tarazu.app.day_audit.finding import Code, Finding
from tarazu.app.day_audit.trail.trail import Trail, Trails
from tarazu.app.day_audit.walk.seen import Bounds
from tarazu.app.verdict import Status
from tarazu.orders.intent import Purpose
from tarazu.orders.lifecycle import OrdStatus

_UNSURE = frozenset({OrdStatus.INTENDED, OrdStatus.IN_FLIGHT, OrdStatus.UNKNOWN, None})


class Completeness(msgspec.Struct, frozen=True, kw_only=True):
    """How many orders have each link. `orders` are ours; the broker's others are `foreign`."""

    orders: int = 0
    decision: int = 0
    gate: int = 0
    """Weighed: entries that nothing was against, and exits, which no gate holds up."""
    intent: int = 0
    """Durable before it was sent."""
    send: int = 0
    outcome: int = 0
    """Its end is known, or it is open and the day is not over."""
    fills: int = 0
    foreign: int = 0


def joined(trails: Trails) -> list[Trail]:
    """All orders; what was first taken for a stranger's and then found to be ours is one."""
    ours = {trail.order_id: trail for trail in trails.orders.values() if trail.is_ours and trail.order_id}
    found: list[Trail] = []
    for trail in trails.orders.values():
        owner = None if trail.is_ours else ours.get(trail.order_id)
        if owner is None:
            found.append(trail)
            continue
        owner.fills += trail.fills
        owner.traded_qty += trail.traded_qty
        owner.filled_ns = owner.filled_ns or trail.filled_ns
        owner.broken = ""
    return found


def counted(orders: list[Trail], is_over: bool) -> Completeness:
    ours = [trail for trail in orders if trail.is_ours]
    return Completeness(
        orders=len(ours),
        decision=sum(bool(trail.decision) for trail in ours),
        gate=sum(not trail.gate for trail in ours),
        intent=sum(trail.durable for trail in ours),
        send=sum(trail.sends == 1 for trail in ours),
        outcome=sum(trail.is_over or (not is_over and trail.status not in _UNSURE) for trail in ours),
        fills=sum(trail.fills for trail in orders),
        foreign=len(orders) - len(ours),
    )


def missing(trails: Trails, orders: list[Trail], bounds: Bounds, is_over: bool) -> Iterator[Finding]:
    """`is_over`: the session has ended, so no order of the day may still be open."""
    for sequence, ts_ns, why in bounds.failures:
        yield _bad(Code.ENGINE_FAILED, "", sequence, ts_ns, why)
    for tag, sequence in trails.twice:
        yield _bad(Code.TAG_TWICE, tag, sequence, 0, "an intent has one tag for ever, and this one was used again")
    for tag, (sequence, order_id) in trails.not_ours.items():
        if tag not in trails.orders:
            detail = f"the broker has order {order_id} under a tag of ours that nobody intended"
            yield _bad(Code.NO_INTENT, tag, sequence, 0, detail)
    for trail in orders:
        yield from _of_ours(trail, trails, is_over) if trail.is_ours else _of_a_stranger(trail)


def _of_a_stranger(trail: Trail) -> Iterator[Finding]:
    detail = f"{trail.side} {trail.traded_qty:,} filled of {trail.key}: nobody here has decided it" if trail.key else ""
    yield Finding(
        code=Code.FOREIGN,
        status=Status.WARN,
        about=trail.ref,
        sequence=trail.sequence,
        detail=detail or "nobody here has decided it",
    )


def _of_ours(trail: Trail, trails: Trails, is_over: bool) -> Iterator[Finding]:
    about, sequence, at = trail.ref, trail.sequence, trail.intended_ns
    if not trail.intended_ns:
        yield _bad(Code.NO_INTENT, about, sequence, at, "sent or answered, and never intended")
        return
    what = f"{trail.strategy} {trail.purpose} {trail.side} {trail.qty:,} {trail.key}".strip()
    if not trail.decision:
        yield _undecided(trail, what, trails)
    if trail.gate:
        yield _bad(Code.NO_GATE, about, sequence, at, f"{what}: {trail.gate}")
    if not trail.durable:
        yield _bad(Code.NOT_DURABLE, about, sequence, at, f"{what}: its intent was not forced to the disk")
    if trail.sends != 1:
        code = Code.SENT_TWICE if trail.sends else Code.NO_SEND
        yield _bad(code, about, sequence, at, f"{what}: sent {trail.sends} times")
    if trail.broken:
        yield _bad(Code.BROKEN_STATUS, about, sequence, at, trail.broken)
    yield from _outcome(trail, what, is_over)


def _outcome(trail: Trail, what: str, is_over: bool) -> Iterator[Finding]:
    about, sequence, at = trail.ref, trail.sequence, trail.intended_ns
    if trail.status in _UNSURE:
        code = Code.NO_ANSWER if not trail.answer and trail.status is not OrdStatus.UNKNOWN else Code.NO_OUTCOME
        yield _bad(code, about, sequence, at, f"{what}: {trail.status or 'nothing'} is the last that is known of it")
    elif is_over and not trail.is_over:
        yield Finding(
            code=Code.OPEN_AT_END,
            status=Status.WARN,  # the broker ends a day's orders at the close: the journal ended before it was heard
            about=about,
            sequence=sequence,
            ts_ns=at,
            detail=f"{what}: {trail.status} is the last that was heard of it, and the session is over",
        )
    if trail.traded_qty != trail.cum_qty and (trail.is_over or is_over):
        detail = f"{what}: {trail.cum_qty:,} filled by its rows, {trail.traded_qty:,} by {trail.fills} trades"
        yield _bad(Code.NO_FILLS, about, sequence, at, detail)


def _undecided(trail: Trail, what: str, trails: Trails) -> Finding:
    """A strategy may say what it wants and never why; one that does say must have said it of each."""
    is_silent = trail.purpose == Purpose.ENTRY and trail.strategy and trail.strategy not in trails.origins.deciding
    return Finding(
        code=Code.NO_DECISION,
        status=Status.WARN if is_silent else Status.CRIT,
        about=trail.ref,
        sequence=trail.sequence,
        ts_ns=trail.intended_ns,
        detail=f"{what}: {'its strategy says no decisions, only wants' if is_silent else 'nobody is behind it'}",
    )


def _bad(code: Code, about: str, sequence: int, ts_ns: int, detail: str) -> Finding:
    return Finding(code=code, status=Status.CRIT, about=about, sequence=sequence, ts_ns=ts_ns, detail=detail)
