"""Implied volatility and five greeks of 3,000 index options, beside vollib."""

import math
from collections.abc import Iterator

import numpy as np
from vollib.black.greeks import analytical
from vollib.black.implied_volatility import implied_volatility

from tarazu.market.black76 import prices
from tarazu.market.implied import COLUMNS, evaluate_all
from tarazu.ops.bench import Case, against_peer, interleaved

OPTIONS = 3_000
RATE = 0.065
SAMPLE = 9  # vollib takes every ninth: calls and puts, all expiries
GOAL = 100.0  # issue 3


def chain() -> tuple[np.ndarray, ...]:
    """Five expiries of 300 strikes, calls and puts, priced from a smile out to 2.5 standard deviations."""
    forward = 2_612_345.0
    rows = []
    for years in np.array([1, 6, 13, 34, 90]) / 365:
        std = 0.12 * math.sqrt(years)
        for away in np.linspace(-2.5, 2.5, OPTIONS // 10):
            strike = forward * math.exp(away * std)
            sigma = 0.12 - 0.01 * away + 0.004 * away * away
            rows += [(is_call, forward, strike, sigma, years, math.exp(-RATE * years)) for is_call in (True, False)]
    is_call, *numbers = (np.array(column) for column in zip(*rows, strict=True))
    paid = np.empty(OPTIONS)
    prices(is_call, *numbers, paid)
    forwards, strikes, _, years, discounts = numbers
    return is_call, paid, forwards, strikes, years, discounts


def by_vollib(is_call: bool, paid: float, forward: float, strike: float, years: float) -> tuple[float, ...]:
    flag = "c" if is_call else "p"
    sigma = implied_volatility(paid, forward, strike, RATE, years, flag)
    what = (analytical.delta, analytical.gamma, analytical.vega, analytical.theta, analytical.rho)
    return (sigma, *(greek(flag, forward, strike, years, RATE, sigma) for greek in what))


def cases() -> Iterator[Case]:
    columns = chain()
    out = np.empty((OPTIONS, len(COLUMNS)))
    rows = list(zip(*(column.tolist() for column in columns[:-1]), strict=True))[::SAMPLE]
    evaluate_all(*columns, out)
    units = np.array([1.0, 1.0, 1.0, 0.01, 1 / 365, 0.01])  # vollib tells vega and rho per point, theta per day
    assert np.allclose(out[::SAMPLE] * units, [by_vollib(*row) for row in rows], rtol=1e-9, atol=0.0)
    ours_s, peer_s = interleaved(lambda: evaluate_all(*columns, out), lambda: [by_vollib(*row) for row in rows])
    yield against_peer(
        "greeks",
        f"{OPTIONS} options",
        ours=OPTIONS / ours_s,
        peer=len(rows) / peer_s,
        unit="options/s",
        goal=GOAL,
    )
