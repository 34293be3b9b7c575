"""The loops under `kite_ticks`, compiled: one pass over a ticker frame each way.

A full packet is 46 words of 32 bits; swapping whole words with LLVM's own instruction lets the compiler vectorise,
which byte shifts do not (six times the packets, measured). `_load` and `_store` check nothing: every offset is checked
in the loops, before use.
"""

# numba infers the types from the signatures, and passes an intrinsic's first argument itself.
# mypy: disable-error-code="no-untyped-def, call-arg"

from llvmlite import ir  # type: ignore[import-untyped]
from numba import int64, njit, types, uint8, uint16, uint32, void
from numba.extending import intrinsic

from tarazu.model.instrument import SegmentByte
from tarazu.model.kernel_options import UNCOUNTED

# Words of a TICK row, which are those of a full packet; a quote packet is the first 11.
ROW_WORDS = 46
QUOTE_WORDS = 11
_TOKEN, _LTP, _OPEN, _HIGH, _LOW, _CLOSE, _EXCHANGE_TS = 0, 1, 7, 8, 9, 10, 15

# Packet lengths, Kite v3 "Quote packet structure" and "Index packet structure".
LTP_BYTES = 8
INDEX_QUOTE_BYTES = 28
INDEX_FULL_BYTES = 32
QUOTE_BYTES = 44
FULL_BYTES = 184
PACKETS_MAX = 65_535  # the frame counts its packets in 16 bits

# Modes as numbers; 0 is not subscribed.
LTP, QUOTE, FULL = 1, 2, 3

# What the decoder tells of a frame, by place in its tally.
FRAME_BYTES, DECLARED, VALID, OVERFLOW, UNKNOWN_LENGTH, MISSING, TRAILING = range(7)
TALLY_SLOTS = 7

# What the encoder answers instead of a length.
BAD_INDEX, NO_ROOM, TOO_MANY = -1, -2, -3

_INDICES = int(SegmentByte.INDICES)

_BYTES_IN = types.Array(uint8, 1, "C", readonly=True)
_BYTES_OUT = uint8[::1]
_ROWS_IN = types.Array(uint32, 2, "C", readonly=True)
_ROWS_OUT = uint32[:, ::1]
_INDICES_IN = types.Array(int64, 1, "C", readonly=True)


@intrinsic
def _load(typingctx, data, at):
    """The big-endian word at byte `at` of `data`, unaligned."""

    def codegen(context, builder, signature, args):
        base = context.make_array(signature.args[0])(context, builder, args[0]).data
        place = builder.bitcast(builder.gep(base, [args[1]]), ir.IntType(32).as_pointer())
        return builder.bswap(builder.load(place, align=1))

    return uint32(data, int64), codegen


@intrinsic
def _store(typingctx, data, at, word):
    """`word`, big-endian, to byte `at` of `data`, unaligned."""

    def codegen(context, builder, signature, args):
        base = context.make_array(signature.args[0])(context, builder, args[0]).data
        place = builder.bitcast(builder.gep(base, [args[1]]), ir.IntType(32).as_pointer())
        builder.store(builder.bswap(args[2]), place, align=1)
        return context.get_dummy_value()

    return void(data, int64, uint32), codegen


@njit(void(_BYTES_IN, int64, int64, uint32[::1]), cache=True, inline="always", **UNCOUNTED)
def _read_packet(frame, at, length, row):
    """The packet of a known `length` at byte `at`; fields it does not carry become 0."""
    if length == FULL_BYTES:
        for w in range(ROW_WORDS):
            row[w] = _load(frame, at + 4 * w)
        return
    row[:] = 0
    if length == QUOTE_BYTES:
        for w in range(QUOTE_WORDS):
            row[w] = _load(frame, at + 4 * w)
        return
    row[_TOKEN] = _load(frame, at)
    row[_LTP] = _load(frame, at + 4)
    if length == LTP_BYTES:
        return
    # An index: high, low, open, close, price change (dropped: it is LTP minus close), time of the exchange.
    row[_HIGH] = _load(frame, at + 8)
    row[_LOW] = _load(frame, at + 12)
    row[_OPEN] = _load(frame, at + 16)
    row[_CLOSE] = _load(frame, at + 20)
    if length == INDEX_FULL_BYTES:
        row[_EXCHANGE_TS] = _load(frame, at + 28)


@njit(cache=True, inline="always", **UNCOUNTED)
def _walk(frame, rows, places, lengths, tally):
    """`decode_frame` with `places` None, else `find_packets`."""
    size = frame.size
    declared = (int64(frame[0]) << 8) | int64(frame[1]) if size >= 2 else int64(0)
    valid = overflow = unknown = seen = int64(0)
    at = int64(2)
    while seen < declared and at + 2 <= size:
        length = (int64(frame[at]) << 8) | int64(frame[at + 1])
        if at + 2 + length > size:
            break
        at += 2
        if length not in (FULL_BYTES, QUOTE_BYTES, LTP_BYTES, INDEX_QUOTE_BYTES, INDEX_FULL_BYTES):
            unknown += 1
        elif valid == len(rows):
            overflow += 1
        else:
            if places is not None:
                places[valid] = at
            if places is None or length != FULL_BYTES:
                _read_packet(frame, at, length, rows[valid])
            lengths[valid] = length
            valid += 1
        at += length
        seen += 1
    tally[FRAME_BYTES] = size
    tally[DECLARED] = declared
    tally[VALID] = valid
    tally[OVERFLOW] = overflow
    tally[UNKNOWN_LENGTH] = unknown
    tally[MISSING] = declared - seen
    tally[TRAILING] = size - at if seen == declared and size >= 2 else 0
    return valid


@njit(int64(_BYTES_IN, _ROWS_OUT, uint16[::1], int64[::1]), cache=True, **UNCOUNTED)
def decode_frame(frame, rows, lengths, tally):
    """Valid packets into `rows` and their lengths into `lengths` (as many of both); the rest into `tally`."""
    return _walk(frame, rows, None, lengths, tally)


@njit(int64(_BYTES_IN, _ROWS_OUT, int64[::1], uint16[::1], int64[::1]), cache=True, **UNCOUNTED)
def find_packets(frame, rows, places, lengths, tally):
    """`decode_frame`, but that full packets, which are rows but for the order of their bytes, are left where they are:
    `places` has the byte at which each packet begins, and `rows` those that are not full."""
    return _walk(frame, rows, places, lengths, tally)


@njit(int64(uint32, int64), cache=True, inline="always", **UNCOUNTED)
def _packet_bytes(token, mode):
    if mode == LTP:
        return LTP_BYTES
    if token & 0xFF == _INDICES:
        return INDEX_FULL_BYTES if mode == FULL else INDEX_QUOTE_BYTES
    return FULL_BYTES if mode == FULL else QUOTE_BYTES


@njit(
    void(_BYTES_OUT, int64, int64, types.Array(uint32, 1, "C", readonly=True)), cache=True, inline="always", **UNCOUNTED
)
def _write_packet(out, at, length, row):
    if length == FULL_BYTES:
        for w in range(ROW_WORDS):
            _store(out, at + 4 * w, row[w])
        return
    if length == QUOTE_BYTES:
        for w in range(QUOTE_WORDS):
            _store(out, at + 4 * w, row[w])
        return
    _store(out, at, row[_TOKEN])
    _store(out, at + 4, row[_LTP])
    if length == LTP_BYTES:
        return
    _store(out, at + 8, row[_HIGH])
    _store(out, at + 12, row[_LOW])
    _store(out, at + 16, row[_OPEN])
    _store(out, at + 20, row[_CLOSE])
    _store(out, at + 24, uint32(row[_LTP] - row[_CLOSE]))
    if length == INDEX_FULL_BYTES:
        _store(out, at + 28, row[_EXCHANGE_TS])


@njit(int64(_ROWS_IN, _INDICES_IN, _BYTES_IN, _BYTES_OUT), cache=True, **UNCOUNTED)
def encode_frame(rows, indices, modes, out):
    """A frame of `rows[indices]`, each in `modes[index]`; mode 0 is left out. Its length, or what went wrong."""
    if out.size < 2:
        return NO_ROOM
    count = int64(0)
    at = int64(2)
    for i in range(len(indices)):
        index = indices[i]
        if index < 0 or index >= len(rows) or index >= len(modes) or modes[index] > FULL:
            return BAD_INDEX
        if modes[index] == 0:
            continue
        if count == PACKETS_MAX:
            return TOO_MANY
        length = _packet_bytes(rows[index, _TOKEN], int64(modes[index]))
        if at + 2 + length > out.size:
            return NO_ROOM
        out[at] = length >> 8
        out[at + 1] = length & 0xFF
        _write_packet(out, at + 2, length, rows[index])
        at += 2 + length
        count += 1
    out[0] = count >> 8
    out[1] = count & 0xFF
    return at
