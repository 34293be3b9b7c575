"""The sliding price range of F&O underlyings in the cash market. NSE/FAOP/62241, 64995."""

import numpy as np
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
        self._count = np.zeros((len(sliding), 2), dtype=np.int64)
        self._ltp = market.rows["ltp"]
        self._set_marks()

    def observe(self, units: NDArray[np.int64]) -> list[tuple[int, bool]]:
        """Count the step that just ended; returns (index, up) for each share whose range is due to slide."""
        ltp = self._ltp[self._indices]
        below, above = ltp <= self._low_mark, ltp >= self._high_mark
        if not (below.any() or above.any()):
            return []
        self._count += np.stack((below, above), axis=1) & (units[self._indices] > 0)[:, None]
        due = np.argwhere(self._count >= TRADING_STEPS)
        return [(int(self._indices[n]), bool(up)) for n, up in due]

    def slide(self, index: int, up: bool) -> None:
        """Move both limits of a range one step, and start counting anew."""
        instrument = self._market.universe.instruments[index]
        tick = instrument.tick_size_paise
        close = int(self._market.rows["close"][index])
        move = int(close * self._step_pct / 100) // tick * tick
        self._market.bands[index] += move if up else -move
        self._count[self._indices == index] = 0
        self._set_marks()

    def _set_marks(self) -> None:
        bands = self._market.bands[self._indices]
        inside = self._close * (MARK_PCT / 100)
        self._low_mark, self._high_mark = bands[:, 0] + inside, bands[:, 1] - inside
