"""Loopback sockets, and uvicorn as a guest in an event loop that it does not own."""

import contextlib
import socket
from collections.abc import Generator
from typing import Any

import uvicorn

LOOPBACK = "127.0.0.1"


class PortTaken(OSError):
    """Somebody else listens there."""


def bind(port: int) -> socket.socket:
    """A listening socket on 127.0.0.1; port 0 takes a free one. Raises PortTaken."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.setblocking(False)
    try:
        listening.bind((LOOPBACK, port))
        listening.listen(512)
    except OSError as taken:
        listening.close()
        raise PortTaken(f"cannot listen on {LOOPBACK}:{port}: {taken.strerror}") from taken
    return listening


def port_of(listening: socket.socket) -> int:
    port: int = listening.getsockname()[1]
    return port


class HttpServer(uvicorn.Server):
    """uvicorn without its signal handlers: the process main has them."""

    def __init__(self, app: Any, protocol: Any = "httptools") -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=protocol,
                ws="none",
                lifespan="off",
                loop="none",
                log_config=None,
                log_level="warning",
                access_log=False,
                server_header=False,
                date_header=False,
                proxy_headers=False,
                timeout_keep_alive=75,
                timeout_graceful_shutdown=1,
            )
        )

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield
