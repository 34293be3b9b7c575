"""The SLA's numbers: now, and the 99th percentile of five minutes."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tarazu.market.lag_window import LagWindow
from tarazu.model.units import MINUTE_NS, SECOND_NS


def test_nothing_recorded_is_not_zero() -> None:
    window = LagWindow()
    assert window.last_ns is None and window.p99_ns(0) is None


def test_a_lag_leaves_after_five_minutes() -> None:
    window = LagWindow()
    window.record(0, 9 * SECOND_NS)
    window.record(MINUTE_NS, SECOND_NS)
    assert window.p99_ns(5 * MINUTE_NS - 1) == 9 * SECOND_NS
    assert window.p99_ns(5 * MINUTE_NS) == SECOND_NS
    assert window.p99_ns(6 * MINUTE_NS) is None
    assert window.last_ns == SECOND_NS


def test_one_bad_reading_in_a_hundred_is_not_the_99th_percentile() -> None:
    window = LagWindow()
    for n in range(100):
        window.record(n, 9_000 if n == 50 else n)
    assert window.p99_ns(100) == 99
    window.record(100, 9_000)
    assert window.p99_ns(101) == 9_000


@given(st.lists(st.integers(0, 10**10), min_size=1, max_size=60))
def test_the_percentile_is_exact_over_the_newest_readings(lags: list[int]) -> None:
    window = LagWindow(capacity=32)
    for n, lag in enumerate(lags):
        window.record(n, lag)
    assert window.p99_ns(len(lags)) == int(np.percentile(lags[-32:], 99, method="inverted_cdf"))
