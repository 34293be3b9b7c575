"""Candles of any day: history before the simulation began, each simulated day as it traded, and today so far."""

from datetime import date

import msgspec

from tarazu.model import ist
from tarazu.model.instrument import Instrument
from tarazu.model.units import HOUR_NS, MINUTE_NS
from tarazu.sim.broker.desk import Desk, MarketDay
from tarazu.sim.candles import BAR, Candle, CandleBook
from tarazu.sim.synthetic.history import History
from tarazu.sim.universe import Universe

# Ours: some 50 days of the desk's universe, some 4 of the full one.
BYTES_MAX = 1 << 29
DAYS_MIN = 2


class _Day(msgspec.Struct, frozen=True):
    universe: Universe
    candles: CandleBook
    """Filled in place while the day lasts."""
    bytes: int


class CandleArchive:
    """Keeps each day's candle book once the day has begun; an hourly entry in the agenda sees to that.

    When the books outgrow `bytes_max` the oldest are forgotten: their days then have no candles.
    """

    def __init__(self, desk: Desk, seed: int, bytes_max: int = BYTES_MAX) -> None:
        self._desk = desk
        self._bytes_max = bytes_max
        self._seed = seed
        self._days: dict[date, _Day] = {}
        self._first = desk.today.universe
        self._history: History | None = None
        self._keep()

    def candles(self, instrument: Instrument, from_ns: int, to_ns: int, interval: str) -> list[Candle]:
        """Candles that start in [from_ns, to_ns], the running one among them, oldest first; nothing of the future."""
        self._keep_today()
        found = self._before_the_first_day(instrument, from_ns, to_ns, interval)
        for day in self._days.values():
            index = day.universe.index_of_key.get(instrument.key)
            if index is not None:
                found += day.candles.candles(index, from_ns, to_ns, interval)
        return found

    def _before_the_first_day(self, instrument: Instrument, from_ns: int, to_ns: int, interval: str) -> list[Candle]:
        """Drawn history; a contract that was not listed on the first day has none."""
        last_ns = min(to_ns, ist.midnight_ns(self._first.day) - 1)
        known = self._first.find(instrument.key)
        if known is None or last_ns < from_ns:
            return []
        if self._history is None:
            self._history = History(self._first, self._desk.calendar, self._seed)
        return self._history.candles(known, from_ns, last_ns, interval)

    def _keep(self) -> None:
        self._keep_today()
        self._desk.agenda.at(self._desk.now_ns + HOUR_NS, self._keep)

    def _keep_today(self) -> None:
        today = self._desk.today
        if today.universe.day in self._days:
            return
        self._days[today.universe.day] = _Day(today.universe, today.candles, _book_bytes(today))
        while len(self._days) > DAYS_MIN and sum(day.bytes for day in self._days.values()) > self._bytes_max:
            del self._days[next(iter(self._days))]


def _book_bytes(day: MarketDay) -> int:
    minutes = (day.session.last_ns - day.candles.first_ns) // MINUTE_NS + 1
    return int(minutes * len(day.universe) * BAR.itemsize)
