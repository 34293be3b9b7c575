"""No window ever holds more than its limit, a restart forgets nothing, and a cancellation is never refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tarazu.model.units import HOUR_NS, MINUTE_NS, SECOND_NS
from tarazu.orders.throttle import Held, SendKind, SendLimits, Throttle, Window, rebuilt

NOON = 1_795_415_400 * SECOND_NS  # 2026-11-23 12:00 IST
PLACE, MODIFY, CANCEL = SendKind.PLACE, SendKind.MODIFY, SendKind.CANCEL
SMALL = SendLimits(per_second=2, per_minute=5, per_day=9, modifications_per_order=3)


def sent(throttle: Throttle, *times: int) -> Throttle:
    for at in times:
        throttle.sent(at)
    return throttle


@pytest.mark.control("C11")
def test_the_limits_are_kites_with_headroom() -> None:
    limits = SendLimits()
    assert (limits.per_second, limits.per_minute, limits.per_day, limits.modifications_per_order) == (8, 350, 4500, 20)


@pytest.mark.control("C11")
def test_the_ninth_in_a_second_waits_until_the_first_is_a_second_old() -> None:
    throttle = sent(Throttle(), *(NOON + n * SECOND_NS // 10 for n in range(8)))
    now = NOON + SECOND_NS - 1
    assert throttle.held(PLACE, now) == Held(Window.SECOND, 8, 8, NOON + SECOND_NS)
    assert throttle.held(PLACE, NOON + SECOND_NS) is None


@pytest.mark.control("C11")
def test_minute_and_day_have_their_own_counts() -> None:
    throttle = sent(Throttle(limits=SMALL), *(NOON + n * SECOND_NS for n in range(5)))
    assert throttle.held(PLACE, NOON + 10 * SECOND_NS) == Held(Window.MINUTE, 5, 5, NOON + MINUTE_NS)
    assert throttle.held(PLACE, NOON + MINUTE_NS) is None
    sent(throttle, *(NOON + (2 + n) * MINUTE_NS for n in range(4)))
    assert throttle.held(PLACE, NOON + 3 * HOUR_NS) == Held(Window.DAY, 9, 9, 0)
    assert throttle.held(PLACE, NOON + 12 * HOUR_NS) is None


def test_the_first_send_of_a_day_leaves_yesterdays_behind_and_keeps_the_minute() -> None:
    late = NOON + 12 * HOUR_NS - SECOND_NS
    throttle = sent(Throttle(limits=SMALL), NOON, late, NOON + 12 * HOUR_NS)
    assert throttle.sends == [late, NOON + 12 * HOUR_NS]


@pytest.mark.control("C11")
def test_an_order_is_modified_only_so_often() -> None:
    throttle = Throttle(limits=SMALL)
    assert throttle.held(MODIFY, NOON, modifications=2) is None
    assert throttle.held(MODIFY, NOON, modifications=3) == Held(Window.ORDER, 3, 3, 0)


@pytest.mark.control("C11")
def test_a_cancellation_is_counted_and_never_refused() -> None:
    throttle = Throttle(limits=SMALL)
    for _ in range(100):
        assert throttle.held(CANCEL, NOON) is None
        throttle.sent(NOON)
    held = throttle.held(PLACE, NOON)
    assert held is not None and held.window is Window.DAY


@pytest.mark.control("C11")
def test_after_a_start_nothing_goes_out_for_a_second_and_what_was_sent_is_remembered() -> None:
    throttle = rebuilt([NOON, NOON + 1], NOON + 5, SMALL)
    assert throttle.held(PLACE, NOON + 6) == Held(Window.BOOT, 0, 0, NOON + 5 + SECOND_NS)
    assert throttle.held(CANCEL, NOON + 6) is None
    assert throttle.held(PLACE, NOON + 5 + SECOND_NS) is None
    assert rebuilt([NOON + n for n in range(5)], NOON, SMALL).held(PLACE, NOON + 2 * SECOND_NS) == Held(
        Window.MINUTE, 5, 5, NOON + MINUTE_NS
    )


@pytest.mark.control("C11")
@given(
    st.lists(st.integers(0, 40), max_size=12), st.integers(0, 90), st.integers(1, 7), st.integers(1, 4), st.booleans()
)
def test_so_many_at_once_are_held_by_the_count_of_the_window(
    gaps: list[int], later: int, sends: int, per_second: int, is_entry: bool
) -> None:
    """Counted plainly: all that was sent within the window, with all that would be."""
    limits = SendLimits(per_second=per_second, per_minute=6, entries_per_second=2, entries_per_minute=5)
    times = [NOON + sum(gaps[: n + 1]) * SECOND_NS // 2 for n in range(len(gaps))]
    now = (times[-1] if times else NOON) + later * SECOND_NS // 2
    a_second, a_minute, _ = limits.of(is_entry=is_entry)
    expected = None
    for window, length_ns, limit in ((Window.SECOND, SECOND_NS, a_second), (Window.MINUTE, MINUTE_NS, a_minute)):
        within = [at for at in times if at > now - length_ns]
        if len(within) + sends > limit:
            until_ns = within[len(within) + sends - limit - 1] + length_ns if sends <= limit else 0
            expected = Held(window, len(within), limit, until_ns)
    assert sent(Throttle(limits=limits), *times).held(PLACE, now, sends=sends, is_entry=is_entry) == expected


@pytest.mark.control("C11")
@given(st.lists(st.integers(-SECOND_NS, 3 * SECOND_NS), max_size=60), st.sets(st.integers(0, 59)))
def test_no_sliding_window_ever_holds_more_than_its_limit(gaps: list[int], restarts: set[int]) -> None:
    throttle, now, went_out = Throttle(limits=SMALL), NOON, []
    for n, gap in enumerate(gaps):
        now += gap
        if n in restarts:
            throttle = rebuilt(went_out, now, SMALL)
        if throttle.held(PLACE, now) is None:
            throttle.sent(now)
            went_out.append(now)
    assert len(went_out) <= SMALL.per_day
    for at in went_out:
        assert sum(at - SECOND_NS < other <= at for other in went_out) <= SMALL.per_second
        assert sum(at - MINUTE_NS < other <= at for other in went_out) <= SMALL.per_minute
