"""main silent for ten seconds, in whatever way: its entries are cancelled at the broker, its stops are not touched."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.broker_process import broker_process
from harness.broker_truth import BrokerTruth, as_client
from harness.desk import desk
from harness.scenario_desk import CALL, ENGINE, FAST, LOT, PUT, UNCOMPARED, ScenarioDesk, trading_desk
from harness.watched_desk import Watched, watching
from tarazu.app.watchdog.health import Stage
from tarazu.engine.phase import Phase
from tarazu.model import ist
from tarazu.orders.client_order_id import ClientOrderId
from tarazu.runtime.desk_record import DeskKind


@pytest.fixture(scope="module")
def trading(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScenarioDesk]:
    with trading_desk(tmp_path_factory.mktemp("desk"), ENGINE, *FAST) as made:
        yield made


@pytest.fixture(scope="module")
def watched(trading: ScenarioDesk) -> Iterator[Watched]:
    with watching(trading) as made:
        yield made


def status(trading: ScenarioDesk, tag: str) -> str:
    """By the broker's own books."""
    (row,) = BrokerTruth(trading.served).of_tag(tag)
    return str(row["status"])


@pytest.mark.control("C26")
def test_the_entries_of_a_killed_main_are_cancelled_and_its_stops_stay(trading: ScenarioDesk, watched: Watched) -> None:
    bought = trading.buy(CALL)
    stop = trading.until_protected(bought)
    resting = trading.rest(PUT)
    trading.until_order(resting, "WORKING")
    trading.kill_main()
    watched.seen(lambda: status(trading, resting) == "CANCELLED")
    assert status(trading, stop.ref) == "TRIGGER PENDING"
    (act,) = watched.seen(lambda: watched.acts("cancel_entry"))
    assert act["tag"] == resting and act["how"] == "asked"
    (died,) = watched.seen(lambda: watched.incidents("PROCESS_DIED"))
    assert died.is_open and died.severity == "SEV3" and "main" in died.detail
    (cancelled,) = watched.seen(lambda: watched.incidents("ENTRIES_CANCELED"))
    assert cancelled.severity == "SEV2"
    trading.restart_main()
    trading.until_phase(Phase.ACTIVE)
    assert trading.order(resting).status == "CANCELED", "main finds it cancelled, and knows it"
    trading.leave(CALL)
    trading.until_flat(CALL)
    trading.agree()


def test_a_main_that_stands_still_is_found_out_and_goes_on_where_it_was(
    trading: ScenarioDesk, watched: Watched
) -> None:
    trading.until_phase(Phase.ACTIVE)
    resting = trading.rest(PUT)
    trading.until_order(resting, "WORKING")
    main = trading.desk.main
    assert main is not None
    os.kill(main.pid, signal.SIGSTOP)
    try:
        watched.until(lambda h: {w.name: w.pulse for w in h.watched}["main"] == "HUNG")
        watched.seen(lambda: status(trading, resting) == "CANCELLED")
        (hung,) = watched.seen(lambda: watched.incidents("PROCESS_HUNG"))
        assert "main" in hung.detail
        assert not watched.acts("end_hung"), "nobody would start it again: it has no supervisor here"
    finally:
        os.kill(main.pid, signal.SIGCONT)
    trading.until_order(resting, "CANCELED")
    trading.until_phase(Phase.ACTIVE)
    trading.agree()


def test_an_order_by_hand_is_told_and_halts_nobody(trading: ScenarioDesk, watched: Watched) -> None:
    trading.until_phase(Phase.ACTIVE)
    far = trading.price(PUT) * 70 // 500 * 5 / 100
    order_id = placed(trading, PUT, far, tag=None)
    (alert,) = watched.seen(lambda: watched.alerts("FOREIGN"))
    assert order_id in alert.alert.key and alert.alert.severity == "SEV2"
    watched.until(lambda h: any(order_id in text for text in h.findings))
    assert len(watched.alerts("FOREIGN")) == 1, "the engine told of it, too, and nobody is called twice"
    as_client(trading.served).cancel_order("regular", order_id)
    assert trading.told.state.halt is None


@pytest.mark.control("C30", "C22")
def test_an_order_with_our_tag_that_nobody_decided_halts_the_desk_without_main(tmp_path: Path) -> None:
    with broker_process(*FAST) as served, desk(tmp_path, served, UNCOMPARED + ENGINE) as made:
        alone = ScenarioDesk(made)
        tag = ClientOrderId(ist.day_of(alone.now_ns()), 77, 1).tag
        with watching(alone) as watched:
            placed(alone, PUT, alone.price(PUT) * 70 // 500 * 5 / 100, tag)
            (asked,) = watched.seen(lambda: watched.acts(kind=DeskKind.HALT_ASKED))
            assert asked["level"] == "HARD_HALT" and asked["code"] == "NO_INTENT" and tag in asked["why"]
            (incident,) = watched.seen(lambda: watched.incidents("NO_INTENT"))
            assert incident.severity == "SEV1"
            assert watched.until(lambda h: bool(h.findings) and h.halts_asked == 1).stage is Stage.WATCHING
            watched.seen(lambda: watched.acts("found"))
        with watching(alone) as again:
            again.until(lambda h: any("NO_INTENT" in text for text in h.findings))
            assert status(alone, tag) == "OPEN", "what it is nobody knows: it is not cancelled"
            assert len(again.acts(kind=DeskKind.HALT_ASKED)) == 1, "another watchdog halts nobody for it again"
        made.start_main()
        made.until_main(lambda h: h.halt is not None)


def placed(trading: ScenarioDesk, key: str, rupees: float, tag: str | None) -> str:
    exchange, symbol = key.split(":")
    order_id: str = as_client(trading.served).place_order(
        "regular", exchange, symbol, "BUY", LOT, "NRML", "LIMIT", price=rupees, tag=tag
    )
    return order_id
