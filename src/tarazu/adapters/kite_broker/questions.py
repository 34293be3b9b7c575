"""A question: nothing is at stake, and an answer that does not come, or does not read, is merely unavailable."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

import msgspec

from tarazu.adapters.kite_broker import heads
from tarazu.adapters.kite_broker.calls import Call
from tarazu.adapters.kite_broker.heads import Heads
from tarazu.adapters.kite_broker.link import Lost, Reply
from tarazu.adapters.kite_broker.wires import Wires
from tarazu.model.outcome import Answered, Cause, RefusalKind, Refused, Timing, Unavailable
from tarazu.ports.clock import Clock
from tarazu.wire.kite_orders import BadRow
from tarazu.wire.kite_verdicts import No, Unclear, judge_read

T = TypeVar("T")
ReadOutcome = Answered[T] | Refused | Unavailable

ANSWER_BYTES_MAX = 64 << 20
"""Ours; 5,000 order rows have 5 MB."""

STALE = frozenset({Cause.CLOSED, Cause.RESET, Cause.NOT_SENT})


class Questions:
    def __init__(self, wires: Wires, standing: Heads, clock: Clock, timeout_s: float) -> None:
        self._wires = wires
        self._heads = standing
        self._clock = clock
        self._timeout_s = timeout_s

    async def ask(
        self, target: str, read: Callable[[msgspec.Raw], T | BadRow], json: bytes | None = None
    ) -> ReadOutcome[T]:
        """A GET, or a POST of that JSON. `target` is a path and query, percent-encoded; raises ValueError else."""
        end = await self._end(target, json)
        if end is None:
            timing = Timing(0, self._clock.mono_ns(), self._wires.offset())
            return Refused(0, "", heads.NO_TOKEN, RefusalKind.AUTH_LOST, timing)
        timing, conceal = Timing(end.sent_mono_ns, end.ended_mono_ns, self._wires.offset()), self._heads.conceal
        if isinstance(end, Lost):
            return Unavailable(end.cause, timing.elapsed_ns, conceal(end.told), timing)
        told = judge_read(end.status, end.body)
        if isinstance(told, No):
            return Refused(end.status, conceal(told.error_type), conceal(told.message), told.kind, timing)
        if isinstance(told, Unclear):
            return Unavailable(told.cause, timing.elapsed_ns, conceal(told.told), timing)
        value = read(told)
        if isinstance(value, BadRow):
            return Unavailable(Cause.NOT_KITE, timing.elapsed_ns, conceal(value.text), timing)
        return Answered(value, timing)

    async def _end(self, target: str, json: bytes | None) -> Reply | Lost | None:
        """None without a token. A GET is asked once more where the connection had been closed while it was idle."""
        if not target.startswith("/") or not target.isascii() or not target.isprintable() or " " in target:
            raise ValueError(f"{target!r} is no target: a path that begins with / and is percent-encoded")
        standing = self._heads.standing()
        if standing is None:
            return None
        line = f"{'GET' if json is None else 'POST'} {target} HTTP/1.1\r\n".encode("ascii")
        request = line + standing + (heads.END if json is None else heads.JSON % (len(json), json))
        end, was_open = await self._exchange(request, afresh=False)
        if json is None and was_open and isinstance(end, Lost) and not end.answer_bytes and end.cause in STALE:
            end, _ = await self._exchange(request, afresh=True)
        return end

    async def _exchange(self, request: bytes, afresh: bool) -> tuple[Reply | Lost, bool]:
        future: asyncio.Future[Reply | Lost] = asyncio.get_running_loop().create_future()

        def ended(end: Reply | Lost) -> None:
            if isinstance(end, Lost) and end.cause is Cause.NOT_SENT:
                self._wires.counts[Call.OTHER] -= 1
            if not future.done():
                future.set_result(end)

        self._wires.counts[Call.OTHER] += 1
        was_open = self._wires.send_read(request, ANSWER_BYTES_MAX, self._timeout_s, ended, afresh)
        return await future, was_open
