"""One kept-alive connection: one request at a time, written at once, and one answer or one loss told for it."""

import asyncio
import select
from collections.abc import Callable
from typing import Protocol

import msgspec

from tarazu.adapters.kite_broker.answer import AnswerReader, NotHttp, TooLong
from tarazu.model.outcome import Cause
from tarazu.ports.clock import Clock


class Reply(msgspec.Struct, frozen=True, gc=False):
    """A whole answer. Wall times bound the moment it was made."""

    status: int
    date: bytes
    body: bytes
    sent_mono_ns: int
    sent_wall_ns: int
    ended_mono_ns: int
    ended_wall_ns: int


class Lost(msgspec.Struct, frozen=True, gc=False):
    """No whole answer. `bytes_written` is 0 only where no byte of the request can have left."""

    cause: Cause
    told: str
    bytes_written: int
    answer_bytes: int
    sent_mono_ns: int
    ended_mono_ns: int


Then = Callable[[Reply | Lost], None]


class Owner(Protocol):
    """Who keeps the link. It is told before the one who asked."""

    def free(self, link: "Link") -> None: ...

    def gone(self, link: "Link") -> None: ...


class Link(asyncio.Protocol):
    """Made by `create_connection`. For the event loop's thread."""

    def __init__(self, owner: Owner, clock: Clock, loop: asyncio.AbstractEventLoop) -> None:
        self.answers = 0
        self.used_mono_ns = clock.mono_ns()
        """When it last was of use; a server counts its idle time from there."""
        self._owner = owner
        self._clock = clock
        self._loop = loop
        self._transport: asyncio.Transport | None = None
        self._look = select.poll()
        self._then: Then | None = None
        self._reader: AnswerReader | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._sent_mono_ns = 0
        self._sent_wall_ns = 0
        self._written = 0

    @property
    def usable(self) -> bool:
        """Open, idle, and with nothing to read: neither an end nor a word that nobody asked for.

        The kernel is asked, not the event loop, which may not have come round to it: 1 µs.
        """
        transport = self._transport
        return transport is not None and self._then is None and not transport.is_closing() and not self._look.poll(0)

    def ask(self, request: bytes, body_bytes_max: int, timeout_s: float, then: Then) -> None:
        """Write the request, now, and tell `then` exactly once, not before this returns except for NOT_SENT."""
        transport = self._transport
        assert transport is not None and self._then is None
        self._then = then
        self._reader = AnswerReader(body_bytes_max)
        self._sent_wall_ns = self._clock.wall_ns()
        self._sent_mono_ns = self._clock.mono_ns()
        transport.write(request)
        # asyncio sends what fits at once. It was not closing before: if it is now, then this first send failed.
        if transport.is_closing():
            self._written = 0
            self._end_lost(Cause.NOT_SENT, "the connection broke before the first byte")
            return
        self._written = max(0, len(request) - transport.get_write_buffer_size())
        self._timer = self._loop.call_later(timeout_s, self._timed_out)

    def drop(self) -> None:
        """At once, without goodbye. What was asked is lost."""
        if self._transport is not None:
            self._transport.abort()

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._look.register(transport.get_extra_info("socket").fileno(), select.POLLIN)

    def data_received(self, data: bytes) -> None:
        reader = self._reader
        if reader is None or self._then is None:
            self.drop()  # nobody asked: whatever it is, it must not be taken for the next answer
            return
        try:
            whole = reader.feed(data)
        except NotHttp as bad:
            self._end_lost(Cause.NO_HTTP, f"no HTTP/1.1 answer: {bad}")
            return
        except TooLong as bad:
            self._end_lost(Cause.TOO_LONG, f"the answer is {bad}")
            return
        if whole:
            self._end_answered(reader)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._then is not None:
            cause = Cause.CLOSED if exc is None else Cause.RESET
            self._end_lost(cause, "the connection was closed" if exc is None else type(exc).__name__)
        self._transport = None
        self._owner.gone(self)

    # How an exchange ends.

    def _timed_out(self) -> None:
        if self._then is not None:
            self._end_lost(Cause.TIMEOUT, "no whole answer in time")

    def _end_answered(self, reader: AnswerReader) -> None:
        now_ns = self._clock.mono_ns()
        reply = Reply(
            reader.status,
            reader.date,
            reader.body,
            self._sent_mono_ns,
            self._sent_wall_ns,
            now_ns,
            self._clock.wall_ns(),
        )
        then = self._settle(now_ns)
        self.answers += 1
        if reader.keep_alive:
            self._owner.free(self)
        else:
            self.drop()
        then(reply)

    def _end_lost(self, cause: Cause, told: str) -> None:
        now_ns = self._clock.mono_ns()
        answer_bytes = self._reader.received if self._reader is not None else 0
        lost = Lost(cause, told, self._written, answer_bytes, self._sent_mono_ns, now_ns)
        then = self._settle(now_ns)
        self.drop()
        then(lost)

    def _settle(self, now_ns: int) -> Then:
        then = self._then
        assert then is not None
        self._then = self._reader = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.used_mono_ns = now_ns
        return then
