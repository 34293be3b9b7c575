"""How the desk has behaved lately: what the controls on repetition, refusals and ratios are counted from. A value.

`engine.carry_out` tells it of everything that goes out, `engine.telling` of what comes back, live and in recovery
alike. What it keeps by time it keeps for `KEPT_NS`: no window that is asked about is longer.
"""

from bisect import bisect_left

import msgspec

from tarazu.model.execution import Fill
from tarazu.model.order import Side
from tarazu.model.units import MINUTE_NS
from tarazu.orders.intent import OrderIntent, Purpose
from tarazu.orders.lifecycle import OrdStatus
from tarazu.orders.messages import Moved

KEPT_NS = 30 * MINUTE_NS
TRIES_KEPT = 1_000
"""Of one strategy."""

_TAKEN = (OrdStatus.WORKING, OrdStatus.PARTIALLY_FILLED, OrdStatus.FILLED)


class Sent(msgspec.Struct, array_like=True, gc=False):
    """An entry that went out; slices and legs of one want are one, and `qty` is all of it."""

    sent_ns: int
    key: str
    side: Side
    qty: int
    price_paise: int | None
    """None: MARKET."""
    strategy: str
    group: str


class Reference(msgspec.Struct, frozen=True, array_like=True, gc=False):
    seen_ns: int
    paise: int


class Conduct(msgspec.Struct, kw_only=True):
    placed: int = 0
    """Of the day, as are all counts here."""
    changed: int = 0
    cancelled: int = 0
    trades: int = 0
    rejects: int = 0
    """Of orders of ours, by the broker or the exchange, in a row: one that is taken ends it."""
    sent: list[Sent] = []
    """Entries, oldest first; one in slices by its last."""
    references: dict[str, list[Reference]] = {}
    """By instrument and side: the market's middle when our entries were weighed, as far as a later one was not the
    more careful of the two. Oldest first, and so the most careful first: the lowest to buy at, the highest to sell."""
    nets: dict[str, int] = {}
    """By strategy and instrument: units that its own fills have left open."""
    trips: dict[str, list[int]] = {}
    """By strategy and instrument: when its fills came back to flat, or went through it."""
    tries: dict[str, list[int]] = {}
    """By strategy: when an entry of it was sent or denied; a want in slices or legs counts once."""

    @property
    def requests(self) -> int:
        return self.placed + self.changed + self.cancelled

    # What is told.

    def intended(self, intent: OrderIntent, reference_paise: int, now_ns: int) -> None:
        self.placed += 1
        if intent.purpose is not Purpose.ENTRY:
            return
        if self._enter(intent, now_ns):
            self._try(intent.strategy, now_ns)
        if reference_paise:
            self._refer(intent.key, intent.order.side, Reference(now_ns, reference_paise))

    def denied(self, strategy: str, now_ns: int) -> None:
        """An entry of it."""
        self._try(strategy, now_ns)

    def asked_change(self, now_ns: int) -> None:
        self.changed += 1

    def asked_cancel(self, now_ns: int) -> None:
        self.cancelled += 1

    def filled(self, fill: Fill, strategy: str, now_ns: int) -> None:
        """`strategy` is empty for a stranger's order."""
        self.trades += 1
        if not strategy:
            return
        name = _of(strategy, fill.key)
        was = self.nets.pop(name, 0)
        now = was + fill.signed_qty
        if now:
            self.nets[name] = now
        if was and was * now <= 0:
            self.trips.setdefault(name, []).append(now_ns)

    def moved(self, moved: Moved, now_ns: int) -> None:
        """An order came into another state."""
        if moved.ref.startswith("#"):
            return  # a stranger's
        if moved.status is OrdStatus.REJECTED and moved.was is not OrdStatus.REJECTED:
            self.rejects += 1
        elif moved.status in _TAKEN:
            self.rejects = 0

    # What is asked.

    def sent_again_ns(self, like: Sent, since_ns: int) -> int | None:
        """How long before `like` the same was sent last, in another group than its own; None: not since then."""
        for sent in reversed(self.sent):
            if sent.sent_ns < since_ns:
                return None
            if sent.key == like.key and sent.side is like.side and sent.qty == like.qty and _is_same(sent, like):
                return like.sent_ns - sent.sent_ns
        return None

    def reference(self, key: str, side: Side, since_ns: int) -> int | None:
        """The most careful one since then; None: no entry was weighed there."""
        if not self.references:
            return None
        for one in self.references.get(_of(key, side), ()):
            if one.seen_ns >= since_ns:
                return one.paise
        return None

    def round_trips(self, strategy: str, key: str, since_ns: int) -> int:
        return _since(self.trips.get(_of(strategy, key)), since_ns) if self.trips else 0

    def tries_since(self, strategy: str, since_ns: int) -> int:
        return _since(self.tries.get(strategy), since_ns)

    # How it is kept.

    def _enter(self, intent: OrderIntent, now_ns: int) -> bool:
        """Whether it is the first of its want."""
        order, kept = intent.order, self.sent
        while kept and kept[0].sent_ns < now_ns - KEPT_NS:
            del kept[0]
        sent = Sent(now_ns, intent.key, order.side, order.qty, order.price_paise, intent.strategy, intent.group)
        is_first = True
        for place in range(len(kept) - 1, -1, -1) if sent.group else ():
            before = kept[place]
            if before.group == sent.group:
                is_first = False
                if before.key == sent.key:
                    sent.qty += kept.pop(place).qty
                    break
        kept.append(sent)
        return is_first

    def _try(self, strategy: str, now_ns: int) -> None:
        tries = self.tries.setdefault(strategy, [])
        tries.append(now_ns)
        if len(tries) > 2 * TRIES_KEPT:
            del tries[:-TRIES_KEPT]

    def _refer(self, key: str, side: Side, now: Reference) -> None:
        kept = self.references.setdefault(_of(key, side), [])
        while kept and (kept[-1].paise - now.paise) * side.sign >= 0:
            kept.pop()
        while kept and kept[0].seen_ns < now.seen_ns - KEPT_NS:
            del kept[0]
        kept.append(now)


def _is_same(sent: Sent, like: Sent) -> bool:
    other_group = not like.group or sent.group != like.group
    return other_group and sent.price_paise == like.price_paise and sent.strategy == like.strategy


def _since(times: list[int] | None, since_ns: int) -> int:
    return len(times) - bisect_left(times, since_ns) if times else 0


def _of(name: str, of: str) -> str:
    return f"{name} {of}"
