"""FRESH or STALE, feed by feed: clocks in, FEED_STALE and FEED_RECOVER out.

Judged only while a venue trades continuously. Outside, the clocks are read and shown, states stay what they were, and
no event is written. Nothing here reads a clock: the same sightings give the same events on any host.
"""

import numpy as np
from numpy.typing import NDArray

from tarazu.market.feed_events import FeedEvent, FeedHealth, FeedState
from tarazu.market.feed_watch import FeedWatch, Finding
from tarazu.market.feeds import VENUES, Feed, FeedPlan, FreshnessLimits
from tarazu.market.frozen_book import still_ns
from tarazu.market.lag_window import LagWindow
from tarazu.market.sighting import Sighting
from tarazu.market.silence import Silence
from tarazu.market.stale_causes import StaleCauses
from tarazu.market.stamps import Stamps


class Freshness:
    """The watch over one plan. After re-centring make another with `previous`: states and habits are carried over."""

    def __init__(self, plan: FeedPlan, limits: FreshnessLimits, previous: "Freshness | None" = None) -> None:
        self.plan = plan
        self.limits = limits
        self._silence = Silence(plan, limits)
        self._stamps = Stamps(len(plan.groups), limits)
        self._causes = StaleCauses(plan, limits, self._silence, self._stamps)
        self._quorum: NDArray[np.int64] = np.where(
            self._silence.steady[plan.group_starts], 1, limits.stamp_quorum
        ).astype(np.int64)
        self._still_ns: NDArray[np.int64] = np.zeros(len(plan.feeds), np.int64)
        self._stale_ns: NDArray[np.int64] = np.zeros(len(plan.feeds), np.int64)
        self._findings: list[Finding | None] = [None] * len(plan.feeds)
        self._watches = [FeedWatch(plan, feed, limits) for feed in plan.feeds]
        self.tick_lags = {feed.name: LagWindow() for feed in plan.feeds}
        self.depth_lags = {feed.name: LagWindow() for feed in plan.feeds}
        if previous is not None:
            self._adopt(previous)

    def assess(self, seen: Sighting) -> list[FeedEvent]:
        """What changed. Per feed the events alternate; a first FEED_RECOVER says the feed is known to be fresh."""
        self._look(seen)
        turns = (self._turn(n, feed, seen) for n, feed in enumerate(self.plan.feeds))
        return [event for event in turns if event is not None]

    def health(self) -> tuple[FeedHealth, ...]:
        """Every feed as the last `assess` saw it."""
        return tuple(self._health(n, feed) for n, feed in enumerate(self.plan.feeds))

    def _look(self, seen: Sighting) -> None:
        plan, silence = self.plan, self._silence
        is_open = np.array([v in seen.open_venues for v in VENUES], np.bool_)
        silence.enforce(is_open[plan.group_venue], seen.now_ns + self.limits.open_grace_ns)
        data, depth, stamps, changed = (
            by_slot[plan.slots].astype(np.int64, copy=False)
            for by_slot in (seen.data_ns, seen.depth_ns, seen.stamp_s, seen.changed_ns)
        )
        silence.look(seen.now_ns, data, depth, self._stale_ns[plan.group_feed])
        self._stamps.look(seen.now_ns, seen.wall_ns, data, stamps, self._quorum, plan.group_starts)
        self._still_ns = still_ns(seen.now_ns, changed, silence.begin_ns, silence.enforced, plan.feed_starts)

    def _turn(self, n: int, feed: Feed, seen: Sighting) -> FeedEvent | None:
        watch = self._watches[n]
        if not self._enforced(feed):
            self._findings[n] = None
            watch.rest()
            return None
        tick, depth = self._causes.tick_lag(feed), self._causes.depth_lag(feed)
        self.tick_lags[feed.name].record(seen.now_ns, tick.lag_ns)
        self.depth_lags[feed.name].record(seen.now_ns, depth.lag_ns)
        finding = self._causes.first(feed, seen, tick, depth, int(self._still_ns[n]))
        self._findings[n] = finding
        complete = watch.state is not FeedState.UNKNOWN or self._complete(feed, seen)
        event = watch.turn(seen.now_ns, seen.wall_ns, finding, complete, tick, self._causes.members(feed))
        if watch.state is FeedState.STALE:
            self._stale_ns[n] = seen.now_ns
        return event

    def _complete(self, feed: Feed, seen: Sighting) -> bool:
        """Every group ticked since the watch began, and members enough were seen, or waited for long enough."""
        s, part = self._silence, slice(feed.start, feed.stop)
        groups = [g for g in feed.groups if s.group_enforced[g]]
        begin = s.group_begin_ns[groups]
        if (s.group_data_ns[groups] < begin - self.limits.open_grace_ns).any():
            return False
        share = 100.0 * float((s.data_ns[part] > 0)[s.enforced[part]].mean())
        return share >= self.limits.tokens_seen_pct_min or seen.now_ns - int(begin.max()) > self.limits.seen_within_ns

    def _enforced(self, feed: Feed) -> bool:
        return bool(self._silence.group_enforced[feed.groups.start : feed.groups.stop].any())

    def _health(self, n: int, feed: Feed) -> FeedHealth:
        s, part, watch, finding = self._silence, slice(feed.start, feed.stop), self._watches[n], self._findings[n]
        tick, depth = self._causes.tick_lag(feed), self._causes.depth_lag(feed)
        return FeedHealth(
            feed=feed.name,
            required=feed.required,
            state=watch.state,
            enforced=self._enforced(feed),
            reason=finding.reason if finding else None,
            members=feed.stop - feed.start,
            seen=int((s.data_ns[part] > 0).sum()),
            silent=self.plan.tokens_at(self._causes.silent(feed, finding)),
            tick_lag_ns=tick.lag_ns,
            tick_limit_ns=tick.limit_ns,
            depth_lag_ns=depth.lag_ns,
            depth_limit_ns=depth.limit_ns,
            stale_since_ns=watch.stale.since_ns if watch.stale and watch.state is FeedState.STALE else None,
        )

    def _adopt(self, previous: "Freshness") -> None:
        self._silence.adopt(previous._silence)
        before = {feed.name: n for n, feed in enumerate(previous.plan.feeds)}
        for n, feed in enumerate(self.plan.feeds):
            if (was := before.get(feed.name)) is not None:
                self._watches[n].adopt(previous._watches[was])
                self._stale_ns[n] = previous._stale_ns[was]
                self.tick_lags[feed.name] = previous.tick_lags[feed.name]
                self.depth_lags[feed.name] = previous.depth_lags[feed.name]
