"""The iron fly on drawn markets, through a real engine."""

from datetime import timedelta

import pytest

from harness.order_story import DAY
from harness.strategy_desk import INDEX, LOT, SPOT, StrategyDesk, ladder
from tarazu.model.instrument import Kind
from tarazu.model.order import Side
from tarazu.strategy.day import TradingDay
from tarazu.strategy.decision import Verb
from tarazu.strategy.iron_fly import make
from tarazu.strategy.option_delta import Held, forward_of, hedge_lots, net_delta
from tarazu.strategy.option_view import NoContracts

QUICK = {"from_minutes": 0, "wing_strikes": 8, "risk_rupees": 25_000.0, "lots_max": 1}
FLY = {"26000CE": -LOT, "26000PE": -LOT, "26400CE": LOT, "25600PE": LOT}


def sold(**params: object) -> StrategyDesk:
    return StrategyDesk("iron_fly", **{**QUICK, **params}).begin().passes(5)


def test_it_buys_the_wings_first_and_sells_the_body_at_the_money() -> None:
    desk = sold()
    assert desk.held == FLY and not desk.denied
    assert [send.order.side for send in desk.sent] == [Side.BUY, Side.BUY, Side.SELL, Side.SELL]


def test_what_it_may_lose_is_inside_its_budget() -> None:
    desk = sold(lots_max=100)
    facts = desk.last(Verb.ENTER).numbers
    per_lot = (facts["wing_paise"] - facts["credit_paise"]) * LOT
    assert facts["loss_most_paise"] == facts["lots"] * per_lot <= 2_500_000 < (facts["lots"] + 1) * per_lot
    assert desk.held == {key: qty * facts["lots"] for key, qty in FLY.items()}


def test_inside_the_band_it_only_holds() -> None:
    desk = sold().passes(90, SPOT + 2_000)
    assert desk.held == FLY and desk.story[-1] == "HOLD between stop and target, inside the band"
    assert abs(desk.last(Verb.HOLD).numbers["delta_units"]) < 0.6 * LOT


def test_outside_the_band_its_delta_is_held_by_the_future_with_a_stop() -> None:
    desk = sold(
        stop_multiple=5.0,
        adjust_share=1.0,
        band_lots=0.5,
        lots_max=4,
        risk_rupees=3e6,
        wing_strikes=20,
        leg_spread_bps_max=5e3,
        hedge_seconds=10,
    )
    desk.passes(30, SPOT + 15_000)
    hedge = desk.last(Verb.ADJUST)
    assert hedge.numbers["delta_units"] < -0.5 * LOT and desk.held["NIFTY26NOVFUT"] == hedge.numbers["wanted_units"] > 0
    net = desk.last(Verb.HOLD).numbers
    assert abs(net["delta_units"] + net["future_units"]) <= 0.5 * LOT
    desk.passes(60, SPOT - 15_000)
    assert desk.held["NIFTY26NOVFUT"] < 0, "the old hedge was left, and the other side entered"
    assert [said for said in desk.story if said.startswith("ADJUST")] == [
        "ADJUST outside the band", "ADJUST the hedge is too large", "ADJUST outside the band",
    ]  # fmt: skip
    assert any(send.order.order_type == "SL" for send in desk.sent)


def test_no_more_hedges_are_sent_than_it_may() -> None:
    desk = sold(
        stop_multiple=5.0,
        adjust_share=1.0,
        band_lots=0.5,
        lots_max=4,
        risk_rupees=3e6,
        wing_strikes=20,
        leg_spread_bps_max=5e3,
        hedges_max=0,
        hedge_seconds=1,
    )
    desk.passes(30, SPOT + 15_000)
    assert "NIFTY26NOVFUT" not in desk.held
    assert desk.story[-1] == "HOLD outside the band, and hedged enough or a moment ago"


def test_at_its_stop_everything_is_left_the_shorts_first_and_the_day_is_done() -> None:
    desk = sold(stop_multiple=0.1, adjust_share=1.0)
    before = len(desk.sent)
    desk.passes(20, SPOT + 35_000)
    assert desk.held == {} and desk.last(Verb.LEAVE).why == "the stop: too much of the credit is lost"
    exits = [send.order.side for send in desk.sent[before:] if "FUT" not in send.order.tradingsymbol]
    assert exits[:2] == [Side.BUY, Side.BUY]
    assert desk.passes(90).story[-1] == "PASS the day's fly is done"


def test_when_the_index_has_left_the_body_it_is_sold_anew_so_often_as_it_may() -> None:
    desk = sold(stop_multiple=5.0, adjust_share=0.5, adjustments_max=1, retry_seconds=5)
    desk.passes(40, SPOT + 22_000)
    assert desk.held == {"26200CE": -LOT, "26200PE": -LOT, "26600CE": LOT, "25800PE": LOT}
    assert desk.last(Verb.ENTER).why == "sold anew at the money"
    desk.passes(40, SPOT + 45_000)
    assert desk.last(Verb.LEAVE).numbers["body_paise"] == SPOT and desk.held["26200CE"] == -LOT, "once, and no more"


def test_it_takes_what_it_has_won() -> None:
    desk = sold(target_share=0.2)
    desk.sigma = 0.06
    desk.passes(10)
    assert desk.held == {} and desk.last(Verb.LEAVE).why == "the target: enough of the credit is won"


def test_a_new_process_finds_its_fly_and_begins_no_second() -> None:
    desk = sold().restarted()
    assert desk.held == FLY and desk.story[-1] == "HOLD between stop and target, inside the band"
    desk.now_ns = desk.wall_ns = desk.made[0].day.closes_ns - 15 * 60 * 1_000_000_000
    desk.passes(10)
    assert desk.held == {} and desk.last(Verb.LEAVE).why == "the day ends"


def test_where_one_leg_is_gone_the_rest_is_left() -> None:
    from harness.engine_desk import m
    from tarazu.model.order import Product
    from tarazu.strategy.wants import ExitWant

    desk = sold()
    key = "NFO:NIFTY26D0126000CE"
    desk.tell(m.Wanted(want=ExitWant(strategy="person", key=key, product=Product.NRML, why="by hand")))
    desk.passes(20)
    assert desk.held == {} and desk.last(Verb.LEAVE).why == "its legs do not match"


@pytest.mark.parametrize(
    ("params", "why"),
    [
        ({"from_minutes": 30}, "too early to enter"),
        ({"credit_share_min": 0.95}, "the credit is too small for the wings"),
        ({"risk_rupees": 100.0}, "the risk budget is below one lot"),
        ({"wing_strikes": 30}, "the ladder of strikes does not reach to the wings"),
        ({"leg_spread_bps_max": 1.0}, "the market of a leg is too wide"),
    ],
)
def test_what_is_not_taken_is_said_with_its_reason(params: dict[str, object], why: str) -> None:
    desk = sold(**params)
    assert desk.story[-1] == f"PASS {why}" and not desk.sent


def test_without_a_future_it_is_refused() -> None:
    instruments = {i.key: i for i in ladder() if i.kind is not Kind.FUT}
    assert INDEX in instruments
    with pytest.raises(NoContracts, match="no future of NIFTY"):
        make({}, TradingDay(date=DAY + timedelta(days=0), instruments=instruments))


def test_the_delta_is_that_of_the_options_and_the_hedge_its_nearest_lots() -> None:
    call, put = Held(-75, True, SPOT, 20_000.0), Held(-75, False, SPOT, 20_000.0)
    forward = forward_of(SPOT, 20_000.0, 20_000.0)
    assert forward == SPOT and abs(net_delta([call, put], forward, 8 / 365)) < 75 * 0.05
    assert net_delta([call], forward, 8 / 365) == pytest.approx(-75 * 0.5, abs=75 * 0.05)
    assert [hedge_lots(delta, 75, 0, 0.6) for delta in (-30.0, -60.0, -120.0, 60.0)] == [0, 1, 2, -1]
    assert hedge_lots(-75.0, 75, 1, 0.6) == 1
