"""main carries the alerts itself while its watchdog is silent: the watchdog's is the only other courier that runs, and
what is posted while there is none would reach nobody.
"""

import logging
import threading
from collections.abc import Callable

from tarazu.app.alerts.deliver import Courier
from tarazu.app.alerts.from_journal import JournalAlerts
from tarazu.app.alerts.urls import AlertUrls, read_alert_urls
from tarazu.app.depth_ws.seen_file import SeenFile
from tarazu.app.home import Home
from tarazu.app.main.watchdog_watch import ALARM_NS
from tarazu.app.secrets.store import BadSecrets, watched_file
from tarazu.app.settings import AlertSettings

log = logging.getLogger("tarazu.main")

COURIER_S = 1.0


class PageAlone:
    """A thread that works while the watchdog is silent. The outbox is of many processes: a watchdog that is back while
    a message is on its way sends it twice at worst."""

    def __init__(self, home: Home, settings: AlertSettings, wall_ns: Callable[[], int]) -> None:
        """`wall_ns`: the profile's clock."""
        self._home, self._settings, self._wall_ns = home, settings, wall_ns
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def look(self, silent_ns: int) -> None:
        """Once a second, from the event loop; waits for nothing. `silent_ns`: how long nobody has seen the watchdog."""
        if silent_ns < ALARM_NS:
            self._over.set()
            return
        if self._thread is not None and self._thread.is_alive() and not self._over.is_set():
            return
        self._over = over = threading.Event()
        self._thread = threading.Thread(target=self._work, args=(over,), name="page-alone", daemon=True)
        self._thread.start()

    def _work(self, over: threading.Event) -> None:
        """Until `over`. A bug in it must not take the day along: the next look begins anew."""
        log.warning("the watchdog is silent: main sends the alerts until it is back")
        try:
            self._carry(over)
        except Exception as bug:
            log.critical("main's courier has ended: a bug, please report it", exc_info=bug)

    def _carry(self, over: threading.Event) -> None:
        env = SeenFile(watched_file(self._home))
        courier, journal = Courier(self._home, self._settings, self._urls()), JournalAlerts(self._home)
        while not over.is_set():
            if env.changed():
                courier.urls = self._urls()
            now_ns = self._wall_ns()
            journal.work(now_ns)
            for alert in journal.lost:
                courier.carry(alert, now_ns)
            courier.work(now_ns)
            over.wait(COURIER_S)

    def _urls(self) -> AlertUrls:
        try:
            return read_alert_urls(self._home)
        except BadSecrets as bad:
            log.error("no alert goes out: %s", bad)
            return AlertUrls()
