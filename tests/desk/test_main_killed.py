"""kill -9 of main at random moments while it trades: nothing lost, nothing doubled, and every start finds its way."""

import time
from pathlib import Path
from random import Random

import pytest

from harness.scenario_desk import FAST, ScenarioDesk, probing, trading_desk
from tarazu.engine import messages as m
from tarazu.engine.phase import Phase
from tarazu.engine.starts import RESTARTS

KILLS = 10


@pytest.mark.timeout(900)
def test_ten_kills_of_a_trading_main_lose_and_double_nothing(tmp_path: Path) -> None:
    dice = Random(2026)
    with trading_desk(tmp_path, probing(every_s=6.0, hold_s=8.0, rest_s=4.0), *FAST) as trading:
        for _ in range(KILLS):
            trading.until_phase(Phase.ACTIVE)
            _until_more_is_sent(trading)
            time.sleep(dice.uniform(0.0, 0.3))
            trading.kill_main()
            trading.restart_main()
            _a_person_lets_it_go_on(trading)
        trading.until_phase(Phase.ACTIVE)
        trading.command(m.Order.FLATTEN, "the evening")
        trading.until_flat()
        trading.agree()
        told = trading.told
        assert len(told.sends()) > 2 * KILLS
        for phases in told.phases():
            assert phases[0] in ("RECONCILING", "HALTED") and "ACTIVE" in phases, phases
            assert phases.index("RECONCILING") < phases.index("ACTIVE")
        epochs = [started.epoch for started in told.messages(m.Started)]
        assert epochs == sorted(set(epochs)) and len(epochs) == KILLS + 1
        unknown = [o.ref for o in told.orders() if "UNKNOWN" in told.way(o.ref)]
        print(f"{len(told.sends())} sends, {len(unknown)} of them unanswered when main was killed")


def _until_more_is_sent(trading: ScenarioDesk) -> None:
    sent = len(trading.told.sends())
    trading.until(lambda: len(trading.told.sends()) > sent)


def _a_person_lets_it_go_on(trading: ScenarioDesk) -> None:
    """Two such starts in ten minutes and entries stay off; four in half an hour and it is halted (`engine.starts`)."""
    state = trading.told.state
    if state.halt is not None:
        assert state.halt.code == RESTARTS, state.halt
        trading.command(m.Order.RESET_HALT, "killed on purpose")
    trading.command(m.Order.ENTRIES_ON, "killed on purpose")
