"""Whose books a command may read and act on: the profile's account, and never another's."""

import os
import time
from collections.abc import Callable, Mapping

from tarazu.adapters.system_clock import SystemClock
from tarazu.app.broker_address import BrokerAddress, NoAddress, access_token, broker_address
from tarazu.app.home import Home, Profile
from tarazu.ports.clock import Clock

TOKEN_S = 1.0
"""How often `.env` is read again for another token."""


class NoAccount(LookupError):
    """The profile's account cannot be asked from outside; the message says what can be done."""


def account_address(
    home: Home, environ: Mapping[str, str] = os.environ, tell: Callable[[str], None] = lambda _: None
) -> BrokerAddress:
    """Where the account is. In sim a broker is begun where none runs. Raises NoAccount, NoAddress, OSError.

    The paper account lives in main, and Kite's own account is not it: nothing there may be read for it, or left.
    """
    if home.profile is Profile.PAPER:
        raise NoAccount("the paper account is inside main, and no broker has it: tarazu engine status shows it")
    if home.profile is Profile.LIVE:
        return broker_address(home)
    from tarazu.app.supervision.found_broker import answers, is_named

    if not is_named(environ) and answers(home):
        return broker_address(home)
    from tarazu.app.supervision.reach import reach  # the supervisor's client: some 0.1 s of imports

    return reach(home, environ, tell)


def token_of(home: Home, address: BrokerAddress) -> Callable[[], str]:
    """Today's token whenever it is asked for, a new one within a second; empty when there is none."""
    kept: list[tuple[float, str]] = []

    def token() -> str:
        now_s = time.monotonic()
        if not kept or now_s > kept[0][0] + TOKEN_S:
            try:
                kept[:] = [(now_s, access_token(home, address) or "")]
            except (NoAddress, OSError):
                return kept[0][1] if kept else ""  # being replaced, perhaps: the last one is as good as any
        return kept[0][1]

    return token


def clock_of(address: BrokerAddress | None) -> Clock:
    """The profile's: of the simulated broker, where that is the account's and answers."""
    if address is None or address.sim is None:
        return SystemClock()
    from tarazu.adapters.sim_clock import SimClock

    try:
        return SimClock(address.sim.admin_url)
    except OSError:
        return SystemClock()


def now_ns(home: Home) -> int:
    """Of the profile's clock, where that can be read."""
    try:
        return clock_of(broker_address(home)).wall_ns()
    except (NoAddress, OSError):
        return time.time_ns()
