"""The gate's checks of the market an order would go to."""

from typing import Any

import pytest

from harness.engine_desk import KEY, EngineDesk, PaperQuotes
from harness.gate_desk import SHARE, gate_desk, of, quote, quoted_for_a_while, said
from tarazu.engine import messages as m
from tarazu.engine.phase import Phase
from tarazu.model.instrument import Kind
from tarazu.model.order import OrdType, Side
from tarazu.model.units import SECOND_NS
from tarazu.strategy.wants import ChangeWant

COLLAR = {"collar_bps": {Kind.CE: 1_000, Kind.EQ: 100}}
SPREAD = {"spread_bps_max": {Kind.CE: 1_000, Kind.EQ: 100}}


def at(paise: int, side: Side = Side.BUY, **changes: Any) -> Any:
    return of(side=side, price_paise=paise, **changes)


# C05: the collar.


@pytest.mark.control("C05")
def test_no_limit_is_further_through_the_reference_than_the_collar() -> None:
    desk = gate_desk(**COLLAR)
    assert said(desk, at(11_000)) == []
    assert said(desk, at(11_005)) == ["COLLAR: ₹110.05 is 1005 bps through ₹100.00 (1000 bps)"]
    assert said(desk, at(5)) == [], "far from the market, and through nothing"
    desk = gate_desk(**COLLAR)
    assert said(desk, at(9_000, Side.SELL)) == []
    assert said(desk, at(8_995, Side.SELL)) == ["COLLAR: ₹89.95 is 1005 bps through ₹100.00 (1000 bps)"]


@pytest.mark.control("C05")
def test_at_the_market_the_protection_counts_as_the_distance() -> None:
    market: dict[str, Any] = {"order_type": OrdType.MARKET, "price_paise": None}
    assert said(gate_desk(collar_bps={Kind.CE: 200}), of(**market)) == []
    answer = said(gate_desk(collar_bps={Kind.CE: 199}), of(**market))
    assert answer == ["COLLAR: ₹102.00 is 200 bps through ₹100.00 (199 bps)"]


@pytest.mark.control("C05")
def test_a_last_price_far_from_the_touch_takes_an_order_at_the_market_through_it() -> None:
    desk = gate_desk(**COLLAR)
    quoted_for_a_while(desk, 9_995, 10_005, last=13_000)
    answer = said(desk, of(order_type=OrdType.MARKET, price_paise=None))
    assert answer == ["COLLAR: ₹132.60 is 3260 bps through ₹100.00 (1000 bps)"]


@pytest.mark.control("C05")
def test_our_own_orders_do_not_walk_the_market_away_within_the_window() -> None:
    desk = gate_desk(**COLLAR)
    assert said(desk, at(10_500)) == []
    quoted_for_a_while(desk, 10_595, 10_605)
    assert said(desk, at(11_100)) == [
        "COLLAR: ₹111.00 is 1100 bps through ₹100.00, the middle within 60.0 s (1000 bps)"
    ]
    assert said(desk, at(11_000)) == []
    assert "COLLAR" not in str(said(desk, at(9_600, Side.SELL))), "to sell there is no reference of before"
    desk.second(60)
    desk.reads()
    assert said(desk, at(11_100)) == []


@pytest.mark.control("C05")
def test_the_lowest_reference_of_the_window_is_the_one_to_buy_by() -> None:
    desk = gate_desk(**COLLAR)
    assert said(desk) == []
    quoted_for_a_while(desk, 9_495, 9_505)
    assert said(desk, at(9_500)) == []
    quoted_for_a_while(desk, 9_995, 10_005)
    beyond = ["COLLAR: ₹104.55 is 1005 bps through ₹95.00, the middle within 60.0 s (1000 bps)"]
    assert said(desk, at(10_455)) == beyond
    assert said(desk, at(10_450)) == []
    assert said(desk, at(10_455)) == beyond, "not the last one"


@pytest.mark.control("C05")
def test_a_resting_entry_is_not_priced_through_the_collar_either() -> None:
    desk = gate_desk(**COLLAR)
    desk.want(of())
    ref = desk.placed("1")
    step = desk.want(ChangeWant(strategy="story", ref=ref, price_paise=11_005))
    assert not step.outputs and "COLLAR" in str(step.acts)


# C06: the reference.


@pytest.mark.control("C06")
@pytest.mark.parametrize(
    ("bid", "ask", "no"), [(None, 10_005, "no bid"), (9_995, None, "no ask"), (None, None, "no bid and no ask")]
)
def test_a_market_without_two_sides_is_no_reference(bid: int | None, ask: int | None, no: str) -> None:
    desk = gate_desk()
    quote(desk, bid, ask)
    assert f"REFERENCE: {no} (a bid and an ask)" in said(desk)


@pytest.mark.control("C06")
def test_what_was_never_quoted_has_no_reference() -> None:
    desk = gate_desk()
    assert isinstance(desk.quotes, PaperQuotes)
    desk.quotes.touches.pop(KEY)
    assert "REFERENCE: never quoted today (a bid and an ask)" in said(desk)


@pytest.mark.control("C06", "C25")
def test_an_old_touch_stands_while_its_feeds_are_fresh_and_no_longer() -> None:
    desk = gate_desk()
    quote(desk, 9_995, 10_005)
    desk.second(60)
    desk.reads()
    assert said(desk) == [], "a quiet option"
    desk.tell(m.FeedMoved(feed="stocks", fresh=False, required=False))
    assert said(desk) == [], "no feed of options"
    desk.tell(m.FeedMoved(feed="options", fresh=False, required=False, reason="FROZEN"))
    assert desk.engine.state.phase is Phase.ACTIVE
    assert said(desk) == ["REFERENCE: 60.2 s old, a feed is stale (2.0 s)"]
    quote(desk, 9_995, 10_005, seen_ns=desk.wall_ns - SECOND_NS)
    assert said(desk) == [], "seen a second ago"


@pytest.mark.control("C25", "C06")
def test_a_frozen_book_of_a_required_feed_takes_entries_away_and_is_an_old_reference() -> None:
    desk = gate_desk()
    desk.tell(m.FeedMoved(feed="options", fresh=False, required=True, reason="FROZEN"))
    assert {line.split(":")[0] for line in said(desk)} == {"PHASE", "REFERENCE"}


# C25: spread and jump.


@pytest.mark.control("C25")
def test_a_spread_that_is_too_wide_is_no_market() -> None:
    desk = gate_desk(**SPREAD)
    quoted_for_a_while(desk, 9_500, 10_500)
    assert said(desk) == []
    quoted_for_a_while(desk, 9_495, 10_505)
    assert said(desk) == ["MARKET: spread 1010 bps (1000 bps)"]


@pytest.mark.control("C25")
def test_one_tick_is_never_too_wide() -> None:
    desk = gate_desk(**SPREAD)
    quoted_for_a_while(desk, 10, 15, last=10)
    assert said(desk, at(10)) == []
    quoted_for_a_while(desk, 10, 20, last=10)
    assert said(desk, at(10)) == ["MARKET: spread 6667 bps (1000 bps)"]


@pytest.mark.control("C25")
@pytest.mark.parametrize("ask", [10_000, 9_995])
def test_a_crossed_or_locked_market_is_not_believed(ask: int) -> None:
    desk = gate_desk()
    quoted_for_a_while(desk, 10_000, ask)
    assert said(desk) == [f"MARKET: bid ₹100.00, ask ₹{ask / 100:.2f} (a bid below the ask)"]


def jumping(desk: EngineDesk, bid: int, ask: int, key: str) -> list[str]:
    quote(desk, bid, ask, key=key)
    return said(desk, at(bid, key=key))


@pytest.mark.control("C25")
def test_a_middle_that_has_jumped_is_waited_for() -> None:
    desk = gate_desk(jump_bps_max=500)
    assert jumping(desk, 10_495, 10_505, SHARE.key) == []
    assert jumping(desk, 10_545, 10_555, SHARE.key) == ["MARKET: jumped 550 bps in a second (500 bps)"]
    desk.second()
    assert said(desk, at(10_545, key=SHARE.key)) == ["MARKET: jumped 550 bps in a second (500 bps)"], "less than one"
    desk.second()
    assert said(desk, at(10_545, key=SHARE.key)) == []


@pytest.mark.control("C25")
def test_an_option_may_move_six_times_as_far_and_a_cheap_one_by_twenty_ticks() -> None:
    desk = gate_desk(jump_bps_max=500)
    assert jumping(desk, 12_995, 13_005, KEY) == []
    assert jumping(desk, 13_005, 13_015, KEY) == ["MARKET: jumped 3010 bps in a second (3000 bps)"]
    quoted_for_a_while(desk, 95, 105, last=100)
    assert jumping(desk, 195, 205, KEY) == []
    assert jumping(desk, 200, 210, KEY) == ["MARKET: jumped 10500 bps in a second (3000 bps)"]


@pytest.mark.control("C25")
def test_what_was_not_quoted_a_second_ago_is_waited_for() -> None:
    desk = gate_desk()
    assert isinstance(desk.quotes, PaperQuotes)
    desk.quotes.touches.pop(KEY)
    desk.second(2)
    desk.reads()
    quote(desk, 9_995, 10_005)
    assert said(desk) == ["MARKET: no bid and ask a second ago (quoted for a second)"]
    desk.second(2)
    assert said(desk) == []


@pytest.mark.control("C25")
def test_after_a_restart_a_middle_is_beside_nothing_of_the_process_before() -> None:
    """What is kept of the market is no part of the state: a recovered engine begins as a replayed one."""
    desk = gate_desk(jump_bps_max=500)
    desk.start()
    quote(desk, 10_595, 10_605)
    assert any(line.startswith("MARKET: no bid and ask a second ago") for line in said(desk))
