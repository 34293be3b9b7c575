"""Implied volatility and greeks beside vollib's (Jäckel's "Let's Be Rational"), and the laws they obey."""

import math

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from vollib.black.greeks import analytical
from vollib.black.implied_volatility import implied_volatility

from tarazu.market import black76, implied
from tarazu.market.implied import COLUMNS, SIGMA_MAX, evaluate, evaluate_all, implied_sigma

HALF_A_TICK = 2.5  # paise
RATE = 0.065
EPS = np.finfo(float).eps


def greeks(is_call: bool, paid: float, f: float, k: float, years: float, discount: float) -> dict[str, float]:
    out = np.empty(len(COLUMNS))
    evaluate(is_call, paid, f, k, years, discount, out)
    return dict(zip(COLUMNS, out.tolist(), strict=True))


def the_chains() -> list[tuple[bool, float, float, float, float]]:
    """NIFTY as it might be: five expiries from the last hour to a year, a smile, prices on the tick, both sides."""
    forward, cases = 2_612_345.0, []
    for years in (1 / 365 / 24, 1 / 365, 6 / 365, 34 / 365, 1.0):
        for strike in np.arange(2_200_000.0, 3_000_001.0, 20_000.0):
            sigma = 0.12 + 3.0 * math.log(strike / forward) ** 2
            for is_call in (True, False):
                paid = black76.price(is_call, forward, strike, sigma, years, math.exp(-RATE * years))
                cases.append((is_call, 5.0 * round(paid / 5.0), forward, strike, years))
    return cases


def test_a_chain_equals_vollib_to_nine_digits() -> None:
    compared = 0
    for is_call, paid, f, k, t in the_chains():
        discount = math.exp(-RATE * t)
        if paid / discount - max(f - k if is_call else k - f, 0.0) <= HALF_A_TICK:
            continue
        flag, ours = "c" if is_call else "p", greeks(is_call, paid, f, k, t, discount)
        sigma = implied_volatility(paid, f, k, RATE, t, flag)
        # vollib tells vega and rho per point, theta per day.
        theirs = {
            "sigma": sigma,
            "delta": analytical.delta(flag, f, k, t, RATE, sigma),
            "gamma": analytical.gamma(flag, f, k, t, RATE, sigma),
            "vega": analytical.vega(flag, f, k, t, RATE, sigma) * 100,
            "theta": analytical.theta(flag, f, k, t, RATE, sigma) * 365,
            "rho": analytical.rho(flag, f, k, t, RATE, sigma) * 100,
        }
        assert ours == pytest.approx(theirs, rel=1e-9), (is_call, paid, f, k, t)
        compared += 1
    assert compared > 200


anything = given(
    st.booleans(),
    st.floats(50, 5_000_000),
    st.floats(-1.0, 1.0),
    st.floats(0.01, 3.0),
    st.floats(math.log(1e-5), math.log(5.0)),
    st.floats(0.7, 1.0),
)


@anything
@example(True, 100.0, 0.0, 0.2, math.log(0.1), 1.0)
@example(False, 2_600_000.0, 1e-9, 0.1, math.log(1e-5), 1.0)
@example(True, 100.0, 1.0, 3.0, math.log(5.0), 0.7)
def test_price_to_volatility_to_price(
    is_call: bool, f: float, log_k: float, sigma: float, log_t: float, disc: float
) -> None:
    k, t = f * math.exp(log_k), math.exp(log_t)
    paid = black76.price(is_call, f, k, sigma, t, disc)
    found = implied_sigma(is_call, paid, f, k, t, disc)
    time_value = paid / disc - max(f - k if is_call else k - f, 0.0)
    assume(1e-9 * f < time_value < 0.999 * min(f, k))
    again = black76.price(is_call, f, k, found, t, disc)
    assert again == pytest.approx(paid, rel=1e-13, abs=32 * EPS * f)


@anything
def test_a_dearer_option_has_a_higher_volatility(
    is_call: bool, f: float, log_k: float, sigma: float, log_t: float, disc: float
) -> None:
    k, t = f * math.exp(log_k), math.exp(log_t)
    paid = black76.price(is_call, f, k, sigma, t, disc)
    time_value = paid / disc - max(f - k if is_call else k - f, 0.0)
    assume(1e-6 * f < time_value < 0.9 * min(f, k))
    lower, higher = (implied_sigma(is_call, paid * (1 + up), f, k, t, disc) for up in (0.0, 1e-4))
    assert higher > lower


@anything
def test_a_call_and_a_put_in_parity_have_one_volatility_and_parity_of_greeks(
    _: bool, f: float, log_k: float, sigma: float, log_t: float, disc: float
) -> None:
    k, t = f * math.exp(0.2 * log_k), math.exp(log_t)
    call_paid = black76.price(True, f, k, sigma, t, disc)
    put_paid = black76.price(False, f, k, sigma, t, disc)
    assume(1e-3 * f < min(call_paid, put_paid) - disc * max(0.0, k - f if put_paid < call_paid else f - k))
    assume(max(call_paid, put_paid) / disc < 0.9 * min(f, k))
    assume(min(call_paid / disc - max(f - k, 0), put_paid / disc - max(k - f, 0)) > 1e-3 * f)
    call, put = greeks(True, call_paid, f, k, t, disc), greeks(False, put_paid, f, k, t, disc)
    assert put["sigma"] == pytest.approx(call["sigma"], rel=1e-8)
    assert call["delta"] - put["delta"] == pytest.approx(disc, rel=1e-8)
    assert put["gamma"] == pytest.approx(call["gamma"], rel=1e-7)
    assert put["vega"] == pytest.approx(call["vega"], rel=1e-7)
    assert call["rho"] - put["rho"] == pytest.approx(-t * disc * (f - k), rel=1e-8, abs=1e-9 * f)


# is_call | paid | forward | strike | years | discount
WITHOUT = """
    1 | 100.0   | 200 | 100 | 0.1 | 1.0
    1 | 99.0    | 200 | 100 | 0.1 | 1.0
    0 | 0.0     | 200 | 100 | 0.1 | 1.0
    0 | -1.0    | 200 | 100 | 0.1 | 1.0
    1 | 200.0   | 200 | 100 | 0.1 | 1.0
    0 | 100.0   | 200 | 100 | 0.1 | 1.0
    1 | 5.0     | 200 | 200 | 0.0 | 1.0
    1 | 5.0     | 200 | 200 |-0.1 | 1.0
    1 | nan     | 200 | 200 | 0.1 | 1.0
    1 | 5.0     | nan | 200 | 0.1 | 1.0
    1 | 5.0     | 0   | 200 | 0.1 | 1.0
    1 | 150.0   | 200 | 200 | 1e-9| 1.0
"""


@pytest.mark.parametrize("line", WITHOUT.strip().splitlines())
def test_where_there_is_no_volatility_all_is_nan(line: str) -> None:
    is_call, *numbers = (float(x) for x in line.split("|"))
    assert all(math.isnan(x) for x in greeks(bool(is_call), *numbers).values())


def test_a_volatility_of_the_most_we_look_for_is_found() -> None:
    paid = black76.price(True, 100.0, 100.0, 0.999 * SIGMA_MAX, 0.01, 1.0)
    assert implied_sigma(True, paid, 100.0, 100.0, 0.01, 1.0) == pytest.approx(0.999 * SIGMA_MAX, rel=1e-12)


def test_the_greeks_are_those_of_the_model() -> None:
    paid = black76.price(False, 100.0, 97.0, 0.3, 0.2, 0.98)
    got = greeks(False, paid, 100.0, 97.0, 0.2, 0.98)
    assert got["delta"] == pytest.approx(black76.delta(False, 100.0, 97.0, 0.3, 0.2, 0.98), rel=1e-12)
    assert got["gamma"] == pytest.approx(black76.gamma(100.0, 97.0, 0.3, 0.2, 0.98), rel=1e-12)
    assert got["vega"] == pytest.approx(black76.vega(100.0, 97.0, 0.3, 0.2, 0.98), rel=1e-12)
    assert got["theta"] == pytest.approx(black76.theta(False, 100.0, 97.0, 0.3, 0.2, 0.98), rel=1e-12)
    rate = -math.log(0.98) / 0.2
    up, down = (black76.price(False, 100.0, 97.0, 0.3, 0.2, math.exp(-r * 0.2)) for r in (rate + 1e-5, rate - 1e-5))
    assert got["rho"] == pytest.approx((up - down) / 2e-5, rel=1e-8)


def test_rows_are_evaluated_each_by_itself() -> None:
    cases = the_chains()[::7]
    is_call, paid, f, k, t = (np.array(column) for column in zip(*cases, strict=True))
    out = np.empty((len(cases), len(COLUMNS)))
    evaluate_all(is_call, paid, f, k, t, np.exp(-RATE * t), out)
    one = np.empty(len(COLUMNS))
    for i in range(len(cases)):
        evaluate(is_call[i], paid[i], f[i], k[i], t[i], np.exp(-RATE * t[i]), one)
        assert out[i].tobytes() == one.tobytes()


def test_the_first_guess_is_good_enough_for_two_steps() -> None:
    for z in np.exp(np.linspace(math.log(0.001), math.log(15.0), 3_000)):
        log_rho, _ = implied._log_rho(z)
        assert implied._bachelier_z(log_rho) == pytest.approx(z, rel=1e-5 if log_rho > implied.U_MIN else 1e-3)
