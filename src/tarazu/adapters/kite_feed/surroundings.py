"""What the connections of one feed share, and how they tell and wait."""

import asyncio
from collections.abc import Callable
from random import Random

import msgspec

from tarazu.adapters.kite_feed.clocks import Deadlines
from tarazu.adapters.kite_feed.credentials import Credentials
from tarazu.adapters.kite_feed.events import LinkEvent
from tarazu.adapters.kite_feed.stream import OnFrame
from tarazu.ports.clock import Clock

OnEvent = Callable[[LinkEvent], None]


class Surroundings(msgspec.Struct, kw_only=True):
    root: str
    clock: Clock
    deadlines: Deadlines
    credentials: Credentials
    dice: Random
    on_frame: OnFrame
    on_event: OnEvent
    on_state: Callable[[], None]
    """A connection has changed its state, or has proved itself."""
    may_knock: Callable[[int], bool]
    """Whether this connection is the one that tries a refused token again."""
    market_open: bool = True

    def tell(self, connection: int, kind: Callable[..., LinkEvent], **facts: object) -> None:
        times = {"wall_ns": self.clock.wall_ns(), "mono_ns": self.clock.mono_ns()}
        self.on_event(kind(connection=connection, **times, **facts))


class Alarm:
    """A sleep that can be ended. For one sleeper, who looks at the world after each nap."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        self._rung.set()

    async def nap(self, seconds: float | None) -> None:
        """Until rung, at most so long; a ring since the last nap counts."""
        try:
            async with asyncio.timeout(seconds):
                await self._rung.wait()
        except TimeoutError:
            pass  # a nap slept to its end
        self._rung.clear()
