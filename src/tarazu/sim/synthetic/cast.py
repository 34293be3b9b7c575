"""Who plays: the constant arrays of a day, drawn from its universe; and what everything closed at yesterday."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tarazu.model import ist
from tarazu.model.calendar import Phase, TradingSession, Venue, venue_of
from tarazu.model.instrument import Exchange, Instrument, Kind
from tarazu.model.units import DAY_NS, HOUR_NS, MINUTE_NS
from tarazu.sim.synthetic import state, surface
from tarazu.sim.synthetic.clock import VENUES
from tarazu.sim.synthetic.listed import INDEX_OF, INDICES, SECTORS, VIX, index_named, share_named, share_tick_paise
from tarazu.sim.synthetic.universe import base_paise
from tarazu.sim.universe import Universe

NIFTY_DAILY = INDICES[0].daily_vol
TRADING_DAYS = 252
RATE = 0.065
DIVIDEND = 0.012
INDEX_SMILE = (-0.35, 0.80)
"""rho, eta: implied volatility falls by rho eta / 2 = 14 % of itself for each standard deviation of strike."""
SHARE_SMILE = (-0.12, 0.85)
SHARE_MARKET, SHARE_SECTOR = 0.55, 0.45
"""Loadings: two shares of a sector correlate at 0.505, of different sectors at 0.3025."""
EXPIRY_NS = 15 * HOUR_NS + 30 * MINUTE_NS
"""Contracts of later days end at 15:30 IST; those of the day itself when the session stops them."""

_KINDS = {Kind.EQ: state.CASH, Kind.FUT: state.FUTURE, Kind.CE: state.CALL, Kind.PE: state.PUT}


class Cast:
    """The constant arrays of one universe and session, and each row's previous close."""

    def __init__(self, universe: Universe, session: TradingSession | None, closes: Mapping[str, int]) -> None:
        self.universe = universe
        self._under_of: dict[str, int] = {}
        self._slice_of: dict[tuple[int, Any], int] = {}
        spots = [i for i in universe.instruments if not i.is_derivative and i.tradingsymbol != VIX]
        leaders = [i for i in spots if _leader_key(i, universe) == i.key]
        self.unders = np.zeros(max(len(leaders), 1), state.UNDER)
        vix_close = closes.get(f"NSE:{VIX}", INDEX_OF[VIX].base_paise)
        # Yesterday's VIX carries the level of fear over to today's whole market.
        fear = min(max((vix_close / INDEX_OF[VIX].base_paise) ** 0.8, 0.5), 4.0)
        for n, leader in enumerate(leaders):
            self._under_of[leader.key] = n
            close = closes.get(leader.key, base_paise(leader))
            _describe(self.unders[n], leader, close, fear)
        self.slices = self._slices()
        self.rows = np.zeros(len(universe), state.ROW)
        for n, instrument in enumerate(universe.instruments):
            self._row(self.rows[n], instrument)
        self.closes = self._closes(closes)
        if session is not None:
            self._expire_with(session)

    def driver(self, instrument: Instrument) -> int:
        """Position in `unders` of what moves this instrument."""
        if instrument.tradingsymbol == VIX:
            return self._under_of.get("NSE:NIFTY 50", 0)
        return self._under_of[instrument.underlying or _leader_key(instrument, self.universe)]

    def _slices(self) -> Any:
        for i in self.universe.instruments:
            if i.is_derivative:
                self._slice_of.setdefault((self.driver(i), i.expiry), len(self._slice_of))
        slices = np.zeros(len(self._slice_of), state.SLICE)
        for (under, expiry), n in self._slice_of.items():
            slices[n]["under"] = under
            slices[n]["expiry_ns"] = ist.midnight_ns(expiry) + EXPIRY_NS
        return slices

    def _expire_with(self, session: TradingSession) -> None:
        for (under, expiry), n in self._slice_of.items():
            if expiry == session.day:
                self.slices[n]["expiry_ns"] = _ends_today_ns(session, bool(self.unders[under]["pin_step"] > 0))

    def _row(self, row: Any, i: Instrument) -> None:
        row["key"] = i.instrument_token
        row["venue"] = VENUES.index(venue_of(i))
        row["under"] = self.driver(i)
        row["slice"] = self._slice_of[self.driver(i), i.expiry] if i.is_derivative else -1
        row["tick"] = i.tick_size_paise
        row["lot"] = i.lot_size
        row["strike"] = i.strike_paise
        row["kind"] = _KINDS.get(i.kind, state.VIX if i.tradingsymbol == VIX else state.INDEX)
        for field, number in _liquidity(i, self.universe).items():
            row[field] = number

    def _closes(self, closes: Mapping[str, int]) -> NDArray[np.int32]:
        """Yesterday's closes: given, or the base price, or for contracts the value as of this day's midnight."""
        surface.bend(self.slices, self.unders, ist.midnight_ns(self.universe.day))
        found = np.zeros(len(self.universe), np.int32)
        for n, i in enumerate(self.universe.instruments):
            known = closes.get(i.key)
            if known is None:
                known = self.theory_paise(n) if i.is_derivative else self._spot_paise(i, closes)
            found[n] = known
        return found

    def _spot_paise(self, i: Instrument, closes: Mapping[str, int]) -> int:
        return closes.get(_leader_key(i, self.universe), base_paise(i))

    def theory_paise(self, n: int) -> int:
        """A contract's value on the present surface, rounded to its tick, one tick at least."""
        row = self.rows[n]
        s = self.slices[row["slice"]]
        fair = float(s["forward"])
        if row["kind"] != state.FUTURE:
            fair = surface.fair_premium(
                bool(row["kind"] == state.CALL),
                float(row["strike"]),
                fair,
                float(s["discount"]),
                float(s["theta"]),
                float(s["phi"]),
                float(self.unders[row["under"]]["rho"]),
            )
        return round_to_tick(fair, int(row["tick"]))


def round_to_tick(paise: float, tick: int) -> int:
    return max(math.floor(paise / tick + 0.5), 1) * tick


def _leader_key(i: Instrument, universe: Universe) -> str:
    """The row whose path this cash row or index follows: a BSE listing its NSE twin where there is one."""
    twin = f"NSE:{i.tradingsymbol}"
    return twin if i.exchange is Exchange.BSE and twin in universe.index_of_key else i.key


def _describe(under: Any, leader: Instrument, close: int, fear: float) -> None:
    if leader.kind is Kind.INDEX:
        index = index_named(leader.tradingsymbol)
        loadings = _loadings(index.market, math.sqrt(max(1.0 - index.market**2, 0.0)) * 0.8)
        daily, sector, pin_step, smile = index.daily_vol, index.sector, index.strike_step_paise, INDEX_SMILE
    else:
        share = share_named(leader.tradingsymbol)
        loadings = _loadings(SHARE_MARKET, SHARE_SECTOR)
        daily, sector, pin_step, smile = share.daily_vol, share.sector, 0, SHARE_SMILE
    under["key"] = leader.instrument_token
    under["daily"] = daily
    under["market"], under["by_sector"], under["own"] = loadings
    under["sector"] = SECTORS.index(sector)
    under["beta"] = loadings[0] * daily / NIFTY_DAILY
    under["pin_step"] = pin_step
    under["rate"], under["dividend"] = RATE, DIVIDEND
    under["rho"], under["eta"] = smile
    # Shares' options are dearer than their history, as an index's are; at rest NIFTY's stand at VIX's base level.
    base_iv = daily * math.sqrt(TRADING_DAYS) * (0.1312 / (NIFTY_DAILY * math.sqrt(TRADING_DAYS)))
    under["iv"] = base_iv * fear
    under["v"] = (base_iv * fear) ** 2
    under["v_long"] = base_iv**2
    under["x_close"] = under["x"] = math.log(close)
    under["sigma"] = daily * math.sqrt(TRADING_DAYS)


def _loadings(market: float, sector: float) -> tuple[float, float, float]:
    return market, sector, math.sqrt(max(1.0 - market**2 - sector**2, 0.0))


def _ends_today_ns(session: TradingSession, is_index: bool) -> int:
    """Nominal end of contracts that expire in this session."""
    window = session.window(Venue.DERIVATIVES, Phase.CONTINUOUS)
    if is_index and session.expiring_index_stop_ns is not None:
        return session.nominal_ns(session.expiring_index_stop_ns)
    return session.nominal_ns(window.end_ns) if window else ist.midnight_ns(session.day) + DAY_NS


# Flow and depth at full liquidity, per kind of instrument. Orders of magnitude of 2025's tape, not a fit:
# (trades a second, lots a trading second, lots at the touch, requotes a second, half spread).
_INDEX_LIQUIDITY = {
    "NIFTY": ((3.0, 2.0, 4.0, 4.0, 0.3e-4), (6.0, 60.0, 25.0, 6.0, 0.9e-3)),
    "BANKNIFTY": ((2.0, 3.0, 3.0, 3.0, 0.4e-4), (2.5, 25.0, 15.0, 3.0, 1.2e-3)),
    "FINNIFTY": ((0.1, 1.0, 2.0, 1.0, 2.5e-4), (0.4, 4.0, 6.0, 1.0, 3.5e-3)),
    "SENSEX": ((0.2, 1.5, 2.0, 1.0, 1.5e-4), (4.0, 50.0, 20.0, 4.0, 1.2e-3)),
}
_SHARE_LIQUIDITY = ((0.5, 2.0, 2.0, 1.5, 0.8e-4), (0.12, 2.0, 3.0, 0.6, 6.0e-3))
_FIELDS = ("trades", "lots", "depth", "quotes", "spread")
_LATER_EXPIRY = 0.25
"""Each later expiry of a contract trades this share of the one before."""
_SESSION_SECONDS = 22_500


def _liquidity(i: Instrument, universe: Universe) -> dict[str, float]:
    if i.kind is Kind.INDEX:
        return {}
    if not i.is_derivative:
        return _cash_liquidity(i)
    future, option = _INDEX_LIQUIDITY.get(i.name, _SHARE_LIQUIDITY)
    numbers = dict(zip(_FIELDS, future if i.kind is Kind.FUT else option, strict=True))
    assert i.expiry is not None
    days = (i.expiry - universe.day).days
    weekly = i.is_option and i.name in ("NIFTY", "SENSEX")
    thinner = _LATER_EXPIRY ** (days / (10.0 if weekly else 30.0))
    thinner = max(min(thinner, 1.0), 0.02)
    for field in ("trades", "lots", "depth", "quotes"):
        numbers[field] *= thinner if field == "trades" else thinner**0.5
    numbers["spread"] /= thinner**0.4
    return numbers


def _cash_liquidity(i: Instrument) -> dict[str, float]:
    share = share_named(i.tradingsymbol)
    daily = share.daily_shares * (0.08 if i.exchange is Exchange.BSE else 1.0)
    per_second = daily / _SESSION_SECONDS
    value_crore = daily * share.base_paise / 1e9
    trades = min(max(value_crore / 150.0, 0.05), 4.0)
    return {
        "trades": trades,
        # A second with trades carries max(trades, 1) times `lots`, and comes with probability 1 - exp(-trades).
        "lots": per_second / (max(trades, 1.0) * (1.0 - math.exp(-trades))),
        "depth": max(per_second * 3.0, 20.0),
        "quotes": min(max(1.5 * trades, 0.3), 5.0),
        "spread": min(max(0.5 * share_tick_paise(share.base_paise) / share.base_paise, 0.6e-4 / trades**0.5), 2e-3),
    }
