"""A person's halt and flatten with a real main: up, killed, and standing still. Judged by the broker's own books."""

import json
import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from harness.scenario_desk import CALL, ENGINE, FAST, PUT, ScenarioDesk, trading_desk
from tarazu.engine.phase import Phase


@pytest.fixture(scope="module")
def trading(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScenarioDesk]:
    with trading_desk(tmp_path_factory.mktemp("desk"), ENGINE, *FAST[:-1], "normal") as made:
        yield made


def said(desk: ScenarioDesk, *words: str) -> dict[str, Any]:
    ended = desk.tarazu(*words, "--json")
    told: dict[str, Any] = json.loads(ended.stdout)
    assert told["exit_code"] == ended.returncode, ended.stderr
    return told


def take_back(desk: ScenarioDesk) -> None:
    """As a person does it: an incident, and a reset under it; then what a flatten has switched off."""
    opened = said(desk, "incident", "open", "--severity", "SEV3", "--code", "REHEARSAL", "--detail", "a test")
    incident = opened["incident"]["id"]
    told = desk.until(lambda: _reset(desk, incident))
    assert told["verdict"] == "DONE"
    if desk.told.state.entries_off:
        assert desk.desk.order("ENTRIES_ON")["accepted"]
    desk.until_phase(Phase.ACTIVE)


def _reset(desk: ScenarioDesk, incident: str) -> dict[str, Any] | None:
    told = said(desk, "risk", "reset-halt", "--incident", incident, "--reason", "rehearsed")
    return told if told["exit_code"] == 0 else None


@pytest.mark.control("C22")
def test_a_halt_asked_while_main_was_dead_is_taken_when_it_starts_once(trading: ScenarioDesk) -> None:
    trading.kill_main()
    told = said(trading, "risk", "halt", "--reason", "nobody is there")
    assert (told["exit_code"], told["verdict"]) == (1, "ASKED")
    shown = said(trading, "risk", "show")
    assert shown["exit_code"] == 2 and shown["risk"]["state"] == "HARD_HALT"
    assert "yet to take it" in shown["risk"]["source"]

    trading.restart_main()
    trading.until_phase(Phase.HALTED)
    halt = trading.told.state.halt
    assert halt is not None and "nobody is there" in halt.why
    assert said(trading, "risk", "reset-halt")["exit_code"] == 4, "nobody, for no reason: nothing is taken back"
    take_back(trading)
    trading.kill_main(signal.SIGTERM)
    trading.restart_main()
    trading.until_phase(Phase.ACTIVE)  # and not halted by the same entry again


def test_while_main_runs_it_is_main_that_flattens(trading: ScenarioDesk) -> None:
    trading.until_protected(trading.buy())
    trading.until_order(trading.rest(PUT), "WORKING")
    told = said(trading, "flatten", "--live", "--yes", "--reason", "a rehearsal", "--patience", "120")
    assert (told["verdict"], told["by"], told["requests"]) == ("FLAT", "main", 0), told
    truth = trading.agree()
    assert not truth.net and not truth.working
    assert trading.told.state.halt is not None, "and the desk is halted"
    take_back(trading)


@pytest.mark.control("C22")
def test_a_main_that_stands_still_is_ended_and_the_place_is_left_all_the_same(trading: ScenarioDesk) -> None:
    trading.until_protected(trading.buy(CALL))
    main = trading.desk.main
    assert main is not None
    os.kill(main.pid, signal.SIGSTOP)
    told = said(trading, "flatten", "--live", "--yes", "--reason", "it stands still", "--patience", "120")
    assert (told["verdict"], told["by"]) == ("FLAT", "flatten"), told
    assert main.wait(10) == -signal.SIGKILL
    trading.restart_main()
    trading.until_phase(Phase.HALTED)
    trading.until(lambda: trading.told.state.agreement.is_reached)
    truth = trading.agree()
    assert not truth.net and not truth.working
    halt = trading.told.state.halt
    assert halt is not None and halt.code == "OPERATOR", "orders of a flatten are no orders of nobody"
    take_back(trading)
