"""What the day's result is marked at: which price is believed, and which is none (C24)."""

from typing import Any

import msgspec
import pytest

from harness.order_story import KEY
from harness.risk_desk import RiskDesk
from tarazu.engine import messages as m
from tarazu.engine.marking import mark_paise
from tarazu.market.touch import Touch
from tarazu.model.instrument import Kind
from tarazu.model.units import HOUR_NS, SECOND_NS

STALE = m.FeedMoved(feed="options", fresh=False, required=True, reason="silence")

MARKS: dict[str, tuple[tuple[int | None, int | None, int | None], int | None]] = {
    "the middle of a narrow touch": ((9_900, 10_100, 9_000), 10_000),
    "of a wide one the last price": ((5_000, 15_000, 9_000), 9_000),
    "inside the touch": ((5_000, 15_000, 2_000), 5_000),
    "from above, too": ((5_000, 15_000, 20_000), 15_000),
    "one side, and nothing traded below the bid": ((9_900, None, 9_000), 9_900),
    "the middle where nothing has traded": ((5_000, 15_000, None), 10_000),
    "the last price alone": ((None, None, 9_000), 9_000),
    "nothing": ((9_900, None, None), None),
}


@pytest.mark.parametrize("what", MARKS)
@pytest.mark.control("C24")
def test_a_price_that_can_be_believed_is_the_mark(what: str) -> None:
    (bid, ask, last), mark = MARKS[what]
    touch = Touch(bid_paise=bid, ask_paise=ask, last_paise=last, seen_ns=1)
    assert mark_paise(touch, wide_bps=500) == mark


@pytest.mark.control("C24")
def test_one_absurd_quote_is_no_loss() -> None:
    desk = RiskDesk(spread_bps_max=dict.fromkeys(Kind, 1_000), day_loss_max_paise=100_000).ready()
    desk.hold()
    desk.price(10_000, bid_paise=5, ask_paise=20_000, last_paise=10_000)
    assert desk.halt == "" and desk.net_paise > -10_000


def why(desk: RiskDesk) -> str:
    return desk.engine.state.marked.why


def held(**limits: Any) -> RiskDesk:
    desk = RiskDesk(**limits).ready()
    desk.hold()
    desk.price(10_000)
    assert why(desk) == ""
    return desk


@pytest.mark.control("C24")
def test_a_silent_option_is_worth_what_it_was_while_its_feed_is_fresh() -> None:
    desk = held()
    desk.second(600)
    assert why(desk) == ""


@pytest.mark.control("C24")
def test_what_was_last_seen_before_its_feed_went_stale_has_no_price() -> None:
    desk = held()
    desk.tell(STALE)
    desk.second(4)
    assert why(desk) == ""
    desk.second(2)
    assert f"STALE_PRICE {KEY}" in why(desk)


def test_a_stale_feed_after_the_close_changes_nothing() -> None:
    desk = held()
    desk.wall_ns += 8 * HOUR_NS
    desk.tell(STALE)
    desk.second(60)
    assert why(desk) == ""


def test_yesterdays_price_is_none() -> None:
    desk = held()
    desk.price(10_000, seen_ns=desk.wall_ns - 24 * HOUR_NS)
    assert f"STALE_PRICE {KEY}" in why(desk)


def test_what_is_carried_in_begins_at_yesterdays_close() -> None:
    from harness.engine_desk import BUY
    from tarazu.portfolio.breaks import BrokerPosition

    for close, told in ((9_000, ""), (0, "NO_CLOSE")):
        desk = RiskDesk()
        carried = BrokerPosition(key=KEY, product=BUY.product, qty=75, overnight_qty=75, close_paise=close)
        desk.positions = [carried]
        desk.ready()
        desk.price(10_000)
        assert told in why(desk)
        assert bool(told) or desk.net_paise == 75 * 1_000


@pytest.mark.control("C24")
def test_what_nobody_follows_is_marked_by_the_brokers_own_positions_while_they_are_read() -> None:
    desk = held()
    desk.unpriced()
    desk.positions = [msgspec.structs.replace(row, last_paise=9_000) for row in desk.positions]
    desk.read(m.What.POSITIONS)
    desk.second()
    assert why(desk) == "" and -80_000 < desk.net_paise < -75_000
    desk.second(121)
    assert f"NO_PRICE {KEY}" in why(desk)


def test_a_flat_desk_is_marked_once_its_last_trade_is_booked() -> None:
    desk = held()
    desk.sold(75, 11_000)
    desk.second()
    net = desk.net_paise
    assert 65_000 < net < 75_000, "₹750, less the charges of two orders"
    desk.price(50_000)
    desk.second(5)
    assert desk.net_paise == net and desk.engine.state.marked.unknown_ns == 0


def test_a_result_that_is_unknown_says_since_when() -> None:
    desk = held()
    desk.unpriced()
    desk.second()
    since_ns = desk.now_ns
    desk.second(9)
    assert desk.engine.state.marked.unknown_ns == since_ns and desk.now_ns == since_ns + 9 * SECOND_NS
