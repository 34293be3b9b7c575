"""What keeps no strategy from leaving: its own resting entries, a market with one side, a refusal, somebody's units."""

import msgspec
import pytest

from harness.engine_desk import touch
from harness.strategy_desk import LOT, SPOT, StrategyDesk
from tarazu.engine.acts import AskCancel, Deny
from tarazu.model.order import Product
from tarazu.portfolio.breaks import BrokerPosition
from tarazu.strategy.decision import Verb
from tarazu.strategy.own import worst_paise
from tarazu.strategy.wants import EntryWant

FLY = {"from_minutes": 0, "wing_strikes": 8, "risk_rupees": 25_000.0, "lots_max": 1}
HEDGED = {"from_minutes": 0, "wing_strikes": 20, "lots_max": 4, "risk_rupees": 3e6, "leg_spread_bps_max": 5e3} | {
    "stop_multiple": 1.0, "adjust_share": 1.0, "band_lots": 0.5, "hedge_seconds": 10,
}  # fmt: skip
MOVES = {"bar_seconds": 2, "fast_bars": 3, "slow_bars": 8, "gap_bps_min": 1.0, "lots_max": 2, "risk_rupees": 1e6}
FUTURE, CALL = "NFO:NIFTY26NOVFUT", "NFO:NIFTY26D0126000CE"


def resting_hedge(**params: object) -> StrategyDesk:
    """The future's market stepped away between the decision and the order."""
    desk = StrategyDesk("iron_fly", **{**HEDGED, **params}).begin().passes(5)
    desk.lets_fill = False
    return desk.passes(15, SPOT + 15_000)


def open_in(desk: StrategyDesk, key: str) -> list[str]:
    return [order.order_id for order in desk.engine.state.blotter.open() if order.key == key and not order.ended]


def half_filled(**params: object) -> StrategyDesk:
    """Momentum's entry of two lots: one is filled, the other rests."""
    desk = StrategyDesk("momentum", None, **{**MOVES, "without_model": "trade", **params}).begin().passes(40)
    desk.lets_fill = False
    for _ in range(60):
        desk.passes(1, desk.spot + 1_000)
        if rests := open_in(desk, FUTURE):
            desk.filled(rests[0], LOT, desk.spot)
            break
    desk.lets_fill = True
    return desk


def one_sided(desk: StrategyDesk, key: str, **sides: int | None) -> None:
    whole = desk._touch
    told = {"bid": None, "ask": None, "last": None} | sides
    desk._touch = lambda of: touch(*told.values(), seen_ns=desk.wall_ns) if of.key == key else whole(of)  # type: ignore[method-assign]


def test_a_hedge_that_rests_does_not_keep_the_fly_from_its_stop() -> None:
    desk = resting_hedge(entry_seconds=600, stop_multiple=0.2)
    assert open_in(desk, FUTURE) and FUTURE not in desk.held
    desk.lets_fill = True
    desk.passes(20, SPOT + 60_000)
    assert desk.held == {} and desk.last(Verb.LEAVE).why == "the stop: too much of the credit is lost"
    assert not open_in(desk, FUTURE)


def test_a_hedge_that_is_not_filled_is_taken_back_and_asked_for_once() -> None:
    desk = resting_hedge(entry_seconds=20, stop_multiple=5.0).passes(15)
    asked = [act.ref for step in desk.steps for act in step.acts if isinstance(act, AskCancel)]
    assert len(asked) == 1 and "ADJUST a hedge was not filled in time" in desk.story


def test_a_hedge_that_is_refused_is_asked_for_no_oftener_than_hedges_are() -> None:
    desk = StrategyDesk("iron_fly", **{**HEDGED, "stop_multiple": 5.0, "hedge_seconds": 20})
    desk.config = msgspec.structs.replace(desk.config, qty_max={**desk.config.qty_max, FUTURE: 1})
    desk.begin().passes(5).passes(55, SPOT + 15_000)
    refused = [act for step in desk.steps for act in step.acts if isinstance(act, Deny)]
    assert 2 <= len(refused) <= 3 and all(isinstance(act.want, EntryWant) for act in refused)


def test_the_stop_sees_a_leg_that_has_lost_a_side_of_its_market() -> None:
    desk = StrategyDesk("iron_fly", **FLY, stop_multiple=0.1).begin().passes(5)
    one_sided(desk, "NFO:NIFTY26D0126400CE", ask=15)
    desk.passes(20, SPOT - 60_000)
    assert desk.last(Verb.LEAVE).why == "the stop: too much of the credit is lost"


def test_a_leg_without_any_price_is_held_for_a_minute_and_no_longer() -> None:
    desk = StrategyDesk("iron_fly", **FLY).begin().passes(5)
    desk.silent = {"NFO:NIFTY26D0126400CE"}
    desk.passes(50)
    assert desk.story[-1] == "HOLD a leg has no price" and len(desk.held) == 4
    assert desk.passes(15).last(Verb.LEAVE).why == "a leg has had no price for too long"


def test_a_missing_side_is_worth_the_worst() -> None:
    assert worst_paise(1, touch(100, 110, 105)) == worst_paise(-1, touch(100, 110, 105)) == 105
    assert [worst_paise(1, touch(*sides)) for sides in ((100, None, 150), (None, 110, 105))] == [100, 0]
    assert [worst_paise(-1, touch(*sides)) for sides in ((None, 110, 90), (100, None, 90), (100, None, 150))] == [
        110, 100, 150,
    ]  # fmt: skip
    assert worst_paise(-1, touch(100, None, None)) is None and worst_paise(1, None) is None


def test_after_a_stop_no_fly_is_sold_however_many_adjustments_are_left() -> None:
    params = {**FLY, "adjust_share": 0.3, "retry_seconds": 1, "adjustments_max": 2, "hedges_max": 0}
    desk = StrategyDesk("iron_fly", **params, stop_multiple=0.1).begin()
    desk.passes(5).passes(20, SPOT + 13_000).passes(40, SPOT + 60_000)
    assert [said for said in desk.story if said.startswith(("ENTER", "LEAVE"))] == [
        "ENTER sold at the money",
        "LEAVE the index has left the body: to be sold anew",
        "ENTER sold anew at the money",
        "LEAVE the stop: too much of the credit is lost",
    ]
    assert desk.held == {} and desk.story[-1] == "PASS the day's fly is done"


def test_a_second_fly_has_the_budget_less_what_the_day_has_lost() -> None:
    params = {**FLY, "stop_multiple": 5.0, "adjust_share": 0.5, "retry_seconds": 5}
    desk = StrategyDesk("iron_fly", **params).begin().passes(5).passes(40, SPOT + 22_000)
    first, second = [said.numbers for said in desk.decisions if said.verb is Verb.ENTER]
    assert first["budget_paise"] == 2_500_000 > second["budget_paise"] >= second["loss_most_paise"]


def test_a_fly_whose_stop_was_passed_while_it_was_left_is_not_sold_anew() -> None:
    params = {**FLY, "adjust_share": 0.3, "retry_seconds": 1, "adjustments_max": 2, "hedges_max": 0}
    desk = StrategyDesk("iron_fly", **params, stop_multiple=0.1).begin().passes(5)
    desk.lets_fill = False
    desk.passes(3, SPOT + 13_000)
    assert desk.last(Verb.LEAVE).why == "the index has left the body: to be sold anew"
    desk.lets_fill = True
    desk.passes(1, SPOT + 60_000)
    for order in tuple(desk.engine.state.blotter.open()):
        desk.filled(order.order_id, order.qty, desk.worth(desk.instruments[order.key]))
    desk.passes(30)
    assert desk.held == {} and desk.story[-1] == "PASS the stop was passed while the fly was being left"


def test_nothing_is_entered_while_units_from_before_the_day_are_held() -> None:
    desk = StrategyDesk("iron_fly", **FLY)
    desk.positions.append(
        BrokerPosition(key=CALL, product=Product.NRML, qty=-LOT, overnight_qty=-LOT, close_paise=20_000)
    )
    desk.begin().passes(20)
    assert desk.story[-1] == "PASS units from before the day are held in its contracts: a person's" and not desk.sent


def test_half_an_entry_that_rests_keeps_momentum_from_neither_target_nor_time() -> None:
    won = half_filled(target_bps=5.0, entry_seconds=600)
    assert won.held == {"NIFTY26NOVFUT": LOT} and open_in(won, FUTURE)
    won.passes(20, won.spot + 30_000)
    assert won.held == {} and won.last(Verb.LEAVE).why == "the target: enough is won"
    long = half_filled(target_bps=500.0, hold_minutes=1, entry_seconds=600).passes(80)
    assert "LEAVE held long enough" in long.story


def test_what_rests_of_an_entry_is_taken_back_and_what_it_filled_stays() -> None:
    desk = half_filled(target_bps=500.0, entry_seconds=10).passes(15)
    assert "ADJUST the entry was not filled in time" in desk.story and desk.held == {"NIFTY26NOVFUT": LOT}


@pytest.mark.parametrize(
    ("silent", "said"), [(10, "broke above the opening range"), (40, "the opening range was not seen whole")]
)
def test_a_silence_inside_the_opening_range_is_a_range_not_seen_whole(silent: int, said: str) -> None:
    desk = StrategyDesk("orb_spread", range_minutes=1, risk_rupees=10_000.0, late_seconds=20).begin()
    desk.passes(10, SPOT + 3_000)
    desk.silent = {"NSE:NIFTY 50"}
    desk.passes(silent)
    desk.silent = set()
    desk.passes(70 - 10 - silent, SPOT - 3_000).passes(5, SPOT + 6_000)
    assert said in [decision.why for decision in desk.decisions]
