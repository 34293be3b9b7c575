"""The volatilities that options' prices imply, looked at once in a while and worked out when somebody asks.

Margins alone ask, and of what is held or ordered: most looks of most days are never worked out.
"""

import math
from datetime import date

import numpy as np
from numpy.typing import NDArray

from tarazu.app.research.followed_kernels import imply
from tarazu.model import ist
from tarazu.model.calendar import TradingSession
from tarazu.model.instrument import Kind
from tarazu.model.units import DAY_NS, MINUTE_NS
from tarazu.sim.synthetic.cast import EXPIRY_NS, RATE
from tarazu.sim.universe import Universe

YEAR_NS = 365 * DAY_NS
EVERY_NS = MINUTE_NS
"""Once a minute is often enough."""


class ImpliedSigmas:
    """`resting` are the annualised volatilities until a price implies another, a row each of the universe."""

    def __init__(self, universe: Universe, session: TradingSession, resting: NDArray[np.float64]) -> None:
        self._session, self._sigma = session, resting
        options = [(n, i) for n, i in enumerate(universe.instruments) if i.is_option and i.expiry is not None]
        self._expiries: list[date] = sorted({i.expiry for _, i in options if i.expiry is not None})
        self._options = np.array([n for n, _ in options], np.int64)
        self._unders = universe.underlying_index[self._options].astype(np.int64)
        self._calls = np.array([i.kind is Kind.CE for _, i in options], np.bool_)
        self._strikes = np.array([i.strike_paise for _, i in options], np.float64)
        self._expiry_of = np.array([self._expiries.index(i.expiry) for _, i in options if i.expiry], np.int64)
        self._looks: list[tuple[NDArray[np.int32], NDArray[np.bool_], list[float], list[float]]] = []
        self._looked_ns = 0

    def look(self, now_ns: int, ltp: NDArray[np.int32], seen: NDArray[np.bool_]) -> None:
        """Prices of `now_ns`, and which of them were seen; passed over where the last look is not `EVERY_NS` old."""
        if now_ns < self._looked_ns + EVERY_NS:
            return
        self._looked_ns = now_ns
        if len(self._options):
            years = [self._years(expiry, now_ns) for expiry in self._expiries]
            self._looks.append((ltp.copy(), seen.copy(), years, [math.exp(RATE * y) for y in years]))

    def values(self) -> NDArray[np.float64]:
        """As of the last look, which is worked out now."""
        if self._looks:
            ltp, seen, years, growths = (np.array(column) for column in zip(*self._looks, strict=True))
            self._looks.clear()
            imply(
                self._options, self._unders, self._calls, self._strikes, self._expiry_of,
                ltp, seen, years, growths, self._sigma,
            )  # fmt: skip
        return self._sigma

    def _years(self, expiry: date, now_ns: int) -> float:
        left_ns = ist.midnight_ns(expiry) + EXPIRY_NS - self._session.nominal_ns(now_ns)
        return max(left_ns, 0) / YEAR_NS
