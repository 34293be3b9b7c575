"""The HTTP shell around the front: bytes in, bytes out, nothing decided here.

One ASGI app for every path. It reads at most a bounded body, asks the front, waits where a fault says so, and answers
or cuts the connection. An exception in the front is our bug: the client gets Kite's shape of a 500, stderr the trace.
"""

import asyncio
import logging
from collections.abc import Callable

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response as HttpResponse
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from tarazu.sim.front.http import BODY_BYTES_MAX, Response, read_request, refused
from tarazu.sim.front.http import Request as FrontRequest
from tarazu.wire.kite_errors import ErrorType, Refusal

log = logging.getLogger(__name__)

BUG = Refusal("Internal error in the simulated broker; its log has the trace.", ErrorType.GENERAL, 500)
ALLOWED = "GET, POST, PUT, DELETE, HEAD, OPTIONS"
CUT = "tarazu.cut"


class CuttableProtocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1, which also lends the app the means to cut the connection without an answer."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["state"][CUT] = self.transport.abort


class RestApp:
    """ASGI 3. `answer` takes a front request and gives its response; `real_s` turns a virtual delay into seconds."""

    def __init__(self, answer: Callable[[FrontRequest], Response], real_s: Callable[[int], float]) -> None:
        self.requests = 0
        self.bugs = 0
        self._answer = answer
        self._real_s = real_s
        self._ends = asyncio.Event()

    def end(self) -> None:
        """The broker ends: answers that are held back are never given, their connections are cut."""
        self._ends.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        if scope["method"] == "OPTIONS":
            await HttpResponse(status_code=204, headers={"allow": ALLOWED})(scope, receive, send)
            return
        try:
            body = await _read_body(Request(scope, receive))
        except ClientDisconnect:
            return
        self.requests += 1
        response = self._respond(_front_request(scope, body))
        is_cut = response.hangup
        if response.delay_ns:
            is_cut |= await self._ends_within(self._real_s(response.delay_ns))
        if is_cut:
            scope["state"][CUT]()
            await receive()  # until the protocol has noticed: it would answer 500 for us
            return
        http = HttpResponse(response.body, response.status, dict(response.headers), response.content_type)
        if len(body) > BODY_BYTES_MAX:
            http.headers["connection"] = "close"
        await http(scope, receive, send)

    async def _ends_within(self, delay_s: float) -> bool:
        """Waits as long as a fault says, and no longer than the broker is there."""
        try:
            await asyncio.wait_for(self._ends.wait(), delay_s)
        except TimeoutError:
            return False
        return True

    def _respond(self, request: FrontRequest) -> Response:
        try:
            return self._answer(request)
        except Exception:
            self.bugs += 1
            log.exception("bug in %s %s", request.method, request.path)
            return refused(BUG)


async def _read_body(request: Request) -> bytes:
    """The body, or its first bytes once it is longer than the front would take."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES_MAX:
            break
    return bytes(body[: BODY_BYTES_MAX + 1])


def _front_request(scope: Scope, body: bytes) -> FrontRequest:
    """HEAD is asked as GET; uvicorn leaves the body of its answer out."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    client = scope.get("client")
    return read_request(
        "GET" if scope["method"] == "HEAD" else scope["method"],
        scope["raw_path"],
        scope["query_string"],
        headers,
        body,
        client[0] if client else "",
    )
