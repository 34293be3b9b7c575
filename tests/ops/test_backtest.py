"""`tarazu backtest`: what it says, what it writes, and how it says no."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tarazu.ops.backtest import command

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
        (("orb_spread", "--days", "synthetic:1@2031-01-01"), "2031-01-01"),
        (("orb_spread", *SMALL, "--walk-forward", "1:1"), "--grid"),
    ],
)
def test_what_cannot_be_tried_is_refused_with_the_reason(words: tuple[str, ...], told: str) -> None:
    code, said = asked(*words)
    assert (code, said["verdict"]) == (3, "UNKNOWN")
    assert told in said["summary"]


def test_a_run_is_never_kept_over_another(home: Path) -> None:
    kept = ("--keep", str(home / "kept"))
    assert run(*PROBE, *SMALL, *kept)[0] == 0
    code, said = asked(*PROBE, *SMALL, *kept)
    assert code == 3 and "holds a run" in said["summary"]
