"""The watch over the feed: every tenth of a second the clocks go to freshness, and what it says is told."""

from collections.abc import Callable, Mapping

import msgspec

from tarazu.adapters.kite_feed.events import ConnectionHealth
from tarazu.adapters.kite_feed.subscription import CONNECTIONS_MAX
from tarazu.app.depth_ws.feed_book import FeedBook
from tarazu.app.depth_ws.health import FeedRow
from tarazu.app.depth_ws.links import Links, link_of
from tarazu.app.depth_ws.sentinels import Sentinels
from tarazu.app.feed.record import FeedRecordEvent
from tarazu.market.arrivals import Arrivals
from tarazu.market.feeds import FeedMember, FeedPlan, FreshnessLimits
from tarazu.market.freshness import Freshness
from tarazu.market.sighting import Link, Sighting
from tarazu.market.state import MarketState
from tarazu.model.calendar import Venue
from tarazu.model.ids import InstrumentToken


class Watch:
    """Freshness over the present selection. `follow` after every selection, `look` ten times a second."""

    def __init__(
        self,
        *,
        arrivals: Arrivals,
        state: MarketState,
        links: Links,
        sentinels: Sentinels,
        book: FeedBook,
        limits: FreshnessLimits,
        tell: Callable[[FeedRecordEvent], None],
    ) -> None:
        self._arrivals, self._state, self._links, self._sentinels = arrivals, state, links, sentinels
        self._book, self._limits, self._tell = book, limits, tell
        self._members: tuple[FeedMember, ...] = ()
        self._required: frozenset[str] = frozenset()
        self._dialled = 0
        self._byte_ns = [0] * CONNECTIONS_MAX
        self._freshness: Freshness | None = None

    @property
    def seen(self) -> int:
        """Watched instruments of which a packet came."""
        return 0 if self._freshness is None else int((self._arrivals.data_ns[self._freshness.plan.slots] > 0).sum())

    def follow(self, members: tuple[FeedMember, ...], optional: frozenset[str]) -> None:
        """Watch these from now on; slots are the market state's. Feeds that were watched before keep their state."""
        before = {m.token for m in self._members}
        for member in members:
            if member.token not in before:  # what came before it was unsubscribed tells nothing about now
                for clock in (self._arrivals.data_ns, self._arrivals.depth_ns, self._arrivals.changed_ns):
                    clock[member.slot] = 0
        self._members = members
        self._required = frozenset(m.feed for m in members) - optional
        self._plan()

    def look(self, mono_ns: int, wall_ns: int, open_venues: frozenset[Venue]) -> None:
        if self._freshness is None:
            return
        if self._links.dialled != self._dialled:
            self._plan()
        health = self._links.health()
        self._sample_sentinels()
        seen = Sighting(
            now_ns=mono_ns,
            wall_ns=wall_ns,
            open_venues=open_venues,
            data_ns=self._arrivals.data_ns,
            depth_ns=self._arrivals.depth_ns,
            stamp_s=self._arrivals.stamp_s,
            changed_ns=self._arrivals.changed_ns,
            byte_ns=self._last_bytes(health),
            links=[link_of(h) for h in health] or [Link.DOWN] * CONNECTIONS_MAX,
            disagreeing=self._sentinels.disagreeing,
        )
        for event in self._freshness.assess(seen):
            self._book.enter(event)
            self._tell(event)

    def count(self, mono_ns: int) -> None:
        """Take the packet counts for the rates; about every second."""
        if self._freshness is None:
            return
        plan, packets = self._freshness.plan, self._state.slots["packets"]
        self._book.count(mono_ns, {f.name: int(packets[plan.slots[f.start : f.stop]].sum()) for f in plan.feeds})

    def rows(self, symbols: Mapping[int, str], wall_ns: int, mono_ns: int) -> tuple[FeedRow, ...]:
        if self._freshness is None:
            return ()
        fresh = self._freshness
        return tuple(
            self._book.row(h, symbols, fresh.tick_lags[h.feed], fresh.depth_lags[h.feed], (wall_ns, mono_ns))
            for h in fresh.health()
        )

    def _plan(self) -> None:
        """Freshness groups instruments by the wire they come on, so a changed distribution makes another plan."""
        self._dialled = self._links.dialled
        placed = [msgspec.structs.replace(m, connection=self._links.connection_of(m.token) or 0) for m in self._members]
        self._freshness = Freshness(FeedPlan(placed, self._required), self._limits, self._freshness)

    def _last_bytes(self, health: tuple[ConnectionHealth, ...]) -> list[int]:
        """By connection, over the links it had: a short loss is judged by the silence it makes."""
        for one in health:
            latest_ns = max(one.last_frame_ns or 0, one.link_since_ns or 0)
            self._byte_ns[one.connection] = max(self._byte_ns[one.connection], latest_ns)
        return self._byte_ns

    def _sample_sentinels(self) -> None:
        for token in self._sentinels.tokens:
            slot = self._state.slot_of(token)
            at_ns = int(self._arrivals.data_ns[slot])
            if at_ns:
                self._sentinels.observe(InstrumentToken(token), at_ns, int(self._state.rows["ltp"][slot]))
