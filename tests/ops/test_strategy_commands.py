"""`tarazu strategies` and `tarazu decisions`, as an operator and a script read them."""

import json
from pathlib import Path
from typing import Any

import click
import pytest

from harness.market_day import LOT, MarketDay, taker
from tarazu.app.home import Home, Profile
from tarazu.ops import decisions, strategies


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("TARAZU_HOME", str(tmp_path))
    monkeypatch.setenv("TARAZU_PROFILE", "sim")
    made = Home(Profile.SIM, tmp_path / "sim")
    made.make()
    return made


def run(command: click.Command, *words: str) -> int:
    return int(command.main(list(words), standalone_mode=False))


def told(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_strategies_lists_what_ships_and_what_the_profile_runs(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    home.settings_file.write_text('[[engine.strategies]]\nfactory = "orb_spread"\nparams = { range_minutes = 30 }\n')
    assert run(strategies.command) == 0
    said = capsys.readouterr().out
    assert said.startswith("OK  SIM  3 ship, 1 configured")
    assert 'orb_spread {"range_minutes":30}' in said and "iron_fly    Short iron fly" in said
    assert run(strategies.command, "--json") == 0
    assert [one["name"] for one in told(capsys)["ship"]] == ["orb_spread", "iron_fly", "momentum"]


def test_one_strategy_is_told_with_its_bet_and_its_parameters(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(strategies.command, "momentum") == 0
    said = capsys.readouterr().out
    assert "The bet:" in said and "without_model" in said and "one of pass, trade" in said
    assert run(strategies.command, "momentum", "--json") == 0
    rows = {row["name"]: row for row in told(capsys)["params"]}
    assert rows["stop_bps"]["unit"] == "bps" and rows["stop_bps"]["bounds"] == "a number, 5 at least, 500 at most"


def test_settings_that_cannot_be_traded_by_are_a_refusal_with_its_field(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    home.settings_file.write_text('[[engine.strategies]]\nfactory = "orb_spread"\nparams = { lots_max = 0 }\n')
    assert run(strategies.command) == 2
    assert "lots_max = 0: a whole number, 1 at least, 100 at most" in capsys.readouterr().out


def test_a_name_that_does_not_ship_is_bad_usage(home: Home) -> None:
    with pytest.raises(click.UsageError, match="no strategy ships under the name orb; there are orb_spread"):
        run(strategies.command, "orb")


def test_decisions_of_a_day_are_told_with_the_funnel_and_the_cost_of_vetoes(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    with MarketDay(home, taker(lot=LOT + 1)) as day:
        day.begin().turns(0, 40)
    assert run(decisions.command) == 0
    said = capsys.readouterr().out
    assert "taker: no decisions -> 0 wants" in said and "LOT" in said and "would have made ₹" in said
    assert "no queue, no impact: kind to the trade" in said
    assert run(decisions.command, "--json", "--strategy", "taker") == 0
    found = told(capsys)
    assert found["report"]["vetoes"][0]["made_paise"] is not None and "charges taken off" in found["reckoned"]
    assert run(decisions.command, "--no-cost") == 0
    assert "would have made not known" in capsys.readouterr().out


def test_without_a_journal_nothing_is_known(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(decisions.command) == 3
    assert "there is no journal" in capsys.readouterr().out
