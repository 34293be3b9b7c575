"""One link of a connection: dialled, subscribed, pinged and judged until it ends."""

import asyncio
from collections.abc import Callable

from tarazu.adapters.kite_feed import events
from tarazu.adapters.kite_feed.clocks import LinkClocks
from tarazu.adapters.kite_feed.events import Loss
from tarazu.adapters.kite_feed.stream import Dial, Stream
from tarazu.adapters.kite_feed.subscription import Modes, change
from tarazu.adapters.kite_feed.surroundings import Alarm, Surroundings
from tarazu.model.units import SECOND_NS

# The time a peer gets to answer our close frame before the socket is closed under it.
GOODBYE_S = 1.0


class Link:
    """`wanted` may be replaced, never changed, while the link is up; ring the alarm then."""

    def __init__(
        self,
        index: int,
        around: Surroundings,
        alarm: Alarm,
        wanted: Modes,
        data_before_ns: int,
        on_proof: Callable[[], None],
    ) -> None:
        """`data_before_ns`: when the last tick of the link before came, 0 for none. `on_proof`: the first frame."""
        self.wanted = wanted
        self.version = around.credentials.version
        """Of the token that it is made with."""
        self.clocks = LinkClocks(around.clock.mono_ns(), around.deadlines)
        self.stream = Stream(index, around.clock, self.clocks, around.on_frame, alarm.ring)
        self.proven = False
        """At least a heartbeat has come."""
        self._index, self._around, self._alarm = index, around, alarm
        self._following: Modes = {}
        self._data_before_ns = data_before_ns
        self._data_told = False
        self._on_proof = on_proof
        self._asked: tuple[Loss, str] | None = None

    async def open(self) -> None:
        """Raises as `Dial.open` does, and then holds no socket."""
        around, start_ns = self._around, self.clocks.since_ns
        await Dial().open(self.stream, around.credentials.url(around.root))
        self.clocks.begin(around.clock.mono_ns())
        self._took_ns = self.clocks.since_ns - start_ns

    def end(self, reason: Loss, detail: str = "") -> None:
        """Close it soon, for the first reason given."""
        self._asked = self._asked or (reason, detail)
        self._alarm.ring()

    async def live(self) -> Loss:
        """From CONNECTED to DISCONNECTED; returns why it ended. Raises what a callback of the consumer raised."""
        try:
            self._tell(events.Connected, took_ns=self._took_ns)
            reason = await self._watch()
            self.stream.abort()
            broken = await self.stream.failure()
        finally:
            self.stream.abort()
        self._note()
        if broken is not None:
            reason = Loss.PROTOCOL
        self._tell_end(reason, str(broken or ""))
        return reason

    async def _watch(self) -> Loss:
        """Ping, judge and keep the subscriptions true until there is a reason to end."""
        stream, clocks, clock = self.stream, self.clocks, self._around.clock
        look_s = self._around.deadlines.look_every_ns / SECOND_NS
        while not stream.ended:
            now_ns = clock.mono_ns()
            self._note()
            loss = clocks.verdict(now_ns)
            if loss is not None:
                if loss is Loss.PONG_TIMEOUT:
                    self._tell(events.PongTimeout, waited_ns=clocks.waited_ns(now_ns))
                return loss
            if self._asked is not None or stream.closing:
                await self._part()
                return self._asked[0] if self._asked is not None else Loss.CLOSED
            self._subscribe()
            ping = clocks.ping_due(now_ns)
            if ping is not None:
                stream.ping(ping)
            await self._alarm.nap(look_s)
        return Loss.CLOSED if stream.closing else Loss.CUT

    def _subscribe(self) -> None:
        """From what it follows to what it shall follow, all commands at once."""
        if self._following is self.wanted:
            return
        step = change(self._following, self.wanted)
        self._following = self.wanted
        if not step:
            return
        for command in step.commands():
            self.stream.send(command)
        self._tell(
            events.Subscribed,
            tokens=len(self.wanted),
            added=len(step.added),
            removed=len(step.removed),
            remoded=len(step.remoded),
        )

    async def _part(self) -> None:
        """Close politely; a peer that does not answer within `GOODBYE_S` is left."""
        self.stream.close()
        loop = asyncio.get_running_loop()
        deadline_s = loop.time() + GOODBYE_S
        while not self.stream.ended and loop.time() < deadline_s:
            await self._alarm.nap(deadline_s - loop.time())

    def _note(self) -> None:
        """Say what the first frame and the first ticks prove."""
        clocks = self.clocks
        if clocks.frame_ns and not self.proven:
            self.proven = True
            self._on_proof()
        if clocks.data_ns and not self._data_told:
            self._data_told = True
            before_ns = self._data_before_ns
            self._tell(events.DataResumed, gap_ns=clocks.data_ns - before_ns if before_ns else None)

    def _tell_end(self, reason: Loss, broken: str) -> None:
        now_ns = self._around.clock.mono_ns()
        asked = self._asked[1] if self._asked is not None and self._asked[0] is reason else ""
        self._tell(
            events.Disconnected,
            reason=reason,
            code=self.stream.close_code,
            detail=broken or asked or self.stream.close_reason,
            up_ns=now_ns - self.clocks.since_ns,
            quiet_ns=self.clocks.quiet_ns(now_ns),
        )

    def _tell(self, kind: Callable[..., events.LinkEvent], **facts: object) -> None:
        self._around.tell(self._index, kind, **facts)
