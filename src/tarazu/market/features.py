"""What follows from one packet: spread, microprice, imbalance, own VWAP, realised volatility.

Numba keeps a caller's compiled code when a callee in another file changes: after an edit here, delete `__pycache__`.
"""

# numba infers the types from the signatures.
# mypy: disable-error-code="no-untyped-def"

import math

from numba import float64, from_dtype, int32, int64, njit, uint32, void

from tarazu.market.slots import LEVEL, PACKET, PACKET_WORDS, SLOT
from tarazu.model.kernel_options import UNCOUNTED
from tarazu.model.units import HOUR_NS, MINUTE_NS, SECOND_NS

TRADING_YEAR_NS = 252 * (6 * HOUR_NS + 15 * MINUTE_NS)
"""252 sessions of 09:15-15:30: what realised volatility is annualised over. Convention, not a count of 2026's days."""
YEAR_S = TRADING_YEAR_NS / SECOND_NS

WORD = {name: PACKET.fields[name][1] // 4 for name in PACKET.names or () if PACKET.fields}
LEVEL_WORDS = LEVEL.itemsize // 4
LEVELS = 5
_BIDS, _ASKS = WORD["bids"], WORD["asks"]

SLOT_T = from_dtype(SLOT)
assert PACKET_WORDS == _ASKS + LEVELS * LEVEL_WORDS


@njit(void(uint32[:, ::1], int64, SLOT_T), cache=True, inline="always", **UNCOUNTED)
def book_features(rows, n, slot):
    """Mid, spread, microprice and imbalance of the five levels of row `n`.

    Where a side has no best level, or the best bid is above the best ask, all but the imbalance are NaN.
    The microprice is the mid weighted towards the thinner side: (bid x ask qty + ask x bid qty) / both qty.
    The imbalance is (bids - asks) / (bids + asks) over the quantities of all levels: 1 is all bids.
    """
    bid, ask = float64(int32(rows[n, _BIDS + 1])), float64(int32(rows[n, _ASKS + 1]))
    bid_qty, ask_qty = float64(int32(rows[n, _BIDS])), float64(int32(rows[n, _ASKS]))
    if 0.0 < bid <= ask and bid_qty > 0.0 and ask_qty > 0.0:
        slot.mid = 0.5 * (bid + ask)
        slot.spread = ask - bid
        slot.microprice = (bid * ask_qty + ask * bid_qty) / (bid_qty + ask_qty)
    else:
        slot.mid = slot.spread = slot.microprice = math.nan
    bids = asks = 0.0
    for level in range(LEVELS):
        bids += float64(int32(rows[n, _BIDS + LEVEL_WORDS * level]))
        asks += float64(int32(rows[n, _ASKS + LEVEL_WORDS * level]))
    slot.imbalance = (bids - asks) / (bids + asks) if bids + asks > 0.0 else math.nan


@njit(void(SLOT_T, int64, int64), cache=True, **UNCOUNTED)
def trade_features(slot, ltp, qty):
    """Own VWAP after `qty` more units traded, all of them taken to have traded at `ltp`."""
    slot.traded += qty
    slot.turnover += ltp * qty
    slot.vwap = float64(slot.turnover) / float64(slot.traded)


@njit(void(SLOT_T, int64, int64, int64, float64, float64[::1]), cache=True, **UNCOUNTED)
def volatility(slot, before, ltp, now_ns, tau_s, shares):
    """One more price for the EWMA of log returns, in continuous time with time constant `tau_s`.

    A return r over t seconds is a variance of r^2/t a second, held for t seconds: the average moves towards it by
    1 - exp(-t/tau). Two prices at one instant are the limit t to 0. Dividing by the weight gathered so far
    takes out the start at zero.

    `shares` keeps the last t and its share: most packets of a frame have the same.
    """
    if slot.price_ns > 0 and before > 0:
        seconds = float64(now_ns - slot.price_ns) * 1e-9
        change = math.log(float64(ltp) / float64(before)) if ltp != before else 0.0
        if seconds != shares[0]:
            shares[0], shares[1] = seconds, -math.expm1(-seconds / tau_s)
        share = shares[1]
        rate = share / seconds if seconds > 0.0 else 1.0 / tau_s
        slot.variance += change * change * rate - slot.variance * share
        slot.weight += share * (1.0 - slot.weight)
        if slot.weight > 0.0:
            slot.sigma = math.sqrt(slot.variance / slot.weight * YEAR_S)
    slot.price_ns = now_ns
