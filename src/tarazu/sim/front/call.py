"""One authorised request on its way through a route, and the table rows that routes are."""

from collections.abc import Callable, Mapping

import msgspec

from tarazu.sim.broker.broker import Broker
from tarazu.sim.front.alerts import AlertBook
from tarazu.sim.front.archive import CandleArchive
from tarazu.sim.front.dump import InstrumentsDump
from tarazu.sim.front.http import Request, Response
from tarazu.sim.front.limits import Family
from tarazu.sim.front.sessions import Login, Sessions
from tarazu.wire.kite_errors import Refusal


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a route may look at. `path` holds the values of the pattern's `{names}`."""

    request: Request
    path: Mapping[str, str]
    now_ns: int
    broker: Broker
    sessions: Sessions
    alerts: AlertBook
    archive: CandleArchive
    dump: InstrumentsDump
    login: Login | None

    @property
    def user_id(self) -> str:
        """The account; only for routes that need a login."""
        assert self.login is not None
        return self.login.user_id


Answer = Callable[[Call], Response | Refusal]


class Route(msgspec.Struct, frozen=True):
    """One line of the table: `/orders/{variety}` matches one segment per `{name}`."""

    method: str
    pattern: str
    answer: Answer
    family: Family = Family.OTHER
    open_to_all: bool = False
    """Needs no access token."""
    from_allowed_ip: bool = False
    """Only from the app's registered addresses, where it has any."""


def match(pattern: str, path: str) -> dict[str, str] | None:
    """The values of the pattern's names, or None when `path` is not of this shape."""
    wanted, given = pattern.split("/"), path.split("/")
    if len(wanted) != len(given):
        return None
    values: dict[str, str] = {}
    for want, have in zip(wanted, given, strict=True):
        if want.startswith("{"):
            if not have or not have.isprintable():
                return None
            values[want[1:-1]] = have
        elif want != have:
            return None
    return values
