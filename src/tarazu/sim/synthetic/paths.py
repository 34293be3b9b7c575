"""How underlyings move: one step of factors, volatility states, jumps and pull, all from counter-based draws.

Returns are sigma times a mix of market, sector and own shocks; sigma is log-OU around the ordinary day's, with a
market-wide and an own state. So returns have fat tails, volatility clusters, sectors move together, and returns
themselves carry no memory.
"""

import math
from typing import Any

import numpy as np
from numba import njit, types, uint64

from tarazu.sim.dice import mix64, unit
from tarazu.sim.synthetic.state import UNDER_T

REVERSION = 9.0
"""Of the log-volatility states, per day: half a shock is gone after 29 minutes."""
STATE_SD = 0.45
"""Their standard deviation at rest."""
BY_MARKET, BY_SELF = 0.8, 0.6
"""How much of either state a share's volatility takes; squares sum to 1."""
IV_FOLLOWS = 0.1
"""Elasticity of implied to realised volatility's passing states."""
LEVERAGE = 3.5
"""Implied volatility rises by 3.5 % for each per cent its underlying has fallen since yesterday."""
BASIS_SD, BASIS_REVERSION = 1.5e-4, 60.0

_TWO_PI = 2.0 * math.pi


@njit("float64(uint64)", cache=True, inline="always")
def gauss(word: np.uint64) -> float:
    """A standard normal for this word (Box-Muller)."""
    a = 1.0 - unit(mix64(word ^ uint64(0xA5A5A5A5)))
    b = unit(mix64(word ^ uint64(0x5A5A5A5A)))
    return math.sqrt(-2.0 * math.log(a)) * math.cos(_TWO_PI * b)


@njit("float64(uint64, float64, float64)", cache=True, inline="always")
def jump(word: np.uint64, chance: float, size: float) -> float:
    """Mostly nothing; with `chance` a normal of standard deviation `size`."""
    if unit(mix64(word ^ uint64(0x3C3C3C3C))) >= chance:
        return 0.0
    return size * gauss(word ^ uint64(0xC3C3C3C3))


@njit((UNDER_T[::1], types.float64, types.float64), cache=True)
def imply(unders: Any, state: float, multiplier: float) -> None:
    """Set implied variance and realised volatility from the states."""
    for i in range(len(unders)):
        u = unders[i]
        y = BY_MARKET * state + BY_SELF * u.y
        fallen = min(max(u.x_close - u.x, -0.25), 0.25)
        iv = u.iv * math.exp(IV_FOLLOWS * y + LEVERAGE * fallen) * multiplier**0.6
        u.v = iv * iv
        u.sigma = u.daily * 15.8745 * multiplier * math.exp(y - STATE_SD * STATE_SD)


@njit((UNDER_T[::1], types.float64[::1], types.uint64, types.float64[::1]), cache=True)
def move(unders: Any, factors: Any, word: np.uint64, by: Any) -> None:
    """One step. `factors` is scratch: 0 the market's log-volatility state, then the shocks of market and sectors.

    `by`: 0 fraction of the day's time, 1 fraction of its variance, 2 volatility multiplier, 3 market drift,
    4 jumps a day, 5 jump size in days' volatilities, 6 pin.
    """
    fraction, variance, multiplier, drift, jumps, jump_size, pin = by[0], by[1], by[2], by[3], by[4], by[5], by[6]
    scale = math.sqrt(variance)
    fade = math.exp(-REVERSION * fraction)
    kick = STATE_SD * math.sqrt(1.0 - fade * fade)
    factors[0] = factors[0] * fade + kick * gauss(mix64(word))
    for f in range(1, len(factors)):
        factors[f] = gauss(mix64(word + uint64(f)))
    market_jump = jump(mix64(word + uint64(99)), 0.5 * jumps * fraction, jump_size)
    basis_fade = math.exp(-BASIS_REVERSION * fraction)
    basis_kick = BASIS_SD * math.sqrt(1.0 - basis_fade * basis_fade)
    for i in range(len(unders)):
        u = unders[i]
        own = mix64(word ^ u.key)
        u.y = u.y * fade + kick * gauss(own)
        # The mean of exp(2y) is exp(2 sd^2): taking sd^2 off keeps the day's variance the ordinary one.
        vol = u.daily * multiplier * math.exp(BY_MARKET * factors[0] + BY_SELF * u.y - STATE_SD * STATE_SD)
        shock = u.market * factors[1] + u.by_sector * factors[2 + u.sector] + u.own * gauss(own + uint64(1))
        leap = u.market * market_jump + u.own * jump(own + uint64(2), jumps * fraction, jump_size)
        u.x += vol * scale * shock - 0.5 * vol * vol * variance + u.daily * leap + u.beta * drift
        if pin > 0.0 and u.pin_step > 0.0:
            spot = math.exp(u.x)
            strike = math.floor(spot / u.pin_step + 0.5) * u.pin_step
            u.x += (math.log(strike) - u.x) * (1.0 - math.exp(-pin * fraction))
        u.basis = u.basis * basis_fade + basis_kick * gauss(own + uint64(3))
    imply(unders, factors[0], multiplier)
