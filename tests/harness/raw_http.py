"""A server that says what it is told, byte by byte: what no honest HTTP server can be made to do."""

import socket
import threading
import time
from collections.abc import Callable, Sequence
from types import TracebackType

Say = bytes | float | Callable[[socket.socket], None]
"""Bytes to send, seconds to wait, or anything to do with the connection."""

Script = Sequence[Sequence[Say]]
"""What is said on one connection: to each request in turn. Then it is closed."""


def answer(body: bytes, status: str = "200 OK", kind: str = "application/json", more: str = "") -> bytes:
    """A whole answer with its length."""
    return f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{more}\r\n".encode() + body


def head(more: str, kind: str = "text/csv") -> bytes:
    """The head of an answer with these further headers, each ended by CR LF."""
    return f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n{more}\r\n".encode()


class RawHttp:
    """One connection after the other is answered by the scripts in turn; `requests` are the heads, a list for each."""

    def __init__(self, *scripts: Script) -> None:
        self.requests: list[list[str]] = []
        self.failed: list[Exception] = []
        self._scripts = scripts
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def __enter__(self) -> "RawHttp":
        self._threads = [threading.Thread(target=self._serve, daemon=True)]
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, bad: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for thread in self._threads:
            thread.join(10)
        assert not self.failed, self.failed

    def _serve(self) -> None:
        for script in self._scripts:
            try:
                connection, _ = self._listening.accept()
            except OSError:  # the test is over
                return
            heads: list[str] = []
            self.requests.append(heads)
            thread = threading.Thread(target=self._play, args=(connection, script, heads), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _play(self, connection: socket.socket, script: Script, heads: list[str]) -> None:
        with connection:
            try:
                for says in script:
                    request = _read_head(connection)
                    if not request:
                        return
                    heads.append(request)
                    for say in says:
                        _say(connection, say)
            except OSError:  # the client went first
                return
            except Exception as bad:
                self.failed.append(bad)
                raise


def _say(connection: socket.socket, say: Say) -> None:
    if isinstance(say, bytes):
        connection.sendall(say)
    elif isinstance(say, float):
        time.sleep(say)
    else:
        say(connection)


def _read_head(connection: socket.socket) -> str:
    got = b""
    while not got.endswith(b"\r\n\r\n"):
        part = connection.recv(65536)
        if not part:
            return ""
        got += part
    return got.decode()
