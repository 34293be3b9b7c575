"""Who is silent: ages against limits for every member and group of a plan, in one sweep of arrays.

Two things are told apart. One member past its own limit may be a quiet contract; a group past its limit, by its
youngest member, has lost its source: then all its members are silent.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tarazu.market.feeds import NEVER_NS, FeedPlan, FreshnessLimits
from tarazu.market.habit import Habit

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Silence:
    """The state of the last `look`; all arrays are in the plan's order of members or groups."""

    def __init__(self, plan: FeedPlan, limits: FreshnessLimits) -> None:
        self._plan = plan
        self._seen_within_ns = limits.seen_within_ns
        self._alone_max_ns = limits.alone_max_ns
        classes = [limits.classes[g.feed_class] for g in plan.groups]
        self._group_low_ns = np.array([c.tick_lag_ns for c in classes], np.int64)
        self._group_high_ns = np.array([c.group_lag_max_ns for c in classes], np.int64)
        self._group_depth_ns = np.array([c.depth_lag_ns for c in classes], np.int64)
        singles = [NEVER_NS if c.single_lag_max_ns is None else c.single_lag_max_ns for c in classes]
        self._low_ns: Ints = np.repeat(self._group_low_ns, plan.group_sizes)
        self._high_ns: Ints = np.repeat(np.array(singles, np.int64), plan.group_sizes)
        self.depth_limit_ns: Ints = np.repeat(self._group_depth_ns, plan.group_sizes)
        self.steady: Flags = np.repeat(np.array([c.steady for c in classes], np.bool_), plan.group_sizes)
        self.group_has_depth: Flags = np.logical_or.reduceat(plan.depth, plan.group_starts)
        self.habit = Habit(len(plan.members))
        self.group_habit = Habit(len(plan.groups))
        self.enforced: Flags = np.zeros(len(plan.members), np.bool_)
        self.group_enforced: Flags = np.zeros(len(plan.groups), np.bool_)
        self.begin_ns: Ints = np.zeros(len(plan.members), np.int64)
        """No age counts before: when the member's venue opened or it joined, plus the grace."""
        self._allot()

    def _allot(self) -> None:
        n, g = len(self._plan.members), len(self._plan.groups)
        self.data_ns, self.age_ns, self.limit_ns = (np.zeros(n, np.int64) for _ in range(3))
        self.depth_age_ns: Ints = np.zeros(n, np.int64)
        self.silent, self.depthless = (np.zeros(n, np.bool_) for _ in range(2))
        self.group_begin_ns, self.group_data_ns = (np.zeros(g, np.int64) for _ in range(2))
        self.group_age_ns, self.group_limit_ns = (np.zeros(g, np.int64) for _ in range(2))
        self.group_depth_age_ns, self.group_depth_limit_ns = (np.zeros(g, np.int64) for _ in range(2))
        self.group_silent: Flags = np.zeros(g, np.bool_)

    def enforce(self, open_groups: Flags, begin_ns: int) -> None:
        """Judge the groups whose venue is open; members not judged before begin at `begin_ns`."""
        self.group_enforced = open_groups
        enforced = np.repeat(open_groups, self._plan.group_sizes)
        np.copyto(self.begin_ns, begin_ns, where=enforced & ~self.enforced)
        self.enforced = enforced
        self.group_begin_ns = np.minimum.reduceat(self.begin_ns, self._plan.group_starts)

    def look(self, now_ns: int, data_ns: Ints, depth_ns: Ints, group_not_before_ns: Ints) -> None:
        """Take the data clocks (0: never). Gaps begun before `group_not_before_ns` are not taken for habits."""
        plan = self._plan
        self.data_ns = data_ns
        self.group_data_ns = np.maximum.reduceat(data_ns, plan.group_starts)
        self._learn(group_not_before_ns)
        self.age_ns = np.maximum(now_ns - np.maximum(data_ns, self.begin_ns), 0)
        self.group_age_ns = np.maximum(now_ns - np.maximum(self.group_data_ns, self.group_begin_ns), 0)
        self.group_limit_ns = self.group_habit.limits(self._group_low_ns, self._group_high_ns)
        limit = self.habit.limits(self._low_ns, self._high_ns)
        # Contracts fall asleep when the money moves away, and on their last day: the slow ones are not judged alone.
        limit = np.where(self.steady | (limit <= self._alone_max_ns), limit, NEVER_NS)
        self.limit_ns = np.where(data_ns == 0, np.minimum(limit, self._seen_within_ns), limit)
        self._look_at_depth(now_ns, depth_ns)
        # Where depth was asked for its limit binds the ticks too: no tick, no depth.
        bound = np.where(
            self.group_has_depth, np.minimum(self.group_limit_ns, self.group_depth_limit_ns), self.group_limit_ns
        )
        self.group_silent = self.group_enforced & (self.group_age_ns > bound)
        whole = np.repeat(self.group_silent, plan.group_sizes)
        self.silent = self.enforced & ((self.age_ns > self.limit_ns) | whole)

    def adopt(self, other: "Silence") -> None:
        """Take over what another plan's silence knew of the members and groups that are in both."""
        theirs = {m.token: n for n, m in enumerate(other._plan.members)}
        both = [(n, theirs[m.token]) for n, m in enumerate(self._plan.members) if m.token in theirs]
        mine, known = np.array(both, np.int64).reshape(-1, 2).T
        self.habit.adopt(other.habit, mine, known)
        self.enforced[mine], self.begin_ns[mine] = other.enforced[known], other.begin_ns[known]
        groups = {_identity(other._plan, n): n for n in range(len(other._plan.groups))}
        pairs = [(n, groups.get(_identity(self._plan, n))) for n in range(len(self._plan.groups))]
        same = np.array([(a, b) for a, b in pairs if b is not None], np.int64).reshape(-1, 2).T
        self.group_habit.adopt(other.group_habit, same[0], same[1])

    def _learn(self, group_not_before_ns: Ints) -> None:
        blocked = np.where(self.group_enforced, np.maximum(group_not_before_ns, self.group_begin_ns), NEVER_NS)
        self.group_habit.learn(self.group_data_ns, blocked)
        self.habit.learn(self.data_ns, np.maximum(np.repeat(blocked, self._plan.group_sizes), self.begin_ns))

    def _look_at_depth(self, now_ns: int, depth_ns: Ints) -> None:
        plan = self._plan
        last = np.maximum(depth_ns, self.begin_ns)
        self.depth_age_ns = np.maximum(now_ns - last, 0)
        # Ticks went on for longer than the limit after the last depth: a quiet instrument lacks both and is not meant.
        self.depthless = self.enforced & plan.depth & (self.data_ns - last > self.depth_limit_ns)
        newest = np.maximum.reduceat(np.where(plan.depth, depth_ns, 0), plan.group_starts)
        self.group_depth_age_ns = np.maximum(now_ns - np.maximum(newest, self.group_begin_ns), 0)
        self.group_depth_limit_ns = self.group_habit.limits(self._group_depth_ns, self._group_high_ns)


def _identity(plan: FeedPlan, group: int) -> tuple[Any, ...]:
    g = plan.groups[group]
    return plan.members[g.start].feed, g.feed_class, g.venue, g.connection
