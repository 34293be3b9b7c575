"""Why a feed is stale: each cause is a question to the arrays; the first that says yes is told."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tarazu.market.feed_events import StaleReason
from tarazu.market.feed_watch import Finding
from tarazu.market.feeds import Feed, FeedPlan, FreshnessLimits
from tarazu.market.habit import ARRIVALS_MIN
from tarazu.market.sighting import Link, Sighting
from tarazu.market.silence import Silence
from tarazu.market.stamps import Stamps
from tarazu.model.units import SECOND_NS

# What a link without bytes is called, the worst first.
LINK_REASON = {
    Link.AUTH_LOST: StaleReason.AUTH_LOST,
    Link.DOWN: StaleReason.DISCONNECTED,
    Link.UP: StaleReason.SILENT_CONNECTION,
}

SUSPECT_SLACK_NS = SECOND_NS
"""What ticks once a second ticked up to a second before or after its neighbour when both were cut off."""


class Lag(NamedTuple):
    lag_ns: int
    limit_ns: int

    @property
    def ratio(self) -> float:
        return self.lag_ns / self.limit_ns if self.limit_ns else 0.0


class StaleCauses:
    """Answers for one look; `silence`, `stamps` and `still_ns` are that look's."""

    def __init__(self, plan: FeedPlan, limits: FreshnessLimits, silence: Silence, stamps: Stamps) -> None:
        self._plan, self._limits, self._silence, self._stamps = plan, limits, silence, stamps

    def first(self, feed: Feed, seen: Sighting, tick: Lag, depth: Lag, still_ns: int) -> Finding | None:
        """In the order of `StaleReason`; `tick` and `depth` are the feed's lags."""
        return (
            self._link(feed, seen)
            or self._silent(feed, seen, max(tick, depth, key=lambda lag: lag.ratio))
            or self._depthless(feed, depth)
            or self._stamped(feed, StaleReason.REPLAYED_DATA, self._stamps.replayed)
            or self._frozen(feed, seen, still_ns)
            or self._stamped(feed, StaleReason.CLOCK_SKEW, self._stamps.skewed)
            or self._disagreeing(feed, seen, tick)
        )

    def tick_lag(self, feed: Feed) -> Lag:
        """Of the group or silent member nearest its limit, or furthest beyond."""
        s = self._silence
        groups, silent = self._judged_groups(feed), self._members(feed, s.silent)
        return _worst(s.group_age_ns[groups], s.group_limit_ns[groups], s.age_ns[silent], s.limit_ns[silent])

    def depth_lag(self, feed: Feed) -> Lag:
        s = self._silence
        groups = [g for g in self._judged_groups(feed) if s.group_has_depth[g]]
        lacking = self._members(feed, (s.silent & self._plan.depth) | s.depthless)
        return _worst(
            s.group_depth_age_ns[groups],
            s.group_depth_limit_ns[groups],
            s.depth_age_ns[lacking],
            np.where(s.depthless, s.depth_limit_ns, np.maximum(s.depth_limit_ns, s.limit_ns))[lacking],
        )

    def members(self, feed: Feed) -> int:
        """Instruments of the feed whose venue is open."""
        return sum(self._plan.groups[g].stop - self._plan.groups[g].start for g in self._judged_groups(feed))

    def silent(self, feed: Feed, finding: Finding | None) -> NDArray[np.int64]:
        """Positions of the feed's silent members; with a fault proven, those it took along."""
        if finding is not None and finding.reason is StaleReason.PARTIAL_MUTE:
            return finding.where
        return self._members(feed, self._silence.silent)

    def _link(self, feed: Feed, seen: Sighting) -> Finding | None:
        lost: list[tuple[StaleReason, int, int]] = []
        for g in self._judged_groups(feed):
            connection = self._plan.groups[g].connection
            age = max(seen.now_ns - max(seen.byte_ns[connection], int(self._silence.group_begin_ns[g])), 0)
            link = seen.links[connection]
            if link is Link.AUTH_LOST or age > self._limits.heartbeat_ns:
                lost.append((LINK_REASON[link], age, g))
        if not lost:
            return None
        reason = next(r for r in LINK_REASON.values() if any(r is found for found, _, _ in lost))
        lag = max(age for _, age, _ in lost)
        return Finding(
            reason=reason,
            lag_ns=lag,
            limit_ns=self._limits.heartbeat_ns,
            where=self._positions(g for _, _, g in lost),
            began_ns=seen.now_ns - lag,
        )

    def _silent(self, feed: Feed, seen: Sighting, worse: Lag) -> Finding | None:
        s = self._silence
        proven, members = self._members(feed, s.silent), self.members(feed)
        few = 100.0 * (members - len(proven)) < self._limits.tokens_seen_pct_min * members
        lost = s.group_silent[feed.groups.start : feed.groups.stop].any() or s.steady[proven].any()
        if not (lost or (len(proven) >= 2 and few)):
            return None
        silent = self._with_suspects(feed, proven)
        whole = len(silent) == members
        return Finding(
            reason=self._why_silent(feed, seen) if whole else StaleReason.PARTIAL_MUTE,
            lag_ns=worse.lag_ns,
            limit_ns=worse.limit_ns,
            where=silent,
            began_ns=seen.now_ns - int(s.age_ns[silent].min()),
            settled=whole,
        )

    def _why_silent(self, feed: Feed, seen: Sighting) -> StaleReason:
        """Data is missed before a link is given up: where every link is known to be down, that is why."""
        links = {seen.links[self._plan.groups[g].connection] for g in self._judged_groups(feed)}
        return LINK_REASON[Link.DOWN] if links == {Link.DOWN} else StaleReason.NO_DATA

    def _with_suspects(self, feed: Feed, proven: NDArray[np.int64]) -> NDArray[np.int64]:
        """A fault is proven by some; those that fell silent with them, for longer than they ever do, belong to it."""
        s = self._silence
        youngest, oldest = int(s.age_ns[proven].min()) - SUSPECT_SLACK_NS, int(s.age_ns[proven].max())
        unusual = s.enforced & (s.age_ns > np.maximum(s.habit.gap_ns, youngest)) & (s.habit.arrivals >= ARRIVALS_MIN)
        together = s.age_ns <= oldest + s.habit.gap_ns
        return self._members(feed, s.silent | (unusual & together))

    def _depthless(self, feed: Feed, depth: Lag) -> Finding | None:
        where = self._members(feed, self._silence.depthless)
        if not len(where):
            return None
        return Finding(
            reason=StaleReason.NO_DEPTH, lag_ns=depth.lag_ns, limit_ns=depth.limit_ns, where=where, settled=False
        )

    def _stamped(self, feed: Feed, reason: StaleReason, wrong: NDArray[np.bool_]) -> Finding | None:
        found = [g for g in self._judged_groups(feed) if wrong[g]]
        if not found:
            return None
        lag = max((int(self._stamps.behind_ns[g]) for g in found), key=abs)
        return Finding(
            reason=reason,
            lag_ns=lag,
            limit_ns=self._limits.stamp_behind_ns if lag > 0 else -self._limits.stamp_ahead_ns,
            where=self._positions(found),
            settled=False,
        )

    def _frozen(self, feed: Feed, seen: Sighting, still_ns: int) -> Finding | None:
        judged = self._members(feed, self._silence.enforced)
        limit = self._limits.frozen_after_ns
        if still_ns <= limit or len(judged) < self._limits.frozen_quorum:
            return None
        return Finding(
            reason=StaleReason.FROZEN_BOOK,
            lag_ns=still_ns,
            limit_ns=limit,
            where=judged,
            began_ns=seen.now_ns - still_ns,
        )

    def _disagreeing(self, feed: Feed, seen: Sighting, tick: Lag) -> Finding | None:
        if not seen.disagreeing:
            return None
        named = np.isin(self._plan.tokens, list(seen.disagreeing))
        where = self._members(feed, named & self._silence.enforced)
        if not len(where):
            return None
        return Finding(reason=StaleReason.LTP_DISAGREES, lag_ns=tick.lag_ns, limit_ns=tick.limit_ns, where=where)

    def _judged_groups(self, feed: Feed) -> list[int]:
        return [g for g in feed.groups if self._silence.group_enforced[g]]

    def _members(self, feed: Feed, flags: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Positions of the feed's members that are flagged."""
        return feed.start + np.flatnonzero(flags[feed.start : feed.stop])

    def _positions(self, groups: Iterable[int]) -> NDArray[np.int64]:
        spans = [self._plan.groups[g] for g in groups]
        return np.concatenate([np.arange(g.start, g.stop) for g in spans])


def _worst(*pairs: NDArray[np.int64]) -> Lag:
    """Of lags and limits, twice: the pair with the highest ratio, of equals the one with the tightest limit; no lag and
    no limit where there is nothing."""
    lags, limits = np.concatenate(pairs[::2]), np.concatenate(pairs[1::2])
    if not len(lags):
        return Lag(0, 0)
    n = int(np.lexsort((limits, -lags / limits))[0])
    return Lag(int(lags[n]), int(limits[n]))
