"""The metrics by HTTP on 127.0.0.1: `GET /metrics`, and nothing else, of no other machine.

A thread of whoever asks for it. It is the least of that process's duties: a port that is taken is said once and tried
again, a reader that dawdles is hung up on, and whatever goes wrong here ends one answer and nothing more.
"""

import logging
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import CollectorRegistry

from tarazu.app.home import Home
from tarazu.app.metrics.measured import Measured

log = logging.getLogger("tarazu.metrics")

LOOPBACK = "127.0.0.1"
AGAIN_S = 5.0
PATIENCE_S = 2.0
"""For a reader's request and for its taking of the answer: one is served at a time."""
SAID_MAX = 10
"""Different ones of those that are said once."""
HOSTS = (LOOPBACK, "localhost")
"""What a reader may call us: a page in somebody's browser, sent here by a name of its own, does not read the P&L."""


def start_metrics(home: Home, port: int) -> Callable[[], None]:
    """Serve from now on; what is returned ends it. Raises nothing: without its port it waits for it."""
    serving = _Serving(home, port)
    serving.start()
    return serving.close


class _Serving(threading.Thread):
    def __init__(self, home: Home, port: int) -> None:
        super().__init__(name="metrics", daemon=True)
        self._home, self._port = home, port
        self._over = threading.Event()
        self._server: HTTPServer | None = None
        self._said = ""

    def run(self) -> None:
        while not self._over.is_set():
            self._server = self._bound()
            if self._server is None:
                self._over.wait(AGAIN_S)
                continue
            log.info("metrics at http://%s:%d/metrics", LOOPBACK, self._port)
            self._server.timeout = 0.2
            with self._server as server:
                while not self._over.is_set():
                    server.handle_request()

    def close(self) -> None:
        """Idempotent; the port is free when it returns, but for an answer that is being taken."""
        self._over.set()
        if self.is_alive():
            self.join(PATIENCE_S + 1.0)

    def _bound(self) -> HTTPServer | None:
        try:
            return _Server((LOOPBACK, self._port), _reader_of(self._home))
        except (OSError, OverflowError) as taken:
            if str(taken) != self._said:
                self._said = str(taken)
                log.warning("no metrics, port %d cannot be had: %s; tried again", self._port, taken)
            return None


class _Server(HTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        log.debug("a reader of metrics was not answered", exc_info=True)


def _reader_of(home: Home) -> type[BaseHTTPRequestHandler]:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Measured(home, time.monotonic_ns))

    said: set[str] = set()

    def say_once(bug: Exception) -> None:
        """It comes back with every scrape; the log has it once."""
        if repr(bug) not in said and len(said) < SAID_MAX:
            said.add(repr(bug))
            log.warning("the metrics cannot be told, a bug: %r", bug, exc_info=bug)

    class Reader(BaseHTTPRequestHandler):
        timeout = PATIENCE_S

        def do_GET(self) -> None:
            if self.headers.get("Host", "").partition(":")[0] not in HOSTS:
                self.send_error(HTTPStatus.FORBIDDEN, "only by 127.0.0.1 or localhost")
            elif self.path.partition("?")[0] != "/metrics":
                self.send_error(HTTPStatus.NOT_FOUND, "there is /metrics")
            else:
                self._tell()

        def _tell(self) -> None:
            encode, kind = choose_encoder(self.headers.get("Accept", ""))
            try:
                told = encode(registry)
            except Exception as bug:  # noqa: BLE001 - a desk that trades is not ended by what counts it
                say_once(bug)
                self.send_error(HTTPStatus.INTERNAL_SERVER_ERROR, "the figures could not be read: see the log")
                return
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        def version_string(self) -> str:
            return "tarazu"

        def log_message(self, format: str, *args: Any) -> None:
            log.debug(format, *args)

    return Reader
