"""Kite's ticker frames as arrays.

A frame is `u16 count`, then `count` times `u16 length, packet`, all big-endian (Kite v3 "WebSocket streaming").
A full packet is 46 words of 32 bits, so one byte swap per word makes a native row: `TICK` is that row.
"""

import numpy as np

# Kite v3 "Quote packet structure"; index packets have their own order of high, low, open, close.
LTP_BYTES = 8
INDEX_QUOTE_BYTES = 28
INDEX_FULL_BYTES = 32
QUOTE_BYTES = 44
FULL_BYTES = 184

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
assert TICK.itemsize == FULL_BYTES
