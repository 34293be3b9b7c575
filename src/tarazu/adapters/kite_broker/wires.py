"""The way out: which connection a request takes, and what happens when there is none."""

import asyncio
import ssl

from tarazu.adapters.kite_broker.calls import Call
from tarazu.adapters.kite_broker.clock_offset import OffsetWindow, parse_date
from tarazu.adapters.kite_broker.heads import END, Heads
from tarazu.adapters.kite_broker.lane import Lane
from tarazu.adapters.kite_broker.link import Link, Lost, Reply, Then
from tarazu.adapters.kite_origin import Origin
from tarazu.model.outcome import Cause, ClockOffset
from tarazu.ports.clock import Clock

PING_BYTES_MAX = 64 << 10
PING_S = 5.0
LAST_TURNS = 100
"""Of the event loop, for the transports' own last steps; a plain connection takes one or two, TLS some more."""
PING = b"GET /user/profile HTTP/1.1\r\n"


class Wires:
    """Two lanes to one origin: orders have theirs alone, and may use the readers' when theirs is full."""

    def __init__(
        self,
        origin: Origin,
        heads: Heads,
        clock: Clock,
        *,
        order_lines: int,
        read_lines: int,
        refresh_s: float,
        dial_s: float,
        tls: ssl.SSLContext | None,
        family: int,
    ) -> None:
        self.counts = dict.fromkeys(Call, 0)
        self.orders = Lane(self._dial, self._ping, clock, order_lines, refresh_s)
        self.reads = Lane(self._dial, self._ping, clock, read_lines, refresh_s)
        self._lanes = (self.orders, self.reads)
        self._origin = origin
        self._heads = heads
        self._clock = clock
        self._dial_s = dial_s
        self._tls = tls
        self._family = family
        self._offsets = OffsetWindow()
        self._dialling: set[asyncio.Task[None]] = set()
        self._tenders: list[asyncio.Task[None]] = []
        self._closed = False

    async def open(self) -> bool:
        """All lines dialled and pinged, and from then on tended; False when not all could be (they will be)."""
        ended = await asyncio.gather(*(lane.fill() for lane in self._lanes), return_exceptions=True)
        for bad in ended:
            if bad is not None and not isinstance(bad, OSError):
                raise bad
        self._tenders = [asyncio.create_task(lane.tend()) for lane in self._lanes]
        for task in self._tenders:
            task.add_done_callback(_tell_bug)
        return not any(ended)

    async def close(self) -> None:
        """What is under way ends as lost; what was still dialling was not sent."""
        self._closed = True
        for task in self._tenders:
            task.cancel()
        for lane in self._lanes:
            lane.close()
        await asyncio.gather(*self._tenders, *self._dialling, return_exceptions=True)
        for _ in range(LAST_TURNS):
            if not any(lane.open for lane in self._lanes):
                return
            await asyncio.sleep(0)

    def offset(self) -> ClockOffset | None:
        return self._offsets.best(self._clock.mono_ns())

    def send_order(self, request: bytes, bytes_max: int, timeout_s: float, then: Then) -> None:
        """The bytes are with the kernel when this returns, if any line was free; else once one is dialled."""
        link = self.orders.take() or self.reads.take()
        if link is not None:
            link.ask(request, bytes_max, timeout_s, self._dating(then))
        else:
            self._dial_and_ask(self.orders, request, bytes_max, timeout_s, then)

    def send_read(self, request: bytes, bytes_max: int, timeout_s: float, then: Then, afresh: bool = False) -> bool:
        """On the readers' lane. True for a line that was open before: it may have gone stale."""
        link = None if afresh else self.reads.take()
        if link is None:
            self._dial_and_ask(self.reads, request, bytes_max, timeout_s, then)
            return False
        link.ask(request, bytes_max, timeout_s, self._dating(then))
        return True

    def _dial_and_ask(self, lane: Lane, request: bytes, bytes_max: int, timeout_s: float, then: Then) -> None:
        async def work() -> None:
            try:
                link = await lane.fresh()
            except Exception as bad:  # whatever it was, nothing was sent
                then(
                    Lost(Cause.NOT_SENT, f"no connection: {bad or type(bad).__name__}", 0, 0, 0, self._clock.mono_ns())
                )
                if isinstance(bad, OSError):
                    return
                raise
            if self._closed:
                link.drop()
                then(Lost(Cause.NOT_SENT, "closed", 0, 0, 0, self._clock.mono_ns()))
                return
            link.ask(request, bytes_max, timeout_s, self._dating(then))

        task = asyncio.create_task(work())
        self._dialling.add(task)
        task.add_done_callback(self._dialling.discard)

    async def _dial(self, lane: Lane) -> Link:
        loop = asyncio.get_running_loop()
        if self._closed:
            raise ConnectionError("closed")
        async with asyncio.timeout(self._dial_s):
            _, link = await loop.create_connection(
                lambda: Link(lane, self._clock, loop),
                self._origin.host,
                self._origin.port,
                ssl=self._tls,
                family=self._family,
            )
        return link

    def _ping(self, link: Link, then: Then) -> bool:
        standing = self._heads.standing()
        if standing is None:
            return False
        self.counts[Call.OTHER] += 1
        link.ask(PING + standing + END, PING_BYTES_MAX, PING_S, self._dating(then))
        return True

    def _dating(self, then: Then) -> Then:
        """`then`, after the answer's `Date` has been noted."""

        def dated(ended: Reply | Lost) -> None:
            if isinstance(ended, Reply):
                date_ns = parse_date(ended.date)
                if date_ns is not None:
                    self._offsets.add(date_ns, ended.sent_wall_ns, ended.ended_wall_ns, ended.ended_mono_ns)
            then(ended)

        return dated


def _tell_bug(task: asyncio.Task[None]) -> None:
    """A lane that nobody tends still dials on demand; a human should know all the same."""
    if not task.cancelled() and (bug := task.exception()) is not None:
        task.get_loop().call_exception_handler({"message": "connections no longer tended", "exception": bug})
