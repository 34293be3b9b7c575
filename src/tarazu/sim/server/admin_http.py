"""JSON over HTTP for the admin port. Anyone on this machine is served; a web page is not.

A Host or Origin that is not loopback is refused, so that no site reaches the port through a browser by rebinding its
name. A bug answers 500 and goes to stderr.
"""

import logging
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from tarazu.sim.server.postback import is_loopback

log = logging.getLogger(__name__)

BODY_BYTES_MAX = 1 << 16

T = TypeVar("T")

Answer = Callable[[Request, bytes], Any]
"""Takes the request and its body, returns what becomes JSON. Raises AdminError, or ValueError for a bad request."""


class AdminError(Exception):
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def loopback_only(routes: list[tuple[str, dict[str, Answer]]]) -> ASGIApp:
    """The app of these paths: for each, an answer by method."""

    async def not_found(request: Request, _: Exception) -> Response:
        return _error(404, "not_found", f"no {request.url.path} here; there are: {', '.join(p for p, _ in routes)}")

    table = [Route(path, _Methods(by_method)) for path, by_method in routes]
    return _LoopbackOnly(Starlette(routes=table, exception_handlers={404: not_found}))


def read(body: bytes, kind: type[T]) -> T:
    """The JSON body as `kind`. Raises AdminError."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as bad:
        raise AdminError(400, "bad_body", str(bad)) from bad


class _Methods:
    """One path's methods as an ASGI app."""

    def __init__(self, by_method: dict[str, Answer]) -> None:
        self._by_method = by_method

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await (await self._respond(Request(scope, receive)))(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        answer = self._by_method.get(request.method)
        try:
            if answer is None:
                raise AdminError(405, "method", f"this path takes {', '.join(self._by_method)}")
            return _json(200, answer(request, await _body(request)))
        except AdminError as refused:
            return _error(refused.status, refused.code, refused.message)
        except ValueError as refused:
            return _error(400, "refused", str(refused))
        except Exception:
            log.exception("bug in %s %s", request.method, request.url.path)
            return _error(500, "bug", "internal error; the log has the trace")


class _LoopbackOnly:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        headers = Request(scope).headers
        origin = headers.get("origin")
        if not _names_loopback(f"//{headers.get('host', '')}") or (origin is not None and not _names_loopback(origin)):
            await _error(403, "not_loopback", "only programs of this machine are served")(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _names_loopback(url: str) -> bool:
    try:
        return is_loopback(urlsplit(url).hostname or "")
    except ValueError:
        return False


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES_MAX:
            raise AdminError(413, "too_long", f"a body has at most {BODY_BYTES_MAX} bytes")
    return bytes(body)


def _json(status: int, value: Any) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="application/json")


def _error(status: int, code: str, message: str) -> Response:
    return _json(status, {"error": {"code": code, "message": message}})
