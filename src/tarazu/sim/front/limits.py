"""Rate limits: requests per calendar second by family, orders per minute and per day, counted per account.

Kite's rule (facts KITE.md 1.12): the broker's clock, calendar seconds, not multiplied by api keys; placements and
modifications count even when they are refused.
"""

from enum import StrEnum

from tarazu.model import ist
from tarazu.model.rules import RateLimits
from tarazu.model.units import MINUTE_NS, SECOND_NS
from tarazu.wire.kite_errors import TOO_MANY_ORDERS, TOO_MANY_REQUESTS, Refusal


class Family(StrEnum):
    """Routes that share one limit per second."""

    QUOTE = "quote"
    HISTORICAL = "historical"
    ORDERS = "orders"
    OTHER = "other"


class Tally:
    """A count that starts again whenever its period changes."""

    def __init__(self) -> None:
        self._period = -1
        self._count = 0

    def add(self, period: int) -> int:
        """Count one more in `period` and return the period's count."""
        if period != self._period:
            self._period, self._count = period, 0
        self._count += 1
        return self._count


class Limiter:
    """Counts every request it is asked about. A limit of 0 is no limit."""

    def __init__(self, rates: RateLimits) -> None:
        self._rates = rates
        self._per_second = {
            Family.QUOTE: rates.quote,
            Family.HISTORICAL: rates.historical,
            Family.ORDERS: rates.orders,
            Family.OTHER: rates.other,
        }
        self._tallies: dict[tuple[str, str], Tally] = {}

    def count(self, user_id: str, family: Family, method: str, now_ns: int) -> Refusal | None:
        """Count this request; the refusal when it is one too many for its second, minute or day."""
        over_second = self._over(user_id, family, now_ns // SECOND_NS, self._per_second[family])
        if family is not Family.ORDERS or method not in ("POST", "PUT"):
            return TOO_MANY_REQUESTS if over_second else None
        over_minute = self._over(user_id, "minute", now_ns // MINUTE_NS, self._rates.orders_per_minute)
        over_day = self._over(user_id, "day", ist.day_of(now_ns).toordinal(), self._rates.orders_per_day)
        if over_day:
            return TOO_MANY_ORDERS
        return TOO_MANY_REQUESTS if over_second or over_minute else None

    def _over(self, user_id: str, window: str, period: int, limit: int) -> bool:
        tally = self._tallies.setdefault((user_id, window), Tally())
        return tally.add(period) > limit > 0
