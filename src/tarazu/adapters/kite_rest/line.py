"""One keep-alive connection to one origin, asked one question at a time, each with a deadline for the whole of it."""

import http.client
import io
import select
import socket
import time
from collections.abc import Mapping
from functools import partial
from typing import Any

import msgspec

from tarazu.adapters.kite_origin import Origin, tls
from tarazu.adapters.kite_rest.body import read_body

ERROR_BYTES_MAX = 64 << 10
"""Of an answer other than 200: Kite's are short, a proxy's page is worth no more."""


class Answer(msgspec.Struct, frozen=True):
    status: int
    body: bytes


class LostBeforeAnswer(ConnectionError):
    """The server closed a connection that had answered before: it was idle too long, and a fresh one is worth a try."""


class Deadline:
    """So long for all of a question, and no more than `silence_s` for any one wait in it."""

    def __init__(self, total_s: float, silence_s: float) -> None:
        self._end_s = time.monotonic() + total_s
        self._silence_s = silence_s

    def left_s(self) -> float:
        """For the next wait. Raises TimeoutError."""
        left_s = self._end_s - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("timed out")
        return min(left_s, self._silence_s)


class Line:
    """For one thread at a time; `cut` alone may come from another. Connects with its first question."""

    def __init__(self, origin: Origin) -> None:
        more: dict[str, Any] = {"context": tls()} if origin.secure else {}
        kind = http.client.HTTPSConnection if origin.secure else http.client.HTTPConnection
        self._http = kind(origin.host, origin.port, **more)
        self._answered = False
        self.reusable = False
        """The last answer was read to its end and the server keeps the connection."""
        self.sending = False
        """Bytes of the last question may have left this machine."""

    def get(self, target: str, headers: Mapping[str, str], deadline: Deadline, bytes_max: int) -> Answer:
        """`ask` with GET."""
        return self.ask("GET", target, headers, None, deadline, bytes_max)

    def ask(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: bytes | None,
        deadline: Deadline,
        bytes_max: int,
    ) -> Answer:
        """Written once, whatever happens. Redirects are answers like others and are not followed: the headers carry
        the credentials.

        Raises LostBeforeAnswer, OSError (timeouts among them), http.client.HTTPException and BadBody; then, and when
        not `reusable`, the line is done with.
        """
        self.reusable = self.sending = False
        try:
            response = self._ask(method, target, headers, body, deadline)
        except ConnectionError as lost:  # http.client's RemoteDisconnected is one
            if self._answered:
                raise LostBeforeAnswer(str(lost)) from lost
            raise
        with response:
            answer = read_body(response, bytes_max if response.status == 200 else ERROR_BYTES_MAX)
            self.reusable = self._answered = not response.will_close
        return Answer(response.status, answer)

    @property
    def gone(self) -> bool:
        """There is something to read though nothing was asked: the end, or a proxy's word about idleness."""
        if self._http.sock is None:
            return True
        look = select.poll()
        look.register(self._http.sock, select.POLLIN)
        return bool(look.poll(0))

    def cut(self) -> None:
        """End whatever goes on, soon, with an error. From any thread."""
        sock = self._http.sock
        if sock is not None:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                return  # it is over already

    def close(self) -> None:
        self._http.close()

    def _ask(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes | None, deadline: Deadline
    ) -> http.client.HTTPResponse:
        connection = self._http
        connection.timeout = deadline.left_s()
        if connection.sock is None:
            connection.connect()
        connection.sock.settimeout(deadline.left_s())
        connection.response_class = partial(_timed_response, deadline)  # type: ignore[assignment]
        self.sending = True
        connection.request(method, target, body=body, headers=dict(headers))
        return connection.getresponse()


class _TimedReads(io.RawIOBase):
    """A socket's bytes, each wait for them within the deadline: a trickle of headers must not outlive it."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._sock = sock
        self._deadline = deadline
        self._raw = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        self._sock.settimeout(self._deadline.left_s())
        return self._raw.readinto(into) or 0

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Readable:
    """What http.client wants of a socket to read an answer from."""

    def __init__(self, reads: _TimedReads) -> None:
        self._reads = reads

    def makefile(self, mode: str) -> io.BufferedReader:
        assert mode == "rb"
        return io.BufferedReader(self._reads)


def _timed_response(deadline: Deadline, sock: socket.socket, **how: Any) -> http.client.HTTPResponse:
    return http.client.HTTPResponse(_Readable(_TimedReads(sock, deadline)), **how)  # type: ignore[arg-type]
