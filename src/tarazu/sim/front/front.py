"""The REST front: a request and a time in, a response out. Authentication, limits, faults, routes; no socket, no clock.

What a request may change is the broker's state through the broker's own methods, plus three things kept here: logins,
the counts of the rate limits, and alerts. An exception that leaves `handle` is a bug of ours; the server answers 500
and reports it.
"""

from collections.abc import Mapping
from functools import lru_cache

from tarazu.sim.broker.broker import Broker
from tarazu.sim.dice import Dice
from tarazu.sim.front import (
    disturbances,
    routes_alerts,
    routes_gtt,
    routes_margins,
    routes_market,
    routes_mf,
    routes_orders,
    routes_portfolio,
    routes_user,
)
from tarazu.sim.front.alerts import AlertBook
from tarazu.sim.front.archive import CandleArchive
from tarazu.sim.front.call import Call, Route, match
from tarazu.sim.front.dump import InstrumentsDump
from tarazu.sim.front.forms import oversized
from tarazu.sim.front.http import Request, Response, refused
from tarazu.sim.front.limits import Limiter
from tarazu.sim.front.sessions import Login, Sessions
from tarazu.wire.kite_errors import BAD_TOKEN, ErrorType, Refusal

ROUTES: tuple[Route, ...] = (
    *routes_user.ROUTES,
    *routes_orders.ROUTES,
    *routes_portfolio.ROUTES,
    *routes_margins.ROUTES,
    *routes_market.ROUTES,
    *routes_gtt.ROUTES,
    *routes_alerts.ROUTES,
    *routes_mf.ROUTES,
)

PATHS_KEPT = 256
"""Of those found lately: most requests are for the same few."""

NOT_FOUND = Refusal("Route not found", ErrorType.GENERAL, 404)
METHOD_NOT_ALLOWED = Refusal("Method not allowed", ErrorType.GENERAL, 405)
FOREIGN_ADDRESS = Refusal(
    "Orders are accepted from the static IP addresses registered for this app only.", ErrorType.PERMISSION, 403
)


class Front:
    """Kite Connect v3's REST API over one broker."""

    def __init__(self, broker: Broker, sessions: Sessions) -> None:
        self.broker = broker
        self.sessions = sessions
        self.alerts = AlertBook(broker.desk, broker.place)
        self._archive = CandleArchive(broker.desk, broker.config.seed)
        self._dump = InstrumentsDump()
        self._limiter = Limiter(broker.config.rules.rates)
        self._dice = Dice(broker.config.seed)
        self._answered = 0

    def handle(self, request: Request, now_ns: int) -> Response:
        """Bring the broker to `now_ns`, then answer. `now_ns` never runs backwards."""
        self.broker.advance(now_ns)
        self._answered += 1
        login = self._login(request, now_ns)
        subject = {"path": request.path, "method": request.method, "account": login.user_id if login else ""}
        fault = disturbances.chosen(self.broker.faults, now_ns, subject)
        answer = self._route(request, login, now_ns) if disturbances.acts(fault) else None
        if fault is not None:
            response = disturbances.instead(fault)
        else:
            assert answer is not None
            response = answer if isinstance(answer, Response) else refused(answer)
        return disturbances.dated(response, self.broker.faults, self._dice, self._answered, now_ns, subject)

    def _login(self, request: Request, now_ns: int) -> Login | None:
        """Whose request it is, if anybody's; the fault `token.kill` strikes here."""
        login = self.sessions.authorised(request.headers.get("authorization", ""), now_ns)
        if isinstance(login, Refusal):
            return None
        subject = {"path": request.path, "method": request.method, "account": login.user_id}
        if self.broker.faults.strike("token.kill", now_ns, **subject):
            self.sessions.kill(login.user_id)
            return None
        return login

    def _route(self, request: Request, login: Login | None, now_ns: int) -> Response | Refusal:
        found = find_route(request.method, request.path)
        if isinstance(found, Refusal):
            return found
        route, path = found
        if login is None and not route.open_to_all:
            return BAD_TOKEN
        refusal = self._gate(request, route, login, now_ns)
        if refusal is not None:
            return refusal
        return route.answer(
            Call(
                request=request,
                path=path,
                now_ns=now_ns,
                broker=self.broker,
                sessions=self.sessions,
                alerts=self.alerts,
                archive=self._archive,
                dump=self._dump,
                login=login,
            )
        )

    def _gate(self, request: Request, route: Route, login: Login | None, now_ns: int) -> Refusal | None:
        """Limits first, for they count what is refused after them; then address, size and encoding."""
        if login is not None:
            refusal = self._limiter.count(login.user_id, route.family, request.method, now_ns)
            if refusal is not None:
                return refusal
            allowed = login.app.allowed_ips
            if route.from_allowed_ip and allowed and request.client_ip not in allowed:
                return FOREIGN_ADDRESS
        return oversized(request) or (Refusal(request.malformed) if request.malformed else None)


@lru_cache(PATHS_KEPT)
def find_route(method: str, path: str) -> tuple[Route, Mapping[str, str]] | Refusal:
    """The first route of this method and path, with the values of its names."""
    refusal = NOT_FOUND
    for route in _BY_SHAPE.get(_shape(path), ()):
        values = match(route.pattern, path)
        if values is not None and route.method == method:
            return route, values
        if values is not None:
            refusal = METHOD_NOT_ALLOWED
    return refusal


def _shape(path: str) -> tuple[int, str]:
    """Number of segments and the first one, which is no `{name}` in any pattern."""
    segments = path.split("/")
    return len(segments), segments[1] if len(segments) > 1 else ""


_BY_SHAPE: dict[tuple[int, str], list[Route]] = {}
for _route in ROUTES:
    _BY_SHAPE.setdefault(_shape(_route.pattern), []).append(_route)
