"""What a desk watches: instruments grouped into named feeds, and how long each kind of them may be silent.

A feed is `required` (stale blocks entries) or optional (stale switches its features off and warns). Inside a feed
instruments of one class, venue and connection form a group: they share limits, hours and a wire.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from itertools import groupby

import msgspec
import numpy as np
from numpy.typing import NDArray

from tarazu.model.calendar import Phase, TradingSession, Venue
from tarazu.model.ids import InstrumentToken
from tarazu.model.units import MILLISECOND_NS, SECOND_NS

NEVER_NS = 1 << 60
"""Longer than any silence: 36 years."""

VENUES = tuple(Venue)


class FeedClass(StrEnum):
    INDEX = "INDEX"
    VIX = "VIX"
    FUTURE = "FUTURE"
    OPTION_NEAR = "OPTION_NEAR"
    OPTION_FAR = "OPTION_FAR"
    STOCK = "STOCK"


class ClassLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How long is too long, for one class.

    What ticks rarely by habit is given a multiple of its own longest recent gap (see `habit`), never less than
    `tick_lag_ns`, never more than the maximum that follows.
    """

    tick_lag_ns: int
    """The limit of everything that ticks steadily."""
    group_lag_max_ns: int
    """The whole group is silent after this, whatever its habit."""
    single_lag_max_ns: int | None
    """One member is silent after this, whatever its habit, and that alone makes the feed stale. None: to be quiet for
    hours may be right; only the lively (`FreshnessLimits.alone_max_ns`) are judged, and it takes more than one."""
    depth_lag_ns: int
    """Ticks without depth for this long, where depth was asked for."""

    @property
    def steady(self) -> bool:
        """Every member ticks in all weathers: one silent member is a fault."""
        return self.single_lag_max_ns is not None


def _limits(tick: float, group: float, single: float | None, depth: float) -> ClassLimits:
    return ClassLimits(
        tick_lag_ns=int(tick * SECOND_NS),
        group_lag_max_ns=int(group * SECOND_NS),
        single_lag_max_ns=None if single is None else int(single * SECOND_NS),
        depth_lag_ns=int(depth * SECOND_NS),
    )


# 2.5 s and 2.0 s are the desk's tick and depth limits (OPERATOR.md 3, `sla`). The indices are computed every second,
# and in a quiet hour one may stand for four (measured on the simulator's quiet day: the widest gap was 4 s). The other
# maxima are our judgement of how quiet a working feed can be; a desk sets its own.
CLASS_LIMITS: Mapping[FeedClass, ClassLimits] = {
    #                                    tick  group  single depth, seconds
    FeedClass.INDEX:       _limits(2.5,   4.0,   4.0,  2.0),
    FeedClass.VIX:         _limits(5.0,  15.0,  15.0,  5.0),
    FeedClass.FUTURE:      _limits(2.5,  10.0,  None, 2.0),
    FeedClass.OPTION_NEAR: _limits(2.5,  10.0,  None, 2.0),
    FeedClass.OPTION_FAR:  _limits(10.0, 120.0, None, 10.0),
    FeedClass.STOCK:       _limits(2.5,  10.0,  None, 2.0),
}  # fmt: skip


class FreshnessLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Every number freshness is judged by."""

    classes: Mapping[FeedClass, ClassLimits] = msgspec.field(default_factory=lambda: CLASS_LIMITS)
    heartbeat_ns: int = 3 * SECOND_NS
    """A connection without a byte for this long is dead: Kite beats every 1-2 s when idle (KITE facts 2.3)."""
    tokens_seen_pct_min: float = 99.0
    """Fewer members alive than this make the feed stale (OPERATOR.md 3), if two or more are silent."""
    alone_max_ns: int = 10 * SECOND_NS
    """Members whose habit asks for more patience than this are no proof of a fault; the group they are in still is."""
    seen_within_ns: int = 10 * SECOND_NS
    """A subscription is answered with a snapshot: what is never seen for this long is silent, whatever its class."""
    open_grace_ns: int = 5 * SECOND_NS
    """No age is counted in the first seconds of trading."""
    settle_ns: int = SECOND_NS
    """A partial silence is reported once its set has not grown for this long…"""
    settle_max_ns: int = 2_500 * MILLISECOND_NS
    """…and at the latest this long after it was first seen."""
    recover_after_ns: int = 3 * SECOND_NS
    """Fresh without a break for this long before FEED_RECOVER: longer than `tick_lag_ns`, so one packet is too few."""
    recent_ns: int = 5 * SECOND_NS
    """Packets this young have their exchange stamps judged."""
    stamp_behind_ns: int = 10 * SECOND_NS
    """Kite delivers 0.4-3.0 s after the stamp, which has whole seconds (KITE facts 2.6); 10 s is no longer delivery."""
    stamp_ahead_ns: int = 2 * SECOND_NS
    replay_back_ns: int = 60 * SECOND_NS
    """Stamps this far below the newest one already seen are an earlier time played again."""
    stamp_quorum: int = 3
    """Recent packets of one group it takes to judge its stamps: a snapshot of a quiet contract carries an old one."""
    frozen_after_ns: int = 8 * SECOND_NS
    frozen_quorum: int = 3
    """Members a feed needs before "nothing at all has moved" is suspicious."""


class FeedMember(msgspec.Struct, frozen=True, kw_only=True):
    """One instrument's place in the watch. `slot` is its row in the market arrays; no instrument is in two feeds."""

    feed: str
    token: InstrumentToken
    slot: int
    feed_class: FeedClass
    venue: Venue
    connection: int
    depth: bool = True
    """Subscribed with depth (mode full), so packets without it are a fault. Indices have none."""


class Group(msgspec.Struct, frozen=True):
    """Members of one feed, class, venue and connection: positions `[start, stop)` of the plan."""

    feed_class: FeedClass
    venue: Venue
    connection: int
    start: int
    stop: int


class Feed(msgspec.Struct, frozen=True):
    name: str
    required: bool
    start: int
    stop: int
    groups: range
    """Indices into the plan's groups."""


class FeedPlan:
    """Members sorted so that every feed and every group is one slice; arrays are by position in that order."""

    def __init__(self, members: Sequence[FeedMember], required: frozenset[str]) -> None:
        self.members = tuple(sorted(members, key=lambda m: (*_group_key(m), m.slot)))
        assert len({m.token for m in self.members}) == len(self.members), "an instrument is in one feed"
        self.groups = tuple(self._groups())
        self.feeds = tuple(self._feeds(required))
        self.slots: NDArray[np.int64] = np.array([m.slot for m in self.members], np.int64)
        self.tokens: NDArray[np.int64] = np.array([m.token for m in self.members], np.int64)
        self.depth: NDArray[np.bool_] = np.array([m.depth for m in self.members], np.bool_)
        self.group_starts: NDArray[np.int64] = np.array([g.start for g in self.groups], np.int64)
        self.group_sizes: NDArray[np.int64] = np.array([g.stop - g.start for g in self.groups], np.int64)
        self.feed_starts: NDArray[np.int64] = np.array([f.start for f in self.feeds], np.int64)
        self.group_venue: NDArray[np.int64] = np.array([VENUES.index(g.venue) for g in self.groups], np.int64)
        self.group_feed: NDArray[np.int64] = np.array([n for n, f in enumerate(self.feeds) for _ in f.groups], np.int64)

    def tokens_at(self, positions: NDArray[np.int64]) -> tuple[InstrumentToken, ...]:
        """Ascending."""
        return tuple(InstrumentToken(t) for t in np.sort(self.tokens[positions]).tolist())

    def _groups(self) -> list[Group]:
        found, at = [], 0
        for (_, feed_class, venue, connection), members in groupby(self.members, key=_group_key):
            size = len(list(members))
            found.append(Group(FeedClass(feed_class), Venue(venue), connection, at, at + size))
            at += size
        return found

    def _feeds(self, required: frozenset[str]) -> list[Feed]:
        found = []
        names = [self.members[g.start].feed for g in self.groups]
        for name, numbers in groupby(range(len(names)), key=names.__getitem__):
            of = list(numbers)
            start, stop = self.groups[of[0]].start, self.groups[of[-1]].stop
            found.append(Feed(name, name in required, start, stop, range(of[0], of[-1] + 1)))
        unknown = required - {f.name for f in found}
        assert not unknown, f"required feeds without an instrument: {sorted(unknown)}"
        return found


def open_venues(session: TradingSession | None, wall_ns: int) -> frozenset[Venue]:
    """The venues in continuous trading: the only phase whose silence means anything. None: a day without trading."""
    if session is None:
        return frozenset()
    return frozenset(v for v in VENUES if session.phase_at(v, wall_ns) is Phase.CONTINUOUS)


def _group_key(m: FeedMember) -> tuple[str, str, str, int]:
    return m.feed, m.feed_class.value, m.venue.value, m.connection
