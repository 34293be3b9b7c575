"""Implied volatility and five greeks under Black-76, to the last digits a double has.

With s the total standard deviation and x = -|ln(F/K)|, an option's time value over sqrt(F K) is
    b(s) = exp(x/2) N(x/s + s/2) - exp(-x/2) N(x/s - s/2),
the same for the call and the put of a strike, so everything is solved as the out-of-the-money option. The first guess
inverts the normal (Bachelier) model, b = |m| (n(z)/z - N(-z)) with z = |m|/s, from a table, with the leading correction
for the skew between the two models: off by about s^4. Halley's iteration on ln b does the rest, mostly in one step.
No step starts from an earlier answer: the same price gives the same bits, whatever was asked before.
"""

# numba infers the types from the signatures.
# mypy: disable-error-code="no-untyped-def"

import math

import numpy as np
from numba import boolean, float64, int64, njit, void
from numpy.typing import NDArray

from tarazu.market.black76 import INV_SQRT_2PI, SIGMA_MAX, SQRT_HALF, normal_cdf

# The table: z as a cubic in u = ln(n(z)/z - N(-z)) between nodes; beyond it the asymptote.
U_MIN, U_MAX, U_STEP = -60.0, 2.0, 0.125
STEP_LAST = 1e-5
"""Halley's error falls with its cube: after a relative step this small the next would not change the answer."""
STEPS_MAX = 100


def _log_rho(z: float) -> tuple[float, float]:
    """ln(n(z)/z - N(-z)) and its slope -n(z)/z^2 over the same."""
    density = INV_SQRT_2PI * math.exp(-0.5 * z * z)
    rho = density / z - 0.5 * math.erfc(z * SQRT_HALF)
    return math.log(rho), -density / (z * z * rho)


def _nodes() -> NDArray[np.float64]:
    """z and dz/du times the step at each node of the table, by Newton from the node before."""
    nodes = []
    z = 0.05  # ln rho is about 2 here
    for n in range(round((U_MAX - U_MIN) / U_STEP), -1, -1):
        for _ in range(12):
            log_rho, slope = _log_rho(z)
            z -= (log_rho - (U_MIN + n * U_STEP)) / slope
        nodes.append((z, U_STEP / _log_rho(z)[1]))
    return np.array(nodes[::-1])


_NODES = _nodes()


@njit(float64(float64), cache=True)
def _bachelier_z(u):
    """The z at which ln(n(z)/z - N(-z)) is `u`, to 1e-5, but to 1e-3 below the table."""
    if u >= U_MAX:
        # Near the money n(z)/z - N(-z) is (1/z + z/2) / sqrt(2 pi) - 1/2, and less than z cubed.
        z = INV_SQRT_2PI / (math.exp(u) + 0.5)
        return z * (1.0 + 0.5 * z * z)
    if u <= U_MIN:
        # n(z)/z^3 far out: two turns of z^2 = -2 (u + ln sqrt(2 pi) + 3 ln z).
        z = math.sqrt(-2.0 * u)
        for _ in range(2):
            z = math.sqrt(max(-2.0 * (u - math.log(INV_SQRT_2PI) + 3.0 * math.log(z)), 1.0))
        return z
    place = (u - U_MIN) / U_STEP
    n = min(int64(place), int64(len(_NODES) - 2))
    t = place - n
    a, da, b, db = _NODES[n, 0], _NODES[n, 1], _NODES[n + 1, 0], _NODES[n + 1, 1]
    return a + t * (da + t * (3.0 * (b - a) - 2.0 * da - db + t * (2.0 * (a - b) + da + db)))


@njit(float64(float64, float64, float64), cache=True)
def _guess(beta, x, moneyness):
    """A total standard deviation near the one at which b is `beta`; x <= 0, moneyness = |F - K| / sqrt(F K)."""
    if moneyness < 1e-12:
        s = beta / INV_SQRT_2PI
    else:
        s = -x / _bachelier_z(math.log(beta / moneyness))
    return s * (1.0 + min(s * s, 24.0) / 24.0)


@njit(float64(float64, float64, float64), cache=True)
def total_deviation(beta, x, moneyness):
    """The s > 0 with b(s) = `beta`, for 0 < beta < exp(x/2); NaN where doubles do not find it."""
    root = math.exp(0.5 * x)
    most = root
    upper = beta > 0.5 * most  # ln b is flat there; its distance from the most is not
    s = _guess(beta, x, moneyness)
    low, high = 0.0, math.inf
    for _ in range(STEPS_MAX):
        d1, d2 = x / s + 0.5 * s, x / s - 0.5 * s
        slope = INV_SQRT_2PI * root * math.exp(-0.5 * d1 * d1)
        if upper:
            value = root * normal_cdf(-d1) + normal_cdf(d2) / root
            error, first = math.log(value / (most - beta)), -slope / value
        else:
            value = root * normal_cdf(d1) - normal_cdf(d2) / root
            if value <= 0.0 or slope <= 0.0:  # underflow: s is far too small
                low, s = s, 2.0 * s
                continue
            error, first = math.log(value / beta), slope / value
        if (error > 0.0) != upper:
            high = min(high, s)
        else:
            low = max(low, s)
        second = first * (x * x / (s * s * s) - 0.25 * s - first)
        newton = error / first
        bend = 1.0 - 0.5 * newton * second / first
        step = newton / bend if bend > 0.5 else newton
        after = s - step
        if not low <= after <= high:
            after = 0.5 * (low + high) if high < math.inf else 2.0 * s
        if abs(after - s) <= STEP_LAST * s:
            return after
        s = after
    return math.nan


@njit(float64(boolean, float64, float64, float64, float64, float64), cache=True)
def implied_sigma(is_call, paid, forward, strike, years, discount):
    """The sigma at which the option costs `paid`; NaN where there is none.

    None is: no time value (`paid` at or below the discounted intrinsic), more than the option can be worth, a sigma
    above `SIGMA_MAX`, an expired option, or an input that is NaN or not positive.
    """
    if not (paid > 0.0 and forward > 0.0 and strike > 0.0 and years > 0.0 and discount > 0.0):
        return math.nan
    away = forward - strike
    time_value = paid / discount - max(away if is_call else -away, 0.0)
    scale = math.sqrt(forward * strike)
    beta = time_value / scale
    x = -abs(math.log(forward / strike))
    if not 0.0 < beta < math.exp(0.5 * x):
        return math.nan
    sigma = total_deviation(beta, x, abs(away) / scale) / math.sqrt(years)
    return sigma if sigma <= SIGMA_MAX else math.nan


# The columns of `evaluate`, in the units of black76: per unit of forward, of sigma (1.00), of rate (1.00); per year.
COLUMNS = ("sigma", "delta", "gamma", "vega", "theta", "rho")


@njit(void(boolean, float64, float64, float64, float64, float64, float64[::1]), cache=True)
def evaluate(is_call, paid, forward, strike, years, discount, out):
    """`COLUMNS` of one option into `out`; all NaN without an implied sigma.

    Rho holds the forward fixed, so it is the discount's alone: -years times the price.
    """
    sigma = implied_sigma(is_call, paid, forward, strike, years, discount)
    out[0] = sigma
    if not sigma > 0.0:
        out[:] = math.nan
        return
    root = math.sqrt(years)
    std = sigma * root
    d1 = math.log(forward / strike) / std + 0.5 * std
    density = discount * INV_SQRT_2PI * math.exp(-0.5 * d1 * d1)
    rate = -math.log(discount) / years
    out[1] = discount * (normal_cdf(d1) if is_call else -normal_cdf(-d1))
    out[2] = density / (forward * std)
    out[3] = density * forward * root
    out[4] = rate * paid - 0.5 * density * forward * sigma / root
    out[5] = -years * paid


@njit(
    void(boolean[::1], float64[::1], float64[::1], float64[::1], float64[::1], float64[::1], float64[:, ::1]),
    cache=True,
)
def evaluate_all(is_call, paid, forward, strike, years, discount, out):
    """`evaluate` of each row into the rows of `out`; all arrays have one length."""
    for i in range(len(out)):
        evaluate(is_call[i], paid[i], forward[i], strike[i], years[i], discount[i], out[i])
