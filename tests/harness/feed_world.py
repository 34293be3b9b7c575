"""A small market whose instruments tick by plan, for tests of freshness: time moves by script, faults are switched."""

from collections.abc import Iterable

import numpy as np

from tarazu.market.feed_events import FeedEvent, FeedStale
from tarazu.market.feeds import FeedClass, FeedMember, FeedPlan, FreshnessLimits
from tarazu.market.freshness import Freshness
from tarazu.market.sighting import Link, Sighting
from tarazu.model.calendar import Venue
from tarazu.model.ids import InstrumentToken
from tarazu.model.units import MILLISECOND_NS, SECOND_NS

STEP_NS = 250 * MILLISECOND_NS
BOOT_NS = 5_000 * SECOND_NS
"""The monotonic clock when a test begins."""
ALL_OPEN = frozenset(Venue)


class FeedWorld:
    """Slots tick every `period_s` of theirs, staggered. A step is a quarter of a second."""

    def __init__(
        self,
        members: Iterable[FeedMember],
        required: frozenset[str],
        wall_ns: int,
        *,
        limits: FreshnessLimits | None = None,
        period_s: float = 0.5,
    ) -> None:
        self.plan = FeedPlan(list(members), required)
        self.freshness = Freshness(self.plan, limits or FreshnessLimits())
        n = len(self.plan.members)
        self.now_ns, self._skew_ns = BOOT_NS, wall_ns - BOOT_NS
        self.period_ns = np.full(n, int(period_s * SECOND_NS))
        self.due_ns = self.now_ns + (np.arange(n) * 37 % 100) * self.period_ns // 100
        self.data_ns, self.depth_ns, self.changed_ns, self.stamp_s = (np.zeros(n, np.int64) for _ in range(4))
        connections = max(m.connection for m in self.plan.members) + 1
        self.byte_ns = [0] * connections
        self.links = [Link.UP] * connections
        self.beating = [True] * connections
        self.open = ALL_OPEN
        self.muted: set[int] = set()
        self.depthless: set[int] = set()
        self.disagreeing: frozenset[InstrumentToken] = frozenset()
        self.frozen = False
        self.stamp_back_s = 0
        self.events: list[FeedEvent] = []

    @property
    def seconds(self) -> float:
        return (self.now_ns - BOOT_NS) / SECOND_NS

    @property
    def wall_ns(self) -> int:
        return self.now_ns + self._skew_ns

    def slots(self, feed: str) -> list[int]:
        return [m.slot for m in self.plan.members if m.feed == feed]

    def run(self, until_s: float) -> list[FeedEvent]:
        """Step until the world is `until_s` old; the events of that time."""
        before = len(self.events)
        while self.seconds < until_s:
            self.step()
        return self.events[before:]

    def step(self) -> None:
        self.now_ns += STEP_NS
        for slot, member in enumerate(sorted(self.plan.members, key=lambda m: m.slot)):
            if self.beating[member.connection]:
                self._tick(slot)
        for connection, beating in enumerate(self.beating):
            if beating:
                self.byte_ns[connection] = self.now_ns
        self.events += self.freshness.assess(self.sighting())

    def sighting(self) -> Sighting:
        return Sighting(
            now_ns=self.now_ns,
            wall_ns=self.wall_ns,
            open_venues=self.open,
            data_ns=self.data_ns,
            depth_ns=self.depth_ns,
            stamp_s=self.stamp_s,
            changed_ns=self.changed_ns,
            byte_ns=self.byte_ns,
            links=self.links,
            disagreeing=self.disagreeing,
        )

    def _tick(self, slot: int) -> None:
        if self.now_ns < self.due_ns[slot]:
            return
        self.due_ns[slot] += (self.now_ns - self.due_ns[slot]) // self.period_ns[slot] * self.period_ns[slot]
        self.due_ns[slot] += self.period_ns[slot]
        if slot in self.muted:
            return
        self.data_ns[slot] = self.now_ns
        self.stamp_s[slot] = self.wall_ns // SECOND_NS - self.stamp_back_s
        if slot not in self.depthless:
            self.depth_ns[slot] = self.now_ns
        if not self.frozen:
            self.changed_ns[slot] = self.now_ns


def member(feed: str, slot: int, feed_class: FeedClass, connection: int = 0, venue: Venue | None = None) -> FeedMember:
    """Token 1000 + slot; indices are of the index venue and without depth."""
    index = feed_class in (FeedClass.INDEX, FeedClass.VIX)
    return FeedMember(
        feed=feed,
        token=InstrumentToken(1000 + slot),
        slot=slot,
        feed_class=feed_class,
        venue=venue or (Venue.INDEX if index else Venue.DERIVATIVES),
        connection=connection,
        depth=not index,
    )


def desk(options: int = 40, far: int = 0) -> list[FeedMember]:
    """Two indices and `options` near options over two connections (required), a future and VIX (optional)."""
    found = [member("index", n, FeedClass.INDEX) for n in range(2)]
    found.append(member("cross_asset", 2, FeedClass.VIX, 1))
    found.append(member("futures", 3, FeedClass.FUTURE, 1))
    found += [member("options", 4 + n, FeedClass.OPTION_NEAR, n % 2) for n in range(options)]
    found += [member("options", 4 + options + n, FeedClass.OPTION_FAR, n % 2) for n in range(far)]
    return found


def line(event: FeedEvent, world_began_wall_ns: int) -> str:
    """`12.50 FEED_STALE options PARTIAL_MUTE 20/40 since 9.75`: an event as the tables write it."""
    at = (event.ts_ns - world_began_wall_ns) / SECOND_NS
    since = (event.since_ns - world_began_wall_ns) / SECOND_NS
    if isinstance(event, FeedStale):
        return f"{at:.2f} FEED_STALE {event.feed} {event.reason} {len(event.tokens)}/{event.members} since {since:.2f}"
    return f"{at:.2f} FEED_RECOVER {event.feed} was {event.was}"
