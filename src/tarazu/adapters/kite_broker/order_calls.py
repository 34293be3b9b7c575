"""A request that would change an order: written once, and its end told as one of three values."""

import asyncio

from tarazu.adapters.kite_broker import heads
from tarazu.adapters.kite_broker.calls import Call
from tarazu.adapters.kite_broker.heads import Heads
from tarazu.adapters.kite_broker.link import Lost, Reply
from tarazu.adapters.kite_broker.wires import Wires
from tarazu.model.outcome import Accepted, Cause, OrderOutcome, RefusalKind, Refused, Timing, Unknown
from tarazu.ports.clock import Clock
from tarazu.wire.kite_verdicts import No, Placed, judge_order

ANSWER_BYTES_MAX = 64 << 10
"""Ours; an answer with ten slices has 2 kB."""


class OrderCalls:
    def __init__(self, wires: Wires, standing: Heads, clock: Clock, timeout_s: float) -> None:
        self._wires = wires
        self._heads = standing
        self._clock = clock
        self._timeout_s = timeout_s

    def send(self, call: Call, line: bytes, form: bytes | None) -> asyncio.Future[OrderOutcome]:
        """`line` is the request line; without a form the body is empty. See `KiteBroker` for the promise."""
        future: asyncio.Future[OrderOutcome] = asyncio.get_running_loop().create_future()
        standing = self._heads.standing()
        if standing is None:
            future.set_result(self._without_token())
            return future

        def ended(end: Reply | Lost) -> None:
            outcome = self._lost(call, end) if isinstance(end, Lost) else self._answered(end, len(request))
            if not future.done():
                future.set_result(outcome)

        request = line + standing + (heads.EMPTY if form is None else heads.FORM % (len(form), form))
        self._wires.counts[call] += 1
        self._wires.send_order(request, ANSWER_BYTES_MAX, self._timeout_s, ended)
        return future

    def _lost(self, call: Call, lost: Lost) -> OrderOutcome:
        told, timing = self._heads.conceal(lost.told), self._timing(lost)
        if lost.cause is Cause.NOT_SENT:
            self._wires.counts[call] -= 1
            return Refused(0, "", told, RefusalKind.NOT_SENT, timing)
        return Unknown(lost.cause, lost.bytes_written, timing.elapsed_ns, told, timing)

    def _answered(self, reply: Reply, written: int) -> OrderOutcome:
        told, timing = judge_order(reply.status, reply.body), self._timing(reply)
        if isinstance(told, Placed):
            return Accepted(told.order_id, told.slices, timing)
        conceal = self._heads.conceal
        if isinstance(told, No):
            return Refused(reply.status, conceal(told.error_type), conceal(told.message), told.kind, timing)
        return Unknown(told.cause, written, timing.elapsed_ns, conceal(told.told), timing)

    def _without_token(self) -> Refused:
        timing = Timing(0, self._clock.mono_ns(), self._wires.offset())
        return Refused(0, "", heads.NO_TOKEN, RefusalKind.AUTH_LOST, timing)

    def _timing(self, end: Reply | Lost) -> Timing:
        return Timing(end.sent_mono_ns, end.ended_mono_ns, self._wires.offset())
