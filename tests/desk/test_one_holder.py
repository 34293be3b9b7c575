"""Two instances, and a holder that was put to sleep: one trades, the other sends nothing; nothing stale is sent."""

import signal
import time
from collections.abc import Iterator

import pytest

from harness.scenario_desk import CALL, ENGINE, LOT, ScenarioDesk, trading_desk
from tarazu.engine import messages as m
from tarazu.engine.phase import Phase

REFUSED = 4


@pytest.fixture(scope="module")
def trading(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScenarioDesk]:
    """At the speed of life."""
    with trading_desk(tmp_path_factory.mktemp("desk"), ENGINE, "--step-ms", "200") as made:
        yield made


def test_of_two_started_at_once_one_lives_and_the_other_sends_nothing(trading: ScenarioDesk) -> None:
    trading.kill_main(signal.SIGTERM)
    epochs = len(trading.told.messages(m.Started))
    both = [trading.spawn_main() for _ in range(2)]
    trading.until(lambda: any(p.poll() is not None for p in both))
    dead, alive = sorted(both, key=lambda p: p.poll() is None)
    assert dead.returncode == REFUSED and alive.poll() is None
    trading.desk.main = alive
    trading.until(lambda: len(trading.told.messages(m.Started)) > epochs)
    trading.until_phase(Phase.ACTIVE)
    assert len(trading.told.messages(m.Started)) == epochs + 1, "the other began no epoch"
    trading.until_protected(trading.buy())
    trading.leave()
    trading.until_flat(CALL)
    trading.agree()


def test_a_holder_put_to_sleep_is_still_the_holder_and_wakes_without_a_stale_decision(trading: ScenarioDesk) -> None:
    held = trading.buy()
    trading.until_protected(held)
    main = trading.desk.main
    assert main is not None
    main.send_signal(signal.SIGSTOP)
    try:
        sent = len(trading.told.sends())
        # What a person tells it now it reads when it wakes; what the market did meanwhile it must not trade on.
        second = trading.spawn_main()
        assert second.wait(60) == REFUSED, "a sleeping holder holds"
        time.sleep(6)
        assert len(trading.told.sends()) == sent
    finally:
        main.send_signal(signal.SIGCONT)
    slept = len(trading.told.records)
    trading.until(lambda: any(isinstance(r.stamped.message, m.Ticked) for r in trading.told.records[slept:]))
    for record in trading.told.records[slept:]:
        assert record.stamped.wall_ns - record.stamped.ts_ns < 10**9
    trading.until_phase(Phase.ACTIVE)
    truth = trading.agree()
    assert truth.net == {(CALL, "NRML"): LOT} and len(truth.working) == 1
    trading.leave()
    trading.until_flat(CALL)
    trading.agree()
