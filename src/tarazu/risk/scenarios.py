"""The scenario grid, and what a place loads onto it: gross, delta, vega, and the loss in every cell. Numba kernels.

A place is loaded at both ends of what it may hold (`orders.exposure`): in each cell the end that loses more counts. So
a sum of loads is above the truth, whatever fills. What is hedged counts as hedged once its hedge has filled.
"""

# numba infers the types from the signatures.
# mypy: disable-error-code="no-untyped-def"

import itertools
import math
from typing import NamedTuple

import numpy as np
from numba import boolean, float64, njit, void
from numpy.typing import NDArray

from tarazu.market.black76 import price as black_price
from tarazu.market.implied import implied_sigma
from tarazu.risk.greeks import SIGMA_FLOOR, YEAR_DAYS, greeks_of

SPOTS = (0.0, -0.02, 0.02, -0.04, 0.04, -0.06, 0.06, -0.08, 0.08, -0.10, 0.10)
"""Moves of the underlying. Ten percent is the first market-wide halt, and as much as an index's scan of margins."""
VOLS = (0.0, -0.25, 0.25)
"""Of the volatility itself: 0.16 becomes 0.12 and 0.20."""
DAYS = (0.0, 1.0)


class Cell(NamedTuple):
    spot: float
    vol: float
    days: float

    def __str__(self) -> str:
        return f"spot {self.spot:+.0%}, volatility {self.vol:+.0%}, {self.days:.0f} days on"


CELLS = tuple(Cell(*cell) for cell in itertools.product(SPOTS, VOLS, DAYS))
"""The first is the market as it is."""
_CELLS = np.array(CELLS)

# The columns of a unit: one unit held long, paise. Its gain in every cell follows.
PRICE, DELTA, VEGA = 0, 1, 2
UNIT = 3
# The columns of a load: both ends of delta and vega. The loss in every cell follows.
GROSS, DELTA_LOW, DELTA_HIGH, VEGA_LOW, VEGA_HIGH = 0, 1, 2, 3, 4
LOAD = 5
Column = NDArray[np.float64]


class Figures(NamedTuple):
    """Of a load, paise, none below 0."""

    gross: float = 0.0
    delta: float = 0.0
    """|net delta| at its worse end."""
    vega: float = 0.0
    loss: float = 0.0
    """In the worst cell."""


def blank_unit() -> Column:
    return np.zeros(UNIT + len(CELLS))


def blank_load() -> Column:
    return np.zeros(LOAD + len(CELLS))


def worst_cell(load: Column) -> Cell:
    return CELLS[int(load[LOAD:].argmax())]


@njit(void(boolean, float64, float64, float64, float64, float64[::1]), cache=True)
def option_cells(is_call, forward, strike, sigma, years, unit):
    """The cells of an option's unit: what it is worth there by Black-76, less what it is worth now."""
    now = black_price(is_call, forward, strike, sigma, years, 1.0)
    for n in range(len(_CELLS)):
        spot, vol, days = _CELLS[n, 0], _CELLS[n, 1], _CELLS[n, 2]
        left = max(years - days / YEAR_DAYS, 0.0)
        unit[UNIT + n] = black_price(is_call, forward * (1.0 + spot), strike, sigma * (1.0 + vol), left, 1.0) - now


@njit("UniTuple(float64, 5)(boolean, float64, float64, float64, float64, float64, float64[::1])", cache=True)
def option_unit(is_call, paid, forward, strike, years, money_sigma, unit):
    """An option's whole unit; returns its volatility and its `Greeks`. Where the price has no time value in it, the
    volatility is the money's."""
    sigma = implied_sigma(is_call, paid, forward, strike, years, 1.0)
    sigma = money_sigma if math.isnan(sigma) else max(sigma, SIGMA_FLOOR)
    delta, gamma, vega, theta = greeks_of(is_call, forward, strike, sigma, years)
    unit[PRICE], unit[DELTA], unit[VEGA] = paid, delta, vega
    option_cells(is_call, forward, strike, sigma, years, unit)
    return sigma, delta, gamma, vega, theta


@njit(void(float64, float64[::1]), cache=True)
def linear_cells(price, unit):
    """Of a future or a share."""
    for n in range(len(_CELLS)):
        unit[UNIT + n] = price * _CELLS[n, 0]


@njit(void(float64[::1], float64[::1], float64, float64, float64), cache=True)
def add_load(load, unit, low, high, sign):
    """Add (`sign` 1) or take off (-1) a place that holds between `low` and `high` units."""
    load[GROSS] += sign * max(abs(low), abs(high)) * unit[PRICE]
    for of, at in ((DELTA, DELTA_LOW), (VEGA, VEGA_LOW)):
        one, other = low * unit[of], high * unit[of]
        load[at] += sign * min(one, other)
        load[at + 1] += sign * max(one, other)
    for n in range(len(_CELLS)):
        gain = unit[UNIT + n]
        load[LOAD + n] += sign * max(-low * gain, -high * gain)


@njit(void(float64[::1], float64, float64, float64, float64), cache=True)
def add_blind(load, price, low, high, sign):
    """A place that cannot be valued, at the most a unit of it can cost today: so much a holder of it may lose, and a
    seller too, while the day's band stands."""
    most = sign * max(abs(low), abs(high)) * price
    load[GROSS] += most
    for n in range(len(_CELLS)):
        load[LOAD + n] += most


@njit("UniTuple(float64, 4)(float64[::1])", cache=True)
def figures_of(load):
    """`Figures`, as a plain tuple."""
    loss = 0.0
    for n in range(LOAD, len(load)):
        loss = max(loss, load[n])
    delta = max(abs(load[DELTA_LOW]), abs(load[DELTA_HIGH]))
    vega = max(abs(load[VEGA_LOW]), abs(load[VEGA_HIGH]))
    return load[GROSS], delta, vega, loss


TINY = 0.5
"""Paise: sums of floats are compared to the paisa."""


@njit(void(float64[::1], float64[::1], float64, float64, float64), cache=True)
def fill(load, unit, low, high, qty):
    """A place of the load, between `low` and `high` units before, holds `qty` more at both ends."""
    load[GROSS] += (max(abs(low + qty), abs(high + qty)) - max(abs(low), abs(high))) * unit[PRICE]
    load[DELTA_LOW] += qty * unit[DELTA]
    load[DELTA_HIGH] += qty * unit[DELTA]
    load[VEGA_LOW] += qty * unit[VEGA]
    load[VEGA_HIGH] += qty * unit[VEGA]
    for n in range(len(_CELLS)):
        load[LOAD + n] -= qty * unit[UNIT + n]


@njit("UniTuple(float64, 4)(float64[::1], float64[::1], float64, float64, float64)", cache=True)
def figures_filled(load, unit, low, high, qty):
    """`figures_of` after `fill`; `load` stays as it is."""
    gross = load[GROSS] + (max(abs(low + qty), abs(high + qty)) - max(abs(low), abs(high))) * unit[PRICE]
    moved = qty * unit[DELTA]
    delta = max(abs(load[DELTA_LOW] + moved), abs(load[DELTA_HIGH] + moved))
    moved = qty * unit[VEGA]
    vega = max(abs(load[VEGA_LOW] + moved), abs(load[VEGA_HIGH] + moved))
    loss = 0.0
    for n in range(len(_CELLS)):
        loss = max(loss, load[LOAD + n] - qty * unit[UNIT + n])
    return gross, delta, vega, loss


@njit("UniTuple(float64, 4)(float64[::1], float64[::1], boolean)", cache=True)
def made_worse(before, after, is_more):
    """`Figures` of what is worse after than it was before, end by end and cell by cell; 0 where nothing is.

    A figure may be smaller after and its risk larger: what was feared at one end is less, and the other end, which may
    be the truth, is more.
    """
    delta, vega, loss = 0.0, 0.0, 0.0
    for n in (DELTA_LOW, DELTA_HIGH):
        if abs(after[n]) > abs(before[n]) + TINY:
            delta = max(delta, abs(after[n]))
    for n in (VEGA_LOW, VEGA_HIGH):
        if abs(after[n]) > abs(before[n]) + TINY:
            vega = max(vega, abs(after[n]))
    for n in range(LOAD, len(after)):
        if after[n] > before[n] + TINY:
            loss = max(loss, after[n])
    return (max(after[GROSS], 0.0) if is_more else 0.0), delta, vega, loss


@njit("boolean(float64, float64, float64)", cache=True)
def is_gross_more(low, high, qty):
    """Whether so many more units make a place between `low` and `high` larger at either end."""
    return abs(low + qty) > abs(low) or abs(high + qty) > abs(high)


@njit("UniTuple(float64, 4)(float64[::1], float64[::1], float64, float64, float64)", cache=True)
def filled_worse(load, unit, low, high, qty):
    """`made_worse` by one `fill`; `load` stays as it is."""
    after = load.copy()
    fill(after, unit, low, high, qty)
    return made_worse(load, after, is_gross_more(low, high, qty))
