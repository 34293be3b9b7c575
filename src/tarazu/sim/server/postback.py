"""Postbacks: order updates POSTed as JSON to an app's URL. Kite v3 "Postback (WebHooks)".

Fire and forget, as Kite has it: one attempt, a timeout, no replay. Every app has its own short queue, so an endpoint
that hangs delays nobody else; a full queue drops its oldest update and counts it. Loopback URLs only.
"""

import asyncio
import contextlib
import ipaddress
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec

from tarazu.sim.front.sessions import App
from tarazu.sim.orders import OrderUpdate
from tarazu.wire.kite_session import postback_checksum

TIMEOUT_S = 5.0
WAITING_MAX = 1_000


class BadPostbackUrl(ValueError):
    """The URL is not one that the simulator may call."""


class Target(msgspec.Struct, frozen=True):
    host: str
    port: int
    path: str
    authority: str


def parse_url(url: str) -> Target:
    """Raises BadPostbackUrl unless `url` is plain http on this machine."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as bad:
        raise BadPostbackUrl(f"postback URL {url!r}: {bad}") from bad
    if parts.scheme != "http" or not is_loopback(host) or parts.username is not None:
        raise BadPostbackUrl(f"postback URL {url!r}: only http:// on 127.0.0.1, ::1 or localhost is called")
    if any(c <= " " or c == "\x7f" for c in url):
        raise BadPostbackUrl(f"postback URL {url!r} has blanks or control characters")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target("127.0.0.1" if host == "localhost" else host, port or 80, path, parts.netloc)


def is_loopback(host: str) -> bool:
    """Whether a host name means this machine without asking any resolver."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def body_of(update: OrderUpdate, app: App) -> bytes:
    """What is POSTed: the order row, with app id, checksum and the quantity that is not filled."""
    row: dict[str, Any] = msgspec.json.decode(update.row)
    return msgspec.json.encode(
        {
            **row,
            "app_id": app.app_id,
            "checksum": postback_checksum(row["order_id"], row["order_timestamp"], app.api_secret),
            "unfilled_quantity": row["quantity"] - row["filled_quantity"],
        }
    )


class _Queue:
    """One app's updates on their way, in order."""

    def __init__(self) -> None:
        self.waiting: deque[tuple[Target, bytes]] = deque()
        self.worker: asyncio.Task[None] | None = None


class Postbacks:
    """Sends updates to the apps of their accounts. `apps` is asked each time: apps come and change."""

    def __init__(self, apps: Callable[[], Iterable[App]], timeout_s: float = TIMEOUT_S) -> None:
        self.sent = 0
        self.failed = 0
        """No connection, no answer in time, or an answer other than 2xx."""
        self.dropped = 0
        """Pushed out of a full queue."""
        self._apps = apps
        self._timeout_s = timeout_s
        self._queues: dict[str, _Queue] = {}

    def post(self, updates: Sequence[OrderUpdate]) -> None:
        """Queue those that Kite would post. Returns at once."""
        for update in updates:
            if not update.postback:
                continue
            for app in self._apps():
                if app.user_id == update.user_id and app.postback_url:
                    self._enqueue(app, update)

    async def stop(self) -> None:
        """Give up what is still waiting."""
        workers = [q.worker for q in self._queues.values() if q.worker is not None]
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)

    def _enqueue(self, app: App, update: OrderUpdate) -> None:
        queue = self._queues.setdefault(app.api_key, _Queue())
        if len(queue.waiting) >= WAITING_MAX:
            queue.waiting.popleft()
            self.dropped += 1
        queue.waiting.append((parse_url(app.postback_url), body_of(update, app)))
        if queue.worker is None or queue.worker.done():
            queue.worker = asyncio.create_task(self._drain(queue))

    async def _drain(self, queue: _Queue) -> None:
        while queue.waiting:
            target, body = queue.waiting.popleft()
            try:
                async with asyncio.timeout(self._timeout_s):
                    status = await _post(target, body)
            except (OSError, TimeoutError, ValueError):
                status = 0
            if 200 <= status < 300:
                self.sent += 1
            else:
                self.failed += 1


async def _post(target: Target, body: bytes) -> int:
    """POST and return the status; ValueError when the answer is no HTTP."""
    reader, writer = await asyncio.open_connection(target.host, target.port)
    try:
        head = (
            f"POST {target.path} HTTP/1.1\r\nHost: {target.authority}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        writer.write(head.encode("ascii", "replace") + body)
        await writer.drain()
        status_line = (await reader.readline()).split()
        if len(status_line) < 2 or not status_line[0].startswith(b"HTTP/"):
            raise ValueError("not an HTTP answer")
        return int(status_line[1])
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
