"""The delta of a few options of one expiry, from nothing but their markets. Numba kernels of `market.black76`."""

from collections.abc import Iterable
from typing import NamedTuple

from tarazu.market.black76 import delta, implied_sigma
from tarazu.model.units import DAY_NS

YEAR_NS = 365 * DAY_NS


class Held(NamedTuple):
    """Units, and what one is worth now."""

    qty: int
    is_call: bool
    strike_paise: int
    middle_paise: float


def forward_of(strike_paise: int, call_paise: float, put_paise: float) -> float:
    """By parity at one strike: F = K + C - P, for the weeks in which the discount is nearly 1."""
    return strike_paise + call_paise - put_paise


def net_delta(held: Iterable[Held], forward_paise: float, years: float) -> float:
    """Units of the underlying: what a rise of one paisa brings, in paise. Each option at its own implied volatility."""
    total = 0.0
    for one in held:
        sigma = implied_sigma(one.is_call, one.middle_paise, forward_paise, float(one.strike_paise), years, 1.0)
        total += one.qty * delta(one.is_call, forward_paise, float(one.strike_paise), sigma, years, 1.0)
    return total


def hedge_lots(options_delta: float, lot: int, held_lots: int, band_lots: float) -> int:
    """How many lots of the future to hold: as now while the net stays inside the band, else the nearest that nets."""
    if abs(options_delta / lot + held_lots) <= band_lots:
        return held_lots
    return -round(options_delta / lot)
