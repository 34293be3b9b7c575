"""Bars of a recorded day, straight from its frames.

A bar is of the packets received (wall time) in [start, start + width) and means what the market state's bars mean:
repetitions and packets older than what was known do not count, prices are of trades, `open` is 0 where nothing traded.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tarazu.app.data import roll_kernels as kernels
from tarazu.app.data.frames import Batch, read_ahead
from tarazu.app.data.roll_kernels import KEPT, ROLLED, STRANGER
from tarazu.market import tokens
from tarazu.market.state import AHEAD_MAX_NS
from tarazu.model.units import MINUTE_NS, SECOND_NS
from tarazu.runtime.segment import Kind
from tarazu.wire.kite_ticks import PACKETS_MAX
from tarazu.wire.tick_kernels import ROW_WORDS, TALLY_SLOTS

WIDTHS_NS = {
    "1s": SECOND_NS,
    "5s": 5 * SECOND_NS,
    "15s": 15 * SECOND_NS,
    "1m": MINUTE_NS,
    "3m": 3 * MINUTE_NS,
    "5m": 5 * MINUTE_NS,
    "10m": 10 * MINUTE_NS,
    "15m": 15 * MINUTE_NS,
    "30m": 30 * MINUTE_NS,
}
"""All divide the half hour, by which IST is off UTC's hours: bars begin on IST's marks."""
assert all(30 * MINUTE_NS % width == 0 for width in WIDTHS_NS.values())
_OUT_BARS = 1 << 17


def bars_of(batches: Iterator[Batch], width: str = "1m") -> NDArray[Any]:
    """All bars of these frames, as ROLLED, by token and time. KeyError for a width that is none of WIDTHS_NS."""
    roll = Roll(width)
    for batch in read_ahead(batches):
        roll.take(batch)
    return roll.finish()


class Roll:
    """Takes batches in order; instruments join as they are met."""

    def __init__(self, width: str = "1m") -> None:
        """KeyError for a width that is none of WIDTHS_NS."""
        self._span_ns = WIDTHS_NS[width]
        self._tokens: list[int] = []
        self._done: list[NDArray[Any]] = []
        self._out: NDArray[Any] = np.empty(max(_OUT_BARS, PACKETS_MAX), ROLLED)
        self._packets = np.empty((PACKETS_MAX, ROW_WORDS), np.uint32)
        self._lengths = np.empty(PACKETS_MAX, np.uint16)
        self._tally = np.zeros(TALLY_SLOTS, np.int64)
        self._found = np.empty(PACKETS_MAX, np.int64)
        self._rows = np.zeros((0, ROW_WORDS), np.uint32)
        self._kept: NDArray[Any] = np.zeros(0, KEPT)
        self._running: NDArray[Any] = np.zeros(0, ROLLED)
        self._join(np.zeros(0, np.uint32))

    def take(self, batch: Batch) -> None:
        """The ticks of a batch; frames of other kinds are passed over."""
        ticks = batch.kinds == Kind.BINARY
        starts, sizes, walls = batch.starts[ticks], batch.sizes[ticks], batch.wall_ns[ticks]
        at = 0
        while at < len(starts):
            at, emitted, why = kernels.roll(
                batch.octets, starts, sizes, walls, at, self._span_ns, AHEAD_MAX_NS, self._table, self._shift,
                self._packets, self._lengths, self._tally, self._found, self._rows, self._kept, self._running,
                self._out,
            )  # fmt: skip
            if emitted:
                self._done.append(self._out[:emitted].copy())
            if why == STRANGER:
                self._join(self._tokens_of(batch.octets, starts[at:], sizes[at:]))

    def finish(self) -> NDArray[Any]:
        """Every bar, the running ones included, as ROLLED, by token and time."""
        bars = np.concatenate([*self._done, self._running[self._running["ticks"] > 0]])
        return bars[np.argsort(bars["token"], kind="stable")]

    def _tokens_of(
        self, octets: NDArray[np.uint8], starts: NDArray[np.int64], sizes: NDArray[np.int64]
    ) -> NDArray[Any]:
        """Every token from here on in the batch, so that a batch makes us grow once."""
        out = np.empty(int(sizes.sum()) // 10 + 1, np.uint32)  # a packet is 2 bytes of length and 8 of LTP at least
        seen = kernels.tokens_of(octets, starts, sizes, self._packets, self._lengths, self._tally, out)
        return np.unique(out[:seen])

    def _join(self, met: NDArray[np.uint32]) -> None:
        """Room for the tokens we met and did not have; 0 is no token."""
        known = set(self._tokens)
        new = [t for t in met.tolist() if t and t not in known]
        self._tokens += new
        self._rows = np.concatenate([self._rows, np.zeros((len(new), ROW_WORDS), np.uint32)])
        self._kept = np.concatenate([self._kept, np.zeros(len(new), KEPT)])
        self._running = np.concatenate([self._running, np.zeros(len(new), ROLLED)])
        self._running["token"] = self._tokens
        self._table = tokens.table_of(self._tokens)
        self._shift = tokens.shift_of(self._table)
