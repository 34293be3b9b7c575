"""`tarazu feed clear-breaker`: what a person sees and must say, and what is on the disk afterwards."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.feed_papers import MONO, SECOND_NS, WALL, health, store
from tarazu.app.feed.breaker_file import change_breaker, read_breaker
from tarazu.app.home import Home, Profile
from tarazu.market.breaker import Breaker, BreakerLimits, Cleared, reconnected
from tarazu.ops.feed_clear_breaker import clear_breaker, command

LATER = WALL + 30 * SECOND_NS


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(Profile.LIVE, tmp_path / "live")


def trip(home: Home) -> None:
    for n in range(3):
        change_breaker(home.feed_breaker, lambda b, n=n: reconnected(b, BreakerLimits(reconnects_max=2), WALL + n))  # type: ignore[misc]


def test_it_shows_what_is_overridden_and_stores_who_and_why(home: Home) -> None:
    trip(home)
    verdict = clear_breaker(home, "asha", "switch replaced", MONO, LATER)
    assert verdict.exit_code == 0
    assert verdict.body == (
        "overridden  open since 2026-11-23 10:47:31 IST, 3 reconnects from 10:47:31 to 10:47:31, "
        "trip 1 of this breaker",
        "by          asha: switch replaced",
        "next        depth_ws does not run; it dials when it is started: tarazu up depth_ws",
    )
    cleared = Cleared(operator="asha", reason="switch replaced", ts_ns=LATER)
    assert read_breaker(home.feed_breaker) == Breaker(trips=1, last_cleared=cleared)


def test_with_depth_ws_running_it_says_that_it_dials_at_once_and_takes_its_clock(home: Home) -> None:
    trip(home)
    store(home, health())
    verdict = clear_breaker(home, "asha", "switch replaced", MONO + SECOND_NS, 0)
    assert "depth_ws dials again within a second" in verdict.text()
    cleared = read_breaker(home.feed_breaker).last_cleared
    assert cleared is not None and cleared.ts_ns == WALL + SECOND_NS


def test_a_breaker_that_is_not_open_is_left_alone(home: Home) -> None:
    verdict = clear_breaker(home, "asha", "to be safe", MONO, LATER)
    assert (verdict.exit_code, verdict.word) == (4, "REFUSED")
    assert "NOT_TRIPPED" in verdict.headline
    assert not home.root.exists(), "nothing is made either"


@pytest.mark.parametrize(
    ("operator", "reason", "why"), [("asha", "  ", "REASON_MISSING"), ("", "x", "OPERATOR_MISSING")]
)
def test_nobody_and_for_no_reason_is_refused(home: Home, operator: str, reason: str, why: str) -> None:
    trip(home)
    verdict = clear_breaker(home, operator, reason, MONO, LATER)
    assert verdict.exit_code == 4 and why in verdict.headline
    assert read_breaker(home.feed_breaker).tripped


def test_a_file_that_cannot_be_believed_is_cleared_too_and_kept(home: Home) -> None:
    home.make()
    home.feed_breaker.write_bytes(b"{}")
    assert clear_breaker(home, "asha", " ", MONO, LATER).exit_code == 4
    verdict = clear_breaker(home, "asha", "restored from backup", MONO, LATER)
    assert verdict.exit_code == 0 and "kept as" in verdict.text()
    assert [p.read_bytes() for p in home.root.glob("*.bad-*")] == [b"{}"]
    assert not read_breaker(home.feed_breaker).tripped


def test_the_command_wants_a_reason_and_knows_who_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "asha")
    home = Home(Profile.LIVE, tmp_path / "live")
    trip(home)
    run = CliRunner(env={"TARAZU_HOME": str(tmp_path), "TARAZU_PROFILE": "live"})
    assert "Missing option '--reason'" in run.invoke(command, []).stderr
    result = run.invoke(command, ["--reason", "switch replaced"], standalone_mode=False)
    assert result.return_value == 0
    cleared = read_breaker(home.feed_breaker).last_cleared
    assert cleared is not None and cleared.operator == "asha"
