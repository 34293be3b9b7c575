"""A broker's front in the test's own event loop that says exactly what it is told: answers, halves, nothing."""

import asyncio
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import TracebackType

from harness.raw_http import answer

PLACED = answer(b'{"status":"success","data":{"order_id":"151220000000000"}}')
PROFILE = answer(b'{"status":"success","data":{}}')


def refusal(status: str = "400 Bad Request", error_type: str = "InputException", message: str = "no") -> bytes:
    body = f'{{"status":"error","message":"{message}","data":null,"error_type":"{error_type}"}}'
    return answer(body.encode(), status)


@dataclass
class Asked:
    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def is_ping(self) -> bool:
        return self.line.startswith("GET /user/profile ")


class Talk:
    """One connection, seen from the server."""

    def __init__(self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.number = number
        self.asked: list[Asked] = []
        self._reader = reader
        self._writer = writer

    async def request(self) -> Asked | None:
        """The next that is no ping (those are answered); None when the client has gone."""
        while (asked := await self.any_request()) is not None:
            if not asked.is_ping:
                return asked
            self.say(PROFILE)
        return None

    async def any_request(self) -> Asked | None:
        try:
            head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            line, *rest = head.rstrip().split("\r\n")
            headers = dict(row.split(": ", 1) for row in rest)
            asked = Asked(line, headers, await self._reader.readexactly(int(headers.get("Content-Length", "0"))))
        except (asyncio.IncompleteReadError, ConnectionError):
            return None
        self.asked.append(asked)
        return asked

    def say(self, data: bytes) -> None:
        self._writer.write(data)

    def half_close(self) -> None:
        self._writer.write_eof()

    async def close(self) -> None:
        """An orderly end (FIN)."""
        self._writer.close()

    def reset(self) -> None:
        """RST, whatever was on its way."""
        sock = self._writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()


Play = Callable[[Talk], Awaitable[None]]


class RawBroker:
    """`play(talk)` is had with every connection; then it is closed."""

    def __init__(self, play: Play, tls: ssl.SSLContext | None = None) -> None:
        self.talks: list[Talk] = []
        self._play = play
        self._tls = tls
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def root(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def asked(self) -> list[Asked]:
        """Without the pings."""
        return [asked for talk in self.talks for asked in talk.asked if not asked.is_ping]

    async def __aenter__(self) -> "RawBroker":
        self._server = await asyncio.start_server(self._met, "127.0.0.1", 0, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, bad: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        ended = await asyncio.gather(*self._tasks, return_exceptions=True)
        bugs = [e for e in ended if isinstance(e, Exception) and not isinstance(e, ConnectionError)]
        assert not bugs, bugs

    async def _met(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        talk = Talk(len(self.talks), reader, writer)
        self.talks.append(talk)
        try:
            await self._play(talk)
        finally:
            writer.close()


async def forever() -> None:
    await asyncio.Event().wait()
