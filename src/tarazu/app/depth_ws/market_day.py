"""The timetable this profile's market follows: the exchange's, or the simulated broker's own."""

from datetime import date

from tarazu import reference
from tarazu.app.broker_address import SimAddress
from tarazu.model.calendar import TradingSession, shorten

RULES = "nse-2026"


class MarketDays:
    """Sessions by day; the last one asked for is kept."""

    def __init__(self, sim: SimAddress | None) -> None:
        self._calendar = reference.calendar_for(reference.rules(sim.rules if sim else RULES))
        self._short = sim is not None and sim.session == "short"
        self._known: tuple[date, TradingSession | None] | None = None

    def session(self, day: date) -> TradingSession | None:
        """None on a day without trading. Raises `model.calendar.NotCovered` beyond the dated data."""
        if self._known is None or self._known[0] != day:
            session = self._calendar.session(day)
            self._known = day, shorten(session) if session and self._short else session
        return self._known[1]
