"""One feed's state over time: from what is wrong now to the two events, with patience both ways."""

import msgspec
import numpy as np
from numpy.typing import NDArray

from tarazu.market.feed_events import FeedEvent, FeedRecover, FeedStale, FeedState, StaleReason
from tarazu.market.feeds import Feed, FeedPlan, FreshnessLimits


class Finding(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """What is wrong with a feed at this moment, the most telling cause only."""

    reason: StaleReason
    lag_ns: int
    limit_ns: int
    where: NDArray[np.int64]
    """Positions in the plan of the instruments concerned."""
    began_ns: int | None = None
    """Monotonic; None: when it was first found."""
    settled: bool = True
    """Its set of instruments cannot grow; otherwise it is given time to."""


class FeedWatch:
    """UNKNOWN until the feed is complete; STALE by a settled finding; FRESH after `recover_after_ns` without one."""

    def __init__(self, plan: FeedPlan, feed: Feed, limits: FreshnessLimits) -> None:
        self._plan = plan
        self._feed = feed
        self._limits = limits
        self.state = FeedState.UNKNOWN
        self.stale: FeedStale | None = None
        """The event of the present or the last staleness."""
        self._found_ns: int | None = None
        self._grown_ns = 0
        self._size = 0
        self._clean_ns: int | None = None

    def rest(self) -> None:
        """The feed does not trade now: the state is kept, what was pending is not."""
        self._found_ns = self._clean_ns = None

    def turn(
        self, now_ns: int, wall_ns: int, finding: Finding | None, complete: bool, lag: tuple[int, int], members: int
    ) -> FeedEvent | None:
        """One look. `complete`: enough was seen to call the feed fresh; `lag` is its lag and limit in ns."""
        if finding is None:
            return self._clean(now_ns, wall_ns, complete, lag)
        self._clean_ns = None
        if self.state is FeedState.STALE or not self._settled(now_ns, finding):
            return None
        began = finding.began_ns if finding.began_ns is not None else self._found_ns
        assert began is not None
        self.state = FeedState.STALE
        self.stale = FeedStale(
            feed=self._feed.name,
            required=self._feed.required,
            reason=finding.reason,
            lag_ns=finding.lag_ns,
            limit_ns=finding.limit_ns,
            since_ns=wall_ns - (now_ns - began),
            ts_ns=wall_ns,
            tokens=self._plan.tokens_at(finding.where),
            members=members,
        )
        return self.stale

    def adopt(self, other: "FeedWatch") -> None:
        """Go on from another plan's watch of the feed of the same name."""
        self.state, self.stale = other.state, other.stale

    def _clean(self, now_ns: int, wall_ns: int, complete: bool, lag: tuple[int, int]) -> FeedRecover | None:
        self._found_ns = None
        if self.state is FeedState.FRESH:
            return None
        if self._clean_ns is None:
            self._clean_ns = now_ns
        patience_ns = self._limits.recover_after_ns if self.state is FeedState.STALE else 0
        if not complete or now_ns - self._clean_ns < patience_ns:
            return None
        was, self.state = self.state, FeedState.FRESH
        stale = self.stale if was is FeedState.STALE else None
        return FeedRecover(
            feed=self._feed.name,
            required=self._feed.required,
            was=was,
            reason=stale.reason if stale else None,
            lag_ns=lag[0],
            limit_ns=lag[1],
            since_ns=stale.since_ns if stale else wall_ns,
            ts_ns=wall_ns,
        )

    def _settled(self, now_ns: int, finding: Finding) -> bool:
        if self._found_ns is None:
            self._found_ns, self._size = now_ns, 0
        if len(finding.where) > self._size:
            self._grown_ns, self._size = now_ns, len(finding.where)
        return (
            finding.settled
            or now_ns - self._grown_ns >= self._limits.settle_ns
            or now_ns - self._found_ns >= self._limits.settle_max_ns
        )
