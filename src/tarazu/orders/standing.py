"""What of the orders is open, kept as they change, so that no question goes through the whole day's orders.

Derived from the orders alone and no part of a blotter's snapshot. An order is open until it has ended, has nothing that
cools, nothing asked of it, and its trades explain its fills; one that comes back to life is open again.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from tarazu.model.order import Product
from tarazu.orders.intent import Purpose
from tarazu.orders.lifecycle import OrdStatus
from tarazu.orders.order_state import OrderState

Place = tuple[str, Product]
"""An instrument's key and a product: what a position is of."""

_Found = TypeVar("_Found")

_UNSURE = (OrdStatus.IN_FLIGHT, OrdStatus.UNKNOWN)
_ENTRY, _SQUARE_OFF = Purpose.ENTRY, Purpose.SQUARE_OFF
_NEVER_NS = 2**63


class Standing:
    def __init__(self) -> None:
        self.places: dict[Place, None] = {}
        """Where there has been an order today."""
        self.filled: dict[Place, int] = {}
        """Net units that rows or trades show as filled today, over all orders of the place."""
        self.entries: dict[Place, list[str]] = {}
        """Entries with something filled, in the order in which they were first seen to."""
        self.bare: dict[Place, dict[str, int]] = {}
        """Entries with units filled that no stop or exit of theirs covers, and how many; above 0."""
        self.exits: dict[Place, list[str]] = {}
        """Square-offs of the day, in the order of their intents."""
        self.heard_ns: dict[Place, int] = {}
        """When an order of the place was last sent, or last heard to be filled."""
        self.of_strategy: dict[str, list[str]] = {}
        self.trades = 0
        """Executions that are known, of all orders."""
        self.unsure: dict[str, OrderState] = {}
        """Those a read of the book could settle something about: unanswered, unknown, or asked something."""
        self.untraded: dict[str, OrderState] = {}
        """Those with more filled than their trades show."""
        self.exposures: dict[Place, tuple[tuple[int, int], Any]] = {}
        """What `exposure.exposure_of` has reckoned since the last change in the place, and for what."""
        self.moves: list[Place] = []
        """Where an order has changed, change by change: who keeps sums by place reads on from where it was."""
        self._open: dict[str, OrderState] = {}
        self._listed: tuple[int, Sequence[OrderState]] | None = None
        """What `open` has answered since the last change of any order, and after how many coolings."""
        self._unmoved: dict[str, tuple[object, Any]] = {}
        """The same of what others reckon by `unmoved`."""
        self._cooling: dict[str, OrderState] = {}
        """Those of the open that have ended."""
        self._coolings = 0
        self._cools_until_ns = 0
        """A read from here on ends some order's cooling; 0: it is not known when that is."""
        self._cooling_ns = 0
        """For how long, as it was last asked."""
        self._open_of: dict[str, dict[str, OrderState]] = {}
        self._entries: dict[str, OrderState] = {}
        self._covering: dict[str, dict[str, OrderState]] = {}

    def moved(self, before: OrderState | None, after: OrderState | None) -> None:
        """An order has changed; None: it was not there before, or is no more."""
        of = after or before
        assert of is not None
        self.moves.append((of.key, of.product))
        self._listed = None
        self._unmoved.clear()
        if before is not None:
            self._fill(before, -1)
            self.trades -= len(before.fills)
            self.exposures.pop((before.key, before.product), None)
        if after is None:
            assert before is not None
            for kept in (self.unsure, self.untraded):
                kept.pop(before.ref, None)
            self._close(before)
            return
        self._fill(after, +1)
        self.trades += len(after.fills)
        place = (after.key, after.product)
        self.exposures.pop(place, None)
        self.places[place] = None
        self.heard_ns[place] = max(self.heard_ns.get(place, 0), after.sent_ns, after.filled_ns)
        _keep(self.unsure, after, after.status in _UNSURE or not _is_quiet(after))
        _keep(self.untraded, after, after.fills_missing != 0)
        if after.ended and _is_settled(after):
            self._close(after)
        else:
            self._open[after.ref] = after
            self._open_of.setdefault(after.key, {})[after.ref] = after
            _keep(self._cooling, after, after.ended)
        if after.ended or (before is not None and before.ended):
            self._cools_until_ns = 0
        if after.intent is not None:
            self._cover(before, after)

    def unmoved(self, what: str, asked: object, reckon: Callable[[], _Found]) -> _Found:
        """What `reckon` makes of the orders and of `asked`; once, until an order changes or something else is asked.
        It is not to be changed by who is told it."""
        kept = self._unmoved.get(what)
        if kept is None or kept[0] != asked:
            kept = self._unmoved[what] = (asked, reckon())
        found: _Found = kept[1]
        return found

    def coolings(self, read_ns: int, cooling_ns: int) -> int:
        """How many times a read has ended some order's cooling: until it does so again, a later read shows nothing new
        of what cools, and what was reckoned by the one before it stands."""
        if read_ns >= self._cools_until_ns or cooling_ns != self._cooling_ns:
            self._cool(read_ns, cooling_ns)
        return self._coolings

    def open(self, read_ns: int, cooling_ns: int) -> Sequence[OrderState]:
        """In the order of their names, which is that of their intents. The same list until an order changes, or a read
        of the book has ended some cooling."""
        coolings = self.coolings(read_ns, cooling_ns)
        kept = self._listed
        if kept is None or kept[0] != coolings:
            kept = self._listed = (coolings, [self._open[ref] for ref in sorted(self._open)])
        return kept[1]

    def open_of(self, key: str, read_ns: int, cooling_ns: int) -> Iterable[OrderState]:
        mine = self._open_of.get(key)
        if not mine:
            return ()
        self.coolings(read_ns, cooling_ns)
        return mine.values()

    def _cool(self, read_ns: int, cooling_ns: int) -> None:
        """What has ended and cools no more is open no more; a complete read has shown it."""
        for order in [o for o in self._cooling.values() if not o.cools(read_ns, cooling_ns) and _is_done(o)]:
            self._close(order)
        ends_ns = [o.ended_ns + cooling_ns for o in self._cooling.values() if o.cools(read_ns, cooling_ns)]
        self._cools_until_ns, self._cooling_ns = min(ends_ns, default=_NEVER_NS), cooling_ns
        self._coolings += 1

    def _close(self, order: OrderState) -> None:
        self._open.pop(order.ref, None)
        self._cooling.pop(order.ref, None)
        self._open_of.get(order.key, {}).pop(order.ref, None)

    def _fill(self, order: OrderState, sign: int) -> None:
        if order.cum_qty:
            place = (order.key, order.product)
            self.filled[place] = self.filled.get(place, 0) + sign * order.side.sign * order.cum_qty

    def _cover(self, before: OrderState | None, order: OrderState) -> None:
        assert order.intent is not None
        place, covers = (order.key, order.product), order.intent.covers
        if before is None or before.intent is None:
            self.of_strategy.setdefault(order.intent.strategy, []).append(order.ref)
            if order.intent.purpose is _SQUARE_OFF:
                self.exits.setdefault(place, []).append(order.ref)
        if covers:
            self._covering.setdefault(covers, {})[order.ref] = order
            entry = self._entries.get(covers)
            if entry is not None:
                self._weigh(entry)
        if order.intent.purpose is _ENTRY and order.cum_qty:
            if order.ref not in self._entries:
                self.entries.setdefault(place, []).append(order.ref)
            self._entries[order.ref] = order
            self._weigh(order)

    def _weigh(self, entry: OrderState) -> None:
        """What the entry's own stops and exits have closed or will, against what it has filled."""
        mine = self._covering.get(entry.ref, {}).values()
        bare = entry.cum_qty - sum(order.cum_qty if order.ended else order.qty_worst for order in mine)
        of_place = self.bare.setdefault((entry.key, entry.product), {})
        if bare > 0:
            of_place[entry.ref] = bare
        else:
            of_place.pop(entry.ref, None)


def _keep(kept: dict[str, OrderState], order: OrderState, belongs: bool) -> None:
    if belongs:
        kept[order.ref] = order
    else:
        kept.pop(order.ref, None)


def _is_quiet(order: OrderState) -> bool:
    return order.change is None and order.cancel is None


def _is_done(order: OrderState) -> bool:
    """Nothing is asked of it and its trades explain its fills."""
    return _is_quiet(order) and order.fills_missing == 0


def _is_settled(order: OrderState) -> bool:
    return _is_done(order) and (order.leaves_worst == 0 or order.ended_ns == 0)
