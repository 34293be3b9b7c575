"""Whether somebody looks at the desk as often as the runbook has it: its half-hourly `monitor`, by the desk record."""

import logging

from tarazu.app.home import Home, Profile
from tarazu.app.runbook.book.model import NoRunbook
from tarazu.app.runbook.book.source import BadSource, read_source
from tarazu.app.runbook.duty import Duty, market_of, overdue
from tarazu.app.runbook.runs.record import runs
from tarazu.app.settings import WatchdogSettings
from tarazu.model import ist
from tarazu.model.units import SECOND_NS
from tarazu.runtime.desk_record import BadDeskRecord

log = logging.getLogger("tarazu.watchdog")

MONITOR = "monitor"
LOOK_NS = 30 * SECOND_NS


def is_watched(home: Home, settings: WatchdogSettings) -> bool:
    """Unless it is set, where money is at stake alone."""
    return home.profile is Profile.LIVE if settings.monitor is None else settings.monitor


class MonitorDuty:
    """Reads the record twice a minute at the most."""

    def __init__(self, home: Home, since_ns: int) -> None:
        """`since_ns`: UTC of the profile's clock; nobody was asked to look before.

        Raises BadSource, NoRunbook, OSError.
        """
        source, _ = read_source()
        self._home, self._since_ns = home, since_ns
        self._runbook = source.runbook(MONITOR)
        self._looked_ns: int | None = None
        self._missed: Duty | None = None

    def missed(self, now_ns: int) -> Duty | None:
        """At this moment of the profile's clock; nothing outside the market's hours. Where the record does not read,
        what was known before: that it does not is main's to tell."""
        if self._looked_ns is not None and 0 <= now_ns - self._looked_ns < LOOK_NS:
            return self._missed
        self._looked_ns = now_ns
        market = market_of(ist.day_of(now_ns))
        if market is None or not market.opens_ns <= now_ns < market.closes_ns:
            self._missed = None
            return None
        try:
            known = runs(self._home, days_back=1)
        except (BadDeskRecord, OSError) as unread:
            log.warning("whether %s was run is not known: %s", MONITOR, unread)
            return self._missed
        self._missed = overdue(self._runbook, market, known, self._since_ns, now_ns)
        return self._missed


def monitor_duty(home: Home, settings: WatchdogSettings, since_ns: int) -> MonitorDuty | None:
    """None where nobody promised to look, and where the runbook that ships does not read: that is a broken
    installation, and no reason to watch nothing."""
    if not is_watched(home, settings):
        return None
    try:
        return MonitorDuty(home, since_ns)
    except (BadSource, NoRunbook, OSError) as bad:
        log.error("nobody is reminded of %s: %s", MONITOR, bad)
        return None
