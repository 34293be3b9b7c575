"""Candles of the running day, built from what traded: minute bars, and every longer interval made of them."""

from collections.abc import Iterable
from typing import Any

import msgspec
import numpy as np
from numba import from_dtype, njit, types
from numpy.typing import NDArray

from tarazu.model import ist
from tarazu.model.calendar import Phase, TradingSession
from tarazu.model.instrument import Kind
from tarazu.model.units import DAY_NS, MINUTE_NS
from tarazu.sim.universe import Universe
from tarazu.wire.kite_ticks import TICK

INTERVAL_MINUTES = {
    "minute": 1,
    "3minute": 3,
    "5minute": 5,
    "10minute": 10,
    "15minute": 15,
    "30minute": 30,
    "60minute": 60,
    "hour": 60,  # undocumented; the official client's tests ask for it
}
INTERVALS = (*INTERVAL_MINUTES, "day")

BAR: Any = np.dtype([("open", "i4"), ("high", "i4"), ("low", "i4"), ("close", "i4"), ("volume", "u4"), ("oi", "u4")])
"""One minute of one instrument, paise and units; `open` 0 where nothing traded."""
_BAR_T, _TICK_T = from_dtype(BAR), from_dtype(TICK)


class Candle(msgspec.Struct, frozen=True):
    """Prices in paise; `ts_ns` is the interval's start, for days 00:00 IST."""

    ts_ns: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    oi: int = 0


class CandleBook:
    """The day's minute bars of every instrument.

    Intervals are aligned to the minute in which continuous trading begins (09:15); what a pre-open auction traded
    belongs to the first. Memory: 24 bytes a minute and instrument, taken from the system as the day reaches them.
    """

    def __init__(self, universe: Universe, session: TradingSession) -> None:
        opens = min(w.start_ns for ws in session.windows.values() for w in ws if w.phase is Phase.CONTINUOUS)
        self.first_ns = opens // MINUTE_NS * MINUTE_NS
        self._minutes = (session.last_ns - self.first_ns) // MINUTE_NS + 1
        self._day_ns = ist.midnight_ns(session.day)
        self._bars: NDArray[Any] = np.zeros((self._minutes, len(universe)), BAR)
        self._is_index = np.array([i.kind is Kind.INDEX for i in universe.instruments])
        self._seen = np.zeros(len(universe), np.int64)
        """Volume so far; for indices, which have none, the exchange's stamp."""

    def record(self, rows: NDArray[Any], now_ns: int) -> None:
        """Take in the rows after a step at `now_ns`: whatever has traded since the last call did so at its LTP.

        A step ends an interval, so a step on the minute belongs to the minute before.
        """
        minute = (now_ns - 1 - self.first_ns) // MINUTE_NS
        _record(rows, self._is_index, self._seen, self._bars[min(max(minute, 0), self._minutes - 1)])

    def candles(self, index: int, from_ns: int, to_ns: int, interval: str) -> list[Candle]:
        """Candles of one of `INTERVALS` that start in [from_ns, to_ns], the running one among them, oldest first.

        The day's candle is given when its day is touched. Intervals in which nothing traded are left out, as in Kite.
        """
        column = self._bars[:, index]
        traded = np.flatnonzero(column["open"])
        minutes = [_candle(self.first_ns + int(m) * MINUTE_NS, column[m]) for m in traded]
        if interval == "day":
            day = aggregate(minutes, DAY_NS, self._day_ns)
            return day if from_ns < self._day_ns + DAY_NS and to_ns >= self._day_ns else []
        made = aggregate(minutes, INTERVAL_MINUTES[interval] * MINUTE_NS, self.first_ns)
        return [c for c in made if from_ns <= c.ts_ns <= to_ns]


def aggregate(candles: Iterable[Candle], width_ns: int, origin_ns: int) -> list[Candle]:
    """Longer candles from shorter ones in time order, on a grid of `width_ns` from `origin_ns`."""
    out: list[Candle] = []
    for c in candles:
        start = c.ts_ns - (c.ts_ns - origin_ns) % width_ns
        if out and out[-1].ts_ns == start:
            last = out[-1]
            high, low = max(last.high, c.high), min(last.low, c.low)
            out[-1] = Candle(start, last.open, high, low, c.close, last.volume + c.volume, c.oi)
        else:
            out.append(Candle(start, c.open, c.high, c.low, c.close, c.volume, c.oi))
    return out


def _candle(ts_ns: int, bar: Any) -> Candle:
    return Candle(ts_ns, *(int(v) for v in bar.tolist()))


@njit((_TICK_T[::1], types.boolean[::1], types.int64[::1], _BAR_T[::1]), cache=True)
def _record(rows: Any, is_index: Any, seen: Any, bars: Any) -> None:
    for i in range(len(rows)):
        r = rows[i]
        now = types.int64(r.exchange_ts) if is_index[i] else types.int64(r.volume)
        if now <= seen[i] or r.ltp <= 0:
            continue
        b = bars[i]
        if b.open == 0:
            b.open, b.high, b.low = r.ltp, r.ltp, r.ltp
        b.high, b.low, b.close = max(b.high, r.ltp), min(b.low, r.ltp), r.ltp
        if not is_index[i]:
            b.volume += types.uint32(now - seen[i])
            b.oi = r.oi
        seen[i] = now
