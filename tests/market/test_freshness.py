"""Each way a feed goes blind: what is said of it, when, and when it is taken back.

The world: two indices and forty options over two connections (required), a future and VIX (optional); all tick every
half second; freshness looks four times a second. Tables read `second | act` and, indented by `>`, what must be said.
"""

from datetime import date, time
from time import tzset

import msgspec
import numpy as np
import pytest

from harness.feed_world import ALL_OPEN, FeedWorld, desk, line, member
from tarazu import reference
from tarazu.market.feed_events import FeedRecover, FeedStale, FeedState, StaleReason
from tarazu.market.feeds import FeedClass, FeedPlan, FreshnessLimits, open_venues
from tarazu.market.freshness import Freshness
from tarazu.market.sighting import Link
from tarazu.market.stamps import Stamps
from tarazu.model import ist
from tarazu.model.calendar import Venue
from tarazu.model.units import SECOND_NS

WALL_NS = ist.at_ns(date(2026, 11, 23), time(10, 0))
REQUIRED = frozenset({"index", "options"})
EVERYTHING_BEGINS_FRESH = [
    "0.25 FEED_RECOVER futures was UNKNOWN",
    "0.25 FEED_RECOVER index was UNKNOWN",
    "0.50 FEED_RECOVER cross_asset was UNKNOWN",
    "0.50 FEED_RECOVER options was UNKNOWN",
]


def new_world(**kwargs: object) -> FeedWorld:
    return FeedWorld(desk(), REQUIRED, WALL_NS, **kwargs)  # type: ignore[arg-type]


def act(world: FeedWorld, words: list[str]) -> None:
    match words:
        case ["mute", feed]:
            world.muted |= set(world.slots(feed))
        case ["mute", "half", feed]:
            world.muted |= set(world.slots(feed)[::2])
        case ["mute", "one", feed]:
            world.muted |= set(world.slots(feed)[:1])
        case ["unmute"]:
            world.muted = set()
        case ["silence", connection]:
            world.beating[int(connection)] = False
        case ["beat", connection]:
            world.beating[int(connection)] = True
        case ["link", connection, link]:
            world.links[int(connection)] = Link(link)
        case ["freeze"]:
            world.frozen = True
        case ["thaw"]:
            world.frozen = False
        case ["stamps", "back", seconds]:
            world.stamp_back_s = int(seconds)
        case ["depthless", feed]:
            world.depthless = set(world.slots(feed))
        case ["depth"]:
            world.depthless = set()
        case ["rest", "disagrees", token]:
            world.disagreeing = frozenset({int(token)})  # type: ignore[arg-type]
        case ["rest", "agrees"]:
            world.disagreeing = frozenset()
        case ["close", *venues]:
            world.open = world.open - {Venue(v) for v in venues} if venues else frozenset()
        case ["open"]:
            world.open = ALL_OPEN
        case ["end"]:
            pass
        case _:
            raise ValueError(f"unknown act {words}")


def check(script: str, world: FeedWorld | None = None) -> FeedWorld:
    world = world or new_world()
    world.run(30)
    said = [line(e, WALL_NS) for e in world.events]
    assert said == EVERYTHING_BEGINS_FRESH
    expected = list(said)
    for row in (r.strip() for r in script.strip().splitlines()):
        if row.startswith(">"):
            expected.append(row[1:].strip())
            continue
        at, words = row.split("|")
        world.run(float(at))
        act(world, words.split())
    assert [line(e, WALL_NS) for e in world.events] == expected
    return world


SCENARIOS = {
    "a connection without a byte takes its half of the options along": """
        30 | silence 1
             > 32.00 FEED_STALE futures NO_DATA 1/1 since 29.75
             > 33.25 FEED_STALE cross_asset SILENT_CONNECTION 1/1 since 30.00
             > 33.25 FEED_STALE options SILENT_CONNECTION 20/40 since 30.00
        40 | beat 1
             > 43.25 FEED_RECOVER cross_asset was STALE
             > 43.25 FEED_RECOVER futures was STALE
             > 43.25 FEED_RECOVER options was STALE
        60 | end""",
    "a link being dialled again is called so": """
        30 | link 0 DOWN
        30 | silence 0
             > 32.50 FEED_STALE index DISCONNECTED 2/2 since 30.00
             > 33.25 FEED_STALE options DISCONNECTED 20/40 since 30.00
        35 | beat 0
        35 | link 0 UP
             > 38.25 FEED_RECOVER index was STALE
             > 38.25 FEED_RECOVER options was STALE
        60 | end""",
    "a drop that is mended within two seconds is nobody's business": """
        30 | link 0 DOWN
        30 | silence 0
        31.5 | beat 0
        31.5 | link 0 UP
        60 | end""",
    "a refused token is told at once": """
        30 | link 1 AUTH_LOST
             > 30.25 FEED_STALE cross_asset AUTH_LOST 1/1 since 30.25
             > 30.25 FEED_STALE futures AUTH_LOST 1/1 since 30.25
             > 30.25 FEED_STALE options AUTH_LOST 20/40 since 30.25
        60 | end""",
    "heartbeats do not hide a mute feed": """
        30 | mute index
             > 32.50 FEED_STALE index NO_DATA 2/2 since 30.00
        40 | unmute
             > 43.50 FEED_RECOVER index was STALE
        60 | end""",
    "one index that ticks does not hide the one that does not": """
        30 | mute one index
             > 33.75 FEED_STALE index PARTIAL_MUTE 1/2 since 30.00
        60 | end""",
    "half the options mute": """
        30 | mute half options
             > 33.50 FEED_STALE options PARTIAL_MUTE 20/40 since 30.00
        40 | unmute
             > 43.50 FEED_RECOVER options was STALE
        60 | end""",
    "one option of forty may be quiet": """
        30 | mute one options
        90 | end""",
    "the book stands still while packets come": """
        30 | freeze
             > 38.25 FEED_STALE options FROZEN_BOOK 40/40 since 30.00
        50 | thaw
             > 53.25 FEED_RECOVER options was STALE
        70 | end""",
    "stamps thirty seconds old": """
        30 | stamps back 30
             > 31.50 FEED_STALE cross_asset CLOCK_SKEW 1/1 since 30.50
             > 31.50 FEED_STALE index CLOCK_SKEW 2/2 since 30.50
             > 31.50 FEED_STALE options CLOCK_SKEW 40/40 since 30.50
        50 | stamps back 0
             > 53.25 FEED_RECOVER index was STALE
             > 53.25 FEED_RECOVER options was STALE
             > 53.50 FEED_RECOVER cross_asset was STALE
        70 | end""",
    "stamps from the future": """
        30 | stamps back -5
             > 31.50 FEED_STALE cross_asset CLOCK_SKEW 1/1 since 30.50
             > 31.50 FEED_STALE index CLOCK_SKEW 2/2 since 30.50
             > 31.50 FEED_STALE options CLOCK_SKEW 40/40 since 30.50
        50 | stamps back 0
             > 53.25 FEED_RECOVER index was STALE
             > 53.25 FEED_RECOVER options was STALE
             > 53.50 FEED_RECOVER cross_asset was STALE
        70 | end""",
    "a stamp from the far future does not make all that follows look old": """
        30 | stamps back -600
             > 31.50 FEED_STALE cross_asset CLOCK_SKEW 1/1 since 30.50
             > 31.50 FEED_STALE index CLOCK_SKEW 2/2 since 30.50
             > 31.50 FEED_STALE options CLOCK_SKEW 40/40 since 30.50
        50 | stamps back 0
             > 53.25 FEED_RECOVER index was STALE
             > 53.25 FEED_RECOVER options was STALE
             > 53.50 FEED_RECOVER cross_asset was STALE
        70 | end""",
    "ten minutes ago, played again": """
        30 | stamps back 600
             > 31.50 FEED_STALE cross_asset REPLAYED_DATA 1/1 since 30.50
             > 31.50 FEED_STALE index REPLAYED_DATA 2/2 since 30.50
             > 31.50 FEED_STALE options REPLAYED_DATA 40/40 since 30.50
        60 | end""",
    "yesterday, played again": """
        30 | stamps back 86400
             > 31.50 FEED_STALE cross_asset REPLAYED_DATA 1/1 since 30.50
             > 31.50 FEED_STALE index REPLAYED_DATA 2/2 since 30.50
             > 31.50 FEED_STALE options REPLAYED_DATA 40/40 since 30.50
        60 | end""",
    "ticks without the depth that was asked for": """
        30 | depthless options
             > 33.50 FEED_STALE options NO_DEPTH 40/40 since 32.25
        40 | depth
             > 43.50 FEED_RECOVER options was STALE
        60 | end""",
    "the broker's REST price of an index is another": """
        30 | rest disagrees 1001
             > 30.25 FEED_STALE index LTP_DISAGREES 1/2 since 30.25
        40 | rest agrees
             > 43.25 FEED_RECOVER index was STALE
        60 | end""",
    "a closed market is silent lawfully": """
        30 | close
        30 | mute index
        30 | mute options
        30 | mute cross_asset
        30 | mute futures
        30 | silence 0
        30 | link 1 AUTH_LOST
        90 | end""",
    "only the venues that trade are judged": """
        30 | close derivatives
        30 | mute options
        30 | mute index
             > 32.50 FEED_STALE index NO_DATA 2/2 since 30.00
        90 | end""",
    "after the open comes a grace, then the limit": """
        30 | close
        30 | mute index
        60 | open
             > 68.00 FEED_STALE index NO_DATA 2/2 since 65.25
        90 | end""",
    "a book that stood still while closed is given its time after the open": """
        30 | close
        30 | freeze
        60 | open
        70 | thaw
        90 | end""",
    "what was stale at the close recovers after the open, not between": """
        30 | mute index
             > 32.50 FEED_STALE index NO_DATA 2/2 since 30.00
        40 | close
        40 | unmute
        60 | open
             > 63.25 FEED_RECOVER index was STALE
        70 | end""",
    "one packet is no recovery": """
        30 | mute index
             > 32.50 FEED_STALE index NO_DATA 2/2 since 30.00
        40 | unmute
        40.5 | mute index
        60 | end""",
}


@pytest.mark.control("C25")
@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario(name: str) -> None:
    check(SCENARIOS[name])


def test_nothing_is_fresh_before_it_was_seen() -> None:
    world = new_world()
    world.muted = set(world.slots("options")) | {0}
    world.run(4)
    states = {h.feed: h.state for h in world.freshness.health()}
    assert states["options"] is states["index"] is FeedState.UNKNOWN
    assert states["futures"] is FeedState.FRESH
    told = world.run(30)
    assert {(e.feed, type(e)) for e in told} == {("options", FeedStale), ("index", FeedStale)}


def test_the_event_names_the_instruments_and_the_numbers() -> None:
    world = check("30 | mute half options\n > 33.50 FEED_STALE options PARTIAL_MUTE 20/40 since 30.00\n 35 | end")
    stale = world.events[-1]
    assert isinstance(stale, FeedStale)
    assert stale.tokens == tuple(sorted(1000 + s for s in world.slots("options")[::2]))
    assert stale.required and stale.lag_ns > stale.limit_ns == 2_500_000_000
    (health,) = (h for h in world.freshness.health() if h.feed == "options")
    assert health.silent == stale.tokens and health.tokens_seen_pct == 50.0
    assert health.stale_since_ns == stale.since_ns


def test_the_recovery_repeats_what_it_recovers_from() -> None:
    world = new_world()
    world.run(30)
    world.muted = set(world.slots("index"))
    (stale,) = world.run(40)
    world.muted = set()
    (recover,) = world.run(50)
    assert isinstance(stale, FeedStale) and isinstance(recover, FeedRecover)
    assert (recover.reason, recover.since_ns) == (StaleReason.NO_DATA, stale.since_ns)
    assert recover.lag_ns <= recover.limit_ns


def test_a_quiet_contract_is_given_what_its_habit_asks_for() -> None:
    """Of thirty far options two tick every two seconds, the others every 8 to 62; first a slow one falls silent for
    good, then the two lively ones."""
    far = [member("far", n, FeedClass.OPTION_FAR) for n in range(30)]
    world = FeedWorld(far, frozenset({"far"}), WALL_NS)
    world.period_ns[:] = [2 * SECOND_NS] * 2 + [(4 + 2 * n) * SECOND_NS for n in range(2, 30)]
    world.run(900)
    world.muted = {7, 9}
    world.run(1500)
    assert [type(e) for e in world.events] == [FeedRecover]
    world.muted |= {0, 1}
    (stale,) = world.run(1540)
    assert isinstance(stale, FeedStale) and stale.tokens == (1000, 1001)
    assert stale.reason is StaleReason.PARTIAL_MUTE


def test_an_outage_is_not_learned_as_a_habit() -> None:
    world = new_world()
    world.run(30)
    for _ in range(3):
        started = world.seconds
        world.muted = set(world.slots("options")[::2])
        (stale,) = world.run(started + 30)
        assert isinstance(stale, FeedStale) and stale.ts_ns - stale.since_ns < 5 * SECOND_NS
        world.muted = set()
        world.run(started + 60)


def test_what_is_slow_while_the_market_is_closed_is_no_habit() -> None:
    world = new_world()
    world.run(30)
    world.open = frozenset()
    world.period_ns[:] = 5 * SECOND_NS
    world.run(200)
    world.period_ns[:] = SECOND_NS // 2
    world.run(210)
    world.open = ALL_OPEN
    world.run(220)
    world.muted = set(world.slots("options"))
    (stale,) = world.run(240)
    assert isinstance(stale, FeedStale) and stale.ts_ns - stale.since_ns < 3 * SECOND_NS


def test_a_stamp_is_measured_against_its_receipt_not_against_now() -> None:
    """Received four seconds ago, stamped eight seconds before: late, but within ten."""
    stamps = Stamps(1, FreshnessLimits())
    data = np.full(3, 1_000 * SECOND_NS)
    stamp_s = (WALL_NS - 12 * SECOND_NS) // SECOND_NS + np.zeros(3, np.int64)
    stamps.look(1_004 * SECOND_NS, WALL_NS, data, stamp_s, np.array([3]), np.array([0]))
    assert stamps.behind_ns.tolist() == [8 * SECOND_NS] and not stamps.skewed.any()


def test_an_instrument_that_never_came_makes_itself_known() -> None:
    world = new_world()
    world.muted = {10, 11}
    world.run(30)
    (stale,) = (e for e in world.events if e.feed == "options" and isinstance(e, FeedStale))
    assert stale.tokens == (1010, 1011)


def test_re_centring_keeps_states_and_habits() -> None:
    world = new_world()
    world.run(30)
    world.muted = set(world.slots("index"))
    world.run(40)
    joined = member("options", len(world.plan.members), FeedClass.OPTION_NEAR)
    plan = FeedPlan([*world.plan.members[:-1], joined], REQUIRED)
    after = Freshness(plan, world.freshness.limits, world.freshness)
    assert {h.feed: h.state for h in after.health()}["index"] is FeedState.STALE
    arrays = ("data_ns", "depth_ns", "stamp_s", "changed_ns")
    longer = {name: np.append(getattr(world.sighting(), name), 0) for name in arrays}
    seen = msgspec.structs.replace(world.sighting(), **longer)
    assert after.assess(seen) == []


@pytest.mark.parametrize(
    ("day", "clock", "expected"),
    [
        (date(2026, 11, 23), time(9, 14, 59), set()),
        (date(2026, 11, 23), time(9, 15), {Venue.CASH, Venue.CASH_FNO, Venue.DERIVATIVES, Venue.INDEX}),
        (date(2026, 11, 23), time(15, 20), {Venue.CASH, Venue.DERIVATIVES, Venue.INDEX}),
        (date(2026, 11, 23), time(15, 35), {Venue.DERIVATIVES}),
        (date(2026, 11, 24), time(11, 0), set()),
    ],
)
def test_the_dated_calendar_says_what_is_open(day: date, clock: time, expected: set[Venue]) -> None:
    is_open = open_venues(reference.calendar().session(day), ist.at_ns(day, clock))
    assert is_open - {Venue.INDEX} == expected - {Venue.INDEX}


def test_the_host_s_time_zone_moves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Around IST midnight's other day, where a local date would differ: UTC is still on the 22nd."""
    said = []
    for zone in ("UTC", "Asia/Kolkata", "America/New_York"):
        monkeypatch.setenv("TZ", zone)
        tzset()
        world = FeedWorld(desk(), REQUIRED, ist.at_ns(date(2026, 11, 23), time(3, 0)))
        world.run(20)
        world.stamp_back_s = 4 * 3600
        world.run(40)
        said.append(world.events)
    monkeypatch.undo()
    tzset()
    assert said[0] == said[1] == said[2]
    assert {e.reason for e in said[0] if isinstance(e, FeedStale)} == {StaleReason.REPLAYED_DATA}


def test_a_required_feed_without_instruments_is_refused() -> None:
    with pytest.raises(AssertionError, match="vix"):
        FeedPlan(desk(), frozenset({"vix"}))


def test_limits_outlast_their_text() -> None:
    limits = FreshnessLimits()
    assert msgspec.json.decode(msgspec.json.encode(limits), type=FreshnessLimits) == limits
