"""Momentum on drawn markets, through a real engine, with and without a model."""

from typing import Any

import pytest

from harness.strategy_desk import LOT, SPOT, StrategyDesk
from tarazu.strategy.closes import Closes, ema, move_bps, place_in_range, volatility_bps
from tarazu.strategy.decision import Verb
from tarazu.strategy.params import BadParams
from tarazu.strategy.scored import BadModel, Model, read_weights

QUICK = {"bar_seconds": 2, "fast_bars": 3, "slow_bars": 8, "gap_bps_min": 1.0, "lots_max": 1, "risk_rupees": 1e6}
BARS = 40
"""Seconds until there are enough of them."""


def model(bias: float = 0.0, feature: str = "gap_bps", weight: float = 0.1) -> dict[str, Model]:
    text = (
        f'{{"schema":"tarazu.model/1","kind":"logistic","features":["{feature}"],"weights":[{weight}],"bias":{bias}}}'
    )
    return {"momentum": Model(name="momentum", sha256="ab" * 32, weights=read_weights(text.encode()))}


def still(models: dict[str, Model] | None = None, **params: Any) -> StrategyDesk:
    """There are bars enough, and nothing has moved."""
    return StrategyDesk("momentum", models, **{**QUICK, **params}).begin().passes(BARS)


def rising(desk: StrategyDesk, seconds: int = 12, paise: int = 1_000) -> StrategyDesk:
    for _ in range(seconds):
        desk.passes(1, desk.spot + paise)
    return desk


def test_without_a_model_it_passes_and_says_that_there_is_none() -> None:
    desk = rising(still())
    assert desk.story[-1] == "PASS no model momentum is active" and not desk.sent
    assert desk.last(Verb.PASS).numbers["gap_bps"] > 1


def test_without_a_model_it_trades_where_it_is_told_to_and_says_so() -> None:
    desk = rising(still(without_model="trade"))
    assert desk.held == {"NIFTY26NOVFUT": LOT}
    assert desk.last(Verb.ENTER).why == "the means have crossed, and no model was asked"


def test_a_model_that_agrees_lets_it_enter_and_is_named_by_its_hash() -> None:
    desk = rising(still(model(bias=3.0)))
    entered = desk.last(Verb.ENTER)
    assert entered.why == "the means have crossed, and model abababababab agrees" and desk.held == {
        "NIFTY26NOVFUT": LOT
    }
    assert entered.numbers["score"] > 0.9 and entered.numbers["score_min"] == 0.55


def test_a_model_that_says_no_keeps_it_out() -> None:
    desk = rising(still(model(bias=-3.0)))
    assert desk.story[-1] == "PASS model abababababab says no" and not desk.sent
    assert desk.last(Verb.PASS).numbers["score"] < 0.55


def test_a_score_that_is_no_number_halts_it_and_nothing_is_sent() -> None:
    endless = (
        b'{"schema":"tarazu.model/1","kind":"linear","features":["gap_bps","move_1_bps"],"weights":[1e308,-1e308],'
        b'"scales":[1e-9,1e-9]}'
    )
    desk = rising(still({"momentum": Model(name="momentum", sha256="ab" * 32, weights=read_weights(endless))}))
    halt = desk.engine.state.strategy_halts["momentum"]
    assert halt.code == "MALFORMED" and "'score': nan" in halt.why and not desk.sent


def test_a_fall_is_sold_with_features_signed_for_a_seller() -> None:
    desk = rising(still(model(bias=1.0)), paise=-1_000)
    assert desk.held == {"NIFTY26NOVFUT": -LOT}
    facts = desk.last(Verb.ENTER).numbers
    assert facts["gap_bps"] > 0 and facts["move_5_bps"] > 0 and facts["place"] >= 0


def test_its_stop_rests_at_the_exchange_and_its_loss_there_is_inside_the_budget() -> None:
    desk = rising(still(model(bias=3.0), stop_bps=40.0, lots_max=100, risk_rupees=20_000.0))
    facts = desk.last(Verb.ENTER).numbers
    assert facts["lots"] == 2 and facts["loss_at_stop_paise"] <= 2_000_000 < facts["loss_at_stop_paise"] * 1.5
    stops = [send.order for send in desk.sent if send.order.order_type == "SL"]
    assert sum(stop.qty for stop in stops) == 2 * LOT
    assert all(stop.trigger_paise < desk.spot for stop in stops if stop.trigger_paise)


def test_it_is_left_when_the_means_cross_back_at_the_target_and_after_its_time() -> None:
    back = rising(still(model(bias=3.0)))
    rising(back, 12, -1_500).passes(5)
    assert back.last(Verb.LEAVE).why == "the means have crossed back" and back.held == {}
    won = rising(still(model(bias=3.0), target_bps=5.0)).passes(5)
    assert won.last(Verb.LEAVE).why == "the target: enough is won" and won.held == {}
    long = rising(still(model(bias=3.0), hold_minutes=1, target_bps=500.0), 70, 300).passes(5)
    assert "held long enough" in [said.why for said in long.decisions if said.verb is Verb.LEAVE]


def test_it_trades_so_often_as_it_may_and_rests_between() -> None:
    desk = rising(still(model(bias=3.0), trades_max=1, target_bps=5.0, retry_seconds=1)).passes(5)
    rising(desk, 30)
    assert desk.held == {} and desk.story[-1] == "PASS the day's trades are done"


def test_a_new_process_finds_its_position_and_its_stop_and_leaves_by_time() -> None:
    desk = rising(still(model(bias=3.0))).restarted()
    assert desk.held == {"NIFTY26NOVFUT": LOT} and desk.story[-1] == "HOLD between stop and target"
    sent = len(desk.sent)
    desk.now_ns = desk.wall_ns = desk.made[0].day.closes_ns - 15 * 60 * 1_000_000_000
    desk.passes(10)
    assert desk.held == {} and desk.last(Verb.LEAVE).why == "the day ends" and len(desk.sent) > sent - 1


def test_a_model_of_features_that_it_does_not_have_is_refused() -> None:
    with pytest.raises(BadParams, match="no feature is called horoscope; there are move_1_bps"):
        still(model(feature="horoscope"))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"schema":"tarazu.model/2","kind":"linear","features":["a"],"weights":[1]}', "schema"),
        ('{"schema":"tarazu.model/1","kind":"linear","features":["a"],"weights":[1,2]}', "weights: there are 2 for 1"),
        ('{"schema":"tarazu.model/1","kind":"linear","features":[],"weights":[]}', "features: there are none"),
        ('{"schema":"tarazu.model/1","kind":"linear","features":["a","a"],"weights":[1,2]}', "named twice"),
        ('{"schema":"tarazu.model/1","kind":"linear","features":["a"],"weights":[1],"scales":[0]}', "scales"),
        ('{"schema":"tarazu.model/1","kind":"tree","features":["a"],"weights":[1]}', "kind"),
        ("nonsense", "malformed"),
    ],
)
def test_weights_that_are_none_are_refused_by_field(text: str, why: str) -> None:
    with pytest.raises(BadModel, match=why):
        read_weights(text.encode())


def test_a_score_is_the_sum_of_its_features_or_a_probability() -> None:
    text = b'{"schema":"tarazu.model/1","kind":"linear","features":["a","b"],"weights":[2,-1],"bias":0.5,"means":[1,0]'
    linear = read_weights(text + b',"scales":[2,1]}')
    assert Model(name="m", sha256="", weights=linear).score({"a": 3.0, "b": 1.0}) == 0.5 + 2 * 1 - 1
    assert model(bias=0.0)["momentum"].score({"gap_bps": 0.0}) == 0.5
    assert model(bias=900.0)["momentum"].score({"gap_bps": 0.0}) == 1.0
    assert model(bias=-900.0)["momentum"].score({"gap_bps": 0.0}) == 0.0


def test_bars_close_at_equal_times_and_a_silent_one_where_the_last_did() -> None:
    bars = Closes(span_ns=10)
    assert [bars.take(price, at) for price, at in ((100, 1), (101, 9), (103, 12), (99, 45))] == [
        False,
        False,
        True,
        True,
    ]
    assert bars.closes == [101, 103, 103, 103] and (bars.high, bars.low) == (103, 99)
    assert not bars.take(500, 3) and bars.high == 103, "what is late is left out"


def test_the_measures_are_what_their_names_say() -> None:
    assert ema([100.0] * 9, 5) == 100.0 and ema([100.0, 130.0], 2) == 120.0
    assert move_bps([100.0, 100.0, 101.0], 1) == pytest.approx(100.0)
    assert volatility_bps([100.0, 101.0, 100.0], 2) == pytest.approx(99.5, abs=0.1)
    assert [place_in_range(x, SPOT, 0) for x in (0, SPOT // 2, SPOT)] == [-1.0, 0.0, 1.0]
