"""The loops over a lot of frames, compiled: a segment's headers side by side, and the packets of its frames.

Numba keeps a caller's compiled code when a callee in another file changes: after an edit to `tick_kernels`, delete
`__pycache__`.
"""

# numba infers the types from the signatures.
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

from numba import int64, njit, types, uint8, uint16, uint32

from tarazu.runtime.segment import FRAME_HEADER_BYTES, SEGMENT_HEADER_BYTES, Kind
from tarazu.wire import tick_kernels

# The columns of `headers_of`: where the frame begins and ends, its CRC-32C, sequence, stamps, connection, kind.
FROM, END, CRC, SEQUENCE, WALL_NS, MONO_NS, CONNECTION, KIND = range(8)
COLUMNS = 8

_FRAME, _SEGMENT, _SEAL = FRAME_HEADER_BYTES, SEGMENT_HEADER_BYTES, int(Kind.SEAL)
_WORDS = types.Array(uint32, 1, "C", readonly=True)
_LONGS = types.Array(int64, 1, "C", readonly=True)
_INTS = types.Array(int64, 1, "C", readonly=True)


@njit(types.UniTuple(int64, 2)(_WORDS, _LONGS, int64[:, ::1]), cache=True, nogil=True)
def headers_of(words, longs, found):
    """`runtime.segment.FRAME` of every frame from the first to the seal, which is among them, or to where no frame
    begins; how many, and where that is. Checksums are not looked at. `words`, `longs`: the segment, twice."""
    size, at, count = int64(8 * len(longs)), int64(_SEGMENT), int64(0)
    while at + _FRAME <= size and count < len(found):
        length = int64(words[at // 4])
        if length < _FRAME or at + length > size:
            break
        last = words[at // 4 + 8]
        found[count, FROM], found[count, END], found[count, CRC] = at, at + length, words[at // 4 + 1]
        found[count, SEQUENCE] = longs[at // 8 + 1]
        found[count, WALL_NS], found[count, MONO_NS] = longs[at // 8 + 2], longs[at // 8 + 3]
        found[count, CONNECTION], found[count, KIND] = last & 0xFFFF, (last >> 16) & 0xFF
        count += 1
        if found[count - 1, KIND] == _SEAL:
            break
        at += (length + 7) & ~7
    return count, at


@njit(
    types.UniTuple(int64, 2)(
        types.Array(uint8, 1, "C", readonly=True), _INTS, _INTS, uint32[:, ::1], uint16[::1], int64[::1], int64[::1]
    ),
    cache=True,
    nogil=True,
)
def rows_of(octets, starts, sizes, rows, lengths, counts, tally):
    """The valid packets of these ticker frames, one behind the other, into `rows` and `lengths`, where there is room
    for all that they declare; `counts`, of each frame. How many, and how many frames were not read to their end."""
    valid = broken = int64(0)
    for f in range(len(starts)):
        frame = octets[starts[f] : starts[f] + sizes[f]]
        counts[f] = tick_kernels.decode_frame(frame, rows[valid:], lengths[valid:], tally)
        valid += counts[f]
        whole = tally[tick_kernels.DECLARED] == tally[tick_kernels.VALID] and tally[tick_kernels.TRAILING] == 0
        broken += not (whole or sizes[f] < 2)
    return valid, broken
