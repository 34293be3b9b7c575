"""The pass over a lot of recorded frames: each decoded, taken into the state and shown to the programs, until somebody
wants to look. The kernels are those of `main`: this one only calls them, frame after frame, without Python between.

Numba keeps a caller's compiled code when a callee in another file changes: after an edit to a kernel, delete
`__pycache__`.
"""

# numba infers the types from the signatures.
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

from numba import from_dtype, int64, njit, types, uint8, uint16, uint32, uint64

from tarazu.market import state_kernels
from tarazu.market.slots import BAR, CLOSING, FRAMES, SLOT
from tarazu.model.kernel_options import UNCOUNTED
from tarazu.strategy.compiled import ask
from tarazu.wire import tick_kernels

# The columns of a lot's index: where the payload lies in `data`, its length, when it was received.
AT, SIZE, RECV_NS = range(3)
HEARTBEAT_BYTES_MAX = 1
"""Kite v3: a binary message too short to count packets is a sign of life and no data."""
# Why the pass ended.
THROUGH, DUE, LOOK = range(3)

_VALID, _DECLARED, _TRAILING = tick_kernels.VALID, tick_kernels.DECLARED, tick_kernels.TRAILING

_SIGNATURE = types.UniTuple(int64, 4)(
    types.Array(uint8, 1, "C", readonly=True), types.Array(int64, 2, "C", readonly=True), int64, int64, int64,
    uint32[:, ::1], int64[::1], uint16[::1], int64[::1],
    int64[::1], types.Array(uint64, 1, "C", readonly=True), int64, types.float64, int64, uint32[:, ::1],
    from_dtype(SLOT)[::1], from_dtype(BAR)[:, :, ::1], int64[::1], int64[::1], from_dtype(CLOSING)[::1], int64,
    types.float64[::1],
    types.Array(int64, 2, "C", readonly=True), uint8[::1], types.Array(uint8, 1, "C", readonly=True), int64,
)  # fmt: skip


@njit(_SIGNATURE, cache=True, **UNCOUNTED)
def pass_frames(
    data, index, first, end, until_ns,
    packets, places, lengths, tally,
    header, table, shift, tau_s, ahead_ns, rows, slots, bars, found, changed, closings, derive, shares,
    programs, woken, looked_at, looks,
):  # fmt: skip
    """Frames `first` to `end` of the lot, up to the first received after `until_ns`, or with the first that somebody
    looks at: a program that was woken, a changed slot that is `looked_at`; with `looks` 0 nobody does but the programs,
    with 1 by slot, with 2 at every frame.

    Returns the next frame, why it ended, how many packets there were and in how many frames the decoder found fault.
    """
    taken = damaged = int64(0)
    for i in range(first, end):
        if index[i, RECV_NS] > until_ns:
            return i, DUE, taken, damaged
        at, recv_ns = index[i, AT], index[i, RECV_NS]
        if index[i, SIZE] <= HEARTBEAT_BYTES_MAX:
            if looks == 2:
                return i + 1, LOOK, taken, damaged
            continue
        raw = data[at : at + index[i, SIZE]]
        count = tick_kernels.find_packets(raw, packets, places, lengths, tally)
        damaged += tally[_DECLARED] != tally[_VALID] or tally[_TRAILING] != 0
        taken += count
        changes, _ = state_kernels.update(
            header, table, shift, packets, raw, places, lengths, count, recv_ns, tau_s, ahead_ns, rows, slots, bars,
            found, changed, closings, derive, shares,
        )  # fmt: skip
        look = looks == 2
        if len(programs) > 0:
            ask(programs, woken, recv_ns, header[FRAMES], rows, slots, bars, changed[:changes])
            for n in range(len(woken)):
                look = look or woken[n] != 0
        if looks == 1:
            for c in range(changes):
                look = look or looked_at[changed[c]] != 0
        if look:
            return i + 1, LOOK, taken, damaged
    return end, THROUGH, taken, damaged
