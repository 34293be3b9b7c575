"""The pass over a decoded frame: every packet into its instrument's row, slot and bars, under one seqlock.

Numba keeps a caller's compiled code when a callee in another file changes: after an edit to `features`, `bars` or
`tokens`, delete `__pycache__`.
"""

# numba infers the types from the signatures, and passes an intrinsic's first argument itself.
# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg, assignment"

import math

from llvmlite import ir  # type: ignore[import-untyped]
from numba import boolean, float64, int32, int64, njit, types, uint8, uint16, uint32, uint64, void
from numba.extending import intrinsic

from tarazu.market import slots
from tarazu.market.bars import BARS_T, CLOSINGS_T, close_due, enter_bars
from tarazu.market.features import SLOT_T, WORD, book_features, trade_features, volatility
from tarazu.market.slots import PACKET_WORDS
from tarazu.market.tokens import find
from tarazu.model.ist import IST_OFFSET_NS
from tarazu.model.kernel_options import UNCOUNTED
from tarazu.model.units import DAY_NS, SECOND_NS

# Packet lengths, Kite v3 "Quote packet structure" and "Index packet structure": what a packet carries.
LTP_BYTES, INDEX_QUOTE_BYTES, INDEX_FULL_BYTES, QUOTE_BYTES, FULL_BYTES = 8, 28, 32, 44, 184
# What `_take` answers instead of a quantity.
REPETITION, NO_VOLUME = -1, -2
# What a pass derives from a packet beyond its row and the clocks: market.state.Derive.
BOOK, TRADES, VOLATILITY, BARS = 1, 2, 4, 8

_QUOTE_WORDS = QUOTE_BYTES // 4
_TOKEN, _LTP, _VOLUME, _OI, _EXCHANGE_TS = WORD["token"], WORD["ltp"], WORD["volume"], WORD["oi"], WORD["exchange_ts"]
_OPEN, _CLOSE = WORD["open"], WORD["close"]

_VERSION, _FRAMES, _PACKETS, _UNKNOWN = slots.VERSION, slots.FRAMES, slots.PACKETS, slots.UNKNOWN
_REGRESSED, _REPEATED, _AHEAD, _RECV_NS = slots.REGRESSED, slots.REPEATED, slots.AHEAD, slots.RECV_NS

_ROW_BYTES, _SLOT_BYTES = slots.PACKET.itemsize, slots.SLOT.itemsize
_BARS_BYTES = 2 * len(slots.WIDTHS_NS) * slots.BAR.itemsize
_LOOKAHEAD, _LINE = 8, 64
_CACHED_SLOTS = 1_000
"""So many slots are in the cache anyway, at 0.6 kB each: asking for them costs more than it saves."""

_HEADER = int64[::1]
_ROWS = uint32[:, ::1]
_ROWS_IN = types.Array(uint32, 2, "C", readonly=True)
_SLOTS = SLOT_T[::1]
_BYTES = types.Array(uint16, 1, "C", readonly=True)
_RAW = types.Array(uint8, 1, "C", readonly=True)
_PLACES = types.Array(int64, 1, "C", readonly=True)
_TABLE = types.Array(uint64, 1, "C", readonly=True)


@intrinsic
def _fence(typingctx):
    """No store or load moves across, neither by the compiler nor by the processor."""

    def codegen(context, builder, signature, args):
        builder.fence("seq_cst")
        return context.get_dummy_value()

    return void(), codegen


@intrinsic
def _prefetch(typingctx, array, at):
    """Ask for the cache line at byte `at` of the array's memory, to be written soon. Touches nothing."""

    def codegen(context, builder, signature, args):
        base = context.make_array(signature.args[0])(context, builder, args[0]).data
        i32, pointer = ir.IntType(32), ir.IntType(8).as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [pointer, i32, i32, i32])
        ask = builder.module.declare_intrinsic("llvm.prefetch", [pointer], kind)
        builder.call(ask, [builder.gep(builder.bitcast(base, pointer), [args[1]]), i32(1), i32(3), i32(1)])
        return context.get_dummy_value()

    return void(array, int64), codegen


@intrinsic
def _big_endian(typingctx, data, at):
    """The big-endian word at byte `at` of `data`, unaligned and unchecked."""

    def codegen(context, builder, signature, args):
        base = context.make_array(signature.args[0])(context, builder, args[0]).data
        place = builder.bitcast(builder.gep(base, [args[1]]), ir.IntType(32).as_pointer())
        return builder.bswap(builder.load(place, align=1))

    return uint32(data, int64), codegen


@njit(cache=True, inline="always", **UNCOUNTED)
def _begin_of(raw, places, i):
    """The byte of `raw` at which packet `i` begins."""
    if raw is None:
        return int64(0)
    return places[i]


@njit(cache=True, inline="always", **UNCOUNTED)
def _word(packets, i, raw, at, length, w):
    """Word `w` of packet `i`, which begins at `at` in `raw`."""
    if raw is None:  # apart: this is decided when it is compiled
        return packets[i, w]
    return _big_endian(raw, at + 4 * w) if length == FULL_BYTES else packets[i, w]


@njit(boolean(int64, int64), cache=True, inline="always", **UNCOUNTED)
def _carries(length, word):
    """Whether a packet of `length` bytes brings this word of the row."""
    if length == FULL_BYTES:
        return True
    if length == QUOTE_BYTES:
        return word < _QUOTE_WORDS
    if word <= _LTP:
        return True
    if length == LTP_BYTES:
        return False
    return _OPEN <= word <= _CLOSE or (length == INDEX_FULL_BYTES and word == _EXCHANGE_TS)


@njit(boolean(int64), cache=True, inline="always", **UNCOUNTED)
def _has_volume(length):
    return length in (FULL_BYTES, QUOTE_BYTES)


@njit(cache=True, inline="always", **UNCOUNTED)
def _merge(packets, i, raw, at, length, rows, n):
    """What packet `i` carries into row `n`; False when the row had it all."""
    if length == FULL_BYTES:
        unlike = uint32(0)  # all words, so that the compiler takes many at a time
        for w in range(PACKET_WORDS):
            word = _big_endian(raw, at + 4 * w) if raw is not None else packets[i, w]
            unlike |= word ^ rows[n, w]
            rows[n, w] = word
        return unlike != 0
    differs = False
    for w in range(_EXCHANGE_TS + 1):
        if _carries(length, w) and packets[i, w] != rows[n, w]:
            rows[n, w] = packets[i, w]
            differs = True
    return differs


@njit(void(SLOT_T, int64, boolean), cache=True, **UNCOUNTED)
def _begin_day(slot, day, counted):
    """The day's counters start again; `counted`: whatever the new day's cumulative volume is, it is the new day's."""
    slot.day = day
    slot.traded = slot.turnover = slot.price_ns = 0
    slot.variance = slot.weight = 0.0
    slot.vwap = slot.sigma = math.nan
    slot.counted = 1 if counted else 0


@njit(cache=True, inline="always", **UNCOUNTED)
def _take(packets, i, raw, at, length, stamp_s, day, recv_ns, tau_s, rows, n, slot, derive, shares):
    """Packet `i`, which is not older than row `n`: row and slot move on.

    Returns how much traded since, or REPETITION, or NO_VOLUME when the packet carries none.
    """
    now_ns = max(recv_ns, slot.recv_ns)
    before, volume = int64(int32(rows[n, _LTP])), int64(rows[n, _VOLUME])
    differs = _merge(packets, i, raw, at, length, rows, n)
    slot.recv_ns = now_ns
    if length == FULL_BYTES:
        slot.book_ns = now_ns
    if not differs and slot.packets > 0:
        return REPETITION
    if slot.packets == 0:
        _begin_day(slot, day, False)
    elif day > slot.day:
        _begin_day(slot, day, stamp_s > 0)
        volume = 0
    slot.packets += 1
    slot.changed_ns = now_ns
    slot.stamp_s = max(slot.stamp_s, stamp_s)
    qty = int64(NO_VOLUME)
    if _has_volume(length):
        qty = int64(rows[n, _VOLUME]) - volume if slot.counted else 0
        slot.counted = 1
    ltp = int64(int32(rows[n, _LTP]))
    if ltp > 0:
        if qty > 0 and derive & TRADES:
            trade_features(slot, ltp, qty)
        if derive & VOLATILITY:
            volatility(slot, before, ltp, now_ns, tau_s, shares)
    else:
        slot.price_ns = 0
    if length == FULL_BYTES and derive & BOOK:
        book_features(rows, n, slot)
    return qty


@njit(void(int64, _ROWS, _SLOTS, BARS_T), cache=True, **UNCOUNTED)
def _fetch(n, rows, slots, bars):
    """Have the memory of slot `n` on its way to the cache: the pass is bound by waiting for it."""
    if n >= 0:
        for at in range(0, _ROW_BYTES, _LINE):
            _prefetch(rows, n * _ROW_BYTES + at)
        for at in range(0, _SLOT_BYTES, _LINE):
            _prefetch(slots, n * _SLOT_BYTES + at)
        for at in range(0, _BARS_BYTES // 2, _LINE):
            _prefetch(bars, n * _BARS_BYTES + at)


@njit(boolean(int64, int64, int64, int64, _ROWS, int64, SLOT_T), cache=True, inline="always", **UNCOUNTED)
def _older(length, volume, stamp_s, day, rows, n, slot):
    """Whether a packet is from before what row `n` shows."""
    if stamp_s > 0 and stamp_s < slot.stamp_s:
        return True
    same_day = slot.counted and day <= slot.day
    return same_day and _has_volume(length) and volume < rows[n, _VOLUME]


def _signature(raw, places):
    return types.UniTuple(int64, 2)(
        _HEADER, _TABLE, int64, _ROWS_IN, raw, places, _BYTES, int64, int64, float64, int64,
        _ROWS, _SLOTS, BARS_T, int64[::1], int64[::1], CLOSINGS_T, int64, float64[::1],
    )  # fmt: skip


@njit([_signature(types.none, types.none), _signature(_RAW, _PLACES)], cache=True, **UNCOUNTED)
def update(
    header, table, shift, packets, raw, places, lengths, count, recv_ns, tau_s, ahead_ns, rows, slots, bars, found,
    changed, closings, derive, shares,
):  # fmt: skip
    """The frame's packets into the state; how many slots changed (into `changed`) and bars completed (`closings`).

    With `raw`, the frame's bytes, its full packets are read from there, each at its place, and only the others are in
    `packets` (`wire.tick_kernels.find_packets`); with None all are. Both are compiled, each for itself.
    """
    header[_VERSION] += 1
    _fence()
    header[_FRAMES] += 1
    header[_RECV_NS] = recv_ns
    frame = header[_FRAMES]
    for i in range(count):
        found[i] = find(table, shift, _word(packets, i, raw, _begin_of(raw, places, i), int64(lengths[i]), _TOKEN))
    changes = closed = int64(0)
    is_large = len(rows) > _CACHED_SLOTS
    for i in range(count):
        if is_large and i + _LOOKAHEAD < count:
            _fetch(found[i + _LOOKAHEAD], rows, slots, bars)
        n, length, at = found[i], int64(lengths[i]), _begin_of(raw, places, i)
        if n < 0:
            header[_UNKNOWN] += 1
            continue
        slot = slots[n]
        stamp_s = int64(0)
        if _carries(length, _EXCHANGE_TS):
            stamp_s = int64(_word(packets, i, raw, at, length, _EXCHANGE_TS))
        if stamp_s * SECOND_NS > recv_ns + ahead_ns:
            header[_AHEAD] += 1
            stamp_s = 0
        told_ns = stamp_s * SECOND_NS if stamp_s > 0 else max(recv_ns, slot.recv_ns)
        day = (told_ns + IST_OFFSET_NS) // DAY_NS
        volume = _word(packets, i, raw, at, length, _VOLUME)
        if _older(length, volume, stamp_s, day, rows, n, slot):
            slot.regressed += 1
            header[_REGRESSED] += 1
            continue
        qty = _take(packets, i, raw, at, length, stamp_s, day, recv_ns, tau_s, rows, n, slot, derive, shares)
        if qty == REPETITION:
            header[_REPEATED] += 1
            continue
        header[_PACKETS] += 1
        if derive & BARS:
            ltp = int32(rows[n, _LTP])
            is_print = ltp > 0 and qty != 0
            closed = enter_bars(bars, n, slot.recv_ns, ltp, max(qty, 0), rows[n, _OI], is_print, closings, closed)
        if slot.frame != frame:
            slot.frame = frame
            changed[changes] = n
            changes += 1
    _fence()
    header[_VERSION] += 1
    return changes, closed


@njit(int64(_HEADER, BARS_T, int64, CLOSINGS_T), cache=True, **UNCOUNTED)
def close_bars(header, bars, now_ns, closings):
    """`close_due` under the seqlock."""
    header[_VERSION] += 1
    _fence()
    closed = close_due(bars, now_ns, closings)
    _fence()
    header[_VERSION] += 1
    return closed


_HEADER_IN = types.Array(int64, 1, "C", readonly=True)


@njit(int64(_HEADER_IN), cache=True, **UNCOUNTED)
def begin_read(header):
    """The version to compare with `end_read`; odd while a pass is writing."""
    version = header[_VERSION]
    _fence()
    return version


@njit(int64(_HEADER_IN), cache=True, **UNCOUNTED)
def end_read(header):
    _fence()
    return header[_VERSION]
