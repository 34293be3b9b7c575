"""The pass over a lot of recorded frames that somebody will look at later, one after the other: what each of them left
in the slots that it brought something of is kept beside it.

The kernels are those of `main`: this one only calls them. Numba keeps a caller's compiled code when a callee in another
file changes: after an edit to a kernel, delete `__pycache__`.
"""

# numba infers the types from the signatures.
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

from numba import from_dtype, int64, njit, types, uint8, uint16, uint32, uint64

from tarazu.market import state_kernels
from tarazu.market.slots import BAR, CLOSING, SLOT
from tarazu.wire import tick_kernels

# The columns of a lot's index: where the payload lies in `data`, its length, when it was received.
AT, SIZE, RECV_NS = range(3)
HEARTBEAT_BYTES_MAX = 1
"""Kite v3: a binary message too short to count packets is a sign of life and no data; so is what is no tick here."""

_SIGNATURE = types.void(
    types.Array(uint8, 1, "C", readonly=True), types.Array(int64, 2, "C", readonly=True),
    uint32[:, ::1], int64[::1], uint16[::1], int64[::1],
    int64[::1], types.Array(uint64, 1, "C", readonly=True), int64, types.float64, int64, uint32[:, ::1],
    from_dtype(SLOT)[::1], from_dtype(BAR)[:, :, ::1], int64[::1], int64[::1], from_dtype(CLOSING)[::1], int64,
    types.float64[::1],
    int64[::1], int64[::1], uint32[:, ::1], int64[::1], int64[::1], int64[::1],
)  # fmt: skip


@njit(_SIGNATURE, cache=True, nogil=True)
def pass_ahead(
    data, index,
    packets, places, lengths, tally,
    header, table, shift, tau_s, ahead_ns, rows, slots, bars, found, changed, closings, derive, shares,
    brought_to, brought, brought_rows, brought_ns, changed_to, changed_slots,
):  # fmt: skip
    """All frames of the lot. Frame `i` brought something of the slots `brought[brought_to[i] : brought_to[i + 1]]`,
    which were then as `brought_rows` and, by their data clock, `brought_ns` have them; it changed, ascending, those of
    `changed_slots[changed_to[i] : changed_to[i + 1]]`."""
    brought_to[0] = changed_to[0] = many = changes_many = int64(0)
    for i in range(len(index)):
        if index[i, SIZE] > HEARTBEAT_BYTES_MAX:
            at, recv_ns = index[i, AT], index[i, RECV_NS]
            raw = data[at : at + index[i, SIZE]]
            count = tick_kernels.find_packets(raw, packets, places, lengths, tally)
            changes, _ = state_kernels.update(
                header, table, shift, packets, raw, places, lengths, count, recv_ns, tau_s, ahead_ns, rows, slots,
                bars, found, changed, closings, derive, shares,
            )  # fmt: skip
            for p in range(count):
                n = found[p]
                if n >= 0:
                    brought[many], brought_ns[many] = n, slots[n].recv_ns
                    brought_rows[many] = rows[n]
                    many += 1
            told = changed_slots[changes_many : changes_many + changes]
            told[:] = changed[:changes]
            told.sort()
            changes_many += changes
        brought_to[i + 1], changed_to[i + 1] = many, changes_many
