"""What one unit of an instrument gains as its underlying, its volatility and time move. Paise, Black-76, undiscounted.

The forward comes from the options themselves where it can (put-call parity), the volatility from what the option costs.
Interest on a premium for the weeks that options live is left out: it is less than the spread of the quotes.
"""

import math
from collections.abc import Iterable
from datetime import date, time
from functools import cache
from typing import NamedTuple

from numba import njit

from tarazu.market import black76
from tarazu.market.implied import implied_sigma
from tarazu.model import ist
from tarazu.model.units import DAY_NS, HOUR_NS

YEAR_DAYS = 365
POINT = 0.01
"""Of volatility; and of the underlying, for gamma."""
SIGMA_FLOOR = 0.01
"""Of what shows no time value at all: it is worth its intrinsic value and moves with it."""
EXPIRY_CLOCK = time(15, 30)


class Greeks(NamedTuple):
    """Of one unit held long."""

    delta_paise: float
    """The underlying it stands for: delta times forward."""
    gamma_paise: float
    """By how much delta_paise changes for one percent of the underlying, by the change of delta alone."""
    vega_paise: float
    """For one point of volatility: from 0.15 to 0.16."""
    theta_paise: float
    """For one day; a long option's is below 0."""


class Pair(NamedTuple):
    """Call and put of one strike, as they are marked. Paise."""

    strike: float
    call: float
    put: float


def years_left(expiry: date, wall_ns: int) -> float:
    """To 15:30 IST of `expiry`, an hour at least: an option does not stop being risky in its last minutes."""
    return max(_expires_ns(expiry) - wall_ns, HOUR_NS) / _YEAR_NS


@cache
def _expires_ns(expiry: date) -> int:
    return ist.at_ns(expiry, EXPIRY_CLOCK)


_YEAR_NS = YEAR_DAYS * DAY_NS


def forward_of(pairs: Iterable[Pair]) -> float | None:
    """By put-call parity, F = K + C - P: the median, so that one wrong quote of three is none. None without a pair."""
    found = sorted(forward for one in pairs if (forward := one.strike + one.call - one.put) > 0)
    return found[len(found) // 2] if found else None


def sigma_of(is_call: bool, paid: float, forward: float, strike: float, years: float) -> float | None:
    """None where the price has no time value, or more than there can be."""
    sigma = float(implied_sigma(is_call, paid, forward, strike, years, 1.0))
    return None if math.isnan(sigma) else max(sigma, SIGMA_FLOOR)


def option_greeks(is_call: bool, forward: float, strike: float, sigma: float, years: float) -> Greeks:
    return Greeks(*greeks_of(is_call, forward, strike, sigma, years))


@njit("UniTuple(float64, 4)(boolean, float64, float64, float64, float64)", cache=True)
def greeks_of(
    is_call: bool, forward: float, strike: float, sigma: float, years: float
) -> tuple[float, float, float, float]:
    """`Greeks` of an option, as a plain tuple."""
    return (
        black76.delta(is_call, forward, strike, sigma, years, 1.0) * forward,
        black76.gamma(forward, strike, sigma, years, 1.0) * forward * forward * POINT,
        black76.vega(forward, strike, sigma, years, 1.0) * POINT,
        black76.theta(is_call, forward, strike, sigma, years, 1.0) / YEAR_DAYS,
    )


def linear_greeks(price: float) -> Greeks:
    """Of a future or a share."""
    return Greeks(price, 0.0, 0.0, 0.0)
