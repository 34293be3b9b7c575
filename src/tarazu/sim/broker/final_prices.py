"""Final settlement prices of a day: each underlying's mean over the last half hour of its trading."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tarazu.model.calendar import Phase, TradingSession, venue_of
from tarazu.model.units import MILLISECOND_NS, MINUTE_NS, div_half_up
from tarazu.sim.universe import Universe

WINDOW_NS = 30 * MINUTE_NS
"""NSE clearing: final settlement at the underlying's average of the last half hour. KITE facts 3.5."""


class FinalPrices:
    """Fed the rows after every step. A price counts for the market time it stood, so pace and slices do not matter.

    The clearing house weighs a share's price by volume; here both shares and indices are weighed by time.
    """

    def __init__(self, universe: Universe, session: TradingSession) -> None:
        under = universe.underlying_index.tolist()
        indices = sorted({u for n, u in enumerate(under) if u != n})
        windows = [session.window(venue_of(universe.instruments[i]), Phase.CONTINUOUS) for i in indices]
        ends = [session.nominal_ns(w.end_ns) if w else 0 for w in windows]
        self._session = session
        self._column = {index: n for n, index in enumerate(indices)}
        self._indices = np.array(indices, np.int64)
        self._ends_ns = np.array(ends, np.int64)
        self._from_ns = min((e - WINDOW_NS for e in ends if e), default=0)
        self._until_ns = max(ends, default=0)
        self._weighed: NDArray[np.int64] = np.zeros(len(indices), np.int64)
        """Sum of price x milliseconds."""
        self._ms: NDArray[np.int64] = np.zeros(len(indices), np.int64)
        self._seen_ns = session.nominal_ns(session.first_ns)

    def record(self, rows: NDArray[Any], now_ns: int) -> None:
        """Take in the rows after a step at `now_ns`; they hold for the interval that the step ends."""
        before_ns, nominal_ns = self._seen_ns, self._session.nominal_ns(now_ns)
        self._seen_ns = nominal_ns
        if nominal_ns <= self._from_ns or before_ns >= self._until_ns:
            return
        start_ns = np.maximum(before_ns, self._ends_ns - WINDOW_NS)
        ltps = rows["ltp"][self._indices]
        ms = np.maximum(np.minimum(nominal_ns, self._ends_ns) - start_ns, 0) // MILLISECOND_NS * (ltps > 0)
        self._weighed += ltps * ms
        self._ms += ms

    def mean_paise(self, index: int) -> int | None:
        """The mean so far, rounded to the paisa; None for a row nothing derives from, and before its window."""
        column = self._column.get(index)
        if column is None or not self._ms[column]:
            return None
        return div_half_up(int(self._weighed[column]), int(self._ms[column]))
