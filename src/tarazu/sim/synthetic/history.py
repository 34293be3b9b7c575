"""The days before the simulation's first: candles drawn backwards from where that day begins.

History is fiction of the right kind: each day's return is drawn from the same factors as a live day's, each day's
minutes are a bridge from open to close, and the last close is the first day's `close` to the paisa. Where the calendar
covers a date its trading days and sessions count; before (2020-2025) every weekday trades, 09:15-15:30, holidays
included, because nothing is known of them here. Contracts have candles since about three months before they expire,
valued from their underlying's path with the volatility at rest.
"""

import math
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

import numpy as np
from numba import njit, types, uint64
from numpy.typing import NDArray

from tarazu.model import ist
from tarazu.model.calendar import NotCovered, Phase, TradingCalendar, venue_of
from tarazu.model.instrument import Instrument, Kind
from tarazu.model.units import DAY_NS, HOUR_NS, MINUTE_NS
from tarazu.sim.candles import INTERVAL_MINUTES, Candle, aggregate
from tarazu.sim.dice import Dice, mix64, unit
from tarazu.sim.synthetic import state, surface
from tarazu.sim.synthetic.cast import Cast
from tarazu.sim.synthetic.paths import gauss
from tarazu.sim.universe import Universe

LISTED_DAYS = 92
"""A contract is listed about three months before it expires."""
YEARS_BACK = 7
GROWTH_PER_DAY = 0.11 / 252
OVERNIGHT_SHARE = 0.2
"""Of a day's variance, between close and open."""
VIX_REVERSION = 0.06
MINUTES = 375
FIRST_MINUTE_NS = 9 * HOUR_NS + 15 * MINUTE_NS


class History:
    """Candles of a universe's instruments for days before `universe.day`, each a function of seed and instrument."""

    def __init__(
        self, universe: Universe, calendar: TradingCalendar, seed: int, closes: Mapping[str, int] | None = None
    ) -> None:
        self.universe = universe
        self._calendar = calendar
        self._seed = seed
        self._cast = Cast(universe, None, closes or {})
        self.days = self._trading_days()
        """Ascending, the last one the trading day before the simulation's first."""
        self._paths: dict[int, NDArray[np.float64]] = {}

    def minute_candles(self, instrument: Instrument, day: date) -> list[Candle]:
        """The day's minutes, oldest first; nothing when it did not trade or the contract was not listed."""
        at = bisect_left(self.days, day)
        if at == len(self.days) or self.days[at] != day or not self._is_listed(instrument, day):
            return []
        first_ns, minutes = self._session(instrument, day)
        bars = self._bars(instrument, at, minutes)
        return [Candle(first_ns + m * MINUTE_NS, *(int(v) for v in bar)) for m, bar in enumerate(bars)]

    def daily_candles(self, instrument: Instrument, first: date, last: date) -> list[Candle]:
        """One candle a trading day in [first, last]; each is the sum of its minutes."""
        found = []
        for at in range(bisect_left(self.days, first), bisect_left(self.days, last + timedelta(days=1))):
            day = self.days[at]
            if self._is_listed(instrument, day):
                bars = self._bars(instrument, at, self._session(instrument, day)[1])
                ohlc = (bars[0, 0], bars[:, 1].max(), bars[:, 2].min(), bars[-1, 3], bars[:, 4].sum(), bars[-1, 5])
                found.append(Candle(ist.midnight_ns(day), *(int(v) for v in ohlc)))
        return found

    def candles(self, instrument: Instrument, from_ns: int, to_ns: int, interval: str) -> list[Candle]:
        """Candles of a Kite interval that start in [from_ns, to_ns]; days when they are touched."""
        first, last = ist.day_of(from_ns), ist.day_of(to_ns)
        if interval == "day":
            return self.daily_candles(instrument, first, last)
        found: list[Candle] = []
        for day in self.days[bisect_left(self.days, first) : bisect_left(self.days, last + timedelta(days=1))]:
            minutes = self.minute_candles(instrument, day)
            if minutes:
                found += aggregate(minutes, INTERVAL_MINUTES[interval] * MINUTE_NS, minutes[0].ts_ns)
        return [c for c in found if from_ns <= c.ts_ns <= to_ns]

    def _trading_days(self) -> list[date]:
        day = self.universe.day - timedelta(days=366 * YEARS_BACK)
        return [d for d in _days(day, self.universe.day) if self._trades(d)]

    def _trades(self, day: date) -> bool:
        try:
            return self._calendar.is_trading_day(day)
        except NotCovered:
            return day.weekday() < 5

    def _session(self, instrument: Instrument, day: date) -> tuple[int, int]:
        """Start of the first minute, and how many there are."""
        try:
            session = self._calendar.session(day)
        except NotCovered:
            session = None
        window = session.window(venue_of(instrument), Phase.CONTINUOUS) if session else None
        if window is None:
            return ist.midnight_ns(day) + FIRST_MINUTE_NS, MINUTES
        return window.start_ns, (window.end_ns - window.start_ns) // MINUTE_NS

    def _is_listed(self, i: Instrument, day: date) -> bool:
        return i.expiry is None or i.expiry - timedelta(days=LISTED_DAYS) <= day

    def _closes(self, under: int, is_vix: bool) -> NDArray[np.float64]:
        """Log closes of a path on each of `days`, ending at the first day's `close`."""
        key = -1 if is_vix else under
        if key not in self._paths:
            u = self._cast.unders[under]
            word = Dice(self._seed).word("history", key if is_vix else int(u["key"]))
            ordinals = np.array([d.toordinal() for d in self.days], np.int64)
            common = Dice(self._seed).word("history factors")
            end = self._vix_close() if is_vix else float(u["x_close"])
            loads = np.array([u["market"], u["by_sector"], u["own"], float(u["sector"]), u["daily"]], np.float64)
            self._paths[key] = (_vix_walk if is_vix else _walk)(
                ordinals, loads, end, np.uint64(common), np.uint64(word)
            )
        return self._paths[key]

    def _vix_close(self) -> float:
        index = self.universe.index_of_key["NSE:INDIA VIX"]
        return math.log(int(self._cast.closes[index]))

    def _bars(self, instrument: Instrument, at: int, minutes: int) -> NDArray[np.int64]:
        """(minutes, 6): open, high, low, close in paise, volume, open interest."""
        n = self.universe.index_of_key[instrument.key]
        row = self._cast.rows[n]
        is_vix = bool(row["kind"] == state.VIX)
        closes = self._closes(int(row["under"]), is_vix)
        daily = 0.05 if is_vix else float(self._cast.unders[row["under"]]["daily"])
        # A contract's minutes follow its underlying's very path: the draws are keyed by the path, not the row.
        path_key = int(self._cast.unders[row["under"]]["key"]) + int(is_vix)
        word = Dice(self._seed).word("minutes", path_key, self.days[at].toordinal())
        before = closes[at - 1] if at else closes[at]
        spot = np.empty((minutes, 4))
        _bridge(spot, before, closes[at], daily, np.uint64(word))
        spot[-1, 3] = math.exp(closes[at])
        prices = self._contract(n, at, spot) if instrument.is_derivative else spot
        tick = int(row["tick"])
        bars = np.empty((minutes, 6), np.int64)
        bars[:, :4] = np.maximum(np.floor(prices / tick + 0.5).astype(np.int64), 1) * tick
        bars[:, 1] = bars[:, :4].max(axis=1)
        bars[:, 2] = bars[:, :4].min(axis=1)
        if at == len(self.days) - 1:
            _end_at(bars, int(self._cast.closes[n]))
        self._volumes(bars, instrument, row, at)
        return bars

    def _contract(self, n: int, at: int, spot: NDArray[np.float64]) -> NDArray[np.float64]:
        """The contract's value along the spot path, as of the midnight before the next trading day."""
        row = self._cast.rows[n]
        following = self.days[at + 1] if at + 1 < len(self.days) else self.universe.day
        u, s = self._cast.unders[row["under"]], self._cast.slices[row["slice"]]
        years = max((int(s["expiry_ns"]) - ist.midnight_ns(following)) / (365 * DAY_NS), surface.YEARS_MIN)
        constants = np.array([u["rate"], u["dividend"], u["v"], u["v_long"], u["rho"], u["eta"], years, row["strike"]])
        out = np.empty_like(spot)
        _value_along(spot, out, constants, int(row["kind"]))
        return out

    def _volumes(self, bars: NDArray[np.int64], instrument: Instrument, row: Any, at: int) -> None:
        if instrument.kind is Kind.INDEX:
            bars[:, 4:] = 0
            return
        dice = Dice(self._seed)
        day_factor = 0.6 + 0.8 * dice.unit("volume", int(row["key"]), self.days[at].toordinal())
        arc = np.linspace(-1.0, 1.0, len(bars)) ** 2
        share = (0.55 + 1.35 * arc) * (0.5 + ((bars[:, 0] // row["tick"]) * 7919 % 101) / 101.0)
        per_minute = row["trades"] * row["lots"] * 60.0 * day_factor
        bars[:, 4] = np.maximum((per_minute * share).astype(np.int64), 1) * int(row["lot"])
        oi = int(row["trades"] * row["lots"] * 2_000.0 * (0.5 + day_factor / 2)) * int(row["lot"])
        bars[:, 5] = min(oi, 1_000_000_000) if instrument.is_derivative else 0


def _days(first: date, end: date) -> Iterator[date]:
    return (date.fromordinal(n) for n in range(first.toordinal(), end.toordinal()))


def _end_at(bars: NDArray[np.int64], close: int) -> None:
    bars[-1, 3] = close
    bars[-1, 1] = max(bars[-1, 1], close)
    bars[-1, 2] = min(bars[-1, 2], close)


@njit(types.float64[::1](types.int64[::1], types.float64[::1], types.float64, types.uint64, types.uint64), cache=True)
def _walk(ordinals: Any, loads: Any, end: float, common: np.uint64, own: np.uint64) -> Any:
    """Log closes backwards from `end`; `loads`: market, sector, own, sector number, daily volatility."""
    out = np.empty(len(ordinals))
    x = end
    for k in range(len(ordinals) - 1, -1, -1):
        out[k] = x
        day = uint64(ordinals[k])
        factor = mix64(common ^ day)
        # One day's volatility for all: calm and rough weeks.
        rough = math.exp(0.35 * gauss(mix64(common ^ (day // uint64(5) + uint64(1 << 40)))) - 0.06)
        sector = gauss(mix64(factor + uint64(2 + int(loads[3]))))
        shock = loads[0] * gauss(factor) + loads[1] * sector + loads[2] * gauss(mix64(own ^ day))
        x -= loads[4] * rough * shock + GROWTH_PER_DAY
    return out


@njit(types.float64[::1](types.int64[::1], types.float64[::1], types.float64, types.uint64, types.uint64), cache=True)
def _vix_walk(ordinals: Any, loads: Any, end: float, common: np.uint64, own: np.uint64) -> Any:
    """As `_walk`, for a log level that is drawn back to where it ends and moves against the market."""
    out = np.empty(len(ordinals))
    x = end
    for k in range(len(ordinals) - 1, -1, -1):
        out[k] = x
        day = uint64(ordinals[k])
        shock = -0.7 * gauss(mix64(common ^ day)) + 0.7 * gauss(mix64(own ^ day))
        x -= 0.045 * shock + VIX_REVERSION * (x - end)
    return out


@njit((types.float64[:, ::1], types.float64, types.float64, types.float64, types.uint64), cache=True)
def _bridge(out: Any, before: float, close: float, daily: float, word: np.uint64) -> None:
    """Minutes' open, high, low, close in paise: a Brownian bridge from a gap-open off `before` to `close` (logs)."""
    n = len(out)
    step = daily * math.sqrt((1.0 - OVERNIGHT_SHARE) / n)
    x = before + math.sqrt(OVERNIGHT_SHARE) * daily * gauss(mix64(word)) * 0.7 + 0.2 * (close - before)
    for m in range(n):
        left = n - m
        pull = (close - x) / left
        noise = step * math.sqrt((left - 1.0) / left)
        nxt = x + pull + noise * gauss(mix64(word + uint64(2 * m + 1)))
        w = mix64(word + uint64(2 * m + 2))
        top = max(x, nxt) + 0.6 * step * unit(w)
        low = min(x, nxt) - 0.6 * step * unit(mix64(w))
        out[m, 0], out[m, 1], out[m, 2], out[m, 3] = math.exp(x), math.exp(top), math.exp(low), math.exp(nxt)
        x = nxt


@njit((types.float64[:, ::1], types.float64[:, ::1], types.float64[::1], types.int64), cache=True)
def _value_along(spot: Any, out: Any, c: Any, kind: int) -> None:
    """A contract's price for each spot price. `c`: rate, dividend, v, v_long, rho, eta, years, strike."""
    growth = math.exp((c[0] - c[1]) * c[6])
    discount = math.exp(-c[0] * c[6])
    theta = surface.atm_variance(c[2], c[3], c[6])
    phi = c[5] / math.sqrt(theta * (1.0 + theta))
    for m in range(len(spot)):
        for j in range(4):
            forward = spot[m, j] * growth
            if kind == state.FUTURE:
                out[m, j] = forward
            else:
                out[m, j] = surface.fair_premium(kind == state.CALL, c[7], forward, discount, theta, phi, c[4])
