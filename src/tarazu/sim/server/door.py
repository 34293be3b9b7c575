"""The ticker's door: who is let in at the upgrade, and how many at once. Kite v3 "WebSocket streaming"."""

from urllib.parse import parse_qs, urlsplit
from weakref import WeakKeyDictionary

from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response
from websockets.protocol import State

from tarazu.sim.front.sessions import Login, Sessions
from tarazu.sim.server.tick_source import TickSource


class Door:
    """403 for a token that is not alive, 429 for one connection too many of an app."""

    def __init__(self, source: TickSource, sessions: Sessions, connections_max: int) -> None:
        self.refused = 0
        self._source = source
        self._sessions = sessions
        self._connections_max = connections_max
        self._admitted: WeakKeyDictionary[ServerConnection, Login] = WeakKeyDictionary()
        self._lingering: list[tuple[str, int]] = []

    def admit(self, socket: ServerConnection, request: Request) -> Response | None:
        """None lets the connection in; else the HTTP answer that turns it down."""
        query = parse_qs(urlsplit(request.path).query)
        api_key, token = (query.get(name, [""])[0] for name in ("api_key", "access_token"))
        now_ns = self._source.now_ns
        refusal = self._source.faults.strike("ws.refuse", now_ns, api_key=api_key)
        if refusal is not None:
            return self._refuse(socket, int(refusal.number("status")), "Refused.")
        login = self._sessions.find(api_key, token, now_ns)
        if login is None:
            return self._refuse(socket, 403, "Incorrect `api_key` or `access_token`.")
        if self._count(api_key, now_ns) >= self._connections_max:
            return self._refuse(socket, 429, "Too many connections.")
        self._admitted[socket] = login
        return None

    def login_of(self, socket: ServerConnection) -> Login:
        """Whose connection it is; it was admitted."""
        return self._admitted[socket]

    def linger(self, api_key: str, until_ns: int) -> None:
        """Count a connection that is gone until then (fault `ws.linger`)."""
        self._lingering.append((api_key, until_ns))

    def _refuse(self, socket: ServerConnection, status: int, text: str) -> Response:
        self.refused += 1
        return socket.respond(status, text + "\n")

    def _count(self, api_key: str, now_ns: int) -> int:
        """Connections of this app that are up, opening or closing, and those that linger."""
        self._lingering = [(key, until) for key, until in self._lingering if now_ns < until]
        alive = [s for s, login in self._admitted.items() if login.app.api_key == api_key and s.state < State.CLOSED]
        return len(alive) + sum(key == api_key for key, _ in self._lingering)
