"""What main hears of the market: its feeds' freshness, the instrument master, the frames of the feed log."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from harness.leaving_desk import INFY
from harness.order_story import DAY
from tarazu.app.feed.record import FeedStopped, encode_event
from tarazu.app.home import Home, Profile
from tarazu.app.main.feeds import FeedWatch, MasterWatch
from tarazu.app.main.market import SLICE_FRAMES, Market
from tarazu.engine.messages import MarketMoved, OrderHeard
from tarazu.market.feed_events import FeedRecover, FeedStale, FeedState, StaleReason
from tarazu.model.units import SECOND_NS
from tarazu.runtime.feed_log import FeedLog
from tarazu.runtime.segment import Kind
from tarazu.wire.kite_orders import KiteStatus, OrderRow

# Feeds.


@pytest.fixture
def feeds(tmp_path: Path) -> FeedWatch:
    home = Home(Profile.SIM, tmp_path / "sim")
    home.make()
    return FeedWatch(home)


def stale(feed: str = "options") -> FeedStale:
    return FeedStale(
        feed=feed, required=True, reason=StaleReason.NO_DATA, lag_ns=1, limit_ns=1, since_ns=0, ts_ns=1, tokens=(),
        members=1,
    )  # fmt: skip


def recovered(feed: str = "options") -> FeedRecover:
    was = FeedState.STALE
    return FeedRecover(feed=feed, required=True, was=was, reason=None, lag_ns=0, limit_ns=1, since_ns=0, ts_ns=2)


def test_a_feed_is_told_of_when_it_changes_and_never_by_what_is_older_than_what_was_told(feeds: FeedWatch) -> None:
    (said,) = feeds.heard(stale(), 100)
    assert (said.feed, said.fresh, said.required, said.reason) == ("options", False, True, "NO_DATA")
    assert feeds.heard(stale(), 120) == [], "it is so already"
    assert feeds.heard(recovered(), 110) == [], "what comes late tells of earlier"
    (again,) = feeds.heard(recovered(), 130)
    assert again.fresh and feeds.heard(FeedStopped(ts_ns=1, reason="asked to"), 140) == []


def test_stamps_from_before_a_reboot_are_no_news(feeds: FeedWatch) -> None:
    assert feeds.heard(stale(), 1 << 62) == []


def test_without_depth_ws_the_feed_is_stale_whatever_it_had_said(feeds: FeedWatch) -> None:
    (gone,) = feeds.look(SECOND_NS)
    assert (gone.feed, gone.fresh, gone.required, gone.reason) == ("depth_ws", False, True, "it has not run here")
    assert feeds.look(2 * SECOND_NS) == []


def test_a_master_that_differs_from_the_start_ends_nothing_and_one_that_is_taken_up_later_does() -> None:
    watch = MasterWatch("ours")
    assert not watch.is_other("provisional") and not watch.is_other("provisional"), "a restart would find it again"
    assert not watch.is_other("ours") and watch.is_other("another")


# The market.


def order_frame(order_id: str = "17", status: str = "OPEN") -> bytes:
    row = OrderRow(
        account_id="TZ0001", placed_by="TZ0001", order_id=order_id, status=KiteStatus(status),
        order_timestamp="2026-11-23 09:20:00", variety="regular", exchange="NSE", tradingsymbol="INFY",
        instrument_token=INFY.instrument_token, order_type="LIMIT", transaction_type="BUY", validity="DAY",
        product="CNC", quantity=1, price=1400.0, pending_quantity=1,
    )  # fmt: skip
    return msgspec.json.encode({"type": "order", "data": row})


@pytest.fixture
def feed_log(tmp_path: Path) -> Iterator[FeedLog]:
    log = FeedLog.open(tmp_path / "feed", DAY)
    yield log
    log.close()


def test_the_engine_is_told_of_frames_before_what_they_say_and_of_each_once(feed_log: FeedLog) -> None:
    market = Market(feed_log.folder, [INFY], heard_to=1)
    for payload in (order_frame("17"), order_frame("18"), b'{"type": "message"}', b"not json"):
        feed_log.append(Kind.TEXT, 1, payload, 5, 5)
    feed_log.append(Kind.EVENT, 0, encode_event(FeedStopped(ts_ns=9, reason="asked to")), 9, 9)
    while market.follow():
        pass
    assert market.caught_up and market.moved() == MarketMoved(sequence=5, wall_ns=9) and market.moved() is None
    heard, said = market.others
    assert isinstance(heard, OrderHeard) and heard.report.order_id == "18", "17 was taken by an earlier process"
    assert said == (FeedStopped(ts_ns=9, reason="asked to"), 9)
    market.close()


def test_a_paper_engine_hears_nothing_of_the_orders_of_the_account_its_feed_is_logged_in_with(
    feed_log: FeedLog,
) -> None:
    market = Market(feed_log.folder, [INFY], heard_to=0)
    market.trade_beside(lambda state, changed, recv_ns: None)
    for payload in (order_frame("17"), order_frame("18", "COMPLETE"), b'{"type": "message"}'):
        feed_log.append(Kind.TEXT, 1, payload, 5, 5)
    while market.follow():
        pass
    assert (market.others, market.others_orders) == ([], 2)
    assert market.moved() == MarketMoved(sequence=3, wall_ns=5), "the frames themselves are followed as they are"
    market.close()


def test_a_day_behind_is_caught_up_with_in_slices(feed_log: FeedLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tarazu.app.main.market.SLICE_NS", -1)
    market = Market(feed_log.folder, [INFY], heard_to=0)
    for _ in range(SLICE_FRAMES + 3):
        feed_log.append(Kind.TEXT, 1, b'{"type": "message"}', 5, 5)
    assert market.follow() and not market.caught_up and market.follower.sequence == SLICE_FRAMES
    assert not market.follow() and market.caught_up and market.follower.sequence == SLICE_FRAMES + 3
    market.close()


def test_damage_in_the_log_is_passed_over_and_kept_to_be_said(feed_log: FeedLog) -> None:
    for number in range(3):
        feed_log.append(Kind.TEXT, 1, order_frame(str(number)), 5, 5)
    feed_log.close()
    path = next(feed_log.folder.glob("*.seg"))
    raw = bytearray(path.read_bytes())
    raw[raw.index(order_frame("1")) + 5] ^= 0xFF
    path.write_bytes(raw)
    market = Market(feed_log.folder, [INFY], heard_to=0)
    while market.follow():
        pass
    assert [other.report.order_id for other in market.others if isinstance(other, OrderHeard)] == ["0", "2"]
    assert len(market.damages) == 1 and "CORRUPT" in market.damages[0]
    market.close()
