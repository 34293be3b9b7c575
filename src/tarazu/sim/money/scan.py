"""Risk arrays: what one unit of an instrument loses in each scenario. Ours approximate SPAN; `.spn` files could serve.

Sixteen scenarios as SPAN has them: the underlying unmoved, up and down by 1/3, 2/3 and all of the price scan range,
each with implied volatility up and down by the volatility scan; and two extreme moves of twice the range of which 35 %
of the loss counts. Options are valued by Black-76 on the underlying's last price, undiscounted, to 15:30 of expiry day.
"""

from collections.abc import Callable
from datetime import date, time
from typing import Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from tarazu.market import black76
from tarazu.model import ist
from tarazu.model.instrument import Instrument, Kind
from tarazu.model.rules import RuleBook
from tarazu.model.units import DAY_NS, HOUR_NS
from tarazu.sim.money.marks import Mark

# (move of the underlying in scan ranges, move of volatility in scans, share of the loss that counts).
SCENARIOS = (
    (0.0, 1, 1.0),
    (0.0, -1, 1.0),
    (1 / 3, 1, 1.0),
    (1 / 3, -1, 1.0),
    (-1 / 3, 1, 1.0),
    (-1 / 3, -1, 1.0),
    (2 / 3, 1, 1.0),
    (2 / 3, -1, 1.0),
    (-2 / 3, 1, 1.0),
    (-2 / 3, -1, 1.0),
    (1.0, 1, 1.0),
    (1.0, -1, 1.0),
    (-1.0, 1, 1.0),
    (-1.0, -1, 1.0),
    (2.0, 0, 0.35),
    (-2.0, 0, 0.35),
)
SIGMA_FLOOR = 0.01
"""Volatility never falls to nothing in a scenario."""
_YEAR_NS = 365 * DAY_NS
_EXPIRY_CLOCK = time(15, 30)


class RiskArray(msgspec.Struct, frozen=True, kw_only=True):
    """One unit held long; paise."""

    losses: NDArray[np.float64]
    """Positive is a loss; one per scenario."""
    value_paise: float
    """What an option is worth; 0 for a future, which has no value to pay for."""
    delta: float
    notional_paise: int
    """Of the underlying, or the future's own price."""
    expiry: date
    exposure: float
    """Exposure margin, a share of notional."""
    short_minimum: float
    """Short option minimum, a share of notional."""
    calendar_spread: float


class RiskSource(Protocol):
    """Whoever knows the risk arrays: our scan, or a reader of the clearing house's own files."""

    def array(self, instrument: Instrument, mark: Mark, now_ns: int) -> RiskArray: ...


class ScenarioScan:
    """`RiskSource` from the documented rates of a rule profile."""

    def __init__(self, rules: RuleBook) -> None:
        self._indices = frozenset(rules.contracts)
        self._rates = rules.margins

    def array(self, instrument: Instrument, mark: Mark, now_ns: int) -> RiskArray:
        assert instrument.expiry is not None
        rates = self._rates
        is_index = instrument.name in self._indices
        price_scan = rates.index_price_scan if is_index else rates.stock_price_scan
        notional = mark.spot_paise if instrument.is_option else mark.last_paise
        if instrument.is_option:
            losses, value, delta = _option(instrument, mark, price_scan, rates.vol_scan, now_ns)
        else:
            moves = [notional * price_scan * move * share for move, _, share in SCENARIOS]
            losses, value, delta = -np.array(moves), 0.0, 1.0
        return RiskArray(
            losses=losses,
            value_paise=value,
            delta=delta,
            notional_paise=notional,
            expiry=instrument.expiry,
            exposure=rates.index_exposure if is_index else rates.stock_exposure,
            short_minimum=rates.short_option_minimum,
            calendar_spread=rates.calendar_spread,
        )


def years_to_expiry(expiry: date, now_ns: int) -> float:
    """To 15:30 IST of `expiry`, an hour at least: an option does not stop being risky in its last minutes."""
    return max(ist.at_ns(expiry, _EXPIRY_CLOCK) - now_ns, HOUR_NS) / _YEAR_NS


def _option(
    instrument: Instrument, mark: Mark, price_scan: float, vol_scan: float, now_ns: int
) -> tuple[NDArray[np.float64], float, float]:
    assert instrument.expiry is not None and mark.spot_paise > 0
    is_call = instrument.kind is Kind.CE
    spot, strike = float(mark.spot_paise), float(instrument.strike_paise)
    years = years_to_expiry(instrument.expiry, now_ns)
    price: Callable[[bool, float, float, float, float, float], float] = black76.price

    def worth(move: float, sigma: float) -> float:
        return price(is_call, spot * (1 + move), strike, max(sigma, SIGMA_FLOOR), years, 1.0)

    now = worth(0.0, mark.sigma)
    losses = [share * (now - worth(move * price_scan, mark.sigma + vol * vol_scan)) for move, vol, share in SCENARIOS]
    delta = black76.delta(is_call, spot, strike, max(mark.sigma, SIGMA_FLOOR), years, 1.0)
    return np.array(losses), now, delta
