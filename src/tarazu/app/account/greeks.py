"""Delta and vega of what is held, from the broker's quotes alone: Black-76 in plain Python, for a few rows at a time.

The forward is that of put and call of the same strike (F = K + C - P), the volatility what the held one costs; as the
engine has it (`risk.greeks`), whose kernels take half a second to load. Paise.
"""

import math
from collections.abc import Iterable, Mapping

import msgspec

from tarazu.app.account.contracts import Terms
from tarazu.app.account.quotes import Quote
from tarazu.app.account.result import PlaceResult
from tarazu.model import ist
from tarazu.model.units import DAY_NS, HOUR_NS

YEAR_DAYS = 365
EXPIRY_S = 15 * 3_600 + 30 * 60  # 15:30 IST
SIGMA_MAX = 10.0
HALVINGS = 60


class PlaceGreeks(msgspec.Struct, frozen=True, kw_only=True):
    """All units of one place. None: not computable, and `why` says why."""

    delta_paise: int | None = None
    """Rupees of the underlying it stands for."""
    vega_paise: int | None = None
    """For one point of volatility."""
    why: str = ""


def pair_of(key: str) -> str:
    """The other option of the strike."""
    return key[:-2] + ("PE" if key.endswith("CE") else "CE")


def keys_needed(places: Iterable[PlaceResult], terms: Mapping[str, Terms]) -> list[str]:
    """To be quoted: what is held, and of options the other one."""
    held = [place.key for place in places if place.qty]
    return sorted({*held, *(pair_of(key) for key in held if terms[key].is_option)})


def place_greeks(place: PlaceResult, terms: Terms, quotes: Mapping[str, Quote], now_ns: int) -> PlaceGreeks:
    if not terms.is_option:
        return PlaceGreeks(delta_paise=place.qty * place.last_paise, vega_paise=0)
    if terms.expiry is None or not terms.strike_paise:
        return PlaceGreeks(why="no instrument master tells its expiry and strike")
    mine, other = (_middle(quotes.get(key)) for key in (place.key, pair_of(place.key)))
    if mine is None or other is None:
        return PlaceGreeks(why="no quote of it, or of the other option of its strike")
    is_call = place.key.endswith("CE")
    strike = float(terms.strike_paise)
    forward = strike + (mine - other if is_call else other - mine)
    ends_ns = ist.midnight_ns(terms.expiry) + EXPIRY_S * 1_000_000_000
    years = max(ends_ns - now_ns, HOUR_NS) / (YEAR_DAYS * DAY_NS)
    sigma = _sigma(is_call, mine, forward, strike, years) if forward > 0 else None
    if sigma is None:
        return PlaceGreeks(why="its price has no time value: no volatility can be told from it")
    delta, vega = _greeks(is_call, forward, strike, sigma * math.sqrt(years), years)
    return PlaceGreeks(delta_paise=round(place.qty * delta * forward), vega_paise=round(place.qty * vega))


def _middle(quote: Quote | None) -> float | None:
    if quote is None:
        return None
    if quote.bid is None or quote.ask is None:
        return float(quote.last) if quote.last > 0 else None
    return (quote.bid + quote.ask) / 2


def _cdf(x: float) -> float:
    return 0.5 * math.erfc(-x / math.sqrt(2.0))


def _price(is_call: bool, forward: float, strike: float, std: float) -> float:
    d1 = math.log(forward / strike) / std + 0.5 * std
    if is_call:
        return forward * _cdf(d1) - strike * _cdf(d1 - std)
    return strike * _cdf(std - d1) - forward * _cdf(-d1)


def _sigma(is_call: bool, paid: float, forward: float, strike: float, years: float) -> float | None:
    """By halving; None outside what any volatility could cost."""
    root = math.sqrt(years)
    low, high = 1e-4, SIGMA_MAX
    if not _price(is_call, forward, strike, low * root) < paid < _price(is_call, forward, strike, high * root):
        return None
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if _price(is_call, forward, strike, middle * root) < paid else (low, middle)
    return (low + high) / 2


def _greeks(is_call: bool, forward: float, strike: float, std: float, years: float) -> tuple[float, float]:
    """Of one unit: delta, and what a point of volatility adds."""
    d1 = math.log(forward / strike) / std + 0.5 * std
    density = math.exp(-0.5 * d1 * d1) / math.sqrt(2.0 * math.pi)
    return (_cdf(d1) if is_call else _cdf(d1) - 1.0), forward * density * math.sqrt(years) * 0.01
