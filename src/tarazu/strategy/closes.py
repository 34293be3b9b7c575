"""Closing prices of equal stretches of time, made from last prices, and what momentum is measured by from them."""

import itertools
import math
from collections.abc import Sequence

KEPT = 400
"""Bars; more than any feature looks back."""


class Closes:
    """A stretch without a price closes where the one before did, so that n bars are always the same time."""

    def __init__(self, span_ns: int) -> None:
        self._span_ns = span_ns
        self._stretch, self._last = 0, 0
        self.closes: list[int] = []
        self.high, self.low = 0, 0
        """Of all that was seen."""

    def take(self, price_paise: int, ts_ns: int) -> bool:
        """One price; whether it closed a bar. What is older than the running stretch is left out."""
        stretch = ts_ns // self._span_ns
        if stretch < self._stretch:
            return False
        gone = stretch - self._stretch if self._last else 0
        if gone:
            self.closes = [*self.closes, *[self._last] * min(gone, KEPT)][-KEPT:]
        self._stretch, self._last = stretch, price_paise
        self.high, self.low = max(self.high, price_paise), min(self.low or price_paise, price_paise)
        return bool(gone)


def ema(closes: Sequence[float], span: int) -> float:
    """Exponential mean, weight 2 / (span + 1) for the newest; begins at the oldest."""
    weight, mean = 2.0 / (span + 1), float(closes[0])
    for close in closes[1:]:
        mean += weight * (close - mean)
    return mean


def move_bps(closes: Sequence[float], bars: int) -> float:
    return (closes[-1] / closes[-1 - bars] - 1.0) * 10_000


def volatility_bps(closes: Sequence[float], bars: int) -> float:
    """Root mean square of the last moves from bar to bar."""
    last = closes[-1 - bars :]
    moves = [math.log(b / a) for a, b in itertools.pairwise(last)]
    return math.sqrt(sum(move * move for move in moves) / len(moves)) * 10_000


def place_in_range(close: float, high: float, low: float) -> float:
    """-1 at the low, 1 at the high."""
    return 0.0 if high <= low else 2.0 * (close - low) / (high - low) - 1.0
