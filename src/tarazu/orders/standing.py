"""What of the orders is open, kept as they change, so that no question goes through the whole day's orders.

Derived from the orders alone and no part of a blotter's snapshot. An order is open until it has ended, has nothing that
cools, nothing asked of it, and its trades explain its fills; one that comes back to life is open again.
"""

from collections.abc import Iterable
from typing import Any

from tarazu.model.order import Product
from tarazu.orders.intent import Purpose
from tarazu.orders.lifecycle import OrdStatus
from tarazu.orders.order_state import OrderState

Place = tuple[str, Product]
"""An instrument's key and a product: what a position is of."""

_UNSURE = (OrdStatus.IN_FLIGHT, OrdStatus.UNKNOWN)


class Standing:
    def __init__(self) -> None:
        self.places: dict[Place, None] = {}
        """Where there has been an order today."""
        self.filled: dict[Place, int] = {}
        """Net units that rows or trades show as filled today, over all orders of the place."""
        self.bare: dict[str, int] = {}
        """Entries with units filled that no stop or exit of theirs covers, and how many; above 0."""
        self.of_strategy: dict[str, list[str]] = {}
        self.unsure: dict[str, OrderState] = {}
        """Those a read of the book could settle something about: unanswered, unknown, or asked something."""
        self.untraded: dict[str, OrderState] = {}
        """Those with more filled than their trades show."""
        self.exposures: dict[Place, tuple[tuple[int, int, int], Any]] = {}
        """What `exposure.exposure_of` has reckoned since the last change in the place, and for what."""
        self.moves: list[Place] = []
        """Where an order has changed, change by change: who keeps sums by place reads on from where it was."""
        self._open: dict[str, OrderState] = {}
        self._cooling: dict[str, OrderState] = {}
        """Those of the open that have ended."""
        self._open_of: dict[str, dict[str, OrderState]] = {}
        self._entries: dict[str, OrderState] = {}
        """Those with something filled."""
        self._covering: dict[str, dict[str, OrderState]] = {}

    def moved(self, before: OrderState | None, after: OrderState | None) -> None:
        """An order has changed; None: it was not there before, or is no more."""
        of = after or before
        assert of is not None
        self.moves.append((of.key, of.product))
        if before is not None:
            self._fill(before, -1)
            self.exposures.pop((before.key, before.product), None)
        if after is None:
            assert before is not None
            for kept in (self.unsure, self.untraded):
                kept.pop(before.ref, None)
            self._close(before)
            return
        self._fill(after, +1)
        self.exposures.pop((after.key, after.product), None)
        self.places[after.key, after.product] = None
        _keep(self.unsure, after, after.status in _UNSURE or not _is_quiet(after))
        _keep(self.untraded, after, after.fills_missing != 0)
        if after.ended and _is_settled(after):
            self._close(after)
        else:
            self._open[after.ref] = after
            self._open_of.setdefault(after.key, {})[after.ref] = after
            _keep(self._cooling, after, after.ended)
        if after.intent is not None:
            self._cover(before, after)

    def open(self, read_ns: int, cooling_ns: int) -> list[OrderState]:
        """In the order of their names, which is that of their intents."""
        self._cool(read_ns, cooling_ns)
        return [self._open[ref] for ref in sorted(self._open)]

    def open_of(self, key: str, read_ns: int, cooling_ns: int) -> Iterable[OrderState]:
        mine = self._open_of.get(key)
        if not mine:
            return ()
        self._cool(read_ns, cooling_ns)
        return mine.values()

    def _cool(self, read_ns: int, cooling_ns: int) -> None:
        """What has ended and cools no more is open no more; a complete read has shown it."""
        for order in [o for o in self._cooling.values() if not o.cools(read_ns, cooling_ns) and _is_done(o)]:
            self._close(order)

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
        if before is None or before.intent is None:
            self.of_strategy.setdefault(order.intent.strategy, []).append(order.ref)
        if order.intent.covers:
            covering = self._covering.setdefault(order.intent.covers, {})
            covering[order.ref] = order
            entry = self._entries.get(order.intent.covers)
            if entry is not None:
                self._weigh(entry)
        if order.intent.purpose is Purpose.ENTRY and order.cum_qty:
            self._entries[order.ref] = order
            self._weigh(order)

    def _weigh(self, entry: OrderState) -> None:
        """What the entry's own stops and exits have closed or will, against what it has filled."""
        mine = self._covering.get(entry.ref, {}).values()
        bare = entry.cum_qty - sum(order.cum_qty if order.ended else order.qty_worst for order in mine)
        if bare > 0:
            self.bare[entry.ref] = bare
        else:
            self.bare.pop(entry.ref, None)


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
