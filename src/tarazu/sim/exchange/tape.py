"""What traded, instrument by instrument: the reference prices of the guards."""

from typing import Any

import numpy as np
from numba import njit

from tarazu.model.units import SECOND_NS
from tarazu.sim.market import Market

NEVER_NS = -(1 << 62)


class Tape:
    """Running sums of units and value (units x paise) over the day, and what they were when the window began."""

    def __init__(self, market: Market, window_s: int) -> None:
        n = len(market.universe)
        self._market = market
        self._ltp = market.rows["ltp"]
        self._window_ns = window_s * SECOND_NS
        self._renew_ns: int | None = None
        self._units = np.zeros(n, dtype=np.int64)
        self._value = np.zeros(n, dtype=np.int64)
        self._window_units = np.zeros(n, dtype=np.int64)
        self._window_value = np.zeros(n, dtype=np.int64)
        self._mean = np.zeros(n, dtype=np.int64)
        self._traded_ns = np.full(n, NEVER_NS, dtype=np.int64)

    def observe(self, now_ns: int) -> None:
        """Book what everybody else traded in the step that ended now."""
        market = self._market
        _book(market.buy_flow, market.sell_flow, self._ltp, self._units, self._value, self._traded_ns, now_ns)
        if self._renew_ns is None:
            self._renew_ns = now_ns + self._window_ns
        elif now_ns >= self._renew_ns:
            self._renew(now_ns)

    def record(self, index: int, price_paise: int, qty: int, now_ns: int) -> None:
        """Book a trade of ours."""
        self._units[index] += qty
        self._value[index] += qty * price_paise
        self._traded_ns[index] = now_ns

    def mean_paise(self, index: int) -> int:
        """Mean of the trades in the last finished window; 0 when it saw none."""
        return int(self._mean[index])

    def untraded_ns(self, index: int, now_ns: int) -> int:
        """Time since the last trade; very long when there was none today."""
        return now_ns - int(self._traded_ns[index])

    def _renew(self, now_ns: int) -> None:
        assert self._renew_ns is not None
        _mean(self._units, self._value, self._window_units, self._window_value, self._mean)
        self._renew_ns += (now_ns - self._renew_ns) // self._window_ns * self._window_ns + self._window_ns


@njit("void(int64[::1], int64[::1], int32[:], int64[::1], int64[::1], int64[::1], int64)", cache=True)
def _book(bought: Any, sold: Any, ltp: Any, units: Any, value: Any, traded_ns: Any, now_ns: int) -> None:
    for i in range(len(bought)):
        traded = bought[i] + sold[i]
        if traded:
            units[i] += traded
            value[i] += traded * ltp[i]
            traded_ns[i] = now_ns


@njit("void(int64[::1], int64[::1], int64[::1], int64[::1], int64[::1])", cache=True)
def _mean(units: Any, value: Any, before_units: Any, before_value: Any, mean: Any) -> None:
    """The mean of what was booked since the sums `before`, which then become today's."""
    for i in range(len(mean)):
        traded = units[i] - before_units[i]
        mean[i] = (value[i] - before_value[i]) // traded if traded > 0 else 0
        before_units[i], before_value[i] = units[i], value[i]
