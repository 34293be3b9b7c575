"""The data clocks: when each instrument's last packet, last depth and last news came, taken frame by frame.

Everything that arrives counts, also packets the market state refuses as older than what it has: replayed data is
arriving data with old stamps, and only so is it seen for what it is.
"""

# numba infers the types from the signature.
# mypy: disable-error-code="no-untyped-def"

from collections.abc import Sequence
from typing import Any

import numpy as np
from numba import int64, njit, types, uint16, uint32, uint64, void
from numpy.typing import NDArray

from tarazu.market import tokens
from tarazu.market.slots import PACKET, PACKET_WORDS

_FULL_BYTES, _INDEX_FULL_BYTES = 184, 32  # Kite v3 "Quote packet structure"
_WORD = {name: n for n, name in enumerate(PACKET.names or ())}
_TOKEN, _TRADE_TS, _STAMP = _WORD["token"], _WORD["last_trade_ts"], _WORD["exchange_ts"]
"""The fields before the levels are one word each."""


def _weights() -> NDArray[np.uint64]:
    """Odd 64-bit factors (multiples of the golden ratio) of a multilinear hash; 0 where a word is no news."""
    found = (np.arange(1, PACKET_WORDS + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)) | np.uint64(1)
    found[[_TOKEN, _TRADE_TS, _STAMP]] = 0
    return found


_WEIGHTS = _weights()


class Arrivals:
    """One array a clock, by slot, the slots in the order of `subscribed`. Monotonic ns; 0: never."""

    def __init__(self, subscribed: Sequence[int]) -> None:
        """Raises ValueError for a token that is 0 or given twice."""
        n = len(subscribed)
        self._table = tokens.table_of(subscribed)
        self._shift = tokens.shift_of(self._table)
        self.data_ns: NDArray[np.int64] = np.zeros(n, np.int64)
        self.depth_ns: NDArray[np.int64] = np.zeros(n, np.int64)
        self.changed_ns: NDArray[np.int64] = np.zeros(n, np.int64)
        self.stamp_s: NDArray[np.int64] = np.zeros(n, np.int64)
        """The last stamp received, be it older than the one before."""
        self._news: NDArray[np.uint64] = np.zeros(n, np.uint64)
        self._source: NDArray[Any] | None = None
        self._source_words = np.zeros((0, PACKET_WORDS), np.uint32)

    def take(self, rows: NDArray[Any], packet_bytes: NDArray[np.uint16], count: int, mono_ns: int) -> None:
        """A decoded frame's first `count` rows; unknown tokens are passed over. `mono_ns` never goes back."""
        if rows is not self._source:
            self._source, self._source_words = rows, rows.view(np.uint32).reshape(-1, PACKET_WORDS)
        _take(
            self._source_words, packet_bytes, count, mono_ns, self._table, self._shift, _WEIGHTS,
            self.data_ns, self.depth_ns, self.changed_ns, self.stamp_s, self._news,
        )  # fmt: skip


_CLOCK = int64[::1]
_WORDS_IN = types.Array(uint32, 2, "C", readonly=True)
_BYTES_IN = types.Array(uint16, 1, "C", readonly=True)
_U64_IN = types.Array(uint64, 1, "C", readonly=True)


@njit(
    void(_WORDS_IN, _BYTES_IN, int64, int64, _U64_IN, int64, _U64_IN, _CLOCK, _CLOCK, _CLOCK, _CLOCK, uint64[::1]),
    cache=True,
)
def _take(packets, lengths, count, mono_ns, table, shift, weights, data, depth, changed, stamp, news):
    for i in range(count):
        n = tokens.find(table, shift, packets[i, _TOKEN])
        if n < 0:
            continue
        data[n] = mono_ns
        length = lengths[i]
        if length == _FULL_BYTES:
            depth[n] = mono_ns
        if length in (_FULL_BYTES, _INDEX_FULL_BYTES):
            stamp[n] = packets[i, _STAMP]
        hashed = uint64(length)
        for w in range(PACKET_WORDS):
            hashed += uint64(packets[i, w]) * weights[w]
        if hashed != news[n]:
            news[n] = hashed
            changed[n] = mono_ns
