"""Kite's ticker frames as arrays.

A frame is `u16 count`, then `count` times `u16 length, packet`, all big-endian (Kite v3 "WebSocket streaming").
A full packet is 46 words of 32 bits, so one byte swap per word makes a native row: `TICK` is that row.
"""

from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tarazu.wire import tick_kernels as kernels
from tarazu.wire.tick_kernels import (
    FULL_BYTES,
    INDEX_FULL_BYTES,
    INDEX_QUOTE_BYTES,
    LTP_BYTES,
    PACKETS_MAX,
    QUOTE_BYTES,
    ROW_WORDS,
)

__all__ = [
    "DEPTH_LEVELS",
    "FULL_BYTES",
    "INDEX_FULL_BYTES",
    "INDEX_QUOTE_BYTES",
    "LEVEL",
    "LTP_BYTES",
    "MODE_OF_BYTES",
    "PACKETS_MAX",
    "QUOTE_BYTES",
    "TICK",
    "Mode",
    "TickFrame",
    "decode",
    "encode",
    "encode_selected",
    "frame_bytes_max",
]

DEPTH_LEVELS = 5

# After the byte swap the two 16-bit halves of the last word change places: padding first, then the order count.
LEVEL = np.dtype([("qty", "<i4"), ("price", "<i4"), ("pad", "<u2"), ("orders", "<u2")])

# One instrument as the ticker last showed it. Prices are the wire's integers (see model.instrument.price_divisor),
# quantities are units, times are whole seconds since the epoch. Fields a packet's mode does not carry are 0.
TICK = np.dtype(
    [
        ("token", "<u4"),
        ("ltp", "<i4"),
        ("last_qty", "<u4"),
        ("avg_price", "<i4"),
        ("volume", "<u4"),
        ("buy_qty", "<u4"),
        ("sell_qty", "<u4"),
        ("open", "<i4"),
        ("high", "<i4"),
        ("low", "<i4"),
        ("close", "<i4"),
        ("last_trade_ts", "<u4"),
        ("oi", "<u4"),
        ("oi_high", "<u4"),
        ("oi_low", "<u4"),
        ("exchange_ts", "<u4"),
        ("bids", LEVEL, (DEPTH_LEVELS,)),
        ("asks", LEVEL, (DEPTH_LEVELS,)),
    ]
)
assert TICK.itemsize == FULL_BYTES == 4 * ROW_WORDS


class Mode(IntEnum):
    """How much of an instrument a ticker sends; where modes are arrays, 0 is nothing."""

    LTP = kernels.LTP
    QUOTE = kernels.QUOTE
    FULL = kernels.FULL


# The mode a packet was sent in. The length alone decides, as in kiteconnect 5.2.2's _parse_binary.
MODE_OF_BYTES = {
    LTP_BYTES: Mode.LTP,
    INDEX_QUOTE_BYTES: Mode.QUOTE,
    QUOTE_BYTES: Mode.QUOTE,
    INDEX_FULL_BYTES: Mode.FULL,
    FULL_BYTES: Mode.FULL,
}


class TickFrame:
    """Room for one decoded frame, allocated once and overwritten by each `decode`.

    `rows[:count]` are the valid packets in the frame's order, `packet_bytes[:count]` their lengths (8, 28, 32, 44 or
    184); what lies beyond is left over from earlier frames. For every frame
    `declared == count + overflow + unknown_length + missing`.
    """

    __slots__ = ("_tally", "_words", "packet_bytes", "rows")

    def __init__(self, capacity: int = 3_000) -> None:
        """The default is a connection's limit of instruments; `PACKETS_MAX` holds any frame there can be."""
        self.rows: NDArray[Any] = np.zeros(capacity, TICK)
        self.packet_bytes: NDArray[np.uint16] = np.zeros(capacity, np.uint16)
        self._words = _words(self.rows)
        self._tally = np.zeros(kernels.TALLY_SLOTS, np.int64)

    @property
    def heartbeat(self) -> bool:
        """The frame was too short to count packets: Kite's one-byte sign of life."""
        return bool(self._tally[kernels.FRAME_BYTES] < 2)

    @property
    def declared(self) -> int:
        """Packets the frame said it had."""
        return int(self._tally[kernels.DECLARED])

    @property
    def count(self) -> int:
        """Valid packets in `rows`."""
        return int(self._tally[kernels.VALID])

    @property
    def overflow(self) -> int:
        """Valid packets that found no room in `rows` and were dropped."""
        return int(self._tally[kernels.OVERFLOW])

    @property
    def unknown_length(self) -> int:
        """Packets of a length Kite does not document, stepped over."""
        return int(self._tally[kernels.UNKNOWN_LENGTH])

    @property
    def missing(self) -> int:
        """Declared packets that the frame ended before, or in the middle of."""
        return int(self._tally[kernels.MISSING])

    @property
    def truncated(self) -> bool:
        return self.missing > 0

    @property
    def trailing_bytes(self) -> int:
        """Bytes after the last declared packet."""
        return int(self._tally[kernels.TRAILING])

    @property
    def clean(self) -> bool:
        """Nothing was dropped, unknown, missing or left over."""
        tally = self._tally  # asked of every frame, on the way in: `item` makes no array scalars
        return tally.item(kernels.DECLARED) == tally.item(kernels.VALID) and not tally.item(kernels.TRAILING)


def decode(frame: bytes | bytearray | memoryview | NDArray[np.uint8], out: TickFrame) -> int:
    """Decode `frame` into `out` in one pass and return the number of valid packets.

    Takes any bytes: what is wrong with a frame is counted in `out`, its valid packets are kept, nothing raises.
    An index packet's price change is not kept, being LTP minus close.
    """
    count: int = kernels.decode_frame(np.frombuffer(frame, np.uint8), out._words, out.packet_bytes, out._tally)
    return count


def encode(rows: NDArray[Any], modes: Mode | NDArray[np.uint8]) -> bytes:
    """One frame of all `rows` (TICK), in one mode or in one mode a row (0 leaves the row out).

    Indices (segment byte 9) get their own packets. Raises ValueError above `PACKETS_MAX` packets: split the rows.
    """
    if isinstance(modes, Mode):
        modes = np.full(len(rows), modes, np.uint8)
    out = np.empty(frame_bytes_max(len(rows)), np.uint8)
    return out[: encode_selected(rows, np.arange(len(rows)), modes, out)].tobytes()


def encode_selected(
    rows: NDArray[Any], indices: NDArray[np.int64], modes: NDArray[np.uint8], out: bytearray | NDArray[np.uint8]
) -> int:
    """A frame of `rows[indices]`, in this order, written to the front of `out`; returns its length in bytes.

    `modes` has a `Mode` for each of `rows`, not of `indices`; a row in mode 0 is left out, so a connection passes its
    subscriptions and the indices of all changed rows. 2 bytes are a frame without packets, which need not be sent.
    Room for `frame_bytes_max(len(indices))` always suffices. Raises IndexError for an index outside `rows` or a mode
    that is none, ValueError when `out` is too small or the frame would need more than `PACKETS_MAX` packets; `out` is
    then unusable.
    """
    length: int = kernels.encode_frame(_words(rows), indices, modes, np.frombuffer(out, np.uint8))
    if length >= 0:
        return length
    if length == kernels.BAD_INDEX:
        raise IndexError("an index lies outside the rows, or its mode is none of Mode")
    if length == kernels.NO_ROOM:
        raise ValueError(f"no room in {len(out)} bytes for a frame of {len(indices)} rows")
    raise ValueError(f"a frame holds {PACKETS_MAX} packets: send several")


def frame_bytes_max(packets: int) -> int:
    """The most bytes a frame of this many packets can have."""
    return 2 + packets * (2 + FULL_BYTES)


def _words(rows: NDArray[Any]) -> NDArray[np.uint32]:
    """The same memory as 46 words a row; contiguous, or NumPy raises ValueError."""
    assert rows.dtype == TICK, "rows are TICK records"
    return rows.view(np.uint32).reshape(-1, ROW_WORDS)
