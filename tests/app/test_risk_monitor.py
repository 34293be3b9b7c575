"""A halt and its way back, as a person asks for them; a loss beside its limit. Without processes."""

import time
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tarazu.app.account.result import AccountResult
from tarazu.app.home import Home, Profile
from tarazu.app.incidents import store
from tarazu.app.main.engine_day import EngineDay
from tarazu.app.main.timings import Timings
from tarazu.app.risk_monitor import halting
from tarazu.app.risk_monitor.checks import limit_checks
from tarazu.app.risk_monitor.recomputed import Recomputed
from tarazu.app.risk_monitor.standing import Standing
from tarazu.app.settings import RiskSettings
from tarazu.app.verdict import Check, Status, Verdict
from tarazu.engine.halts import Halt, RiskState
from tarazu.model import ist
from tarazu.runtime.desk_record import DeskKind, append

NOW_NS = ist.midnight_ns(date(2026, 11, 23)) + 10 * 3_600 * 10**9
HALT = Halt(level=RiskState.HARD_HALT, code="DAY_LOSS", why="a test", since_ns=NOW_NS)
HALTED = Standing(state=RiskState.HARD_HALT, halt=HALT, health=SimpleNamespace())  # type: ignore[arg-type]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(Profile.SIM, tmp_path / "sim")
    made.make()
    return made


def day_loss(**books: Any) -> Check:
    result = AccountResult(places=(), charges_paise=100, **books)
    now = Recomputed(now_ns=NOW_NS, result=result)
    found = limit_checks(now, Standing(state=RiskState.NORMAL), RiskSettings(day_loss_max=1_000.0))
    return next(check for check in found if check.id == "risk.day_loss")


def test_while_trades_lag_the_loss_limit_is_not_passed() -> None:
    assert day_loss(gross_paise=-50_000).status is Status.OK
    lagging = day_loss(gross_paise=-50_000, breaks=("trades 0 and 0",))
    assert (lagging.status, lagging.code) == (Status.UNKNOWN, "DAY_LOSS_UNKNOWN") and "trades 0" in lagging.detail
    breach = day_loss(gross_paise=-100_000, breaks=("trades 0 and 0",))
    assert (breach.status, breach.code) == (Status.CRIT, "DAY_LOSS"), "charges make it only larger"


def answer(monkeypatch: pytest.MonkeyPatch, **told: Any) -> None:
    whole = {"accepted": False, "error": "", "declined": "", "sequence": 7, "phase": "HALTED"} | told
    monkeypatch.setattr(halting, "tell_main", lambda *_: whole)


def test_a_halt_that_main_declines_says_why(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, error=None, declined="it is not for me")
    said = halting.halt(home, RiskState.HARD_HALT, "a test", "risk.halt")
    assert said.exit_code == 1 and said.checks[0].detail.startswith("it is not for me; it waits as entry 1")


def test_a_halt_into_a_broken_record_says_what_main_does_of_it(home: Home) -> None:
    for number in range(2):
        append(home.desk, DeskKind.STACK, {"a": number}, who="asha", now_ns=NOW_NS)
    (path,) = home.desk.glob("*.jsonl")
    path.write_bytes(path.read_bytes().replace(b'"a":0', b'"a":7'))
    said = halting.halt(home, RiskState.HARD_HALT, "a test", "risk.halt")
    assert [check.code for check in said.checks] == ["MAIN_SILENT", "RECORD_BROKEN"] and said.exit_code == 1


def reset(home: Home, monkeypatch: pytest.MonkeyPatch, incident: str) -> Verdict:
    monkeypatch.setattr(halting, "standing_of", lambda _: HALTED)
    answer(monkeypatch, accepted=True)
    return halting.reset(home, "asha", "found", incident, "risk.reset_halt")


def test_a_closed_incident_takes_no_halt_back(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    old = store.open_incident(home, "SEV3", "PROCESS_DIED", "long ago", who="asha", now_ns=NOW_NS)
    store.close(home, old.id, "over", who="asha", now_ns=NOW_NS)
    said = reset(home, monkeypatch, old.id)
    assert said.exit_code == 4 and [check.code for check in said.checks] == ["INCIDENT_CLOSED"]


@pytest.mark.parametrize(("code", "told"), [("DAY_LOSS", []), ("HARD_HALT", []), ("FEED_STALE", ["OTHER_INCIDENT"])])
def test_an_open_incident_of_another_code_is_said(
    home: Home, monkeypatch: pytest.MonkeyPatch, code: str, told: list[str]
) -> None:
    known = store.open_incident(home, "SEV1", code, "now", who="asha", now_ns=NOW_NS)
    said = reset(home, monkeypatch, known.id)
    assert said.exit_code == 0 and [check.code for check in said.checks] == told


def test_a_market_that_runs_ahead_is_a_slow_decision_while_it_lasts() -> None:
    timings = Timings()
    feeds = SimpleNamespace(look=lambda _: [], follows=lambda *_: [])
    market = SimpleNamespace(follower=SimpleNamespace(sequence=1))
    day = SimpleNamespace(_behind_since_ns=1, _followed=True, timings=timings, feeds=feeds, market=market)
    day._take_all = lambda _: None
    EngineDay._look_at_feeds(day)  # type: ignore[arg-type]
    assert (timings.decision_loop.page(time.monotonic_ns()).now_ns or 0) > 10**9
