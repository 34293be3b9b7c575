"""One pass over an option chain: forward, implied volatilities, greeks and what the desk reads off them.

Strikes ascend; side 0 is calls, side 1 puts; a member is a slot of the state, or -1 where the strike lacks that side.
Prices are the wire's integers as float64; NaN is "not known". Numba keeps a caller's compiled code when a callee in
another file changes: after an edit to `implied`, delete `__pycache__`.
"""

# mypy: disable-error-code="no-untyped-def"

import math

import numpy as np
from numba import float64, int32, int64, njit, types, uint32, void

from tarazu.market.features import SLOT_T, WORD
from tarazu.market.implied import COLUMNS, evaluate
from tarazu.model.units import DAY_NS

CALL, PUT = 0, 1
OPTION_COLUMNS = ("mid", *COLUMNS)
SUMMARY = ("forward", "years", "atm_strike", "atm_sigma", "pcr_oi", "pcr_volume", "max_pain", "risk_reversal_25")
NO_FORWARD, PARITY, FUTURE, SPOT = range(4)

NEAR = 9
"""Strikes nearest the money whose parity is asked."""
PARITIES_MIN = 3
"""Fewer are no majority against one wrong quote."""
YEAR_NS = 365 * DAY_NS
WING_DELTA = 0.25

_LTP, _OI, _VOLUME = WORD["ltp"], WORD["oi"], WORD["volume"]
_MID, _SIGMA, _DELTA = (OPTION_COLUMNS.index(name) for name in ("mid", "sigma", "delta"))
_FORWARD, _YEARS, _ATM_STRIKE, _ATM_SIGMA, _PCR_OI, _PCR_VOLUME, _MAX_PAIN, _RISK_REVERSAL = range(len(SUMMARY))
_SLOTS = types.Array(SLOT_T, 1, "C", readonly=True)
_ROWS = types.Array(uint32, 2, "C", readonly=True)
_STRIKES = types.Array(float64, 1, "C", readonly=True)
_MEMBERS = types.Array(int64, 2, "C", readonly=True)
_OUT = float64[:, :, ::1]


@njit(float64(_SLOTS, int64, int64), cache=True)
def fresh_mid(slots, n, since_ns):
    """The mid of a two-sided book received at `since_ns` or later, or NaN; a slot of -1 has none."""
    if n < 0 or slots[n].book_ns == 0 or slots[n].book_ns < since_ns:
        return math.nan
    return slots[n].mid


@njit(float64(_SLOTS, _ROWS, int64, int64), cache=True)
def fresh_price(slots, rows, n, since_ns):
    """The fresh mid, or the LTP of an instrument heard of at `since_ns` or later (an index has no book), or NaN."""
    mid = fresh_mid(slots, n, since_ns)
    if mid > 0.0:
        return mid
    if n < 0 or slots[n].packets == 0 or slots[n].recv_ns < since_ns or int32(rows[n, _LTP]) <= 0:
        return math.nan
    return float64(int32(rows[n, _LTP]))


@njit(int64(_STRIKES, float64), cache=True)
def nearest(strikes, price):
    """The place of the strike nearest `price`; the lower of two."""
    best = 0
    for k in range(1, len(strikes)):
        if abs(strikes[k] - price) < abs(strikes[best] - price):
            best = k
    return best


@njit(float64(_STRIKES, _OUT, float64, float64), cache=True)
def parity_forward(strikes, out, discount, reference):
    """Median of K + (C - P) / discount over the `NEAR` strikes nearest `reference` with both mids; NaN of too few.

    Without a reference (NaN) the money is where call and put cost the same.
    """
    implied = strikes + (out[CALL, :, _MID] - out[PUT, :, _MID]) / discount
    if not reference > 0.0:
        least = math.inf
        for k in range(len(strikes)):
            if abs(implied[k] - strikes[k]) < least:
                least, reference = abs(implied[k] - strikes[k]), strikes[k]
    found = np.empty(NEAR)
    count = 0
    above = nearest(strikes, reference)
    below = above - 1
    while count < NEAR and (below >= 0 or above < len(strikes)):
        if below < 0 or (above < len(strikes) and strikes[above] - reference <= reference - strikes[below]):
            k, above = above, above + 1
        else:
            k, below = below, below - 1
        if not math.isnan(implied[k]):
            found[count] = implied[k]
            count += 1
    return np.median(found[:count]) if count >= PARITIES_MIN else math.nan


@njit(float64(_STRIKES, int64[:, ::1]), cache=True)
def max_pain(strikes, oi):
    """The strike at which all options together would pay their holders least; the lower of two, NaN without OI."""
    best, least = math.nan, math.inf
    for settle in strikes:
        paid = 0.0
        for k in range(len(strikes)):
            paid += max(settle - strikes[k], 0.0) * oi[CALL, k] + max(strikes[k] - settle, 0.0) * oi[PUT, k]
        if paid < least:
            best, least = settle, paid
    return best if oi.sum() > 0 else math.nan


@njit(float64(_OUT, int64, int64, float64), cache=True)
def sigma_at_wing(out, side, atm, discount):
    """The volatility where the undiscounted delta is 25 (calls) or -25 (puts), linear in delta between two strikes.

    Walks from the money outwards; NaN when no two neighbours with a volatility hold the delta between them.
    """
    step = 1 if side == CALL else -1
    before_delta = before_sigma = math.nan
    k = atm
    while 0 <= k < out.shape[1]:
        sigma, delta = out[side, k, _SIGMA], abs(out[side, k, _DELTA]) / discount
        if not math.isnan(sigma):
            if before_delta >= WING_DELTA >= delta:
                if before_delta == delta:
                    return sigma
                return sigma + (WING_DELTA - delta) * (before_sigma - sigma) / (before_delta - delta)
            before_delta, before_sigma = delta, sigma
        k += step
    return math.nan


@njit(void(_ROWS, _MEMBERS, int64, int64[:, ::1]), cache=True)
def _gather(rows, members, word, out):
    for side in range(2):
        for k in range(members.shape[1]):
            out[side, k] = int64(rows[members[side, k], word]) if members[side, k] >= 0 else 0


@njit(void(_ROWS, _STRIKES, _MEMBERS, float64[::1]), cache=True)
def _count(rows, strikes, members, summary):
    """What needs no forward: ratios of puts to calls, and max pain."""
    counts = np.empty(members.shape, np.int64)
    for word, place in ((_VOLUME, _PCR_VOLUME), (_OI, _PCR_OI)):
        _gather(rows, members, word, counts)
        if counts[CALL].sum() > 0:
            summary[place] = float64(counts[PUT].sum()) / float64(counts[CALL].sum())
    summary[_MAX_PAIN] = max_pain(strikes, counts)


@njit(void(_STRIKES, float64, float64, float64, _OUT, float64[::1]), cache=True)
def _evaluate(strikes, forward, years, discount, out, summary):
    """Volatilities and greeks of whatever has a mid, and what is read off them."""
    for side in range(2):
        for k in range(len(strikes)):
            if not math.isnan(out[side, k, _MID]):
                evaluate(side == CALL, out[side, k, _MID], forward, strikes[k], years, discount, out[side, k, _SIGMA:])
    atm = nearest(strikes, forward)
    call, put = out[CALL, atm, _SIGMA], out[PUT, atm, _SIGMA]
    summary[_ATM_STRIKE] = strikes[atm]
    summary[_ATM_SIGMA] = put if math.isnan(call) else call if math.isnan(put) else 0.5 * (call + put)
    wings = sigma_at_wing(out, CALL, atm, discount), sigma_at_wing(out, PUT, atm, discount)
    summary[_RISK_REVERSAL] = wings[0] - wings[1]


@njit(
    int64(
        _SLOTS, _ROWS, _STRIKES, _MEMBERS, int64, int64, int64, int64, float64, int64, _OUT, float64[::1]
    ),
    cache=True,
)  # fmt: skip
def solve(slots, rows, strikes, members, future, spot, now_ns, expiry_ns, rate, fresh_ns, out, summary):
    """`OPTION_COLUMNS` into `out` [side, strike], `SUMMARY` into `summary`; returns where the forward came from."""
    out[:] = math.nan
    summary[:] = math.nan
    _count(rows, strikes, members, summary)
    years = float64(max(expiry_ns - now_ns, 0)) / YEAR_NS
    summary[_YEARS] = years
    if years == 0.0:
        return NO_FORWARD
    discount = math.exp(-rate * years)
    since_ns = now_ns - fresh_ns
    for side in range(2):
        for k in range(len(strikes)):
            out[side, k, _MID] = fresh_mid(slots, members[side, k], since_ns)
    of_future = fresh_price(slots, rows, future, since_ns)
    of_spot = fresh_price(slots, rows, spot, since_ns)
    of_parity = parity_forward(strikes, out, discount, of_spot if math.isnan(of_future) else of_future)
    forward, source = math.nan, NO_FORWARD
    for price, kind in ((of_spot / discount, SPOT), (of_future, FUTURE), (of_parity, PARITY)):
        if not math.isnan(price):
            forward, source = price, kind
    summary[_FORWARD] = forward
    if source != NO_FORWARD:
        _evaluate(strikes, forward, years, discount, out, summary)
    return source
