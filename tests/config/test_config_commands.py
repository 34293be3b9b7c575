"""`tarazu config show|explain|validate|diff` and `tarazu init`, as their user runs them."""

import json
import os
import tomllib
from collections.abc import Callable
from pathlib import Path

import msgspec
import pyrage
import pytest
from click.testing import CliRunner, Result

from tarazu.app.config.running import note_settings
from tarazu.app.home import Home, Profile
from tarazu.app.settings import Settings, read_settings
from tarazu.cli.tree import tree

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("TARAZU_HOME", str(tmp_path))
    monkeypatch.delenv("TARAZU_PROFILE", raising=False)

    def command(*words: str) -> Result:
        return CliRunner().invoke(tree, list(words), standalone_mode=False, catch_exceptions=False)

    return command


def told(result: Result) -> tuple[int, str]:
    return result.return_value, result.stdout


@pytest.fixture
def sim(tmp_path: Path) -> Home:
    made = Home(Profile.SIM, tmp_path / "sim")
    made.make()
    return made


def test_init_makes_a_home_that_can_be_used_at_once(run: Run, tmp_path: Path) -> None:
    code, text = told(run("init"))
    assert code == 0 and text.startswith("DONE  SIM")
    home = Home(Profile.SIM, tmp_path / "sim")
    assert {p.stat().st_mode & 0o777 for p in (home.settings_file, home.env_file)} == {0o600}
    assert home.root.stat().st_mode & 0o777 == 0o700
    assert told(run("config", "validate"))[0] == 0, "the sim profile's limits are set"
    assert read_settings(home.settings_file, {}).engine.risk.day_loss_max == 200_000


@pytest.mark.parametrize("profile", ["paper", "live"])
def test_init_leaves_the_limits_of_real_money_to_be_filled_in(run: Run, tmp_path: Path, profile: str) -> None:
    assert told(run("init", "--profile", profile))[0] == 0
    settings = read_settings(tmp_path / profile / "tarazu.toml", {})
    assert settings == Settings(), "all of it is comments"
    code, text = told(run("config", "validate", "--profile", profile))
    assert code == 1 and "LIMIT_NOT_SET" in text
    assert "KITE_API_SECRET=\n" in (tmp_path / profile / ".env").read_text()


def test_every_line_of_the_file_that_init_makes_becomes_that_setting_when_uncommented(run: Run, tmp_path: Path) -> None:
    run("init", "--profile", "live")
    lines = (tmp_path / "live" / "tarazu.toml").read_text().splitlines()
    settings = [line.removeprefix("# ") if " = " in line and line[2:3].islower() else line for line in lines]
    plain = [line for line in settings if "      (" not in line]
    assert msgspec.convert(tomllib.loads("\n".join(plain)), Settings) == Settings()


def test_init_never_overwrites(run: Run, sim: Home) -> None:
    sim.settings_file.write_text("[engine]\nsettle_s = 1\n")
    sim.env_file.write_text("MINE=1\n")
    code, text = told(run("init"))
    assert code == 0 and text.count("kept") == 2
    assert sim.settings_file.read_text() == "[engine]\nsettle_s = 1\n"
    assert sim.env_file.read_text() == "MINE=1\n"


def test_init_where_nothing_can_be_made_says_so(run: Run, tmp_path: Path) -> None:
    (tmp_path / "sim").write_text("a file in the way")
    code, text = told(run("init"))
    assert code == 2 and text.startswith("NOT_DONE") and "CANNOT_WRITE" in text


def test_init_seals_the_credentials_with_a_key_and_says_so_where_there_is_none(
    run: Run, sim: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sim.env_file.write_text("KITE_API_KEY=abcdef123456\n")
    code, text = told(run("init", "--encrypt"))
    assert code == 2 and "NOT_SEALED" in text and sim.env_file.exists()
    (tmp_path / "age.txt").write_text(f"{pyrage.x25519.Identity.generate()}\n")
    monkeypatch.setenv("TARAZU_AGE_IDENTITY", str(tmp_path / "age.txt"))
    assert told(run("init", "--encrypt"))[0] == 0
    assert not sim.env_file.exists()
    assert "KITE_API_KEY set" in told(run("config", "show"))[1]
    assert told(run("init"))[0] == 0 and not sim.env_file.exists(), "no open one is made beside it"


def test_show_tells_every_value_and_its_origin(run: Run, sim: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    sim.settings_file.write_text("[engine]\nsettle_s = 5\napproval_s = 60\n")
    sim.env_file.write_text("KITE_API_KEY=abcdef123456\n")
    monkeypatch.setenv("TARAZU__ENGINE__SETTLE_S", "7")
    code, text = told(run("config", "show"))
    assert code == 0
    assert any(line.split()[:4] == ["settle_s", "7.0", "env", "TARAZU__ENGINE__SETTLE_S"] for line in text.splitlines())
    assert "abcdef123456" not in text and "KITE_API_KEY set, KITE_API_SECRET not set" in text
    found = json.loads(told(run("config", "show", "--changed", "--json"))[1])
    assert [(v["key"], v["value"], v["origin"]) for v in found["values"]] == [
        ("engine.settle_s", 7.0, "env"),
        ("engine.approval_s", 60.0, "toml"),
    ]
    assert found["secrets"]["KITE_API_KEY"] is True


def test_explain_tells_meaning_range_default_and_who_reads_it(run: Run) -> None:
    code, text = told(run("config", "explain", "settle_s"))
    assert code == 0
    for said in ("engine.settle_s = 60.0", "No entries for so long", "0 to 3,600", "TARAZU__ENGINE__SETTLE_S", "main"):
        assert said in text
    assert told(run("config", "explain", "engine.pilot"))[1].count("takes") == 5


def test_explain_of_what_is_no_setting_names_those_near_it(run: Run) -> None:
    result = CliRunner().invoke(tree, ["config", "explain", "setle_s"])
    assert result.exit_code == 2  # click's; cli.main makes it 64
    assert "engine.settle_s" in result.output


def test_validate_tells_everything_that_is_wrong_at_once(run: Run, sim: Home) -> None:
    sim.settings_file.write_text("[engine]\nsetle_s = 1\nsettle_s = -3\nrisk = 4\n[fed]\nx = 1\n")
    found = json.loads(told(run("config", "validate", "--json"))[1])
    assert found["verdict"] == "INVALID" and found["exit_code"] == 2
    assert [(c["id"], c["code"]) for c in found["checks"]] == [
        ("engine.setle_s", "UNKNOWN_SETTING"),
        ("engine.risk", "NOT_A_SECTION"),
        ("fed", "UNKNOWN_SETTING"),
        ("engine.settle_s", "BAD_VALUE"),
    ]


def test_validate_reads_another_file_before_it_is_put_in_place(run: Run, sim: Home, tmp_path: Path) -> None:
    (tmp_path / "next.toml").write_text("[engine\n")
    code, text = told(run("config", "validate", "--file", str(tmp_path / "next.toml")))
    assert code == 2 and "NOT_TOML" in text


def test_a_variable_that_is_no_setting_makes_the_settings_invalid(
    run: Run, sim: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TARAZU__ENGINE__SETLE_S", "7")
    for words in (("validate",), ("show",), ("diff",), ("explain", "settle_s")):
        code, text = told(run("config", *words))
        assert code == 2 and "TARAZU__ENGINE__SETLE_S is no setting" in text


def test_real_money_without_stops_or_durable_records_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "live").mkdir()
    (tmp_path / "live" / "tarazu.toml").write_text("[engine]\nstop_required = false\ndurability = 'process'\n")
    text = told(run("config", "validate", "--profile", "live"))[1]
    assert text.count("ODD_IN_LIVE") == 2


def test_diff_against_the_defaults_has_both_values(run: Run, sim: Home) -> None:
    sim.settings_file.write_text("[engine]\nsettle_s = 5\napproval_s = 60\n")
    code, text = told(run("config", "diff"))
    assert code == 0 and "1 of " in text
    assert "60.0 -> 5.0" in text


def test_diff_against_what_runs_needs_something_that_runs(run: Run, sim: Home) -> None:
    assert told(run("config", "diff", "--running"))[0] == 3
    # This process is no main, whatever it says of itself.
    note_settings(sim, "main", Settings())
    code, text = told(run("config", "diff", "--running"))
    assert code == 3 and text.startswith("UNKNOWN")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_settings_that_may_not_be_read_are_unknown_not_default(run: Run, sim: Home) -> None:
    sim.settings_file.write_text("")
    sim.settings_file.chmod(0)
    assert told(run("config", "validate"))[0] == 3
