"""From fair values to rows: quotes on the tick grid, five levels of depth, trades, volume, open interest.

Liquidity falls with distance from the money, d = |ln(strike / forward)| in standard deviations: spreads widen as a
share of the premium, depth thins, trades and requotes become rare. One kernel, one pass, nothing allocated.
"""

import math
from typing import Any

import numpy as np
from numba import njit, types, uint64

from tarazu.market.black76 import premium
from tarazu.sim.dice import mix64, unit
from tarazu.sim.synthetic.state import BOOK_T, CALL, CASH, FUTURE, ROW_T, SLICE_T, UNDER_T, VIX
from tarazu.sim.synthetic.surface import total_variance, vix_level
from tarazu.wire.kite_ticks import DEPTH_LEVELS

# Columns of a TICK row seen as 32-bit words; an order count is the upper half of a level's third word.
LTP, LAST_QTY, AVG, VOLUME, BUY_QTY, SELL_QTY = 1, 2, 3, 4, 5, 6
OPEN, HIGH, LOW, CLOSE, LAST_TRADE_TS, OI, OI_HIGH, OI_LOW, EXCHANGE_TS = 7, 8, 9, 10, 11, 12, 13, 14, 15
BIDS, ASKS = 16, 31

_FOUR = types.UniTuple(types.float64, 4)  # type: ignore[no-untyped-call]  # numba is not typed
_LOW32 = uint64(0xFFFFFFFF)
VOLUME_MAX = 2_000_000_000
"""Quantities stop here: the wire carries 32 bits, and some readers take them as signed."""


@njit("float64(uint64)", cache=True, inline="always")
def about_one(half: np.uint64) -> float:
    """From 32 bits a positive float of mean 1, skewed as sizes are: 3 u^2, cheaper than an exponential."""
    u = half * (1.0 / 4294967296.0)
    return 3.0 * u * u


@njit("int64(int32[::1], int64, int64, int64, int64, int64, float64, float64, uint64)", cache=True)
def write_side(
    words: Any, at: int, best: int, step: int, limit: int, lot: int, lots: float, gap: float, word: np.uint64
) -> int:
    """Five levels from `best` away by `step` (signed tick), none past `limit`; `best` 0 clears. Returns the units."""
    total = 0
    price = best
    for level in range(DEPTH_LEVELS):
        col = at + 3 * level
        past = price <= 0 or (price < limit if step < 0 else price > limit)
        if past:
            words[col], words[col + 1], words[col + 2] = 0, 0, 0
            price = 0
            continue
        word = mix64(word)
        # Depth builds up behind the touch.
        here = 1 + int(lots * (0.6 + 0.25 * level) * about_one(word & _LOW32))
        qty = min(here * lot, 2_000_000_000)
        words[col], words[col + 1] = qty, price
        words[col + 2] = (1 + int(unit(word) * min(here, 60))) << 16
        total += qty
        price += step * (1 + int(gap * about_one(word >> uint64(32))))
    return total


@njit("UniTuple(int64, 2)(int32[::1], float64, float64, int64)", cache=True)
def touch(band: Any, fair: float, half: float, tick: int) -> tuple[int, int]:
    """Best bid and ask around `fair` on the tick grid, inside the band; 0 where a side is empty.

    At a band only one side is left: nobody offers at the upper limit what is worth more, or bids at the lower.
    """
    lower, upper = int(band[0]), int(band[1])
    bid = math.floor((fair - half) / tick + 1e-9) * tick
    ask = math.ceil((fair + half) / tick - 1e-9) * tick
    if ask <= bid:
        ask = bid + tick
    if fair >= upper:
        return upper, 0
    ask = min(max(ask, lower), upper)
    if bid >= ask:
        bid = ask - tick
    return (bid if bid >= lower else 0), ask


@njit(_FOUR(ROW_T, UNDER_T[::1], SLICE_T[::1]), cache=True)
def value(r: Any, unders: Any, slices: Any) -> tuple[float, float, float, float]:
    """Fair value and half spread in paise, liquidity in (0, 1], and the row's volatility a year."""
    u = unders[r.under]
    if r.kind == VIX:
        level = vix_level(u.v, u.v_long)
        return 100.0 * level, 0.0, 1.0, 0.01 * level
    if r.kind <= CASH:
        fair = math.exp(u.x)
        return fair, fair * r.spread, 1.0, u.sigma
    s = slices[r.slice]
    if r.kind == FUTURE:
        fair = s.forward * math.exp(u.basis)
        return fair, fair * r.spread, 1.0, u.sigma
    k = math.log(r.strike / s.forward)
    w = total_variance(k, s.theta, s.phi, u.rho)
    fair = premium(r.kind == CALL, s.forward, r.strike, math.sqrt(w), s.discount)
    d = abs(k) / s.root
    liquidity = max(math.exp(-0.3 * d * d), 0.002)
    in_the_money = (k < 0.0) == (r.kind == CALL)
    if in_the_money:
        liquidity *= max(1.0 - 0.5 * d, 0.3)
    half = fair * min(r.spread * (1.0 + 0.6 * d + 0.4 * d * d), 0.06)
    return fair, half, liquidity, math.sqrt(w / s.years)


@njit("boolean(int32[::1], float64, int64, int64)", cache=True)
def mark_index(words: Any, fair: float, tick: int, now_s: int) -> bool:
    """An index has a value, a day's range and no book. Whether it changed."""
    level = max(math.floor(fair / tick + 0.5) * tick, tick)
    moved = level != words[LTP] or words[OPEN] == 0
    if words[OPEN] == 0:
        words[OPEN], words[HIGH], words[LOW] = level, level, level
    words[LTP] = level
    words[HIGH], words[LOW] = max(words[HIGH], level), min(words[LOW], level)
    words[EXCHANGE_TS] = now_s
    return bool(moved)


@njit((types.int32[::1], BOOK_T, types.boolean, types.int64, types.int64, types.int64), cache=True)
def tally(words: Any, book: Any, averaging: bool, price: int, qty: int, now_s: int) -> None:
    """Book a trade of `qty` whose last price is `price`."""
    if words[OPEN] == 0:
        words[OPEN], words[HIGH], words[LOW] = price, price, price
    words[LTP] = price
    words[LAST_TRADE_TS], words[EXCHANGE_TS] = now_s, now_s
    words[HIGH], words[LOW] = max(words[HIGH], price), min(words[LOW], price)
    volume = min(words[VOLUME] + qty, VOLUME_MAX)
    words[VOLUME] = volume
    book.turnover += float(price) * qty
    if volume < VOLUME_MAX:
        words[AVG] = int(book.turnover / volume)
    if averaging:
        book.ref_turnover += float(price) * qty
        book.ref_volume += qty


@njit("void(int32[::1], int64, int64)", cache=True)
def settle_interest(words: Any, change: int, lot: int) -> None:
    """Open interest after trades that opened (or closed) `change` units on balance."""
    oi = min(max(words[OI] + change // lot * lot, 0), VOLUME_MAX)
    words[OI] = oi
    words[OI_HIGH], words[OI_LOW] = max(words[OI_HIGH], oi), min(words[OI_LOW], oi)


@njit("void(int32[::1], int32[::1], int64, int64, int64, int64, float64, float64, uint64)", cache=True)
def write_depth(
    words: Any, band: Any, bid: int, ask: int, tick: int, lot: int, lots: float, gap: float, word: np.uint64
) -> None:
    """Both sides' five levels, and the whole book's quantities: what lies deeper is four times what shows."""
    shown = write_side(words, BIDS, bid, -tick, max(int(band[0]), tick), lot, lots, gap, word ^ uint64(0xB1D))
    words[BUY_QTY] = min(5 * shown, VOLUME_MAX)
    shown = write_side(words, ASKS, ask, tick, int(band[1]), lot, lots, gap, word ^ uint64(0xA5C))
    words[SELL_QTY] = min(5 * shown, VOLUME_MAX)


@njit("UniTuple(int64, 2)(int64, int64, int64, float64, float64, float64, uint64)", cache=True)
def flow(bid: int, ask: int, lot: int, mean_lots: float, busy: float, lean: float, word: np.uint64) -> tuple[int, int]:
    """Units bought and sold by aggressors in a step that trades; `busy` its expected trades, `lean` in [-1, 1]."""
    word = mix64(word ^ uint64(0xF10))
    lots = 1 + int(mean_lots * max(busy, 1.0) * about_one(word & _LOW32))
    share = min(max(0.5 + 0.25 * lean + 0.6 * (unit(word) - 0.5), 0.02), 0.98)
    bought = int(lots * share + unit(mix64(word)))
    bought = min(bought, lots)
    sold = lots - bought
    # Nobody buys from an empty side.
    return (bought * lot if ask > 0 else 0), (sold * lot if bid > 0 else 0)


@njit(
    (
        ROW_T[::1],
        BOOK_T[::1],
        UNDER_T[::1],
        SLICE_T[::1],
        types.int32[:, ::1],
        types.int32[:, ::1],
        types.boolean[::1],
        types.int64[::1],
        types.int64[::1],
        types.float64[::1],
        types.boolean[::1],
        types.boolean[::1],
        types.uint64,
        types.float64[::1],
        types.int64,
        types.int64,
    ),
    cache=True,
)
def play(
    rows: Any,
    books: Any,
    unders: Any,
    slices: Any,
    words: Any,
    bands: Any,
    changed: Any,
    bought: Any,
    sold: Any,
    sigma: Any,
    live: Any,
    averaging: Any,
    word: np.uint64,
    pace: Any,
    nominal_ns: int,
    now_s: int,
) -> None:
    """One step of every row that trades. `pace`: 0 seconds, 1 activity, 2 above 0 where every row must change."""
    span, all_rows = pace[0] * pace[1], pace[2] > 0.0
    for i in range(len(rows)):
        r, b, w = rows[i], books[i], words[i]
        changed[i], bought[i], sold[i] = False, 0, 0
        if not live[r.venue] or (r.slice >= 0 and nominal_ns >= slices[r.slice].expiry_ns):
            continue
        fair, half, liquidity, sigma[i] = value(r, unders, slices)
        if r.kind <= VIX:
            changed[i] = mark_index(w, fair, r.tick, now_s) or all_rows
            continue
        own = mix64(word ^ r.key)
        lean = min(max((fair - b.quoted) / (half + r.tick), -1.0), 1.0)
        if (
            all_rows
            or abs(fair - b.quoted) > max(half, 0.5 * r.tick)
            or unit(own) < 1.0 - math.exp(-r.quotes * liquidity * span)
        ):
            b.quoted = fair
            b.bid, b.ask = touch(bands[i], fair, half, r.tick)
            gap = 0.15 + 1.5 * (1.0 - liquidity)
            write_depth(w, bands[i], b.bid, b.ask, r.tick, r.lot, r.depth * liquidity, gap, own)
            w[EXCHANGE_TS] = now_s
            changed[i] = True
        busy = r.trades * liquidity * span
        own = mix64(own + uint64(7))
        if unit(own) >= 1.0 - math.exp(-busy):
            continue
        bought[i], sold[i] = flow(b.bid, b.ask, r.lot, r.lots, busy, lean, own)
        traded = bought[i] + sold[i]
        if traded == 0:
            continue
        changed[i] = True
        at_ask = sold[i] == 0 or (bought[i] > 0 and unit(mix64(own + uint64(5))) * traded < bought[i])
        last = bought[i] if at_ask else sold[i]
        w[LAST_QTY] = max(last // (r.lot * (1 + int(busy))), 1) * r.lot
        tally(w, b, averaging[r.venue], b.ask if at_ask else b.bid, traded, now_s)
        if r.kind >= FUTURE:
            settle_interest(w, int(0.6 * (unit(mix64(own + uint64(6))) - 0.45) * traded), r.lot)
