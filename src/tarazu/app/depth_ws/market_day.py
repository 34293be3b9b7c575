"""The timetable this profile's market follows: the exchange's, or the simulated broker's own."""

from datetime import date

from tarazu import reference
from tarazu.app.broker_address import NoAddress, SimAddress, broker_address
from tarazu.app.home import Home, Profile
from tarazu.app.settings import BadSettings, read_settings
from tarazu.model.calendar import Pace, TradingSession, paced

RULES = "nse-2026"


class MarketDays:
    """Sessions by day; the last one asked for is kept."""

    def __init__(self, sim: SimAddress | None) -> None:
        self._calendar = reference.calendar_for(reference.rules(sim.rules if sim else RULES))
        self._pace = Pace(sim.session) if sim is not None else Pace.FULL
        self._known: tuple[date, TradingSession | None] | None = None

    def session(self, day: date) -> TradingSession | None:
        """None on a day without trading. Raises `model.calendar.NotCovered` beyond the dated data."""
        if self._known is None or self._known[0] != day:
            session = self._calendar.session(day)
            self._known = day, paced(session, self._pace) if session else None
        return self._known[1]


def market_days(home: Home) -> MarketDays:
    """Of the broker that this home knows; of the sim profile's as its settings have it, where none runs any more."""
    return MarketDays(_sim(home))


def _sim(home: Home) -> SimAddress | None:
    try:
        return broker_address(home).sim
    except (NoAddress, OSError):
        if home.profile is not Profile.SIM:
            return None
    try:
        sim = read_settings(home.settings_file).sim
    except (BadSettings, OSError):
        return None
    return SimAddress(
        rest_url="", ws_url="", admin_url="", api_key="", access_token="", rules=sim.rules, session=sim.session
    )
