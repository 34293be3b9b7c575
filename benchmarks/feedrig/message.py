"""A full-mode ticker message, encoded once and renewed in place: numbered, stamped, every packet with news.

The number, the sender and the stamp travel in fields of the first packet that nothing computes with.
"""

import struct
import time

import numpy as np
from numpy.typing import NDArray

from tarazu.model.instrument import SegmentByte, token_of
from tarazu.wire.kite_ticks import FULL_BYTES, TICK, Mode, encode

_FIRST = 4  # the first packet, after the message's count and its own length
_WORD = {name: _FIRST + 4 * n for n, name in enumerate((TICK.names or ())[:16])}
_NUMBER, _SENDER, _STAMP = _WORD["last_qty"], _WORD["buy_qty"], _WORD["oi_high"]
_STAMPED = struct.Struct(">Q")  # CLOCK_MONOTONIC ns in two words, `oi_high` and `oi_low`
_COUNTED = struct.Struct(">I")

# The fields that change, of each packet; strides over lengths and packets alike.
_NEWS = np.dtype(
    {
        "names": ["ltp", "volume", "exchange_ts", "bid_qty"],
        "formats": [">i4", ">u4", ">u4", ">u4"],
        "offsets": [_WORD["ltp"] - 2, _WORD["volume"] - 2, _WORD["exchange_ts"] - 2, 2 + 64],
        "itemsize": 2 + FULL_BYTES,
    }
)
LOT = 75


def tokens_of(count: int) -> list[int]:
    return [token_of(40_000 + i, SegmentByte.NFO) for i in range(count)]


class Message:
    """`wire` is a whole WebSocket frame, ready for the socket."""

    def __init__(self, tokens: list[int], sender: int) -> None:
        rng = np.random.default_rng(tokens[0])
        rows = np.frombuffer(rng.bytes(TICK.itemsize * len(tokens)), TICK).copy()
        rows["token"], rows["volume"], rows["close"] = tokens, 0, 10_000
        for side in ("bids", "asks"):
            rows[side]["qty"] &= 0xFFFF
        rows["bids"]["price"] = 10_000 - np.arange(5, 30, 5)
        rows["asks"]["price"] = 10_000 + np.arange(5, 30, 5)
        payload = encode(rows, Mode.FULL)
        head = websocket_head(0x2, len(payload))
        self.tokens = tokens
        self.wire = bytearray(head + payload)
        self._payload = memoryview(self.wire)[len(head) :]
        self._news: NDArray[np.void] = np.ndarray(len(tokens), _NEWS, self._payload, 2)
        _COUNTED.pack_into(self._payload, _SENDER, sender)

    @property
    def packets(self) -> int:
        return len(self.tokens)

    @property
    def volume(self) -> int:
        """What each of its instruments has traded as of this message."""
        return int(self._news["volume"][0])

    def renew(self, number: int, stamp_ns: int) -> None:
        """Make it message `number` of its sender: a trade and a moved book in every packet."""
        news = self._news
        news["volume"] = number * LOT
        news["ltp"] = 10_000 + number % 50
        news["bid_qty"] = 1 + number % 1_000
        news["exchange_ts"] = int(time.time())
        _COUNTED.pack_into(self._payload, _NUMBER, number)
        self.stamp(stamp_ns)

    def stamp(self, stamp_ns: int) -> None:
        _STAMPED.pack_into(self._payload, _STAMP, stamp_ns)


def stamp_ns(payload: memoryview) -> int:
    return int(_STAMPED.unpack_from(payload, _STAMP)[0])


def number(payload: memoryview) -> int:
    return int(_COUNTED.unpack_from(payload, _NUMBER)[0])


def sender(payload: memoryview) -> int:
    return int(_COUNTED.unpack_from(payload, _SENDER)[0])


def websocket_head(opcode: int, size: int) -> bytes:
    """The head of a server's whole frame (RFC 6455, 5.2)."""
    if size < 126:
        return bytes([0x80 | opcode, size])
    if size < 1 << 16:
        return struct.pack(">BBH", 0x80 | opcode, 126, size)
    return struct.pack(">BBQ", 0x80 | opcode, 127, size)
