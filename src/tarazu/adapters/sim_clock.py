"""The simulated broker's clock, followed from the outside: every process of the sim profile tells the time by it.

The broker's admin port publishes an origin, a rate and a pause (`GET /clock`); the time is then computed here, with no
question per reading. `refresh` asks again: what changed the clock (a jump, another rate, a pause) is seen only then.
"""

import time

import msgspec

from tarazu.adapters.sim_admin import admin_answer

ASK_TIMEOUT_S = 2.0
PPM = 1_000_000


class PublishedClock(msgspec.Struct, frozen=True, kw_only=True):
    """The part of `GET /clock` that time is told by."""

    origin_virtual_ns: int
    origin_real_ns: int
    """CLOCK_MONOTONIC at the origin; one clock for all processes of this machine."""
    rate: float
    paused: bool
    seq: int

    def wall_ns(self, mono_ns: int) -> int:
        """The virtual time at this moment of CLOCK_MONOTONIC."""
        if self.paused:
            return self.origin_virtual_ns
        return self.origin_virtual_ns + (mono_ns - self.origin_real_ns) * round(self.rate * PPM) // PPM


class SimClock:
    """Implements `ports.clock.Clock`: virtual wall time, real monotonic time.

    Wall time never runs backwards: where a pause or a slower rate is learnt late, it stands still until the broker's
    clock has caught up. Raises OSError on construction when no broker answers.
    """

    mono_ns = staticmethod(time.monotonic_ns)

    def __init__(self, admin_url: str) -> None:
        self._admin_url = admin_url
        self._published = self._ask()
        self._latest_ns = 0

    @property
    def published(self) -> PublishedClock:
        return self._published

    def wall_ns(self) -> int:
        self._latest_ns = max(self._latest_ns, self._published.wall_ns(time.monotonic_ns()))
        return self._latest_ns

    def refresh(self) -> bool:
        """Ask the broker again; False, and time goes on as it did, when it does not answer."""
        try:
            self._published = self._ask()
        except OSError:
            return False  # a broker that is gone, or going, cannot change its clock
        return True

    async def follow(self, every_s: float = 0.5) -> None:
        """Refresh for ever, off the event loop's thread."""
        import asyncio  # commands that read the clock once do not wait for it

        while True:
            await asyncio.to_thread(self.refresh)
            await asyncio.sleep(every_s)

    def _ask(self) -> PublishedClock:
        told = admin_answer(self._admin_url, "/clock", ASK_TIMEOUT_S)
        try:
            return msgspec.json.decode(told, type=PublishedClock)
        except msgspec.MsgspecError as bad:
            raise OSError(f"{self._admin_url} tells no time: {bad}") from bad
