"""The passes over all rows of a followed market: what frames brought, and what option prices imply."""

# numba infers the types from the signatures.
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

from numba import boolean, float64, from_dtype, int32, int64, njit, types, uint8, uint32, void

from tarazu.market.black76 import implied_sigma
from tarazu.market.slots import SLOT
from tarazu.wire.kite_ticks import TICK
from tarazu.wire.tick_kernels import ROW_WORDS

# What a step keeps of each row for the next one.
LTP, OPEN, CLOSE, BID, ASK = range(5)
LAST_WORDS = 5

_ROWS = from_dtype(TICK)[::1]
_SLOTS_IN = types.Array(from_dtype(SLOT), 1, "C", readonly=True)
_WORDS_IN = types.Array(uint32, 2, "C", readonly=True)


@njit(int64(int32[::1], int64), cache=True)
def _bought_halves(last, ltp):
    """Halves of what traded at `ltp` that were bought, by the row's last step: 2 all, 1 half, 0 none. At the ask or
    above, bought; at the bid or below, sold; between, by the middle, then by the last price's move, and half each where
    that says nothing."""
    bid, ask, before = int64(last[BID]), int64(last[ASK]), int64(last[LTP])
    side = int64(0)
    if bid > 0 and ask > 0:
        side = 2 * ltp - bid - ask
    if side == 0 and before > 0:
        side = ltp - before
    if bid > 0 and ltp <= bid:
        side = int64(-1)
    if ask > 0 and ltp >= ask:
        side = int64(1)
    return 2 if side > 0 else (0 if side < 0 else 1)


@njit(
    void(_SLOTS_IN, _WORDS_IN, int64, _ROWS, uint32[:, ::1], int32[:, ::1], uint32[::1], boolean[::1],
         uint8[::1], uint8[::1], boolean[::1], int64[::1], int64[::1]),
    cache=True,
)  # fmt: skip
def take(slots, now, passes, rows, words, last, volumes, seen, venues, trading, changed, bought, sold):
    """A step: every row as the state has it, whatever was written into it since; `words` are `rows`. A row of which no
    close was told keeps the one that it had, and one that was never seen is as `last` has it.

    Rows that frames after `passes` have changed are `changed`. What they traded since the last step, while their venue
    was `trading`, is bought or sold, by `last`, which then becomes this step's; nothing, of a row not seen before.
    """
    for n in range(len(rows)):
        row = rows[n]
        changed[n] = slots[n].frame > passes
        bought[n] = sold[n] = 0
        is_new = changed[n] and not seen[n]
        seen[n] |= changed[n]
        if not seen[n]:
            words[n, 1:] = 0
            row.ltp, row.close = last[n, LTP], last[n, CLOSE]
            continue
        for w in range(ROW_WORDS):
            words[n, w] = now[n, w]
        if row.close <= 0:
            row.close = last[n, CLOSE]
        if not changed[n]:
            continue
        traded = int64(row.volume) - int64(volumes[n])
        if traded > 0 and not is_new and trading[venues[n]]:
            bought[n] = traded * _bought_halves(last[n], int64(row.ltp)) // 2
            sold[n] = traded - bought[n]
        volumes[n] = row.volume
        last[n, LTP], last[n, OPEN], last[n, CLOSE] = row.ltp, row.open, row.close
        last[n, BID], last[n, ASK] = row.bids[0].price, row.asks[0].price


@njit(
    void(int64[::1], int64[::1], boolean[::1], float64[::1], int64[::1], int32[:, ::1], boolean[:, ::1],
         float64[:, ::1], float64[:, ::1], float64[::1]),
    cache=True,
)  # fmt: skip
def imply(options, unders, calls, strikes, expiries, prices, seen, years, growths, sigma):
    """Each option's volatility by the latest of the looks (rows of `prices`, `seen`, and by expiry `years`, `growths`)
    whose prices imply one; where none does, `sigma` keeps what it has."""
    for o in range(len(options)):
        n, under, expiry = options[o], unders[o], expiries[o]
        for look in range(len(prices) - 1, -1, -1):
            if not (seen[look, under] and seen[look, n]):
                continue
            growth = growths[look, expiry]
            forward = float64(prices[look, under]) * growth
            found = implied_sigma(
                calls[o], float64(prices[look, n]), forward, strikes[o], years[look, expiry], 1.0 / growth
            )
            if found > 0.0:
                sigma[n] = found
                break
