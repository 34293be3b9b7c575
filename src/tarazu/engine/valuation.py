"""What instruments are worth and how they move, from the touches: marks, forwards, volatilities, units, contracts.

Kept from one second to the next for speed alone, and begun anew with every start of the process: a replay of the same
messages and market keeps the same. A unit is reckoned anew when its mark, its forward or a minute has passed.
"""

from bisect import bisect_left
from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

import msgspec

from tarazu.engine.marking import mark_paise
from tarazu.engine.run import Run
from tarazu.model.instrument import Instrument, Kind
from tarazu.model.units import MINUTE_NS, SECOND_NS
from tarazu.risk import greeks, margin_scan, scenarios
from tarazu.risk.margin_rules import MarginRules
from tarazu.risk.margin_scan import Column
from tarazu.risk.portfolio_risk import Unit

LOOK_NS = 3 * SECOND_NS // 2
"""So old a look at the market serves: one a second, and half of one for a late tick."""
ANEW_NS = MINUTE_NS
NEAR = 5
"""Strikes around the money whose parity is asked."""
_BLIND_GREEKS = greeks.linear_greeks(0.0)


class Chain:
    """The derivatives of one underlying and expiry."""

    def __init__(self) -> None:
        self.future = ""
        self.calls: dict[int, str] = {}
        self.puts: dict[int, str] = {}
        self.strikes: list[int] = []
        """Those that have both, paise, ascending."""


Series = tuple[str, date]


def chains_of(instruments: Mapping[str, Instrument]) -> dict[Series, Chain]:
    """By underlying and expiry."""
    found: dict[Series, Chain] = {}
    for key, one in instruments.items():
        if one.expiry is None or not one.underlying:
            continue
        chain = found.get((one.underlying, one.expiry))
        if chain is None:
            chain = found[one.underlying, one.expiry] = Chain()
        if one.kind is Kind.FUT:
            chain.future = key
        else:
            (chain.calls if one.kind is Kind.CE else chain.puts)[one.strike_paise] = key
    for chain in found.values():
        chain.strikes = sorted(chain.calls.keys() & chain.puts.keys())
    return found


class Money(NamedTuple):
    """Where the money is in a series, paise."""

    forward: float
    spot: float
    sigma: float
    """Of the options nearest the money."""


class Worth(msgspec.Struct, frozen=True, gc=False):
    """One instrument, when it was last looked at."""

    unit: Unit | None
    """None: nobody can say what it is worth."""
    contract: Column | None
    """For the margins; None for shares, and for what is blind."""
    seen: tuple[float, ...]
    """What it was reckoned from."""
    reckoned_ns: int
    looked_ns: int


class Valuation:
    def __init__(self) -> None:
        self._chains: dict[Series, Chain] = {}
        self._money: dict[Series, tuple[Money | None, int]] = {}
        self._worth: dict[str, Worth] = {}

    def begin(self, instruments: Mapping[str, Instrument]) -> None:
        """Of a start."""
        self._chains = chains_of(instruments)

    def of(self, run: Run, key: str, *, anew: bool = False) -> Worth:
        """As the market has it now, or as a look of the last second had it; `anew`: now."""
        known = self._worth.get(key)
        if known is not None and not anew and run.now_ns < known.looked_ns + LOOK_NS:
            return known
        found = self._worth[key] = self._look(run, key, known)
        return found

    def _look(self, run: Run, key: str, known: Worth | None) -> Worth:
        instrument = run.state.instruments.get(key)
        mark = _mark(run, key)
        if instrument is None or mark is None or instrument.kind is Kind.INDEX:
            return _blind(run, key)
        money = self._money_of(run, instrument) if instrument.is_derivative else None
        if money is None and instrument.is_option:
            return _blind(run, key)
        seen = (mark, *(money or ()))
        if known is not None and known.seen == seen and run.now_ns < known.reckoned_ns + ANEW_NS:
            return Worth(known.unit, known.contract, seen, known.reckoned_ns, run.now_ns)
        unit, sigma = _unit(instrument, mark, money, run.wall_ns)
        contract = _contract(run, instrument, mark, money, sigma) if instrument.is_derivative else None
        return Worth(unit, contract, seen, run.now_ns, run.now_ns)

    def _money_of(self, run: Run, instrument: Instrument) -> Money | None:
        assert instrument.expiry is not None
        series = (instrument.underlying, instrument.expiry)
        known = self._money.get(series)
        if known is not None and run.now_ns < known[1] + LOOK_NS // 2:
            return known[0]
        chain = self._chains.get(series)
        found = _money(run, instrument.underlying, instrument.expiry, chain) if chain is not None else None
        self._money[series] = (found, run.now_ns)
        return found


def _mark(run: Run, key: str) -> int | None:
    """As the day's result is marked. However old: options are silent for minutes, and feeds are watched elsewhere."""
    touch = run.quotes.touch(key)
    if touch is None:
        return None
    instrument = run.state.instruments.get(key)
    kind = instrument.kind if instrument is not None else Kind.INDEX
    return mark_paise(touch, run.state.config.risk.spread_bps_max.get(kind, 0))


def _blind(run: Run, key: str) -> Worth:
    """At the top of its band, which nothing trades above today; without a band nobody knows."""
    band = run.state.bands.get(key)
    unit = None
    if band is not None:
        unit = Unit(band.high_paise, _BLIND_GREEKS, scenarios.blank_unit(), is_blind=True)
    return Worth(unit, None, (), run.now_ns, run.now_ns)


def _money(run: Run, underlying: str, expiry: date, chain: Chain) -> Money | None:
    """The forward by parity, else the future's price, else the underlying's own."""
    spot = _mark(run, underlying)
    future = _mark(run, chain.future) if chain.future else None
    pairs = _near(run, chain, spot or future)
    forward = greeks.forward_of(pairs) or future or spot
    if forward is None:
        return None
    return Money(float(forward), float(spot or forward), _money_sigma(pairs, forward, expiry, run.wall_ns))


def _near(run: Run, chain: Chain, around: int | None) -> list[greeks.Pair]:
    """Pairs of the strikes nearest the money: around a price, or where call and put cost most alike."""
    strikes = chain.strikes
    if around is not None:
        at = max(bisect_left(strikes, around) - NEAR // 2 - 1, 0)
        strikes = sorted(strikes[at : at + NEAR + 1], key=lambda strike: abs(strike - around))
    found = []
    for strike in strikes:
        call, put = _mark(run, chain.calls[strike]), _mark(run, chain.puts[strike])
        if call is not None and put is not None:
            found.append(greeks.Pair(strike, call, put))
    return sorted(found, key=lambda pair: abs(pair.call - pair.put))[:NEAR]


def _money_sigma(pairs: list[greeks.Pair], forward: float, expiry: date, wall_ns: int) -> float:
    years = greeks.years_left(expiry, wall_ns)
    for pair in pairs:
        call = greeks.sigma_of(True, pair.call, forward, pair.strike, years)
        put = greeks.sigma_of(False, pair.put, forward, pair.strike, years)
        sigmas = [sigma for sigma in (call, put) if sigma is not None]
        if sigmas:
            return sum(sigmas) / len(sigmas)
    return greeks.SIGMA_FLOOR


def _unit(instrument: Instrument, mark: int, money: Money | None, wall_ns: int) -> tuple[Unit, float]:
    """With its volatility: its own, or the money's where its price has no time value in it."""
    column = scenarios.blank_unit()
    if instrument.is_option:
        assert money is not None and instrument.expiry is not None
        is_call, strike = instrument.kind is Kind.CE, float(instrument.strike_paise)
        years = greeks.years_left(instrument.expiry, wall_ns)
        sigma, delta, gamma, vega, theta = scenarios.option_unit(
            is_call, mark, money.forward, strike, years, money.sigma, column
        )
        return Unit(mark, greeks.Greeks(delta, gamma, vega, theta), column), sigma
    scenarios.linear_cells(mark, column)
    column[scenarios.PRICE] = column[scenarios.DELTA] = mark
    return Unit(mark, greeks.linear_greeks(mark), column), 0.0


def _contract(run: Run, instrument: Instrument, mark: int, money: Money | None, sigma: float) -> Column | None:
    rules: MarginRules | None = run.state.config.risk.margins
    if rules is None:
        return None
    marked = margin_scan.Marked(mark, money.spot if money is not None else mark, sigma)
    return margin_scan.contract_of(rules, instrument, marked, run.state.day, run.wall_ns)
