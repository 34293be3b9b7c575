"""The smile: implied volatility by strike and expiry, free of arbitrage by construction.

Total variance in log-moneyness k is the SSVI surface with phi(theta) = eta / sqrt(theta (1 + theta)); butterflies are
never negative while eta (1 + |rho|) <= 2, and total variance never falls with maturity while theta does not (Gatheral,
Jacquier: "Arbitrage-free SVI volatility surfaces", Quantitative Finance 14 (2014), theorems 4.1, 4.2, remark 4.4).
theta is the variance of a mean-reverting instantaneous variance, which rises with time whatever the state.
"""

import math
from typing import Any

from numba import njit, types

from tarazu.market.black76 import premium
from tarazu.sim.synthetic.state import SLICE_T, UNDER_T

MEAN_REVERSION = 5.0
"""Per year: a shock to the short end is gone from the two-month forward variance by 1 - exp(-5/6)."""
YEARS_MIN = 1e-9
"""About 30 ms: at its last moment an option still has a smile, and no division by zero."""
VIX_YEARS = 30.0 / 365.0
VIX_WINGS = 1.03
"""The index weighs the whole smile, which lies above its middle."""


@njit("float64(float64, float64, float64)", cache=True, inline="always")
def atm_variance(now: float, long_run: float, years: float) -> float:
    """Total variance at the money: the integral of variance on its way from `now` to `long_run`."""
    return long_run * years + (now - long_run) * (1.0 - math.exp(-MEAN_REVERSION * years)) / MEAN_REVERSION


@njit("float64(float64, float64, float64, float64)", cache=True, inline="always")
def total_variance(k: float, theta: float, phi: float, rho: float) -> float:
    """SSVI: total variance at log-moneyness `k` = ln(strike / forward)."""
    bent = phi * k + rho
    return 0.5 * theta * (1.0 + rho * phi * k + math.sqrt(bent * bent + 1.0 - rho * rho))


@njit("float64(boolean, float64, float64, float64, float64, float64, float64)", cache=True)
def fair_premium(
    is_call: bool, strike: float, forward: float, discount: float, theta: float, phi: float, rho: float
) -> float:
    """The option's value on the surface, in the unit of `forward`."""
    w = total_variance(math.log(strike / forward), theta, phi, rho)
    return premium(is_call, forward, strike, math.sqrt(w), discount)


@njit("float64(float64, float64)", cache=True)
def vix_level(now: float, long_run: float) -> float:
    """India VIX, in points, from the index's variance state."""
    return 100.0 * VIX_WINGS * math.sqrt(atm_variance(now, long_run, VIX_YEARS) / VIX_YEARS)


@njit((SLICE_T[::1], UNDER_T[::1], types.int64), cache=True)
def bend(slices: Any, unders: Any, now_ns: int) -> None:
    """Bring every expiry's forward and smile to the underlyings' state at nominal time `now_ns`."""
    for j in range(len(slices)):
        s = slices[j]
        u = unders[s.under]
        years = max((s.expiry_ns - now_ns) / 31_536_000e9, YEARS_MIN)
        s.years = years
        s.discount = math.exp(-u.rate * years)
        s.forward = math.exp(u.x + (u.rate - u.dividend) * years)
        theta = atm_variance(u.v, u.v_long, years)
        s.theta = theta
        s.phi = u.eta / math.sqrt(theta * (1.0 + theta))
        s.root = math.sqrt(theta)
