"""`tarazu backtest`: what it says, what it writes, and how it says no."""

import itertools
import json
import shlex
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tarazu.app.research.params import grid_of, params_of
from tarazu.ops.backtest import COMMAND, EXAMPLES, command
from tarazu.strategy.bundled import bundled
from tarazu.strategy.params import read

SMALL = ("--days", "synthetic:7", "--size", "tiny", "--to", "09:25")
PROBE = (
    "harness.probe:make",
    "--param",
    'keys=["NFO:NIFTY26NOV26100CE"]',
    "--param",
    "qty=65",
    "--param",
    "every_s=20",
)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TARAZU_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("TARAZU_PROFILE", raising=False)
    return tmp_path


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(command, list(words), standalone_mode=False)
    assert done.exception is None, done.output
    return int(done.return_value), done.output


def asked(*words: str) -> tuple[int, Any]:
    code, out = run(*words, "--json")
    return code, json.loads(out)


def test_a_trial_tells_its_result_and_writes_a_page_and_its_rows(home: Path) -> None:
    code, said = asked(*PROBE, *SMALL, "--out", str(home / "out"))
    assert (code, said["verdict"], said["schema"]) == (0, "DONE", "tarazu.backtest/1")
    (day,) = said["days"]
    assert day["trades"] and said["net_paise"] == day["net_paise"] == day["broker_net_paise"]
    assert json.loads((home / "out" / "result.json").read_text())["net_paise"] == said["net_paise"]
    assert "harness.probe:make" in (home / "out" / "report.html").read_text()


def test_for_people_it_says_whose_limits_and_what_the_baselines_made() -> None:
    code, out = run(*PROBE, *SMALL)
    assert code == 0 and "limits are research's own" in out
    assert "nothing done ₹0.00; straddle bought and held, one lot:" in out


def test_a_grid_tries_every_set_and_each_makes_what_it_makes_alone(home: Path) -> None:
    grid = ("--grid", "qty=65,130", "--grid", "entries_max=1,2")
    code, said = asked(*PROBE, *SMALL, *grid, "--out", str(home / "out"))
    assert (code, said["verdict"]) == (0, "DONE")
    assert [tuple(row["params"].values()) for row in said["sets"]] == [(65, 1), (65, 2), (130, 1), (130, 2)]
    _, alone = asked(*PROBE, *SMALL, "--param", "qty=130", "--param", "entries_max=2")
    assert said["sets"][3]["net_paise"] == alone["net_paise"] != said["sets"][2]["net_paise"]
    assert json.loads((home / "out" / "sets.json").read_text())["sets"] == said["sets"]


def test_for_people_the_best_set_is_first_and_called_luck() -> None:
    code, out = run(*PROBE, *SMALL, "--grid", "entries_max=0,2")
    rows = [line for line in out.splitlines() if "entries_max=" in line]
    assert code == 0 and rows[0].endswith("entries_max=0") and "partly luck" in out


def test_with_limits_of_the_desk_that_forbid_it_nothing_is_sent_and_that_is_said(home: Path) -> None:
    settings = home / "home" / "sim" / "tarazu.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text("[engine]\nposition_limit_default = 1_000\nsettle_s = 0\n[engine.risk]\norder_qty_max = 1\n")
    code, said = asked(*PROBE, *SMALL)
    assert (code, said["verdict"], said["limits"]) == (1, "WARN", "the desk's own")
    assert not said["days"][0]["orders"] and said["days"][0]["refusals"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("nosuch", *SMALL), "no strategy ships under that name"),
        (("no such", *SMALL), "is no strategy"),
        (("orb_spread", *SMALL, "--param", "lots_max=1000"), "lots_max"),
        (("orb_spread", *SMALL, "--param", "lots_max"), "NAME=VALUE"),
        (("orb_spread", "--days", "2026-11-23"), "nothing is recorded there"),
        (("orb_spread", "--days", "yesterday"), "is no day"),
        (("orb_spread", "--days", "synthetic:1x999"), "can be made"),
        (("orb_spread", "--days", "synthetic:1", "--scenario", "odd"), "no scenario 'odd'"),
        (("orb_spread", "--days", "synthetic:1", "--from", "11:00", "--to", "10:00"), "is not before"),
        (("orb_spread", "--days", "synthetic:1", "--to", "08:00"), "--to 08:00 is outside the session of 2026-11-23"),
        (("orb_spread", "--days", "synthetic:1x2", "--from", "18:00"), "--from 18:00 is outside the session"),
        (("orb_spread", "--days", "synthetic:1", "--from", "10:00", "--to", "23:59"), "--to 23:59 is outside"),
        (("orb_spread", *SMALL, "--param", "risk_rupees=nan"), "'nan' is no finite number"),
        (("orb_spread", *SMALL, "--grid", "risk_rupees=1,1e999"), "'1e999' is no finite number"),
        (("orb_spread", "--days", "synthetic:1@2031-01-01"), "2031-01-01"),
        (("orb_spread", *SMALL, "--walk-forward", "1:1"), "--grid"),
        (("orb_spread", *SMALL, "--grid", "lots_max"), "NAME=VALUE,VALUE"),
        (("orb_spread", *SMALL, "--grid", "lots_max=1,2", "--keep", "x"), "--keep is of one set"),
        (("orb_spread", *SMALL, "--walk-forward", "1:1", "--grid", "a=1", "--keep", "x"), "--keep is of one set"),
    ],
)
def test_what_cannot_be_tried_is_refused_with_the_reason(words: tuple[str, ...], told: str) -> None:
    code, said = asked(*words)
    assert (code, said["verdict"]) == (3, "UNKNOWN")
    assert told in said["summary"]


@pytest.mark.parametrize("words", [("--cash", "nan"), ("--cash", "inf"), ("--latency-ms", "nan")])
def test_money_and_time_without_end_are_refused_before_anything_is_tried(words: tuple[str, ...]) -> None:
    done = CliRunner().invoke(command, ["orb_spread", *SMALL, *words])
    assert done.exit_code == 2 and f"'{words[0]}'" in done.output


def examples() -> list[str]:
    told = EXAMPLES + (Path(__file__).parents[2] / "docs" / "research.md").read_text()
    return [line.strip() for line in told.splitlines() if line.strip().startswith("tarazu backtest ")]


@pytest.mark.parametrize("example", examples())
def test_the_examples_name_parameters_that_there_are(example: str) -> None:
    asked_for = command.make_context(COMMAND, shlex.split(example)[2:]).params
    ships = bundled(asked_for["strategy"])
    assert (ships is None) == (":" in asked_for["strategy"])
    grid = grid_of(asked_for["grid"])
    for one in itertools.product(*grid.values()):
        said = params_of(asked_for["params"]) | dict(zip(grid, one, strict=True))
        assert ships is None or read(ships.params, said)


def test_a_run_is_never_kept_over_another(home: Path) -> None:
    kept = ("--keep", str(home / "kept"))
    assert run(*PROBE, *SMALL, *kept)[0] == 0
    code, said = asked(*PROBE, *SMALL, *kept)
    assert code == 3 and "holds a run" in said["summary"]
