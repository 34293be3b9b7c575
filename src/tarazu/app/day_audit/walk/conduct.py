"""(C34) Our own conduct looked at as a surveillance desk would: wash trades, layering, marking the close.

Each pattern is said plainly below, with figures of ours: RTS 6, article 13, names the abuses and no thresholds. A
pattern is a question to a person and no verdict, but for WASH, which is a fact: one trade with ourselves on both sides.

WASH           two of our orders have one execution id, one bought and one sold.
WASH_PAIR      a purchase and a sale of the same instrument at the same price, by different orders, within a second.
LAYERING       three or more of our entries on one side of an instrument, at three or more prices, taken back with
               nothing filled within a minute of being sent, while an order of ours on the other side was filled.
MARKING_CLOSE  in the last ten minutes of continuous trading we entered further in the direction of what we held, and
               our last price was half a percent or more beyond our first in favour of it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

import msgspec

from tarazu.app.day_audit.finding import Code, Finding
from tarazu.app.day_audit.trail.trail import Trail
from tarazu.app.day_audit.walk.seen import Seen
from tarazu.app.verdict import Status
from tarazu.model.calendar import Phase, TradingSession, Venue
from tarazu.model.execution import Fill
from tarazu.model.order import Side
from tarazu.model.units import MINUTE_NS, SECOND_NS
from tarazu.orders.intent import Purpose
from tarazu.orders.lifecycle import OrdStatus
from tarazu.orders.messages import Filled

PAIR_NS = SECOND_NS
LAYERS_MIN = 3
LAYER_NS = MINUTE_NS
CLOSE_NS = 10 * MINUTE_NS
CLOSE_BPS = 50
BPS = 10_000


class Executed(msgspec.Struct, frozen=True):
    ref: str
    fill: Fill
    sequence: int


class Conduct:
    """Keeps the day's executions; judged at its end."""

    def __init__(self) -> None:
        self.executed: list[Executed] = []

    def take(self, seen: Seen) -> None:
        for said in seen.outputs:
            if isinstance(said, Filled):
                self.executed.append(Executed(said.ref, said.fill, seen.sequence))

    def patterns(self, orders: Sequence[Trail], session: TradingSession | None) -> list[Finding]:
        by_key: defaultdict[str, list[Executed]] = defaultdict(list)
        for one in self.executed:
            by_key[one.fill.key].append(one)
        trails = {trail.ref: trail for trail in orders}
        found: list[Finding] = []
        for key, executed in sorted(by_key.items()):
            in_time = sorted(executed, key=lambda one: one.fill.ts_event_ns)
            found += _washed(key, in_time)
            found += _layered(key, in_time, [trail for trail in orders if trail.key == key])
            found += _marked(key, in_time, trails, session)
        return found


def _washed(key: str, executed: Sequence[Executed]) -> Iterator[Finding]:
    by_id: dict[str, Executed] = {}
    certain: set[str] = set()
    for one in executed:
        other = by_id.setdefault(one.fill.exec_id, one)
        if other.fill.side is not one.fill.side:
            certain.add(one.fill.exec_id)
            yield _told(Code.WASH, Status.CRIT, key, other, one, "one trade, both sides of it ours")
    for n, one in enumerate(executed):
        for other in executed[n + 1 :]:
            if other.fill.ts_event_ns - one.fill.ts_event_ns >= PAIR_NS:
                break
            is_pair = other.fill.side is not one.fill.side and other.fill.price_paise == one.fill.price_paise
            if is_pair and other.ref != one.ref and not certain & {one.fill.exec_id, other.fill.exec_id}:
                yield _told(Code.WASH_PAIR, Status.WARN, key, one, other, "bought and sold at one price in a second")


def _told(code: Code, status: Status, key: str, one: Executed, other: Executed, what: str) -> Finding:
    detail = f"{what}: {one.fill.exec_id} of {one.ref}, {other.fill.exec_id} of {other.ref}, {other.fill.qty:,} units"
    return Finding(
        code=code, status=status, about=key, sequence=other.sequence, ts_ns=other.fill.ts_event_ns, detail=detail
    )


def _layered(key: str, executed: Sequence[Executed], orders: Iterable[Trail]) -> Iterator[Finding]:
    for side in Side:
        taken_back = sorted((t for t in orders if _is_layer(t, side)), key=lambda trail: trail.intended_ns)
        for one in executed:
            if one.fill.side is side:
                continue
            at = one.fill.ts_event_ns
            # The exchange stamps whole seconds.
            around = [t for t in taken_back if t.intended_ns <= at + SECOND_NS and at <= t.ended_ns]
            if len(around) >= LAYERS_MIN and len({trail.price_paise for trail in around}) >= LAYERS_MIN:
                names = ", ".join(trail.ref for trail in around[:5])
                detail = (
                    f"{len(around)} entries to {side} taken back unfilled around {one.ref}'s {one.fill.side}: {names}"
                )
                yield Finding(
                    code=Code.LAYERING,
                    status=Status.WARN,
                    about=key,
                    sequence=one.sequence,
                    ts_ns=at,
                    detail=detail,
                )
                break


def _is_layer(trail: Trail, side: Side) -> bool:
    is_back = trail.status is OrdStatus.CANCELED and not trail.cum_qty
    return (
        is_back
        and trail.side == side
        and trail.purpose == Purpose.ENTRY
        and trail.ended_ns - trail.intended_ns <= LAYER_NS
    )


def _marked(
    key: str, executed: Sequence[Executed], trails: Mapping[str, Trail], session: TradingSession | None
) -> Iterator[Finding]:
    close_ns = _close_ns(key, session)
    if close_ns is None:
        return
    held = sum(one.fill.signed_qty for one in executed if one.fill.ts_event_ns < close_ns - CLOSE_NS)
    late = [one for one in executed if close_ns - CLOSE_NS <= one.fill.ts_event_ns < close_ns]
    for side in Side:
        entries = [one for one in late if one.fill.side is side and _is_entry(trails.get(one.ref))]
        if held * side.sign <= 0 or len(entries) < 2:
            continue
        first, last = entries[0].fill.price_paise, entries[-1].fill.price_paise
        moved_bps = side.sign * (last - first) * BPS // max(first, 1)
        if moved_bps >= CLOSE_BPS and all(
            side.sign * (b.fill.price_paise - a.fill.price_paise) >= 0 for a, b in pairwise(entries)
        ):
            detail = (
                f"{len(entries)} entries to {side} in the last minutes with {abs(held):,} units held, "
                f"the last price {moved_bps} bps beyond the first"
            )
            at = entries[-1]
            yield Finding(
                code=Code.MARKING_CLOSE,
                status=Status.WARN,
                about=key,
                sequence=at.sequence,
                ts_ns=at.fill.ts_event_ns,
                detail=detail,
            )


def _is_entry(trail: Trail | None) -> bool:
    return trail is not None and trail.purpose == Purpose.ENTRY


def _close_ns(key: str, session: TradingSession | None) -> int | None:
    """When continuous trading of its venue ends; None: there is no session, or the key's is not known."""
    if session is None:
        return None
    venue = Venue.DERIVATIVES if key.partition(":")[0] in ("NFO", "BFO") else Venue.CASH
    window = session.window(venue, Phase.CONTINUOUS)
    return window.end_ns if window is not None else None
