"""Rate limits count calendar seconds, minutes and days of the broker's clock, per account and family."""

import pytest

from tarazu.model.rules import RateLimits
from tarazu.model.units import DAY_NS, MINUTE_NS, SECOND_NS
from tarazu.sim.front.limits import Family, Limiter
from tarazu.wire.kite_errors import TOO_MANY_ORDERS, TOO_MANY_REQUESTS

RATES = RateLimits(quote=1, historical=3, orders=10, other=10, orders_per_minute=25, orders_per_day=40)
T0 = 1_790_000_000 * SECOND_NS - 1_790_000_000 * SECOND_NS % MINUTE_NS


def passed(limiter: Limiter, n: int, family: Family, method: str, at_ns: int, user: str = "A") -> int:
    return sum(limiter.count(user, family, method, at_ns) is None for _ in range(n))


@pytest.mark.parametrize(
    ("family", "limit"), [(Family.QUOTE, 1), (Family.HISTORICAL, 3), (Family.ORDERS, 10), (Family.OTHER, 10)]
)
def test_each_family_has_its_own_number_a_second(family: Family, limit: int) -> None:
    limiter = Limiter(RATES)
    assert passed(limiter, 15, family, "GET", T0) == limit
    assert limiter.count("A", family, "GET", T0) is TOO_MANY_REQUESTS
    assert passed(limiter, 1, family, "GET", T0 + SECOND_NS) == 1


def test_it_is_the_calendar_second_that_counts() -> None:
    limiter = Limiter(RATES)
    assert passed(limiter, 10, Family.OTHER, "GET", T0 + SECOND_NS - 1) == 10
    assert passed(limiter, 10, Family.OTHER, "GET", T0 + SECOND_NS) == 10


def test_accounts_do_not_share_a_limit() -> None:
    limiter = Limiter(RATES)
    assert passed(limiter, 1, Family.QUOTE, "GET", T0, "A") == passed(limiter, 1, Family.QUOTE, "GET", T0, "B") == 1


def test_orders_are_counted_by_the_minute_even_when_refused() -> None:
    limiter = Limiter(RATES)
    assert passed(limiter, 20, Family.ORDERS, "POST", T0) == 10
    assert passed(limiter, 10, Family.ORDERS, "PUT", T0 + SECOND_NS) == 5
    assert limiter.count("A", Family.ORDERS, "POST", T0 + 2 * SECOND_NS) is TOO_MANY_REQUESTS
    assert passed(limiter, 1, Family.ORDERS, "POST", T0 + MINUTE_NS) == 1


def test_cancels_count_for_the_second_only() -> None:
    limiter = Limiter(RATES)
    for second in range(10):
        assert passed(limiter, 10, Family.ORDERS, "DELETE", T0 + second * SECOND_NS) == 10


def test_the_day_has_a_cap_that_a_new_ist_day_lifts() -> None:
    limiter = Limiter(RATES)
    for minute in range(4):
        assert passed(limiter, 10, Family.ORDERS, "POST", T0 + minute * MINUTE_NS) == 10
    assert limiter.count("A", Family.ORDERS, "POST", T0 + 10 * MINUTE_NS) is TOO_MANY_ORDERS
    assert passed(limiter, 1, Family.ORDERS, "POST", T0 + DAY_NS) == 1


def test_zero_is_no_limit() -> None:
    free = RateLimits(quote=0, historical=0, orders=0, other=0, orders_per_minute=0, orders_per_day=0)
    assert passed(Limiter(free), 6_000, Family.ORDERS, "POST", T0) == 6_000
