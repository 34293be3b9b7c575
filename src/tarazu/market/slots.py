"""The shape of the market state: what is kept of one instrument, and where it lies in a buffer.

Everything is plain integers and floats at fixed offsets, so that the state can live in memory that other processes map.
Prices are the wire's integers (paise for NSE, BSE, NFO, BFO: see model.instrument.price_divisor), features float64 in
the same unit; NaN where a feature is not known.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tarazu.model.units import MINUTE_NS, SECOND_NS

LEVEL = np.dtype([("qty", "<i4"), ("price", "<i4"), ("pad", "<u2"), ("orders", "<u2")])

# A decoded packet, as `wire` decodes it: rooms beside each other share no code, and a test holds the two equal.
PACKET = np.dtype(
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
        ("bids", LEVEL, (5,)),
        ("asks", LEVEL, (5,)),
    ]
)
PACKET_WORDS = PACKET.itemsize // 4

# What we know of an instrument beyond its last packet.
SLOT = np.dtype(
    [
        ("recv_ns", "<i8"),  # the data clock: when the last packet that was not older than the state was received
        ("changed_ns", "<i8"),  # when a packet last differed from the one before: a frozen book stops this clock alone
        ("book_ns", "<i8"),  # when a packet last carried the five levels
        ("price_ns", "<i8"),  # until when `variance` counts; 0 without a price
        ("stamp_s", "<i8"),  # the newest exchange time believed, seconds
        ("day", "<i8"),  # IST day the counters below belong to, days since the epoch
        ("frame", "<i8"),  # the last pass that changed it
        ("packets", "<i8"),  # packets applied
        ("regressed", "<i8"),  # packets refused as older than the state
        ("counted", "<i8"),  # 1 once the day's cumulative volume has a base to subtract
        ("traded", "<i8"),  # units seen trading today
        ("turnover", "<i8"),  # price times units seen trading today
        ("mid", "<f8"),
        ("spread", "<f8"),
        ("microprice", "<f8"),
        ("imbalance", "<f8"),
        ("vwap", "<f8"),  # of what we saw trade today; the exchange's own is avg_price
        ("variance", "<f8"),  # EWMA of squared log returns a second, not yet divided by `weight`
        ("weight", "<f8"),  # how much of the EWMA's memory is filled, 0 to 1
        ("sigma", "<f8"),  # realised volatility, annualised over trading seconds
    ]
)
FEATURES = tuple(name for name in SLOT.names or () if SLOT[name] == np.dtype("<f8"))

WIDTHS_NS = (SECOND_NS, MINUTE_NS, 5 * MINUTE_NS)
"""Bar widths; all divide the hour, so bars begin on IST's seconds and minutes too."""

# A bar is of the packets received in [start_ns, start_ns + width). `open` is 0 where packets came but nothing traded.
BAR = np.dtype(
    [
        ("start_ns", "<i8"),
        ("volume", "<i8"),
        ("open", "<i4"),
        ("high", "<i4"),
        ("low", "<i4"),
        ("close", "<i4"),
        ("oi", "<u4"),
        ("ticks", "<u4"),
    ]
)
RUNNING, COMPLETE = 0, 1
"""The two bars kept of each width: which half of a slot's bars."""

# A bar that a pass completed.
CLOSING = np.dtype([("slot", "<i4"), ("width", "<i4"), *((name, BAR[name]) for name in BAR.names or ())])

# The header's words: what this is, the seqlock, and counters since the state began.
MAGIC, LAYOUT, SIZE, VERSION, FRAMES, PACKETS, UNKNOWN, REGRESSED, REPEATED, AHEAD, RECV_NS = range(11)
HEADER_WORDS = 16
MAGIC_WORD = int.from_bytes(b"tarazuMS", "little")
LAYOUT_WORD = 1


class Parts(NamedTuple):
    """The arrays of a state, all views of one buffer; `words` is `rows` again, as the kernels take it."""

    raw: NDArray[np.uint8]
    """All of it."""
    header: NDArray[np.int64]
    rows: NDArray[Any]
    words: NDArray[np.uint32]
    slots: NDArray[Any]
    bars: NDArray[Any]
    """Shape (n, 2, len(WIDTHS_NS)): the RUNNING bars, and the last COMPLETE ones."""


def nbytes(n: int) -> int:
    """Bytes that a state of `n` instruments takes."""
    return 8 * HEADER_WORDS + n * (PACKET.itemsize + SLOT.itemsize + BAR.itemsize * len(WIDTHS_NS) * 2)


def parts(buffer: Any, n: int) -> Parts:
    """The arrays of a state of `n` instruments in `buffer`; writable if it is. ValueError when it is too small."""
    raw = np.frombuffer(buffer, np.uint8)
    if raw.size < nbytes(n):
        raise ValueError(f"{raw.size} bytes hold no state of {n} instruments: it takes {nbytes(n)}")
    at = 8 * HEADER_WORDS
    header = raw[:at].view(np.int64)
    rows, at = raw[at : at + n * PACKET.itemsize].view(PACKET), at + n * PACKET.itemsize
    slots, at = raw[at : at + n * SLOT.itemsize].view(SLOT), at + n * SLOT.itemsize
    bars = raw[at : nbytes(n)].view(BAR).reshape(n, 2, len(WIDTHS_NS))
    return Parts(raw[: nbytes(n)], header, rows, rows.view(np.uint32).reshape(n, PACKET_WORDS), slots, bars)
