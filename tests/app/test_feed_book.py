"""What happened to a feed today, counted across restarts."""

from typing import Any

from tarazu.app.depth_ws.feed_book import FeedBook
from tarazu.market.feed_events import FeedHealth, FeedRecover, FeedStale, FeedState, StaleReason
from tarazu.market.lag_window import LagWindow
from tarazu.model.units import MINUTE_NS, SECOND_NS

NOW = 1_795_404_600 * SECOND_NS


def stale(at_ns: int, reason: StaleReason = StaleReason.NO_DATA) -> FeedStale:
    return FeedStale(
        feed="index", required=True, reason=reason, lag_ns=0, limit_ns=0, since_ns=at_ns, ts_ns=at_ns,
        tokens=(), members=1,
    )  # fmt: skip


def recover(at_ns: int, was: FeedState = FeedState.STALE) -> FeedRecover:
    return FeedRecover(
        feed="index", required=True, was=was, reason=None, lag_ns=0, limit_ns=0, since_ns=at_ns, ts_ns=at_ns
    )


def row(book: FeedBook, wall_ns: int = NOW, **facts: Any) -> Any:
    health = FeedHealth(
        feed="index", required=True, state=FeedState.FRESH, enforced=True, reason=None, members=2, seen=2,
        silent=facts.pop("silent", ()), tick_lag_ns=0, tick_limit_ns=0, depth_lag_ns=0, depth_limit_ns=0,
        stale_since_ns=None,
    )  # fmt: skip
    return book.row(health, facts.pop("symbols", {}), LagWindow(), LagWindow(), (wall_ns, 61 * SECOND_NS))


def test_a_feed_that_never_failed_has_an_empty_page() -> None:
    seen = row(FeedBook())
    assert (seen.stales_today, seen.recovers_today, seen.last_stale_ns, seen.last_recover_ns) == (0, 0, None, None)


def test_stales_and_recoveries_are_counted_and_the_last_ones_kept() -> None:
    book = FeedBook()
    for event in (stale(NOW), recover(NOW + 5), stale(NOW + 9, StaleReason.FROZEN_BOOK)):
        book.enter(event)
    seen = row(book, NOW + 10)
    assert (seen.stales_today, seen.recovers_today) == (2, 1)
    assert (seen.last_stale_ns, seen.last_stale_reason, seen.last_recover_ns) == (NOW + 9, "FROZEN_BOOK", NOW + 5)


def test_a_first_fresh_is_no_recovery_of_anything() -> None:
    book = FeedBook()
    book.enter(recover(NOW, was=FeedState.UNKNOWN))
    assert row(book).recovers_today == 0 and row(book).last_recover_ns == NOW


def test_only_the_last_half_hour_counts_as_lately() -> None:
    book = FeedBook()
    for minute in (0, 10, 35):
        book.enter(stale(NOW + minute * MINUTE_NS))
        book.enter(recover(NOW + minute * MINUTE_NS + 1))
    assert row(book, NOW + 36 * MINUTE_NS).stales_30m == 2


def test_a_restart_goes_on_counting() -> None:
    before = FeedBook()
    before.enter(stale(NOW))
    after = FeedBook()
    after.resume([row(before)])
    after.enter(recover(NOW + 1, was=FeedState.UNKNOWN))
    seen = row(after, NOW + 2)
    assert (seen.stales_today, seen.recovers_today, seen.stales_30m) == (1, 1, 1)


def test_a_second_staleness_without_a_recovery_between_is_counted_as_the_runbook_counts() -> None:
    before = FeedBook()
    before.enter(stale(NOW))
    after = FeedBook()
    after.resume([row(before)])
    after.enter(stale(NOW + 1))
    assert (row(after).stales_today, row(after).recovers_today) == (2, 0)
    after.enter(recover(NOW + 2))
    assert row(after).recovers_today == 2, "one recovery ends them all"


def test_packets_a_minute_are_of_the_last_minute() -> None:
    book = FeedBook()
    for second in range(121):
        book.count(second * SECOND_NS, {"index": second * (2 if second < 60 else 4)})
    assert 235 <= row(book).packets_per_min <= 365
    book.count(121 * SECOND_NS, {"index": 0})
    assert row(book).packets_per_min == 0.0, "fewer instruments after a re-centring: no negative rate"


def test_the_silent_are_named_as_far_as_a_line_is_long() -> None:
    seen = row(FeedBook(), silent=tuple(range(30)), symbols={0: "NSE:INFY"})
    assert seen.silent_symbols[:2] == ("NSE:INFY", "1") and len(seen.silent_symbols) == 20
