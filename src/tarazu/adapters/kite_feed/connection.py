"""The life of one connection: dial, live, wait, dial again. Never more than one socket, never given up."""

import asyncio
from collections.abc import Callable

from picows import WSError, WSHandshakeError

from tarazu.adapters.kite_feed import backoff, events
from tarazu.adapters.kite_feed.events import ConnectionHealth, LinkState, Loss
from tarazu.adapters.kite_feed.link import Link
from tarazu.adapters.kite_feed.subscription import Modes
from tarazu.adapters.kite_feed.surroundings import Alarm, Surroundings
from tarazu.model.units import SECOND_NS

FORBIDDEN, TOO_MANY = 403, 429

DETAIL_CHARS_MAX = 200


class Connection:
    """One of the feed's connections. Its methods are for the event loop's thread."""

    def __init__(self, index: int, around: Surroundings) -> None:
        self.index = index
        self.state = LinkState.IDLE
        self.wanted: Modes = {}
        self._around = around
        self._alarm = Alarm()
        self._link: Link | None = None
        """Only while it is up."""
        self._stopping = False
        self._attempt = 0
        self._last_data_ns = 0
        self._refused_version = 0
        self._links = self._losses = self._frames = self._bytes = 0
        self._last_loss: Loss | None = None

    # What the feed asks of it.

    @property
    def needed(self) -> bool:
        """The first connection carries order updates also without instruments."""
        return not self._stopping and (self.index == 0 or bool(self.wanted))

    @property
    def proven(self) -> bool:
        """Up, and at least a heartbeat has come."""
        return self._link is not None and self._link.proven

    @property
    def outdated(self) -> bool:
        """Up, with a token that has been replaced."""
        return self._link is not None and self._link.version != self._around.credentials.version

    def follow(self, wanted: Modes) -> None:
        self.wanted = wanted
        if self._link is not None:
            self._link.wanted = wanted
        self._end_unless_needed()
        self.poke()

    def end_link(self, reason: Loss, detail: str) -> None:
        """Close the link that is up, if one is; it is then made anew."""
        if self._link is not None:
            self._link.end(reason, detail)

    def stop(self) -> None:
        self._stopping = True
        self._end_unless_needed()
        self.poke()

    def poke(self) -> None:
        """End its pause: something it waits for may have changed."""
        self._alarm.ring()

    def health(self) -> ConnectionHealth:
        link, clock = self._link, self._around.clock
        return ConnectionHealth(
            connection=self.index,
            state=self.state,
            mono_ns=clock.mono_ns(),
            wall_ns=clock.wall_ns(),
            tokens=len(self.wanted),
            link_since_ns=link.clocks.since_ns if link else None,
            last_frame_ns=(link.clocks.frame_ns or None) if link else None,
            last_data_ns=(link.clocks.data_ns or None) if link else None,
            last_pong_ns=(link.clocks.pong_ns or None) if link else None,
            rtt_ns=(link.clocks.rtt_ns or None) if link else None,
            frames=self._frames + (link.stream.frames if link else 0),
            bytes=self._bytes + (link.stream.bytes if link else 0),
            links=self._links,
            losses=self._losses,
            attempt=self._attempt,
            last_loss=self._last_loss,
        )

    # Its life.

    async def run(self) -> None:
        """Until stopped. Raises what a callback of the consumer raised."""
        try:
            while not self._stopping:
                if not self.needed:
                    await self._pause(LinkState.IDLE, None)
                elif self._around.credentials.lost and not self._around.may_knock(self.index):
                    await self._pause(LinkState.AUTH_LOST, None)
                else:
                    await self._try()
        finally:
            self._turn_to(LinkState.STOPPED)

    async def _try(self) -> None:
        """One link from dial to loss, and the wait that follows it."""
        self._turn_to(LinkState.CONNECTING)
        link = Link(self.index, self._around, self._alarm, self.wanted, self._last_data_ns, self._prove)
        try:
            await link.open()
        except (WSError, OSError, TimeoutError) as failed:
            await self._miss(failed, link.version)
            return
        try:
            self._rise(link)
            loss = await link.live()
        finally:
            link.stream.abort()
            self._fall(link)
        self._losses += 1
        self._last_loss = loss
        if self.needed and loss is not Loss.TOKEN_ROLLOVER:
            await self._back_off()

    def _rise(self, link: Link) -> None:
        self._link = link
        self._links += 1
        self.follow(self.wanted)  # it may have changed since the dial began
        self._around.credentials.accepted(link.version)
        self._refused_version = 0  # a token may be refused, accepted and refused again: each loss is told
        self._turn_to(LinkState.LIVE)

    def _prove(self) -> None:
        self._attempt = 0
        self._around.on_state()

    def _fall(self, link: Link) -> None:
        self._link = None
        self._frames += link.stream.frames
        self._bytes += link.stream.bytes
        self._last_data_ns = link.clocks.data_ns or self._last_data_ns

    def _end_unless_needed(self) -> None:
        if not self.needed:
            self.end_link(Loss.STOPPED if self._stopping else Loss.NOT_NEEDED, "")

    # Without a link.

    async def _miss(self, failed: Exception, version: int) -> None:
        """No link came to be: say why, and wait as long as the reason deserves."""
        around = self._around
        response = failed.response if isinstance(failed, WSHandshakeError) else None
        status = None if response is None else int(response.status)
        detail = around.credentials.conceal(_in_a_line(failed))
        around.tell(self.index, events.ConnectFailed, status=status, detail=detail)
        if status == FORBIDDEN:
            around.credentials.refused(version)
            if version == around.credentials.version:
                await self._wait_for_token(version, detail)
            return
        if status == TOO_MANY:
            self._attempt = max(self._attempt, backoff.THROTTLED_ATTEMPT)
            around.tell(self.index, events.Throttled, detail=detail)
        await self._back_off()

    async def _wait_for_token(self, version: int, detail: str) -> None:
        """Until there is a new token, or the slow pace of trying the old one again has passed."""
        credentials = self._around.credentials
        self._turn_to(LinkState.AUTH_LOST)
        if self._refused_version != version:
            self._refused_version = version
            self._around.tell(self.index, events.AuthLost, detail=detail)
        wait_s = self._announce_wait(backoff.AUTH_LOST)
        await self._pause(LinkState.AUTH_LOST, wait_s, lambda: credentials.version == version and credentials.lost)

    async def _back_off(self) -> None:
        """A new token, and a market that opens, end the wait."""
        around = self._around
        version, market_open = around.credentials.version, around.market_open
        wait_s = self._announce_wait(backoff.MARKET_OPEN if market_open else backoff.MARKET_CLOSED)
        await self._pause(
            LinkState.BACKOFF,
            wait_s,
            lambda: around.credentials.version == version and (market_open or not around.market_open),
        )

    def _announce_wait(self, pace: backoff.Pace) -> float:
        wait_s = backoff.delay_s(pace, self._attempt, self._around.dice)
        delay_ns = round(wait_s * SECOND_NS)
        self._around.tell(self.index, events.Backoff, delay_ns=delay_ns, attempt=self._attempt)
        self._attempt += 1
        return wait_s

    async def _pause(self, state: LinkState, seconds: float | None, still: Callable[[], bool] = lambda: False) -> None:
        """Wait in this state for `seconds` (None: until poked), going on at a poke unless `still` holds."""
        self._turn_to(state)
        loop = asyncio.get_running_loop()
        deadline_s = None if seconds is None else loop.time() + seconds
        while deadline_s is None or loop.time() < deadline_s:
            await self._alarm.nap(None if deadline_s is None else deadline_s - loop.time())
            if not (self.needed and still()):
                return

    def _turn_to(self, state: LinkState) -> None:
        if state is not self.state:
            self.state = state
            self._around.on_state()


def _in_a_line(failed: Exception) -> str:
    """An error for people: what the server wrote, or else the error itself."""
    body = (failed.raw_body or b"") if isinstance(failed, WSHandshakeError) else b""
    text = body.decode("utf-8", "replace").strip() or str(failed) or type(failed).__name__
    return text.splitlines()[0][:DETAIL_CHARS_MAX]
