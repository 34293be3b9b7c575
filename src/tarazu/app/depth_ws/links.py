"""The ticker client through storms: the reconnect breaker, and the cure for links that live without data."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from tarazu.adapters.kite_feed.client import KiteFeed
from tarazu.adapters.kite_feed.events import Connected, ConnectionHealth, Disconnected, LinkEvent, LinkState, Loss
from tarazu.app.feed.breaker_file import BadBreakerFile, change_breaker, read_breaker
from tarazu.app.feed.record import BreakerCleared, BreakerTripped, FeedRecordEvent
from tarazu.market.breaker import Breaker, BreakerLimits, ClearRefusal, reconnected
from tarazu.market.sighting import Link
from tarazu.model.units import SECOND_NS
from tarazu.ports.clock import Clock
from tarazu.wire.kite_ticks import Mode

log = logging.getLogger("tarazu.depth_ws")

# Losses that a storm is made of; those we ask for ourselves are not the network's doing.
STORMY = frozenset({Loss.CLOSED, Loss.CUT, Loss.PONG_TIMEOUT, Loss.SILENT, Loss.PROTOCOL})
CLEARED_LOOK_S = 0.5

# A connection whose heartbeats come while its instruments are silent is made anew after this, and again after twice as
# long each time: new subscriptions are answered with snapshots, so it helps or it tells. Our judgement.
MUTE_NS = 8 * SECOND_NS
MUTE_AGAIN_MAX_NS = 300 * SECOND_NS


class Links:
    """Holds the feed's connections until `stop`; with the breaker open there are none, and it waits for a person."""

    def __init__(
        self,
        make: Callable[[Callable[[LinkEvent], None]], KiteFeed],
        breaker_file: Path,
        clock: Clock,
        tell: Callable[[FeedRecordEvent], None],
        limits: BreakerLimits,
    ) -> None:
        """`make` builds a client that calls what it is given with each event."""
        self.breaker = Breaker()
        self.dialled = 0
        """Clients made so far: with each, instruments may be on other connections."""
        self.fault = ""
        """Why the breaker's file cannot be used: counts as tripped. Empty while it can."""
        self._make, self._file, self._clock, self._tell, self._limits = make, breaker_file, clock, tell, limits
        self._feed: KiteFeed | None = None
        self._modes: Mapping[int, Mode] = {}
        self._market_open = True
        self._stopping = False
        self._parting = False
        """The present client was told to stop because of the breaker."""
        self._stormy_loss: set[int] = set()
        self._reconnects_ns: list[int] = []
        self._cures: dict[int, tuple[int, int]] = {}

    @property
    def tripped(self) -> bool:
        return self.breaker.tripped or bool(self.fault)

    @property
    def shown(self) -> Breaker:
        """The breaker as others must see it: open where its file cannot be trusted."""
        if not self.fault or self.breaker.tripped:
            return self.breaker
        return msgspec.structs.replace(self.breaker, tripped_ns=self._clock.wall_ns())

    async def run(self) -> None:
        """Until `stop`. What a callback raises ends it."""
        while not self._stopping:
            await self._until_cleared()
            if self._stopping:
                return
            self._feed = self._make(self._on_event)
            self.dialled += 1
            self._parting = False
            self._feed.set_market_open(self._market_open)
            self._feed.set_subscriptions(self._modes)
            try:
                await self._feed.run()
            finally:
                self._feed = None

    def stop(self) -> None:
        self._stopping = True
        if self._feed is not None:
            self._feed.stop()

    def follow(self, modes: Mapping[int, Mode]) -> None:
        """Subscribe to these and no others. Raises TooManyInstruments."""
        if self._feed is not None:
            self._feed.set_subscriptions(modes)
        self._modes = modes

    def set_access_token(self, token: str) -> None:
        if self._feed is not None:
            self._feed.set_access_token(token)

    def set_market_open(self, market_open: bool) -> None:
        if market_open != self._market_open:
            self._market_open = market_open
            if self._feed is not None:
                self._feed.set_market_open(market_open)

    def connection_of(self, token: int) -> int | None:
        return self._feed.connection_of(token) if self._feed is not None else None

    def health(self) -> tuple[ConnectionHealth, ...]:
        """Nothing while the breaker is open."""
        return self._feed.health() if self._feed is not None else ()

    async def settle(self) -> None:
        """Write the reconnects since the last time to the breaker's file, and stop dialling if it trips.

        About once a second; the file is written off the event loop's thread.
        """
        if self._reconnects_ns and not self.tripped:
            await self._keep()
        if self.tripped and self._feed is not None and not self._parting:
            self._parting = True
            many = len(self.breaker.reconnects_ns)
            self._tell(BreakerTripped(ts_ns=self._clock.wall_ns(), reconnects=many, window_ns=self._limits.window_ns))
            self._feed.stop()

    def cure_mute(self, mono_ns: int) -> None:
        """Make links anew that bring heartbeats and no data. For continuous trading only."""
        for one in self.health():
            if one.state is not LinkState.LIVE or not one.tokens or one.link_since_ns is None:
                continue
            since_ns = max(one.link_since_ns, one.last_data_ns or 0)
            at_ns, patience_ns = self._cures.get(one.connection, (0, MUTE_NS))
            if mono_ns - since_ns < MUTE_NS:
                if mono_ns - at_ns > MUTE_AGAIN_MAX_NS:
                    self._cures.pop(one.connection, None)
                continue
            if mono_ns - max(at_ns, since_ns) >= patience_ns and self._feed is not None:
                self._cures[one.connection] = mono_ns, min(2 * patience_ns, MUTE_AGAIN_MAX_NS)
                self._feed.reconnect(one.connection, f"no data for {(mono_ns - since_ns) / SECOND_NS:.0f} s")

    # The breaker.

    async def _until_cleared(self) -> None:
        """Return when the breaker is closed, at once if it is."""
        began_ns, waited = self._clock.wall_ns(), False
        while not self._stopping:
            await self._keep()
            if not self.tripped:
                break
            waited = True
            await asyncio.sleep(CLEARED_LOOK_S)
        cleared = self.breaker.last_cleared
        if waited and not self._stopping and cleared is not None and cleared.ts_ns >= began_ns:
            now_ns = self._clock.wall_ns()
            self._tell(BreakerCleared(ts_ns=now_ns, operator=cleared.operator, reason=cleared.reason))

    async def _keep(self) -> None:
        """Count the reconnects since the last time on the file, and believe what it then says.

        What cannot be written or read counts as tripped, and is tried again.
        """
        stamps, self._reconnects_ns = self._reconnects_ns, []

        def fold(breaker: Breaker) -> Breaker | ClearRefusal:
            for at_ns in stamps:
                breaker = reconnected(breaker, self._limits, at_ns)
            return breaker

        try:
            kept = await asyncio.to_thread(change_breaker if stamps else _read, self._file, fold)
        except (BadBreakerFile, OSError) as bad:
            self._reconnects_ns[:0] = stamps
            if not self.fault:
                log.error("the breaker counts as tripped: %s", bad)
            self.fault = str(bad)
            return
        assert isinstance(kept, Breaker)
        self.breaker, self.fault = kept, ""

    def _on_event(self, event: LinkEvent) -> None:
        self._tell(event)
        if isinstance(event, Disconnected) and event.reason in STORMY:
            self._stormy_loss.add(event.connection)
        elif isinstance(event, Connected) and event.connection in self._stormy_loss:
            self._stormy_loss.remove(event.connection)
            self._reconnects_ns.append(event.wall_ns)


def _read(path: Path, _: object) -> Breaker:
    return read_breaker(path)


def link_of(health: ConnectionHealth) -> Link:
    """What freshness needs to know of a connection."""
    if health.state is LinkState.AUTH_LOST:
        return Link.AUTH_LOST
    return Link.UP if health.state is LinkState.LIVE else Link.DOWN
