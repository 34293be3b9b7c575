"""The feed's client: instruments over up to three connections, one token, one consumer."""

import asyncio
from collections.abc import Mapping
from random import Random

from tarazu.adapters.kite_feed.clocks import Deadlines
from tarazu.adapters.kite_feed.connection import Connection
from tarazu.adapters.kite_feed.credentials import Credentials
from tarazu.adapters.kite_feed.events import ConnectionHealth, LinkState, Loss
from tarazu.adapters.kite_feed.stream import OnFrame, tls
from tarazu.adapters.kite_feed.subscription import CONNECTIONS_MAX, TOKENS_MAX, split
from tarazu.adapters.kite_feed.surroundings import OnEvent, Surroundings
from tarazu.ports.clock import Clock
from tarazu.wire.kite_ticks import Mode

ROOT = "wss://ws.kite.trade"


class KiteFeed:
    """Kite's ticker as raw frames. All methods are for the event loop's thread and return at once, but `run`.

    `on_frame(connection, kind, payload, wall_ns, mono_ns)` and `on_event(event)` are called synchronously. A payload is
    a view that ends with the call: copy what is kept. Frames of all connections come as received, duplicates included:
    order rows arrive once on every connection. What either callback raises ends the feed and is raised by `run`.
    """

    def __init__(
        self,
        *,
        api_key: str,
        access_token: str,
        clock: Clock,
        on_frame: OnFrame,
        on_event: OnEvent,
        root: str = ROOT,
        connections: int = CONNECTIONS_MAX,
        tokens_max: int = TOKENS_MAX,
        deadlines: Deadlines | None = None,
        dice: Random | None = None,
    ) -> None:
        """`dice` draws the jitter; give a seeded one to have it again. A `wss` root has its certificate verified."""
        assert 1 <= connections <= CONNECTIONS_MAX
        if root.startswith("wss:"):
            tls()  # reading the authorities takes 20 ms: not when a link is down
        self._credentials = Credentials(api_key, access_token)
        self._around = Surroundings(
            root=root.rstrip("/"),
            clock=clock,
            deadlines=deadlines or Deadlines(),
            credentials=self._credentials,
            dice=dice or Random(),
            on_frame=on_frame,
            on_event=on_event,
            may_knock=self._may_knock,
            on_state=self._on_state,
        )
        self._connections = [Connection(i, self._around) for i in range(connections)]
        self._tokens_max = tokens_max
        self._turn = asyncio.Event()

    async def run(self) -> None:
        """Hold the connections until `stop`, or for ever."""
        tasks = [asyncio.create_task(c.run()) for c in self._connections]
        tasks.append(asyncio.create_task(self._roll_over()))
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def stop(self) -> None:
        """Say goodbye on every connection; `run` returns when the sockets are closed.

        That takes about a second, or as long as a dial under way; cancel `run` to part at once.
        """
        for connection in self._connections:
            connection.stop()

    def set_subscriptions(self, modes: Mapping[int, Mode]) -> None:
        """Follow these instruments in these modes, and no others. Only the differences are sent.

        An instrument stays on the connection it is on. Raises TooManyInstruments and changes nothing.
        """
        parts = split([c.wanted for c in self._connections], modes, self._tokens_max)
        for connection, part in zip(self._connections, parts, strict=True):
            if part != connection.wanted:
                connection.follow(part)

    def set_access_token(self, access_token: str) -> None:
        """Go on with this token: connections that are down at once, those that are up one after another."""
        self._credentials.replace(access_token)
        self._poke_all()

    def set_market_open(self, market_open: bool) -> None:
        """While the market is closed a lost connection tries again more slowly; opening ends every wait."""
        self._around.market_open = market_open
        self._poke_all()

    def reconnect(self, connection: int, reason: str) -> None:
        """Make this connection's link anew, for a reason that only the consumer sees (heartbeats, but no data)."""
        self._connections[connection].end_link(Loss.ASKED, reason)

    def connection_of(self, token: int) -> int | None:
        """The connection that follows an instrument."""
        return next((c.index for c in self._connections if token in c.wanted), None)

    def health(self) -> tuple[ConnectionHealth, ...]:
        return tuple(c.health() for c in self._connections)

    # Among the connections.

    def _may_knock(self, index: int) -> bool:
        """A refused token is tried again by one connection only: the first that is not up."""
        return index == next(c.index for c in self._connections if c.needed and c.state is not LinkState.LIVE)

    def _on_state(self) -> None:
        for connection in self._connections:
            if connection.state is LinkState.AUTH_LOST:
                connection.poke()
        self._turn.set()

    async def _roll_over(self) -> None:
        """Move links to the present token, the next one only when the one before is proven.

        A token that is refused so costs one connection: the others stay up on the old one.
        """
        while any(c.state is not LinkState.STOPPED for c in self._connections):
            await self._turn.wait()
            self._turn.clear()
            old = [c for c in self._connections if c.outdated]
            moving = [c for c in self._connections if c.needed and not (c.proven or c in old)]
            if old and not moving and not self._credentials.lost:
                old[0].end_link(Loss.TOKEN_ROLLOVER, "")

    def _poke_all(self) -> None:
        self._turn.set()
        for connection in self._connections:
            connection.poke()
