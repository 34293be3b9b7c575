"""What holds of freshness whatever happens: events alternate, nothing is said of a closed market, sets are exact."""

import itertools
from datetime import date, time

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.feed_world import ALL_OPEN, FeedWorld, desk
from tarazu.market.feed_events import FeedRecover, FeedStale
from tarazu.market.sighting import Link
from tarazu.model import ist
from tarazu.model.calendar import Venue

WALL_NS = ist.at_ns(date(2026, 11, 23), time(10, 0))
REQUIRED = frozenset({"index", "options"})
N = len(desk(16))

slots = st.sets(st.integers(0, N - 1))
upsets = st.one_of(
    st.tuples(st.just("muted"), slots),
    st.tuples(st.just("depthless"), slots),
    st.tuples(st.just("frozen"), st.booleans()),
    st.tuples(st.just("stamp_back_s"), st.sampled_from([0, 0, 30, -5, 600, 86_400])),
    st.tuples(st.just("links"), st.lists(st.sampled_from(list(Link)), min_size=2, max_size=2)),
    st.tuples(st.just("beating"), st.lists(st.booleans(), min_size=2, max_size=2)),
    st.tuples(st.just("open"), st.sampled_from([ALL_OPEN, ALL_OPEN, frozenset(), frozenset({Venue.INDEX})])),
)
days = st.lists(st.tuples(upsets, st.floats(0.25, 8.0)), max_size=12)


def live(day: list[tuple[tuple[str, object], float]], wall_ns: int = WALL_NS) -> FeedWorld:
    world = FeedWorld(desk(16), REQUIRED, wall_ns)
    world.run(5)
    for (what, value), seconds in day:
        setattr(world, what, value)
        world.run(world.seconds + seconds)
    return world


@settings(max_examples=60, deadline=None)
@given(days)
def test_the_events_of_a_feed_alternate(day: list[tuple[tuple[str, object], float]]) -> None:
    world = live(day)
    for feed in {e.feed for e in world.events}:
        kinds = [type(e) for e in world.events if e.feed == feed]
        assert all(a is not b for a, b in itertools.pairwise(kinds))
    for event in world.events:
        assert event.since_ns <= event.ts_ns
        if isinstance(event, FeedStale):
            assert event.tokens and len(event.tokens) <= event.members


@settings(max_examples=30, deadline=None)
@given(days)
def test_a_closed_market_says_nothing(day: list[tuple[tuple[str, object], float]]) -> None:
    world = FeedWorld(desk(16), REQUIRED, WALL_NS)
    world.open = frozenset()
    for (what, value), seconds in day:
        if what != "open":
            setattr(world, what, value)
        world.run(world.seconds + seconds)
    assert world.events == []


@settings(max_examples=40, deadline=None)
@given(st.sets(st.integers(0, 39), min_size=2, max_size=39), st.integers(0, 2**32 - 1))
def test_exactly_the_muted_options_are_reported(muted: set[int], seed: int) -> None:
    """Whatever mix of paces: each option ticks every half to one and a half seconds."""
    world = FeedWorld(desk(), REQUIRED, WALL_NS)
    world.period_ns[:] = np.random.default_rng(seed).integers(5, 15, len(world.period_ns)) * 100_000_000
    world.run(60)
    options = world.slots("options")
    world.muted = {options[n] for n in muted}
    told = [e for e in world.run(80) if isinstance(e, FeedStale)]
    assert [e.feed for e in told] == ["options"]
    assert told[0].tokens == tuple(sorted(1000 + s for s in world.muted))
    assert told[0].ts_ns - told[0].since_ns <= 8_000_000_000


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_ticks_at_random_raise_no_alarm(seed: int) -> None:
    """Twenty minutes of arrivals without memory, near options every second and far ones every ten on average."""
    world = FeedWorld(desk(20, far=20), REQUIRED, WALL_NS)
    rng = np.random.default_rng(seed)
    mean_s = np.where(np.arange(44) < 4, 0.5, np.where(np.arange(44) < 24, 1.0, 10.0))
    world.run(1)  # The snapshots that answer the subscription.
    while world.seconds < 1_200:
        world.muted = set(np.flatnonzero(rng.random(44) > 1 - np.exp(-0.25 / mean_s)).tolist()) - {0, 1, 2, 3}
        world.due_ns[4:] = 0
        world.step()
    assert [e for e in world.events if not isinstance(e, FeedRecover)] == []


@settings(max_examples=10, deadline=None)
@given(days)
def test_the_same_sightings_give_the_same_events(day: list[tuple[tuple[str, object], float]]) -> None:
    assert live(day).events == live(day).events
