"""`tarazu up` brings the engine up with its broker and its feed, `down` ends it first and says what it leaves."""

import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from harness.limits import WIDE_TOML
from harness.supervised import gone
from harness.up_desk import UpDesk, up_desk
from tarazu.app.main.health import MainHealth, read_main_health
from tarazu.app.main.telling import tell_main
from tarazu.app.supervision.programs import DEPTH_WS, MAIN, SIM_BROKER, WATCHDOG
from tarazu.app.supervision.waiting import until
from tarazu.app.verdict import Exit

ENGINE = (
    """
[engine]
settle_s = 0
durability = "process"
stop_required = false
position_limit_default = 10
"""
    + WIDE_TOML
)


@pytest.fixture(scope="module")
def module_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[UpDesk]:
    with up_desk(tmp_path_factory.mktemp("up")) as made:
        made.home.settings_file.write_text(made.home.settings_file.read_text() + ENGINE)
        yield made


@pytest.fixture
def desk(module_desk: UpDesk) -> UpDesk:
    """All of them up, whatever the test before has left."""
    out = module_desk.verb_until(0, "up", "--timeout", "90")
    assert out.startswith("UP  SIM  watchdog "), out
    return module_desk


def health(desk: UpDesk) -> MainHealth:
    found = read_main_health(desk.home.main_health)
    assert found is not None
    return found


def test_all_of_it_comes_up_and_a_second_time_is_left_alone(desk: UpDesk) -> None:
    desk.are_left_alone((SIM_BROKER, DEPTH_WS, MAIN, WATCHDOG))


def test_a_killed_main_comes_back_by_itself_in_another_epoch(desk: UpDesk) -> None:
    pid, epoch = desk.pid(MAIN), health(desk).epoch
    os.kill(pid, signal.SIGKILL)
    assert gone(pid)
    desk.verb_until(0, "up")
    assert desk.pid(MAIN) != pid and health(desk).epoch == epoch + 1


def test_a_halted_engine_is_up_with_a_warning_and_the_way_out(desk: UpDesk) -> None:
    tell_main(desk.home, {"order": "HALT", "who": "tester", "why": "a test"})
    try:
        assert until(lambda: health(desk).phase == "HALTED", 60), "the health is written twice a second"
        code, out, _ = desk.verb("up")
        assert code == 1 and "HALTED: OPERATOR: tester: a test" in out and "fix  tarazu engine tell RESET_HALT" in out
        code, out, _ = desk.verb("restart", "main")
        assert code == 1 and "main restarted, HALTED" in out
    finally:
        tell_main(desk.home, {"order": "RESET_HALT", "who": "tester", "why": "it was one", "incident": "T-1"})
        assert until(lambda: health(desk).phase not in ("", "HALTED"), 20)


def test_another_broker_is_another_start_of_all_that_talk_to_it(desk: UpDesk) -> None:
    before = desk.pid(DEPTH_WS), desk.pid(MAIN)
    code, out, _ = desk.verb("restart", "sim_broker", "--timeout", "90")
    assert code == 0 and "main               started" in out, out
    assert desk.pid(DEPTH_WS) != before[0] and desk.pid(MAIN) != before[1]


def test_down_ends_it_first_and_says_what_is_left_at_the_broker(desk: UpDesk) -> None:
    want = {
        "type": "EntryWant", "strategy": "hand", "key": "NSE:INFY", "side": "BUY", "qty": 1, "product": "CNC",
        "price_paise": 140_000,
    }  # fmt: skip
    answers: list[dict[str, Any]] = []

    def taken() -> bool:
        answers.append(tell_main(desk.home, {"want": want}))
        return bool(answers[-1]["accepted"])

    assert until(taken, 60), answers[-1]
    assert until(lambda: bool((counts := health(desk).orders) and counts.working), 60)
    pid = desk.pid(MAIN)
    code, out, _ = desk.verb("down", "--keep-orders")
    assert code == 1 and out.startswith("DOWN  SIM  ") and "LEFT: left, 1 orders of ours rest (0 of them stops)" in out
    assert gone(pid) and desk.supervision.pid is None


def test_settings_it_cannot_begin_with_are_shown_from_its_log(desk: UpDesk) -> None:
    good = desk.home.settings_file.read_text()
    desk.home.settings_file.write_text(good + '[[engine.strategies]]\nfactory = "nowhere:make"\n')
    try:
        code, out, _ = desk.verb("restart", "main")
        assert code == 2 and "DIED: " in out and "nowhere:make cannot be imported" in out
        assert desk.state(MAIN).state.is_up is False
    finally:
        desk.home.settings_file.write_text(good)
    assert [o.exit_code for o in desk.up(MAIN)][-1] is Exit.OK
