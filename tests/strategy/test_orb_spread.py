"""The opening-range breakout on drawn markets, through a real engine."""

from datetime import timedelta

import msgspec
import pytest

from harness.order_story import DAY
from harness.strategy_desk import LOT, SPOT, StrategyDesk
from tarazu.engine import messages as m
from tarazu.model.instrument import Kind
from tarazu.strategy.decision import Verb
from tarazu.strategy.option_view import NoContracts
from tarazu.strategy.orb_spread import broken

UP, DOWN = SPOT + 5_000, SPOT - 5_000
QUICK = {"range_minutes": 1, "risk_rupees": 10_000.0}


def ranged(**params: object) -> StrategyDesk:
    return measured(StrategyDesk("orb_spread", **{**QUICK, **params}).begin())


def measured(desk: StrategyDesk) -> StrategyDesk:
    """The first minute has been between 25,970 and 26,030, and is over."""
    for spot in (SPOT, SPOT + 3_000, SPOT - 3_000, SPOT):
        desk.passes(15, spot)
    return desk


def test_inside_its_range_it_looks_and_passes_and_says_so_once() -> None:
    desk = ranged().passes(30)
    assert desk.story == ["HOLD the opening range is being measured", "PASS inside the opening range"]
    numbers = desk.last(Verb.PASS).numbers
    assert (numbers["high_paise"], numbers["low_paise"]) == (SPOT + 3_000, SPOT - 3_000)
    assert not desk.sent


def test_a_break_upwards_buys_a_call_spread_inside_the_risk_budget() -> None:
    desk = ranged().passes(3, UP)
    entered = desk.last(Verb.ENTER)
    assert entered.why == "broke above the opening range" and not desk.denied
    lots = entered.numbers["lots"]
    assert desk.held == {"26050CE": lots * LOT, "26250CE": -lots * LOT}
    assert 0 < entered.numbers["loss_most_paise"] <= 1_000_000
    assert entered.numbers["loss_most_paise"] + entered.numbers["debit_paise"] * LOT > 1_000_000, "one more is too many"


def test_a_break_downwards_buys_a_put_spread() -> None:
    desk = ranged(lots_max=1).passes(3, DOWN)
    assert desk.held == {"25950PE": LOT, "25750PE": -LOT}


def test_the_long_leg_is_filled_before_the_short_one_is_sent() -> None:
    desk = ranged(lots_max=1)
    desk.lets_fill = False
    desk.passes(5, UP)
    assert [str(send.order.side) for send in desk.sent] == ["BUY"]


def test_it_is_left_at_its_stop_and_not_entered_again() -> None:
    desk = ranged(lots_max=1).passes(5, UP).passes(20, SPOT - 30_000)
    assert desk.held == {} and desk.last(Verb.LEAVE).why == "the stop: enough of the debit is lost"
    desk.passes(30, DOWN)
    assert desk.held == {} and desk.story[-1] == "PASS the day's trades are done"


def test_it_is_left_at_its_target() -> None:
    desk = ranged(lots_max=1, target_share=0.3).passes(5, UP).passes(20, SPOT + 30_000)
    assert desk.held == {} and desk.last(Verb.LEAVE).why == "the target: enough of the win is there"


def test_it_is_flat_before_the_close() -> None:
    desk = ranged(lots_max=1).passes(5, UP)
    desk.now_ns = desk.wall_ns = desk.made[0].day.closes_ns - 20 * 60 * 1_000_000_000
    desk.passes(10)
    assert desk.held == {} and desk.last(Verb.LEAVE).why == "the day ends"


def test_a_new_process_finds_its_spread_and_leaves_it_and_enters_no_second() -> None:
    desk = ranged(lots_max=1).passes(5, UP).restarted()
    assert desk.story[-1] == "HOLD between stop and target"
    desk.passes(20, SPOT - 30_000).passes(10, UP)
    assert desk.held == {} and "the opening range was not seen whole" in desk.story[-1]


@pytest.mark.parametrize(
    ("params", "why"),
    [
        ({"range_bps_min": 40.0}, "the range is too narrow or too wide"),
        ({"range_bps_max": 15.0}, "the range is too narrow or too wide"),
        ({"until_minutes": 2, "buffer_bps": 3.0}, "too late to enter"),
        ({"debit_share_max": 0.1}, "the spread is too dear for its width"),
        ({"risk_rupees": 500.0}, "the risk budget is below one lot"),
        ({"leg_spread_bps_max": 1.0}, "the market of a leg is too wide"),
    ],
)
def test_what_is_not_taken_is_said_with_its_reason(params: dict[str, object], why: str) -> None:
    desk = ranged(**params)
    if "until_minutes" in params:
        desk.passes(70)
    desk.passes(3, UP)
    assert desk.last(Verb.PASS).why == why and desk.last(Verb.PASS).numbers and not desk.sent


def test_a_leg_without_a_market_is_not_traded() -> None:
    desk = ranged()
    desk.silent.add("NFO:NIFTY26D0126250CE")
    desk.passes(3, UP)
    assert desk.last(Verb.PASS).why == "a leg has no two-sided market" and not desk.sent


def test_what_was_not_taken_is_wanted_again_only_after_a_pause() -> None:
    desk = StrategyDesk("orb_spread", **QUICK, retry_seconds=30)
    desk.config = msgspec.structs.replace(desk.config, qty_max={})
    measured(desk.begin()).passes(40, UP)
    assert [said.verb for said in desk.decisions].count(Verb.ENTER) == 2 and not desk.sent
    assert desk.last(Verb.PASS).why == "what was wanted was not taken"


def test_while_entries_are_not_taken_none_is_wanted() -> None:
    desk = ranged()
    desk.tell(m.FeedMoved(feed="options", fresh=False, required=True))
    desk.passes(5, UP)
    assert desk.last(Verb.PASS).why == "entries are not taken now" and not desk.denied


def test_a_start_after_the_open_has_no_range_and_does_not_trade() -> None:
    desk = StrategyDesk("orb_spread", **QUICK)
    desk.now_ns = desk.wall_ns = desk.now_ns + 10 * 60 * 1_000_000_000
    desk.begin().passes(30, UP)
    assert desk.story == ["PASS the opening range was not seen whole"]


def test_a_range_whose_beginning_was_missed_is_none() -> None:
    desk = StrategyDesk("orb_spread", range_minutes=3, late_seconds=60)
    desk.now_ns = desk.wall_ns = desk.now_ns + 2 * 60 * 1_000_000_000
    desk.begin().passes(30, SPOT + 3_000).passes(35, SPOT - 3_000).passes(3, UP)
    assert desk.story[-1] == "PASS the opening range was not seen whole" and not desk.sent


def test_a_master_without_its_contracts_is_refused() -> None:
    desk = StrategyDesk("orb_spread", expiry_days_min=9)
    with pytest.raises(NoContracts, match=f"that expire on {DAY + timedelta(days=9)} or after"):
        desk.begin()


def test_the_break_is_beyond_the_buffer() -> None:
    high, low = 100.0, 90.0
    assert broken(100.02, high, low, 3) is None and broken(100.04, high, low, 3) is Kind.CE
    assert broken(89.98, high, low, 3) is None and broken(89.96, high, low, 3) is Kind.PE
