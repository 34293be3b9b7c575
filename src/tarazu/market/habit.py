"""How often things tick by habit: the longest of the recent gaps, for many things at once."""

import numpy as np
from numpy.typing import NDArray

# A gap is forgotten by half a per cent with each later arrival: the memory is some two hundred arrivals long, so busy
# things adapt within a minute and quiet ones are given hours. For arrivals at random with mean m the remembered gap is
# about 4.4 m.
DECAY = 0.995
MULTIPLE = 4
"""So many remembered gaps are too long: some 18 m, which by chance happens once in 40 million arrivals."""
ARRIVALS_MIN = 20
"""Before so many arrivals nothing is known, and the maximum holds."""


class Habit:
    """Remembered gap and number of gaps of each of `n` things, instruments or groups."""

    def __init__(self, n: int) -> None:
        self.last_ns: NDArray[np.int64] = np.zeros(n, np.int64)
        self.gap_ns: NDArray[np.float64] = np.zeros(n, np.float64)
        self.arrivals: NDArray[np.int64] = np.zeros(n, np.int64)

    def learn(self, last_ns: NDArray[np.int64], not_before_ns: NDArray[np.int64]) -> None:
        """Take the newest arrival of each. A gap that began before `not_before_ns` (a closed market, an outage) is no
        habit and is not learned."""
        learned = (last_ns > self.last_ns) & (self.last_ns > 0) & (self.last_ns >= not_before_ns)
        gap = (last_ns - self.last_ns).astype(np.float64)
        np.copyto(self.gap_ns, np.maximum(gap, self.gap_ns * DECAY), where=learned)
        self.arrivals += learned
        np.copyto(self.last_ns, last_ns)

    def limits(self, low_ns: NDArray[np.int64], high_ns: NDArray[np.int64]) -> NDArray[np.int64]:
        """A multiple of the remembered gap within `[low, high]`; `high` for what is not known yet."""
        known = self.arrivals >= ARRIVALS_MIN
        own = np.clip(self.gap_ns * MULTIPLE, low_ns, high_ns).astype(np.int64)
        return np.where(known, own, high_ns)

    def adopt(self, other: "Habit", mine: NDArray[np.int64], theirs: NDArray[np.int64]) -> None:
        """Things `mine` are the other's `theirs`: take over what is known of them."""
        for own, known in (
            (self.last_ns, other.last_ns),
            (self.gap_ns, other.gap_ns),
            (self.arrivals, other.arrivals),
        ):
            own[mine] = known[theirs]
