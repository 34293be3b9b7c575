"""Orders by other hands, a session that ends in the middle of the day, a feed that dies."""

import signal
from collections.abc import Iterator

import pytest

from harness.broker_truth import BrokerTruth, as_client
from harness.scenario_desk import CALL, ENGINE, FAST, LOT, PUT, ScenarioDesk, trading_desk
from tarazu.engine.phase import Phase
from tarazu.model.order import Product


@pytest.fixture(scope="module")
def trading(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScenarioDesk]:
    with trading_desk(tmp_path_factory.mktemp("desk"), ENGINE, *FAST) as made:
        yield made


def by_hand(trading: ScenarioDesk, side: str, key: str = CALL, **order: object) -> str:
    exchange, symbol = key.split(":")
    given = {"quantity": LOT, "product": "NRML", "order_type": "MARKET", "market_protection": -1} | order
    placed: str = as_client(trading.served).place_order("regular", exchange, symbol, side, **given)
    return placed


@pytest.mark.control("C14", "C30")
def test_orders_by_hand_are_adopted_alarmed_and_counted(trading: ScenarioDesk) -> None:
    before = len(trading.told.alerts("FOREIGN"))
    order_id = by_hand(trading, "BUY", PUT)
    trading.until_alert("FOREIGN", before)
    trading.until(lambda: trading.order(f"#{order_id}").status == "FILLED")
    assert trading.told.state.exposure(PUT, Product.NRML).filled == LOT
    trading.agree()
    trading.until_phase(Phase.ACTIVE)  # known and counted: no reason to stop
    assert "FOREIGN" in trading.why(f"#{order_id}")
    trading.leave(PUT)  # by us, whoever bought it
    trading.until_flat(PUT)
    trading.agree()


@pytest.mark.control("C19", "C28")
def test_a_session_that_ends_leaves_the_stops_and_a_new_token_brings_everything_back(trading: ScenarioDesk) -> None:
    tag = trading.buy()
    stop = trading.until_protected(tag)
    trading.strike("token.kill", count=1)
    trading.until(lambda: trading.told.state.blotter.auth_lost)
    trading.until(lambda: trading.told.state.phase is not Phase.ACTIVE)
    sent = len(trading.told.sends())
    trading.pass_time(60)
    assert len(trading.told.sends()) == sent, "nothing is sent into a dead session"
    token = trading.served.admin("POST", "/access-token", {"user_id": trading.served["user_id"]})["access_token"]
    assert [row["status"] for row in BrokerTruth(trading.served).of_tag(stop.ref)] == ["TRIGGER PENDING"]
    trading.home.env_file.write_text(f"KITE_ACCESS_TOKEN={token}\n")
    trading.until_phase(Phase.ACTIVE)
    assert trading.told.phases()[-1][-2:] == ["RECONCILING", "ACTIVE"] or "RECONCILING" in trading.told.phases()[-1]
    trading.agree()
    trading.leave()
    trading.until_flat(CALL)
    trading.agree()


@pytest.mark.control("C25")
def test_without_its_feed_entries_are_denied_and_exits_pass(trading: ScenarioDesk) -> None:
    held = trading.buy()
    trading.until_protected(held)
    assert trading.desk.stop(signal.SIGKILL) == -signal.SIGKILL
    trading.until_phase(Phase.REDUCE_ONLY)
    assert "PHASE" in trading.denied()
    trading.leave()
    trading.until_flat(CALL)
    trading.desk.start()
    trading.until_phase(Phase.ACTIVE)
    trading.until_protected(trading.buy())
    trading.agree()
    trading.leave()
    trading.until_flat(CALL)
    trading.agree()


def test_what_a_hand_sells_of_ours_takes_its_stop_with_it(trading: ScenarioDesk) -> None:
    tag = trading.buy()
    stop = trading.until_protected(tag)
    by_hand(trading, "SELL")
    trading.until_order(stop.ref, "CANCELED")
    trading.until_flat()
    trading.agree()
    assert "STOP" in trading.denied(CALL), "while the stop may still fill, none could go out beside it"
    assert "open a position" in trading.why(stop.ref)
