"""Where alerts arrive: a real HTTP server on loopback that takes what apprise posts to `json://`, or refuses it."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tarazu.app.alerts.urls import AlertUrls, alert_urls
from tarazu.app.secrets.secret import Secret


class AlertInbox:
    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        """As they came: `title`, `message`, `type`."""
        self.status = 200
        """What it answers."""
        self.hangs = threading.Event()
        """While set, no answer comes."""
        self.go = threading.Event()
        inbox = self

        class Taker(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if inbox.hangs.is_set():
                    inbox.go.wait(60)
                if inbox.status == 200:
                    inbox.messages.append(told)
                self.send_response(inbox.status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Silent."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Taker)

    @property
    def url(self) -> str:
        return f"json://127.0.0.1:{self.server.server_address[1]}/take"

    @property
    def titles(self) -> list[str]:
        return [told["title"] for told in self.messages]


@contextmanager
def alert_inbox() -> Iterator[AlertInbox]:
    inbox = AlertInbox()
    thread = threading.Thread(target=inbox.server.serve_forever, daemon=True)
    thread.start()
    try:
        yield inbox
    finally:
        inbox.go.set()
        inbox.server.shutdown()
        inbox.server.server_close()
        thread.join()


def urls(*first: str, second: tuple[str, ...] = ()) -> AlertUrls:
    return alert_urls([Secret(url) for url in first], [Secret(url) for url in second])
