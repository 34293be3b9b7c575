"""A batch of ticker frames into bars, in one pass: decode, judge each packet as the market state does, gather.

The rules are those of `market.state` (older, repeated, traded since) and `market.bars`, without what no bar needs (the
volatility alone costs as much as all of this); a test holds the two equal over frames of every kind. Numba keeps a
caller's compiled code when a callee in another file changes: after an edit to `tick_kernels`, delete `__pycache__`.
"""

# numba infers the types from the signatures.
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

import numpy as np
from numba import boolean, from_dtype, int32, int64, njit, types, uint8, uint16, uint32, uint64, void

from tarazu.market.slots import BAR, LEVEL, PACKET, PACKET_WORDS
from tarazu.market.tokens import find
from tarazu.model.ist import IST_OFFSET_NS
from tarazu.model.units import DAY_NS, SECOND_NS
from tarazu.wire.tick_kernels import FULL_BYTES, INDEX_FULL_BYTES, LTP_BYTES, QUOTE_BYTES, QUOTE_WORDS, decode_frame

ROLLED = np.dtype(
    [
        ("token", "<i8"),
        *((name, BAR[name]) for name in BAR.names or ()),
        ("turnover", "<i8"),  # price times units traded; over `volume` it is the bar's VWAP
        ("spread", "<f8"),  # sum over the `spreads` packets that brought a book with two sides
        ("imbalance", "<f8"),  # sum over the `books` packets that brought a book with any quantity
        ("spreads", "<i8"),
        ("books", "<i8"),
    ]
)
"""A bar, BAR's fields and what was seen while it ran."""
KEPT = np.dtype(
    [
        ("recv_ns", "<i8"),  # of the last packet not refused: time does not go back
        ("stamp_s", "<i8"),  # the newest exchange time believed
        ("day", "<i8"),  # IST day of the cumulative volume
        ("known", "<i8"),  # a packet came
        ("counted", "<i8"),  # the cumulative volume has a base to subtract
    ]
)
"""What is kept of an instrument besides its merged row and its running bar."""
# Why `roll` came back.
DONE, STRANGER, NO_ROOM = 0, 1, 2

_REPETITION, _NO_VOLUME = -1, -2
_WORD = {name: PACKET.fields[name][1] // 4 for name in PACKET.names or () if PACKET.fields}
_TOKEN, _LTP, _VOLUME, _OI, _STAMP = (_WORD[name] for name in ("token", "ltp", "volume", "oi", "exchange_ts"))
_OPEN, _CLOSE, _BIDS, _ASKS = _WORD["open"], _WORD["close"], _WORD["bids"], _WORD["asks"]
_LEVEL_WORDS, _LEVELS = LEVEL.itemsize // 4, 5

_ROLLED_T, _KEPT_T = from_dtype(ROLLED), from_dtype(KEPT)
_ROWS = uint32[:, ::1]
_OCTETS = types.Array(uint8, 1, "C", readonly=True)
_INTS = types.Array(int64, 1, "C", readonly=True)
_TABLE = types.Array(uint64, 1, "C", readonly=True)


@njit(boolean(int64, int64), cache=True, inline="always")
def _carries(length, word):
    """Whether a packet that is not full brings this word of the row."""
    if length == QUOTE_BYTES:
        return word < QUOTE_WORDS
    if word <= _LTP:
        return True
    if length == LTP_BYTES:
        return False
    return _OPEN <= word <= _CLOSE or (length == INDEX_FULL_BYTES and word == _STAMP)


@njit(boolean(_ROWS, int64, int64, _ROWS, int64), cache=True, inline="always")
def _merge(packets, i, length, rows, n):
    """What packet `i` carries into row `n`; False when the row had it all."""
    differs = False
    if length == FULL_BYTES:
        for w in range(PACKET_WORDS):
            differs |= packets[i, w] != rows[n, w]
            rows[n, w] = packets[i, w]
        return differs
    for w in range(_STAMP + 1):
        if _carries(length, w) and packets[i, w] != rows[n, w]:
            rows[n, w] = packets[i, w]
            differs = True
    return differs


@njit(int64(_ROWS, int64, int64, int64, int64, _ROWS, int64, _KEPT_T), cache=True, inline="always")
def _traded(packets, i, length, recv_ns, ahead_ns, rows, n, kept):
    """Packet `i` into row `n`: the units traded since, _NO_VOLUME where it carries none, _REPETITION where it does
    not count: it tells nothing new, or is older than the row."""
    full, has_volume = length == FULL_BYTES, length in (FULL_BYTES, QUOTE_BYTES)
    stamp_s = int64(packets[i, _STAMP]) if full or length == INDEX_FULL_BYTES else int64(0)
    if stamp_s * SECOND_NS > recv_ns + ahead_ns:
        stamp_s = 0
    now_ns = max(recv_ns, kept.recv_ns)
    day = ((stamp_s * SECOND_NS if stamp_s > 0 else now_ns) + IST_OFFSET_NS) // DAY_NS
    before = int64(rows[n, _VOLUME])
    if stamp_s > 0 and stamp_s < kept.stamp_s:
        return _REPETITION
    if kept.counted and day <= kept.day and has_volume and int64(packets[i, _VOLUME]) < before:
        return _REPETITION
    kept.recv_ns = now_ns
    if not _merge(packets, i, length, rows, n) and kept.known:
        return _REPETITION
    if not kept.known:
        kept.day = day
    elif day > kept.day:
        kept.day, before = day, 0
        kept.counted = 1 if stamp_s > 0 else 0
    kept.known = 1
    kept.stamp_s = max(kept.stamp_s, stamp_s)
    if not has_volume:
        return _NO_VOLUME
    qty = int64(rows[n, _VOLUME]) - before if kept.counted else 0
    kept.counted = 1
    return qty


@njit(void(_ROLLED_T, int64, int64), cache=True, inline="always")
def _begin(bar, now_ns, span_ns):
    bar.start_ns = now_ns - now_ns % span_ns
    bar.ticks = 0
    bar.volume = bar.turnover = bar.spreads = bar.books = 0
    bar.open = bar.high = bar.low = bar.close = 0
    bar.spread = bar.imbalance = 0.0


@njit(void(_ROLLED_T, int32, int64, uint32), cache=True, inline="always")
def _enter(bar, ltp, qty, oi):
    """One packet that counts into the running bar; see `market.bars`."""
    bar.ticks += uint32(1)
    bar.volume += max(qty, 0)
    bar.oi = oi
    if ltp > 0 and qty != 0:
        if bar.open == 0:
            bar.open = bar.high = bar.low = ltp
        bar.high, bar.low, bar.close = max(bar.high, ltp), min(bar.low, ltp), ltp
        bar.turnover += int64(ltp) * max(qty, 0)


@njit(void(_ROLLED_T, _ROWS, int64), cache=True, inline="always")
def _look_at_book(bar, rows, n):
    """Spread and imbalance of the five levels, as `market.features` has them."""
    bid, ask = int32(rows[n, _BIDS + 1]), int32(rows[n, _ASKS + 1])
    if 0 < bid <= ask and int32(rows[n, _BIDS]) > 0 and int32(rows[n, _ASKS]) > 0:
        bar.spread += ask - bid
        bar.spreads += 1
    bids = asks = int64(0)
    for level in range(_LEVELS):
        bids += int32(rows[n, _BIDS + _LEVEL_WORDS * level])
        asks += int32(rows[n, _ASKS + _LEVEL_WORDS * level])
    if bids + asks > 0:
        bar.imbalance += (bids - asks) / (bids + asks)
        bar.books += 1


@njit(
    types.UniTuple(int64, 3)(
        _OCTETS, _INTS, _INTS, _INTS, int64, int64, int64, _TABLE, int64,
        _ROWS, uint16[::1], int64[::1], int64[::1], _ROWS, _KEPT_T[::1], _ROLLED_T[::1], _ROLLED_T[::1],
    ),
    cache=True,
    nogil=True,
)  # fmt: skip
def roll(
    octets, starts, sizes, walls, frame, span_ns, ahead_ns, table, shift,
    packets, lengths, tally, found, rows, kept, running, out,
):  # fmt: skip
    """The ticker frames from `frame` on; answers (the next frame, bars in `out`, why it stopped)."""
    emitted = int64(0)
    for f in range(frame, len(starts)):
        count = decode_frame(octets[starts[f] : starts[f] + sizes[f]], packets, lengths, tally)
        if emitted + count > len(out):
            return f, emitted, NO_ROOM
        for i in range(count):
            found[i] = find(table, shift, packets[i, _TOKEN])
            if found[i] < 0 and packets[i, _TOKEN] != 0:
                return f, emitted, STRANGER
        for i in range(count):
            n, length = found[i], int64(lengths[i])
            if n < 0:
                continue
            qty = _traded(packets, i, length, walls[f], ahead_ns, rows, n, kept[n])
            if qty == _REPETITION:
                continue
            bar, now_ns = running[n], kept[n].recv_ns
            if bar.ticks > 0 and now_ns >= bar.start_ns + span_ns:
                out[emitted] = bar
                emitted += 1
                _begin(bar, now_ns, span_ns)
            elif bar.ticks == 0:
                _begin(bar, now_ns, span_ns)
            _enter(bar, int32(rows[n, _LTP]), qty, rows[n, _OI])
            if length == FULL_BYTES:
                _look_at_book(bar, rows, n)
    return len(starts), emitted, DONE


@njit(int64(_OCTETS, _INTS, _INTS, _ROWS, uint16[::1], int64[::1], uint32[::1]), cache=True, nogil=True)
def tokens_of(octets, starts, sizes, packets, lengths, tally, out):
    """The token of every valid packet, in order, as far as `out` has room; returns how many."""
    seen = int64(0)
    for f in range(len(starts)):
        count = decode_frame(octets[starts[f] : starts[f] + sizes[f]], packets, lengths, tally)
        for i in range(min(count, len(out) - seen)):
            out[seen] = packets[i, _TOKEN]
            seen += 1
    return seen
