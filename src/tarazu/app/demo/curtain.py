"""The market waits for the desk: what is left of the time before its open is passed over once the engine is ready. So a
quick machine waits for nothing, and a slow one comes late to nothing."""

import contextlib
import http.client

from tarazu.app.broker_address import NoAddress, sim_address
from tarazu.app.drills.admin import SimBroker
from tarazu.app.home import Home
from tarazu.model.units import SECOND_NS

BEFORE_NS = round(1.5 * SECOND_NS)
"""Of the market, to go until the open: processes ask for its clock twice a second, and all know it by then."""


class Curtain:
    """Called from one thread, but for `rise`."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self.opens_ns = 0
        """0: not known yet."""
        self._is_up = False

    def tend(self, market_ns: int, ready: bool) -> None:
        """Several times a second."""
        if ready and self.opens_ns and market_ns:
            self.rise(market_ns)

    def rise(self, market_ns: int) -> None:
        """Once, and not where the open is near or over. A broker that does not answer is asked at the next look."""
        if self._is_up or market_ns >= self.opens_ns - BEFORE_NS:
            self._is_up = True
            return
        with contextlib.suppress(NoAddress, OSError, http.client.HTTPException):
            SimBroker(sim_address(self._home)).admin("PUT", "/clock", {"jump_to": self.opens_ns - BEFORE_NS})
            self._is_up = True
