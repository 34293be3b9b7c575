"""How fast requests leave, in every sliding window, whatever process sent them."""

from bisect import bisect_right

from tarazu.model.units import MINUTE_NS, SECOND_NS
from tarazu.orders.throttle import SendLimits

# Kite v3 "API rate limits": 10 orders a second, 400 a minute, 5,000 a day; 25 modifications an order.
KITE_PER_SECOND, KITE_PER_MINUTE, KITE_PER_DAY, KITE_CHANGES = 10, 400, 5_000, 25


class Pace:
    def __init__(self, limits: SendLimits) -> None:
        """What is placed and changed keeps to `limits`; with cancellations, to Kite's."""
        self._limits = limits
        self._all: list[int] = []
        self._held: list[int] = []
        self._changes: dict[str, int] = {}

    def sent(self, now_ns: int, is_cancel: bool) -> str:
        """What it breaks; empty when nothing."""
        self._all.append(now_ns)
        for sends, limit, length_ns in (
            (self._all, KITE_PER_SECOND, SECOND_NS),
            (self._all, KITE_PER_MINUTE, MINUTE_NS),
        ):
            count = _within(sends, now_ns, length_ns)
            if count > limit:
                return f"{count} requests within {length_ns // SECOND_NS} s"
        if len(self._all) > KITE_PER_DAY:
            return f"{len(self._all)} requests in a day"
        if is_cancel:
            return ""
        self._held.append(now_ns)
        limits = self._limits
        for limit, length_ns in ((limits.per_second, SECOND_NS), (limits.per_minute, MINUTE_NS)):
            count = _within(self._held, now_ns, length_ns)
            if count > limit:
                return f"{count} placed or changed within {length_ns // SECOND_NS} s, {limit} are allowed"
        return ""

    def changed(self, order_id: str) -> bool:
        """Whether that was one change too many."""
        self._changes[order_id] = self._changes.get(order_id, 0) + 1
        return self._changes[order_id] > KITE_CHANGES


def _within(sends: list[int], now_ns: int, length_ns: int) -> int:
    return len(sends) - bisect_right(sends, now_ns - length_ns)
