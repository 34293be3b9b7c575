"""Seeded chance without hidden state: every draw is a function of (seed, keys), so replays and slices agree.

splitmix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014). Integers only, so the same
numbers fall on every machine, Python and NumPy version. Numba kernels call `mix64` and `unit` directly.
"""

import numpy as np
from numba import njit, uint64

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_M1 = np.uint64(0xBF58476D1CE4E5B9)
_M2 = np.uint64(0x94D049BB133111EB)
_MASK = (1 << 64) - 1


@njit(uint64(uint64), cache=True, inline="always")
def mix64(x):  # type: ignore[no-untyped-def]
    """splitmix64's finaliser: a well-mixed word from any word."""
    x = x + GOLDEN
    x = (x ^ (x >> np.uint64(30))) * _M1
    x = (x ^ (x >> np.uint64(27))) * _M2
    return x ^ (x >> np.uint64(31))


@njit("float64(uint64)", cache=True, inline="always")
def unit(x):  # type: ignore[no-untyped-def]
    """A float in [0, 1) from a mixed word: its top 53 bits."""
    return (x >> np.uint64(11)) * (1.0 / 9007199254740992.0)


class Dice:
    """Named draws for the slow paths: `Dice(seed).unit("ack", order_no)` is the same number for ever."""

    def __init__(self, seed: int) -> None:
        self.seed = seed & _MASK

    def word(self, *keys: int | str) -> int:
        """A 64-bit word for these keys; order matters, and text counts by its bytes (never by hash())."""
        state = _mix(self.seed)
        for key in keys:
            number = int.from_bytes(key.encode(), "big") if isinstance(key, str) else key
            while True:
                state = _mix(state ^ (number & _MASK))
                number >>= 64
                if number in (0, -1):
                    break
        return state

    def unit(self, *keys: int | str) -> float:
        """A float in [0, 1)."""
        return (self.word(*keys) >> 11) / 9007199254740992.0

    def between(self, low: int, high: int, *keys: int | str) -> int:
        """An integer in [low, high]."""
        return low + self.word(*keys) % (high - low + 1)

    def chance(self, probability: float, *keys: int | str) -> bool:
        return self.unit(*keys) < probability


def _mix(x: int) -> int:
    x = (x + 0x9E3779B97F4A7C15) & _MASK
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & _MASK
    return x ^ (x >> 31)
