"""Connections that are kept open for one purpose, fresh enough that a server has no reason to close them."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from tarazu.adapters.kite_broker.link import Link, Lost, Reply, Then
from tarazu.model.units import SECOND_NS
from tarazu.ports.clock import Clock

RETRY_S_LEAST, RETRY_S_MOST = 0.1, 5.0
"""Between failed dials; doubling."""

Dial = Callable[["Lane"], Awaitable[Link]]
"""Raises OSError (TimeoutError, ssl.SSLError among them)."""
Ping = Callable[[Link, Then], bool]
"""Asks something harmless on this link; False, and nothing asked, when there is nothing to ask with."""


class Lane:
    """`keep` links open, the least recently used of them pinged when it has been idle for `refresh_s`.

    One ping at a time: with two links or more one is always free. Who finds none free opens another.
    """

    def __init__(self, dial: Dial, ping: Ping, clock: Clock, keep: int, refresh_s: float) -> None:
        self.trouble = ""
        """Why the last dial failed; empty when it did not."""
        self._dial = dial
        self._ping = ping
        self._clock = clock
        self._keep = keep
        self._refresh_ns = round(refresh_s * SECOND_NS)
        self._links: set[Link] = set()
        self._idle: list[Link] = []
        self._changed = asyncio.Event()

    @property
    def open(self) -> int:
        return len(self._links)

    @property
    def idle(self) -> int:
        return len(self._idle)

    def take(self) -> Link | None:
        """An idle link that still is one, the last used first: the warmest. None when there is none."""
        while self._idle:
            link = self._idle.pop()
            if link.usable:
                return link
            link.drop()
        return None

    async def fresh(self) -> Link:
        """A link dialled for the caller, who has it alone until it is free. Raises OSError."""
        try:
            link = await self._dial(self)
        except OSError as bad:
            self.trouble = str(bad) or type(bad).__name__
            raise
        self.trouble = ""
        self._links.add(link)
        return link

    def free(self, link: Link) -> None:
        if len(self._links) > self._keep:
            self._links.discard(link)
            link.drop()
        else:
            self._idle.append(link)

    def gone(self, link: Link) -> None:
        self._links.discard(link)
        with suppress(ValueError):
            self._idle.remove(link)
        self._changed.set()

    async def fill(self) -> None:
        """Open what is missing, at once and all together, and ping each. Raises OSError when one cannot be."""
        await asyncio.gather(*(self._add() for _ in range(self._keep - self.open)))

    async def _add(self) -> None:
        link = await self.fresh()
        if not await self._pinged(link):
            self.free(link)

    async def tend(self) -> None:
        """Keep the links open and fresh, for ever."""
        pause_s = RETRY_S_LEAST
        while True:
            self._changed.clear()
            try:
                await self.fill()
            except OSError:  # `trouble` has it; the next round dials again
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, RETRY_S_MOST)
                continue
            pause_s = RETRY_S_LEAST
            await self._refresh()
            with suppress(TimeoutError):  # not wait_for: Python 3.11's may swallow our cancellation
                async with asyncio.timeout(self._due_s()):
                    await self._changed.wait()

    async def _refresh(self) -> None:
        """Ping every idle link whose time has come, one after the other."""
        while self._idle and self._due_s() <= 0:
            link = min(self._idle, key=lambda link: link.used_mono_ns)
            self._idle.remove(link)
            if not link.usable:
                link.drop()
            elif not await self._pinged(link):
                link.used_mono_ns = self._clock.mono_ns()  # no token to ping with: look again later
                self.free(link)

    async def _pinged(self, link: Link) -> bool:
        """False when nothing was asked. True, whatever came of it: the link is free again, or gone."""
        done: asyncio.Future[Reply | Lost] = asyncio.get_running_loop().create_future()
        if not self._ping(link, lambda ended: None if done.done() else done.set_result(ended)):
            return False
        await done
        return True

    def _due_s(self) -> float:
        if not self._idle:
            return self._refresh_ns / SECOND_NS
        oldest_ns = min(link.used_mono_ns for link in self._idle)
        return max(0.0, (oldest_ns + self._refresh_ns - self._clock.mono_ns()) / SECOND_NS)

    def close(self) -> None:
        for link in tuple(self._links):
            link.drop()
