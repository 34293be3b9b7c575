"""The sliding price range of F&O underlyings in the cash market. NSE/FAOP/62241, 64995."""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from tarazu.model.calendar import Venue, venue_of
from tarazu.model.rules import RuleBook
from tarazu.sim.market import Market

# The exchange asks for 50 trades by 10 clients against 3 members on each side at 9.9 %. Trades of everybody else are
# not told apart here: 50 market steps in which the share traded at or beyond the mark stand for them.
TRADING_STEPS = 50
MARK_PCT = 0.1  # the mark lies this far inside the limit


class PriceRanges:
    """Moves the market's bands in place."""

    def __init__(self, market: Market, rules: RuleBook) -> None:
        self._market = market
        self._step_pct = rules.fno_range_step_pct
        instruments = market.universe.instruments
        sliding = [n for n, i in enumerate(instruments) if rules.price_bands and venue_of(i) is Venue.CASH_FNO]
        self._indices: NDArray[np.int64] = np.array(sliding, dtype=np.int64)
        self._close = market.rows["close"][self._indices].astype(np.int64)
        self._counts = np.zeros((len(sliding), 2), dtype=np.int64)
        """Steps traded at the low mark, at the high one."""
        self._ltp = market.rows["ltp"]
        self._set_marks()

    def observe(self) -> list[tuple[int, bool]]:
        """Count the step that just ended; returns (index, up) for each share whose range is due to slide."""
        market = self._market
        if not _count(self._indices, self._ltp, market.buy_flow, market.sell_flow, self._marks, self._counts):
            return []
        return [(int(self._indices[n]), bool(up)) for n, up in np.argwhere(self._counts >= TRADING_STEPS)]

    def slide(self, index: int, up: bool) -> None:
        """Move both limits of a range one step, and start counting anew."""
        instrument = self._market.universe.instruments[index]
        tick = instrument.tick_size_paise
        close = int(self._market.rows["close"][index])
        move = int(close * self._step_pct / 100) // tick * tick
        self._market.bands[index] += move if up else -move
        self._counts[self._indices == index] = 0
        self._set_marks()

    def _set_marks(self) -> None:
        bands = self._market.bands[self._indices]
        inside = self._close * (MARK_PCT / 100)
        self._marks = np.stack((bands[:, 0] + inside, bands[:, 1] - inside), axis=1)


@njit("boolean(int64[::1], int32[:], int64[::1], int64[::1], float64[:, ::1], int64[:, ::1])", cache=True)
def _count(indices: Any, ltp: Any, bought: Any, sold: Any, marks: Any, counts: Any) -> bool:
    """Whether a range is due to slide."""
    due = False
    for n in range(len(indices)):
        i = indices[n]
        if bought[i] + sold[i] == 0:
            continue
        if ltp[i] <= marks[n, 0]:
            counts[n, 0] += 1
            due |= counts[n, 0] >= TRADING_STEPS
        if ltp[i] >= marks[n, 1]:
            counts[n, 1] += 1
            due |= counts[n, 1] >= TRADING_STEPS
    return due
