"""Black-76 against an oracle that shares no code with it, its parity and its limits."""

import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tarazu.market import black76

N = NormalDist()


def oracle(is_call: bool, f: float, k: float, sigma: float, t: float, disc: float) -> float:
    """The price as an expectation over the terminal forward: Simpson's rule over 12 standard deviations."""
    std = sigma * math.sqrt(t)
    n, low, high = 4000, -12.0, 12.0
    # The payoff's kink falls on the grid's edge: integrate only where the option pays.
    kink = (math.log(k / f) + 0.5 * std * std) / std
    low, high = (max(low, kink), high) if is_call else (low, min(high, kink))
    if low >= high:
        return 0.0
    h = (high - low) / n
    total = 0.0
    for i in range(n + 1):
        z = low + i * h
        terminal = f * math.exp(std * z - 0.5 * std * std)
        pays = terminal - k if is_call else k - terminal
        total += (1 if i in (0, n) else 4 if i % 2 else 2) * pays * N.pdf(z)
    return disc * total * h / 3


CASES = [
    # forward, strike, sigma, years, discount
    (26_100.0, 26_000.0, 0.13, 5 / 365, 0.999),
    (26_100.0, 27_500.0, 0.18, 5 / 365, 0.999),
    (26_100.0, 24_000.0, 0.22, 35 / 365, 0.994),
    (1_500.0, 1_900.0, 0.35, 0.25, 0.98),
    (100.0, 100.0, 1.2, 2.0, 0.9),
    (85_000.0, 85_000.0, 0.1, 1 / 365, 1.0),
]


@pytest.mark.parametrize("is_call", [True, False])
@pytest.mark.parametrize("case", CASES)
def test_the_price_is_the_discounted_expectation_of_the_payoff(
    is_call: bool, case: tuple[float, float, float, float, float]
) -> None:
    f, k, sigma, t, disc = case
    assert black76.price(is_call, f, k, sigma, t, disc) == pytest.approx(oracle(is_call, *case), rel=1e-7, abs=1e-7)


@given(st.floats(50, 100_000), st.floats(0.5, 2.0), st.floats(0.01, 2.0), st.floats(1e-4, 3.0), st.floats(0.8, 1.0))
def test_put_call_parity_and_bounds(f: float, ratio: float, sigma: float, t: float, disc: float) -> None:
    k = f * ratio
    call = black76.price(True, f, k, sigma, t, disc)
    put = black76.price(False, f, k, sigma, t, disc)
    assert call - put == pytest.approx(disc * (f - k), abs=1e-9 * f)
    assert disc * max(f - k, 0.0) - 1e-9 * f <= call <= disc * f


@pytest.mark.parametrize("sigma, years", [(0.0, 0.5), (0.2, 0.0), (0.0, 0.0), (1e-15, 1.0)])
def test_without_uncertainty_an_option_is_worth_its_intrinsic_value(sigma: float, years: float) -> None:
    assert black76.price(True, 110.0, 100.0, sigma, years, 0.99) == pytest.approx(9.9)
    assert black76.price(False, 110.0, 100.0, sigma, years, 0.99) == 0.0
    assert black76.price(False, 90.0, 100.0, sigma, years, 0.99) == pytest.approx(9.9)
    assert black76.delta(True, 110.0, 100.0, sigma, years, 1.0) == 1.0
    assert black76.delta(False, 110.0, 100.0, sigma, years, 1.0) == 0.0
    assert black76.vega(110.0, 100.0, sigma, years, 1.0) == 0.0
    assert black76.gamma(110.0, 100.0, sigma, years, 1.0) == 0.0


def test_the_price_approaches_its_limits_without_a_step() -> None:
    for tiny in (1e-3, 1e-5, 1e-7):
        assert black76.price(True, 110.0, 100.0, tiny, 1.0, 1.0) == pytest.approx(10.0, abs=1e-6)
        assert black76.price(True, 110.0, 100.0, 0.2, tiny**2, 1.0) == pytest.approx(10.0, abs=1e-6)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("is_call", [True, False])
def test_greeks_are_the_slopes_of_the_price(is_call: bool, case: tuple[float, float, float, float, float]) -> None:
    f, k, sigma, t, disc = case
    rate = -math.log(disc) / t

    def p(df: float = 0.0, ds: float = 0.0, dt: float = 0.0) -> float:
        return black76.price(is_call, f + df, k, sigma + ds, t - dt, math.exp(-rate * (t - dt)))

    h = f * 1e-4
    assert black76.delta(is_call, *case) == pytest.approx((p(h) - p(-h)) / (2 * h), abs=1e-5)
    assert black76.gamma(*case) == pytest.approx((p(h) - 2 * p() + p(-h)) / h**2, rel=1e-3, abs=1e-9)
    assert black76.vega(*case) == pytest.approx((p(ds=1e-5) - p(ds=-1e-5)) / 2e-5, rel=1e-4, abs=1e-3)
    step = t * 1e-5
    assert black76.theta(is_call, *case) == pytest.approx((p(dt=step) - p(dt=-step)) / (2 * step), rel=1e-4, abs=1e-2)


@pytest.mark.parametrize("case", CASES)
def test_implied_sigma_undoes_the_price(case: tuple[float, float, float, float, float]) -> None:
    f, k, sigma, t, disc = case
    is_call = k > f
    paid = black76.price(is_call, f, k, sigma, t, disc)
    assert black76.implied_sigma(is_call, paid, f, k, t, disc) == pytest.approx(sigma, rel=1e-5)
    assert black76.implied_sigma(is_call, 0.0, f, k, t, disc) == 0.0


def test_array_kernels_repeat_the_scalars() -> None:
    columns = [np.array(c) for c in zip(*CASES, strict=True)]
    calls = np.array([True, False] * 3)
    got, slopes = np.empty(6), np.empty((6, 4))
    black76.prices(calls, *columns, got)
    black76.greeks(calls, *columns, slopes)
    for i, case in enumerate(CASES):
        call = bool(calls[i])
        assert got[i] == black76.price(call, *case)
        assert tuple(slopes[i]) == (
            black76.delta(call, *case),
            black76.gamma(*case),
            black76.vega(*case),
            black76.theta(call, *case),
        )
