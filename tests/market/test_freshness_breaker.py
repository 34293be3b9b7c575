"""The reconnect-storm breaker: trips by number in a window, stays tripped; a person with a reason clears it."""

from functools import reduce

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tarazu.market.breaker import Breaker, BreakerLimits, ClearRefusal, clear, reconnected
from tarazu.model.units import HOUR_NS, MINUTE_NS, SECOND_NS

LIMITS = BreakerLimits(reconnects_max=3, window_ns=MINUTE_NS)
T0 = 1_795_405_500 * SECOND_NS


def after(*seconds: float, limits: BreakerLimits = LIMITS) -> Breaker:
    return reduce(lambda b, s: reconnected(b, limits, T0 + int(s * SECOND_NS)), seconds, Breaker())


def test_the_fourth_reconnect_of_a_minute_trips() -> None:
    assert not after(0, 10, 59).tripped
    assert after(0, 10, 20, 59).tripped_ns == T0 + 59 * SECOND_NS


def test_reconnects_that_left_the_window_do_not_count() -> None:
    assert not after(0, 10, 20, 60).tripped
    assert not after(*range(0, 3600, 20)).tripped


def test_two_hundred_drops_an_hour_on_each_of_three_connections_pass() -> None:
    assert not after(*(n * 6.0 for n in range(600)), limits=BreakerLimits()).tripped


def test_links_that_die_as_soon_as_they_are_made_trip_within_half_a_minute() -> None:
    storm = after(*(n * 0.6 for n in range(60)), limits=BreakerLimits())
    assert storm.tripped_ns is not None and storm.tripped_ns - T0 < 30 * SECOND_NS


def test_time_does_not_clear_it_and_a_restart_does_not_either() -> None:
    tripped = after(0, 1, 2, 3)
    later = reconnected(tripped, LIMITS, T0 + 5 * HOUR_NS)
    assert later.tripped_ns == tripped.tripped_ns and later.trips == 1
    assert msgspec.json.decode(msgspec.json.encode(later), type=Breaker) == later


def test_a_person_with_a_reason_clears_it_and_the_window_begins_anew() -> None:
    tripped = after(0, 1, 2, 3)
    cleared = clear(tripped, "asha", "switch replaced", T0 + MINUTE_NS)
    assert isinstance(cleared, Breaker) and not cleared.tripped and cleared.reconnects_ns == ()
    assert cleared.last_cleared is not None and cleared.last_cleared.reason == "switch replaced"
    assert not reconnected(cleared, LIMITS, T0 + MINUTE_NS).tripped


def test_no_name_or_no_reason_clears_nothing() -> None:
    tripped = after(0, 1, 2, 3)
    assert clear(tripped, " ", "because", T0) is ClearRefusal.OPERATOR_MISSING
    assert clear(tripped, "asha", "", T0) is ClearRefusal.REASON_MISSING
    assert clear(Breaker(), "asha", "because", T0) is ClearRefusal.NOT_TRIPPED


def test_a_wall_clock_that_steps_back_forgets_nothing() -> None:
    assert after(3600, 3601, 3602, 0).tripped


@given(st.lists(st.integers(0, 600), max_size=40).map(sorted))
def test_it_trips_exactly_when_a_window_holds_too_many(seconds: list[int]) -> None:
    crowded = any(sum(s - 60 < t <= s for t in seconds[: n + 1]) > 3 for n, s in enumerate(seconds))
    assert after(*seconds).tripped == crowded
