"""The broker's REST side over plain sockets: an order stamped at its first byte, books that agree with themselves.

Every order is accepted and then cancelled by the exchange: books and updates show it, positions stay empty however many
there are, and no row of refusals halts the desk. Each account (API key) has its own books. All other questions are
passed on to the simulated broker, with its own credentials.
"""

import http.client
import select
import socket
import time
from collections import defaultdict
from email.utils import formatdate
from urllib.parse import parse_qsl

import msgspec

from feedrig.client import listen
from tarazu.adapters.sim_clock import PublishedClock
from tarazu.model import ist
from tarazu.model.units import SECOND_NS
from tarazu.wire.kite_orders import KiteStatus, OrderRow

_EMPTY = {"/trades": b"[]", "/portfolio/positions": b'{"net":[],"day":[]}'}


class Line:
    """One connection: the request as far as it has come."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock, self.heard, self.first_ns = sock, b"", 0

    def hear(self) -> bool:
        """False when the other end has gone."""
        octets = self.sock.recv(1 << 16)
        if not self.heard:
            self.first_ns = time.monotonic_ns()
        self.heard += octets
        return bool(octets)

    def request(self) -> tuple[str, str, str, bytes] | None:
        """The next whole request: method, target, API key, body."""
        head, found, rest = self.heard.partition(b"\r\n\r\n")
        if not found:
            return None
        lines = head.decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        size = int(headers.get("content-length", 0))
        if len(rest) < size:
            return None
        self.heard = rest[size:]
        method, target, _ = lines[0].split(" ")
        key = headers.get("authorization", "").removeprefix("token ").partition(":")[0]
        return method, target, key, rest[:size]


class Endpoint:
    def __init__(self, sim_rest: str, credentials: str, clock: PublishedClock) -> None:
        self._listening = listen()
        self.port = self._listening.getsockname()[1]
        self.placed_ns: list[int] = []
        """When the first byte of each order's request had come."""
        self.updates: list[bytes] = []
        """Orders' rows that no ticker has told yet."""
        self._rows: defaultdict[str, list[bytes]] = defaultdict(list)
        self._lines: dict[int, Line] = {}
        self._poll = select.poll()
        self._poll.register(self._listening, select.POLLIN)
        self._sim = http.client.HTTPConnection(sim_rest.removeprefix("http://"))
        self._headers = {"Authorization": f"token {credentials}", "X-Kite-Version": "3"}
        self._clock = clock

    def serve(self, for_ns: int) -> None:
        """Answer what comes, until something has come or the time is up."""
        for fd, _ in self._poll.poll(max(0, for_ns) / 1e6):
            if fd == self._listening.fileno():
                self._take(self._listening.accept()[0])
            elif not self._lines[fd].hear():
                self._poll.unregister(fd)
                self._lines.pop(fd).sock.close()
            elif (request := self._lines[fd].request()) is not None:
                self._answer(self._lines[fd], *request)

    def _take(self, sock: socket.socket) -> None:
        self._lines[sock.fileno()] = Line(sock)
        self._poll.register(sock, select.POLLIN)

    def _answer(self, line: Line, method: str, target: str, key: str, body: bytes) -> None:
        path, status = target.partition("?")[0], 200
        if method == "POST" and path.startswith("/orders/"):
            said = _success(self._placed(line.first_ns, key, body))
        elif path == "/orders":
            said = _success(b"[" + b",".join(self._rows[key]) + b"]")
        elif path in _EMPTY:
            said = _success(_EMPTY[path])
        else:
            self._sim.request(method, target, body or None, self._headers)
            answer = self._sim.getresponse()
            status, said = answer.status, answer.read()
        date = formatdate(self._now_ns() / SECOND_NS, usegmt=True)
        kind = "text/csv" if path.startswith("/instruments") else "application/json"
        head = f"HTTP/1.1 {status} OK\r\nContent-Type: {kind}\r\nDate: {date}\r\nContent-Length: {len(said)}\r\n\r\n"
        line.sock.sendall(head.encode() + said)

    def _placed(self, first_ns: int, key: str, body: bytes) -> bytes:
        self.placed_ns.append(first_ns)
        order_id = f"2611230000{len(self.placed_ns):05}"
        row = msgspec.json.encode(_cancelled(order_id, dict(parse_qsl(body.decode())), ist.stamp(self._now_ns())))
        self._rows[key].append(row)
        self.updates.append(row)
        return b'{"order_id":"%b"}' % order_id.encode()

    def _now_ns(self) -> int:
        return self._clock.wall_ns(time.monotonic_ns())


def _success(data: bytes) -> bytes:
    return b'{"status":"success","data":%b}' % data


def _cancelled(order_id: str, form: dict[str, str], stamp: str) -> OrderRow:
    return OrderRow(
        account_id="TZ0001",
        placed_by="TZ0001",
        order_id=order_id,
        status=KiteStatus.CANCELLED,
        order_timestamp=stamp,
        exchange_update_timestamp=stamp,
        variety="regular",
        exchange=form["exchange"],
        tradingsymbol=form["tradingsymbol"],
        instrument_token=0,
        order_type=form["order_type"],
        transaction_type=form["transaction_type"],
        validity=form["validity"],
        product=form["product"],
        quantity=int(form["quantity"]),
        cancelled_quantity=int(form["quantity"]),
        price=float(form["price"]),
        tag=form.get("tag"),
    )
