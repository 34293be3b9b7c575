"""A feed's lags of the last minutes: now, and the 99th percentile the SLA speaks of."""

import numpy as np
from numpy.typing import NDArray

from tarazu.model.units import MINUTE_NS

WINDOW_NS = 5 * MINUTE_NS
# Five minutes at one reading per 100 ms are 3,000; readings beyond the ring push out the oldest.
CAPACITY = 4_096


class LagWindow:
    """Readings in order of time. The percentile is exact (nearest rank), not an estimate."""

    def __init__(self, window_ns: int = WINDOW_NS, capacity: int = CAPACITY) -> None:
        self._window_ns = window_ns
        self._at_ns: NDArray[np.int64] = np.zeros(capacity, np.int64)
        self._lag_ns: NDArray[np.int64] = np.zeros(capacity, np.int64)
        self._count = 0

    def record(self, now_ns: int, lag_ns: int) -> None:
        at = self._count % len(self._at_ns)
        self._at_ns[at], self._lag_ns[at] = now_ns, lag_ns
        self._count += 1

    @property
    def last_ns(self) -> int | None:
        return int(self._lag_ns[(self._count - 1) % len(self._lag_ns)]) if self._count else None

    def p99_ns(self, now_ns: int) -> int | None:
        """The lag that 99 % of the window's readings did not exceed; None without a reading in it."""
        size = min(self._count, len(self._at_ns))
        lags = self._lag_ns[:size][self._at_ns[:size] > now_ns - self._window_ns]
        if not len(lags):
            return None
        rank = -(-99 * len(lags) // 100) - 1
        return int(np.partition(lags, rank)[rank])
