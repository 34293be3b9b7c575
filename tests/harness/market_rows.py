"""Decoded packets made from words, for the tests of this room."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tarazu.market.state import MarketState
from tarazu.wire.kite_ticks import DEPTH_LEVELS, TICK

CARRIED = {
    8: ("ltp",),
    28: ("ltp", "open", "high", "low", "close"),
    32: ("ltp", "open", "high", "low", "close", "exchange_ts"),
    44: ("ltp", "last_qty", "avg_price", "volume", "buy_qty", "sell_qty", "open", "high", "low", "close"),
    184: tuple(name for name in TICK.names or () if name != "token"),
}


def row(token: int, packet_bytes: int = 184, **fields: Any) -> NDArray[Any]:
    """One TICK row; `bids` and `asks` are lists of (price, qty). What the packet cannot carry is refused."""
    one = np.zeros(1, TICK)
    one["token"] = token
    for name, value in fields.items():
        assert name in CARRIED[packet_bytes], f"a packet of {packet_bytes} bytes carries no {name}"
        if name in ("bids", "asks"):
            assert len(value) <= DEPTH_LEVELS
            for level, (price, qty) in enumerate(value):
                one[name][0, level]["price"], one[name][0, level]["qty"] = price, qty
        else:
            one[name] = value
    return one


def state_of(*tokens: int, **options: Any) -> MarketState:
    return MarketState(bytearray(MarketState.layout(len(tokens))), tokens, **options)


def feed(state: MarketState, recv_ns: int, *rows: NDArray[Any], packet_bytes: int | list[int] = 184) -> list[int]:
    """One frame; the slots that changed."""
    lengths = np.array(packet_bytes if isinstance(packet_bytes, list) else [packet_bytes] * len(rows), np.uint16)
    return state.update(np.concatenate(rows), lengths, len(rows), recv_ns).tolist()
