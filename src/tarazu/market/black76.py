"""Black-76: options on a forward. Numba kernels, scalar and over arrays.

Prices come in the unit of `forward` and `strike` (paise in, paise out), `sigma` is annualised, `years` are years to
expiry, `discount` is the value today of one unit at expiry. Where `sigma` or `years` is 0 the option is worth its
discounted intrinsic value and its greeks are the limits; nothing divides by zero.

Fischer Black, "The pricing of commodity contracts", Journal of Financial Economics 3 (1976).
"""

import math
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

SQRT_HALF = math.sqrt(0.5)
INV_SQRT_2PI = 1.0 / math.sqrt(2.0 * math.pi)
STD_MIN = 1e-12
"""Below this total standard deviation an option is priced as certain."""
SIGMA_MAX = 10.0
"""`implied_sigma` looks no further than 1,000 %."""


@njit("float64(float64)", cache=True, inline="always")
def normal_cdf(x: float) -> float:
    return 0.5 * math.erfc(-x * SQRT_HALF)


@njit("float64(float64)", cache=True, inline="always")
def normal_pdf(x: float) -> float:
    return INV_SQRT_2PI * math.exp(-0.5 * x * x)


@njit("float64(boolean, float64, float64, float64, float64)", cache=True)
def premium(is_call: bool, forward: float, strike: float, std: float, discount: float) -> float:
    """The option's price where `std` is the total standard deviation of log forward until expiry."""
    if std < STD_MIN:
        return discount * max(forward - strike if is_call else strike - forward, 0.0)
    d1 = math.log(forward / strike) / std + 0.5 * std
    d2 = d1 - std
    if is_call:
        return discount * (forward * normal_cdf(d1) - strike * normal_cdf(d2))
    return discount * (strike * normal_cdf(-d2) - forward * normal_cdf(-d1))


@njit("float64(boolean, float64, float64, float64, float64, float64)", cache=True)
def price(is_call: bool, forward: float, strike: float, sigma: float, years: float, discount: float) -> float:
    return premium(is_call, forward, strike, sigma * math.sqrt(years), discount)


@njit("float64(boolean, float64, float64, float64, float64, float64)", cache=True)
def delta(is_call: bool, forward: float, strike: float, sigma: float, years: float, discount: float) -> float:
    """Change of price per unit of forward: in (0, discount) for calls, (-discount, 0) for puts."""
    std = sigma * math.sqrt(years)
    if std < STD_MIN:
        up = 1.0 if forward > strike else (0.5 if forward == strike else 0.0)
    else:
        up = normal_cdf(math.log(forward / strike) / std + 0.5 * std)
    return discount * (up if is_call else up - 1.0)


@njit("float64(float64, float64, float64, float64, float64)", cache=True)
def gamma(forward: float, strike: float, sigma: float, years: float, discount: float) -> float:
    """Change of delta per unit of forward, the same for calls and puts; 0 in the limit of certainty."""
    std = sigma * math.sqrt(years)
    if std < STD_MIN:
        return 0.0
    return discount * normal_pdf(math.log(forward / strike) / std + 0.5 * std) / (forward * std)


@njit("float64(float64, float64, float64, float64, float64)", cache=True)
def vega(forward: float, strike: float, sigma: float, years: float, discount: float) -> float:
    """Change of price per unit of sigma (1.00, not a point), the same for calls and puts."""
    std = sigma * math.sqrt(years)
    if std < STD_MIN:
        return 0.0
    return discount * forward * normal_pdf(math.log(forward / strike) / std + 0.5 * std) * math.sqrt(years)


@njit("float64(boolean, float64, float64, float64, float64, float64)", cache=True)
def theta(is_call: bool, forward: float, strike: float, sigma: float, years: float, discount: float) -> float:
    """Change of price per year that passes with forward and sigma unchanged; usually negative.

    The discount's own rate is what `discount` and `years` imply.
    """
    if years <= 0.0:
        return 0.0
    rate = -math.log(discount) / years
    carry = rate * price(is_call, forward, strike, sigma, years, discount)
    return carry - vega(forward, strike, sigma, years, discount) * sigma / (2.0 * years)


@njit("float64(boolean, float64, float64, float64, float64, float64)", cache=True)
def implied_sigma(is_call: bool, paid: float, forward: float, strike: float, years: float, discount: float) -> float:
    """The sigma at which the option costs `paid`, to 1e-9; 0 at or below intrinsic, `SIGMA_MAX` at most.

    Bisection: the price rises with sigma everywhere, so it cannot miss.
    """
    low, high = 0.0, SIGMA_MAX
    if years <= 0.0 or paid <= price(is_call, forward, strike, 0.0, years, discount):
        return 0.0
    while high - low > 1e-9:
        middle = 0.5 * (low + high)
        if price(is_call, forward, strike, middle, years, discount) < paid:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


@njit(
    "void(boolean[::1], float64[::1], float64[::1], float64[::1], float64[::1], float64[::1], float64[::1])", cache=True
)
def prices(
    is_call: NDArray[np.bool_],
    forward: NDArray[np.float64],
    strike: NDArray[np.float64],
    sigma: NDArray[np.float64],
    years: NDArray[np.float64],
    discount: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """`price` of each row into `out`; all arrays have one length."""
    for i in range(len(out)):
        out[i] = price(is_call[i], forward[i], strike[i], sigma[i], years[i], discount[i])


@njit(
    "void(boolean[::1], float64[::1], float64[::1], float64[::1], float64[::1], float64[::1], float64[:, ::1])",
    cache=True,
)
def greeks(
    is_call: NDArray[np.bool_],
    forward: NDArray[np.float64],
    strike: NDArray[np.float64],
    sigma: NDArray[np.float64],
    years: NDArray[np.float64],
    discount: NDArray[np.float64],
    out: NDArray[Any],
) -> None:
    """Delta, gamma, vega, theta of each row into the four columns of `out`."""
    for i in range(len(out)):
        call, f, k, s, t, d = is_call[i], forward[i], strike[i], sigma[i], years[i], discount[i]
        out[i, 0] = delta(call, f, k, s, t, d)
        out[i, 1] = gamma(f, k, s, t, d)
        out[i, 2] = vega(f, k, s, t, d)
        out[i, 3] = theta(call, f, k, s, t, d)
