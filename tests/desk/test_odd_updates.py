"""Updates that come twice, in another order, late or never; orders that stick, lapse, fill after their cancellation."""

from collections.abc import Iterator
from typing import Any

import pytest

from harness.in_time import Late, once_in_time
from harness.scenario_desk import CALL, ENGINE, FAST, PUT, ScenarioDesk, trading_desk
from tarazu.orders.messages import Filled


@pytest.fixture(scope="module")
def trading(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScenarioDesk]:
    with trading_desk(tmp_path_factory.mktemp("desk"), ENGINE, *FAST) as made:
        yield made


@pytest.fixture(autouse=True)
def flat(trading: ScenarioDesk) -> Iterator[None]:
    yield
    trading.calm()
    trading.leave(CALL, PUT)
    trading.until_flat(CALL, PUT)
    trading.agree()


@pytest.mark.parametrize(
    ("kind", "params"),
    [
        ("update.duplicate", {}),
        ("update.reorder", {}),
        ("update.late", {"by_s": 10.0}),
        ("update.lost", {}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_with_updates_that_are_odd_the_reads_find_the_truth_and_each_trade_counts_once(
    trading: ScenarioDesk, kind: str, params: dict[str, Any]
) -> None:
    trading.strike(kind, params=params)
    tags = [trading.buy(CALL, 3 * 65), trading.buy(PUT)]
    for tag in tags:
        trading.until_order(tag, "FILLED")
        trading.until_protected(tag)
    trading.agree()
    trading.leave(CALL, PUT)
    trading.until_flat(CALL, PUT)
    trading.agree()
    told = [(said.fill.order_id, said.fill.exec_id) for said in trading.told.outputs(Filled)]
    assert len(told) == len(set(told)), "a fill is told once"


@pytest.mark.parametrize("stage", ["VALIDATION PENDING", "OPEN PENDING"])
def test_an_order_stuck_on_its_way_is_alarmed_counts_and_is_had_when_it_comes_free(
    trading: ScenarioDesk, stage: str
) -> None:
    def stuck() -> str:
        trading.strike("order.stuck", count=1, params={"stage": stage, "release_s": 150.0})
        before = len(trading.told.alerts("STUCK"))
        tag = trading.buy()
        trading.until_alert("STUCK", before)
        state = trading.told.state
        order = state.blotter.orders[tag]
        if order.status == "FILLED":
            raise Late("a look at what was stuck")
        assert order.status == "SUBMITTED" and state.exposure(CALL, order.product).buy.working == order.qty
        return tag

    tag = once_in_time(stuck)
    trading.until_order(tag, "FILLED", "WORKING")
    if trading.has_filled(tag):
        trading.until_protected(tag)
    else:
        trading.cancel(tag)  # the market has gone away from it meanwhile: it is had, and rests
    trading.agree()
    assert "STUCK" in trading.why(tag)


def test_an_order_that_lapses_at_the_broker_is_over(trading: ScenarioDesk) -> None:
    trading.strike("order.lapse", count=1, params={"after_s": 20.0})
    tag = trading.buy()
    trading.until_order(tag, "CANCELED")
    trading.agree()


def test_an_order_that_the_exchange_rejects_after_the_broker_took_it_is_rejected_and_says_why(
    trading: ScenarioDesk,
) -> None:
    trading.strike("order.reject", count=1)
    tag = trading.buy()
    order = trading.until_order(tag, "REJECTED")
    assert order.order_id and "17070" in order.text
    trading.agree()
    assert "17070" in trading.why(tag)


def test_a_cancelled_order_that_fills_all_the_same_is_counted_alarmed_and_protected(trading: ScenarioDesk) -> None:
    def cancelled() -> str:
        trading.strike("order.cancel_fills", count=1, params={"after_s": 60.0})
        tag = trading.rest(share_pct=85)  # it is to fill at that price: the exchange is to take its stop
        trading.until_order(tag, "WORKING")
        trading.cancel(tag)
        trading.until_order(tag, "CANCELED", "FILLED")
        state = trading.told.state
        order = state.blotter.orders[tag]
        assert "CANCELED" in trading.told.way(tag)
        if order.status == "FILLED":
            raise Late("a look at what was cancelled")
        assert state.exposure(CALL, order.product).buy.cooling == order.qty, "its remainder counts while it cools"
        return tag

    tag = once_in_time(cancelled)
    trading.until_order(tag, "FILLED")
    trading.until_alert("CORRECTED")
    trading.until_protected(tag)
    trading.agree()
    assert "CORRECTED" in trading.why(tag)


def test_a_cancellation_that_sticks_ends_in_what_the_broker_says(trading: ScenarioDesk) -> None:
    tag = trading.rest()
    trading.until_order(tag, "WORKING")
    trading.strike("order.stuck", count=1, params={"stage": "CANCEL PENDING", "release_s": 30.0})
    trading.cancel(tag)
    trading.until_order(tag, "CANCELED")
    trading.agree()
