"""tarazu approvals: what waits, beside the market, and what leave would come to."""

import json
import os
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from harness.main_health import well
from tarazu.app.health import write_health
from tarazu.app.home import Home, home
from tarazu.app.main.guards_health import DenialPage, GuardsPage, LegPage, PilotPage, WaitingPage
from tarazu.ops import approvals, engine_status

CALL = LegPage(
    key="NFO:NIFTY26NOV26000CE", side="BUY", qty=65, price_paise=20_410, bid_paise=20_400, ask_paise=None, last_paise=1
)
PUT = msgspec.structs.replace(CALL, key="NFO:NIFTY26NOV26000PE", side="SELL", qty=1_300, price_paise=None)
WAITS = WaitingPage(
    ref="T2EP00100001000007Z8",
    strategy="orb",
    kind="SpreadWant",
    product="NRML",
    legs=(CALL, PUT),
    left_ns=42_000_000_000,
    sha256="ab" * 32,
    denials=(),
)
PILOT = PilotPage(keys=("NSE:INFY",), lots_max=1, order_value_max_paise=1_000_000, day_loss_max_paise=200_000)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("TARAZU_HOME", str(tmp_path))
    monkeypatch.delenv("TARAZU_PROFILE", raising=False)
    made = home("sim")
    made.make()
    return made


def ran(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(approvals.command, [*words], standalone_mode=False)
    if result.exception:
        raise result.exception
    return result.return_value, result.output


def with_guards(desk: Home, **page: Any) -> tuple[int, str]:
    write_health(desk.main_health, well(guards=GuardsPage(**page)))
    return ran()


def test_what_waits_is_shown_leg_by_leg_beside_the_market_with_the_way_to_answer(desk: Home) -> None:
    code, out = with_guards(desk, approvals=True, waiting=(WAITS,))
    assert code == 1 and out.startswith("WARN  SIM  1 waits for leave | approvals ON | pilot off")
    rows = [" ".join(line.split()) for line in out.splitlines()]
    assert f"{WAITS.ref} 42 s orb BUY 65 {CALL.key} at 204.10 NRML 204.00 0.01 - send it" in rows
    assert f"SELL 1,300 {PUT.key} at MARKET NRML 204.00 0.01 -" in rows
    assert "fix  tarazu engine tell APPROVE --ref T2EP00100001000007Z8" in out


def test_what_would_be_denied_now_says_by_what(desk: Home) -> None:
    held = msgspec.structs.replace(WAITS, denials=(DenialPage(code="POSITION", observed="130", limit="65"),))
    code, out = with_guards(desk, approvals=True, waiting=(held,))
    assert code == 1 and "be denied: POSITION 130" in out and "denied now: POSITION 130, limit 65" in out


def test_where_nothing_waits_all_is_well_and_the_switches_are_told(desk: Home) -> None:
    code, out = with_guards(desk, approvals=True)
    assert code == 0 and "nothing waits | approvals ON | pilot off" in out
    code, out = with_guards(desk, pilot=PILOT)
    assert code == 0 and "approvals off" in out and "sent without leave" in out
    assert "enters NSE:INFY | 1 lots | order ₹10,000.00 | day loss ₹2,000.00" in out


def test_a_main_that_says_nothing_is_unknown(desk: Home) -> None:
    code, out = ran()
    assert code == 3 and out.startswith("UNKNOWN") and "MAIN_DOWN" in out
    write_health(desk.main_health, well(pid=os.getpid(), mono_ns=time.monotonic_ns() - 10**12))
    assert ran()[0] == 3


def test_the_engines_status_tells_of_guards_that_are_on(desk: Home) -> None:
    write_health(desk.main_health, well(guards=GuardsPage(approvals=True, waiting=(WAITS,))))
    out = CliRunner().invoke(engine_status.command, []).output
    assert "GUARDS      1 waits for leave | approvals ON | pilot off (tarazu approvals)" in out
    write_health(desk.main_health, well())
    assert "GUARDS" not in CliRunner().invoke(engine_status.command, []).output


def test_machines_get_every_number(desk: Home) -> None:
    write_health(desk.main_health, well(guards=GuardsPage(approvals=True, waiting=(WAITS,))))
    code, out = ran("--json")
    told = json.loads(out)
    assert code == told["exit_code"] == 1 and told["schema"] == "tarazu.approvals/1"
    assert told["guards"]["waiting"][0]["legs"][1]["price_paise"] is None
    assert told["guards"]["waiting"][0]["sha256"] == "ab" * 32
