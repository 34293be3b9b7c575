"""What the market itself says, asked of the broker by accounts of their own: the desk's quotes are not spent, and when
the desk is blind this is not."""

import csv
import http.client
import io
import threading
import time
import urllib.parse

from tarazu.adapters.sim_clock import SimClock
from tarazu.app.broker_address import NoAddress, SimAddress, sim_address
from tarazu.app.demo.looking.asking import Asker
from tarazu.app.drills.trader import INDEX
from tarazu.app.home import Home
from tarazu.model.units import PAISE

ACCOUNTS = ("ONLOOKA", "ONLOOKB")
"""Each may ask for one quote a second."""
EVERY_S = 0.55
CALM_S = 0.3
OLD_S = 3.0
"""A price older than this is none."""
NEVER = float("-inf")


class Quotes:
    """A thread of its own, from `begin` to `end`, that follows the broker wherever it is."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="demo-quotes", daemon=True)
        self._spot: int | None = None
        self._future: int | None = None
        self._at = NEVER
        self.clock: SimClock | None = None
        """The market's, once the broker has answered."""

    def begin(self) -> None:
        self._thread.start()

    def end(self) -> None:
        """Idempotent."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()

    def latest(self) -> tuple[int | None, int | None]:
        """NIFTY 50 and its nearest future, paise; None for what was not heard lately."""
        if time.monotonic() - self._at > OLD_S:
            return None, None
        return self._spot, self._future

    def market_ns(self) -> int:
        """This machine's time until the broker has said what it is there."""
        return time.time_ns() if self.clock is None else self.clock.wall_ns()

    def _run(self) -> None:
        while not self._over.is_set():
            try:
                self._follow(sim_address(self._home))
            except (NoAddress, OSError, http.client.HTTPException):
                self._over.wait(CALM_S)  # not there yet, or not any more: it is looked for again

    def _follow(self, address: SimAddress) -> None:
        """As long as this broker answers. Raises OSError, HTTPException, NoAddress."""
        clock = SimClock(address.admin_url)
        if self.clock is None or not self.clock.refresh():
            self.clock = clock
        asked = [Asker(address, user) for user in ACCOUNTS]
        future = _future(asked[0])
        turn = 0
        while not self._over.is_set():
            prices = _prices(asked[turn % len(asked)], (INDEX, future))
            self._spot, self._future, self._at = prices.get(INDEX), prices.get(future), time.monotonic()
            turn += 1
            self.clock.refresh()  # it may stand still
            self._over.wait(EVERY_S)


def _prices(asked: Asker, keys: tuple[str, ...]) -> dict[str, int]:
    told = asked.get(f"/quote/ltp?{urllib.parse.urlencode([('i', key) for key in keys])}")
    return {key: round(row["last_price"] * PAISE) for key, row in told.items()}


def _future(asked: Asker) -> str:
    """The nearest one of NIFTY."""
    rows = csv.DictReader(io.StringIO(asked.text("/instruments/NFO")))
    futures = [row for row in rows if (row["name"], row["instrument_type"]) == ("NIFTY", "FUT")]
    return f"NFO:{min(futures, key=lambda row: row['expiry'])['tradingsymbol']}"
