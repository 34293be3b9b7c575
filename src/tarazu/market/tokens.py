"""Token to slot: an open-addressed hash, built once from the day's subscription list."""

# mypy: disable-error-code="no-any-return"

from collections.abc import Iterable

import numpy as np
from numba import int64, njit, types, uint32, uint64
from numpy.typing import NDArray

from tarazu.model.kernel_options import UNCOUNTED

# Knuth, The Art of Computer Programming 3, 6.4: multiplicative hashing by 2^32 over the golden ratio.
GOLDEN = 2_654_435_769
_TABLE_IN = types.Array(uint64, 1, "C", readonly=True)


def table_of(tokens: Iterable[int]) -> NDArray[np.uint64]:
    """A table in which `find` gives each token's place in `tokens`; at most half full.

    Raises ValueError for a token that is 0, beyond 32 bits, or given twice.
    """
    listed = list(tokens)
    if len(set(listed)) != len(listed) or not all(0 < t < 1 << 32 for t in listed):
        raise ValueError("tokens are distinct, above 0 and below 2**32")
    bits = max(4, (2 * len(listed) - 1).bit_length())
    table = np.zeros(1 << bits, np.uint64)
    for slot, token in enumerate(listed):
        at = (token * GOLDEN & 0xFFFF_FFFF) >> (32 - bits)
        while table[at]:
            at = (at + 1) & (len(table) - 1)
        table[at] = token << 32 | slot
    return table


@njit(int64(_TABLE_IN, int64, uint32), cache=True, inline="always", **UNCOUNTED)
def find(table: NDArray[np.uint64], shift: int, token: int) -> int:
    """The token's slot, or -1; `shift` is `shift_of(table)`."""
    at = int64(uint32(token * uint32(GOLDEN)) >> uint32(shift))
    while True:
        entry = table[at]
        if entry == 0:
            return -1
        if uint32(entry >> uint64(32)) == token:
            return int64(entry & uint64(0xFFFF_FFFF))
        at = (at + 1) & (len(table) - 1)


def shift_of(table: NDArray[np.uint64]) -> int:
    return 33 - len(table).bit_length()
