"""`tarazu ready` as its operator runs it: on a clean machine, while the desk trades, when something is wrong."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kiteconnect import KiteConnect

from harness.limits import WIDE_TOML
from harness.receipts import todays_receipt
from harness.supervised import PATIENCE_S, supervised_home
from harness.up_desk import SIM, UpDesk, up_desk
from tarazu.app.home import Profile
from tarazu.app.main.health import MainHealth, read_main_health
from tarazu.app.main.telling import tell_main
from tarazu.app.supervision.programs import DEPTH_WS, MAIN, SIM_BROKER
from tarazu.app.supervision.waiting import until
from tarazu.app.verdict import moment
from tarazu.model.units import SECOND_NS

SCRIPT = Path(__file__).parents[2] / "scripts" / "readiness_gate.py"
ENGINE = """
[engine]
settle_s = 0
durability = "process"
stop_required = false
position_limit_default = 650
"""
CALL, QTY = "NIFTY26NOV26100CE", 65


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[UpDesk]:
    with up_desk(tmp_path_factory.mktemp("ready")) as made:
        made.home.settings_file.write_text(made.home.settings_file.read_text() + ENGINE + WIDE_TOML)
        yield made


def ready(desk: UpDesk, *words: str) -> tuple[int, dict[str, Any]]:
    """Exit code, and the object of --json."""
    code, out, err = desk.verb("ready", "--json", *words)
    assert out, err
    told: dict[str, Any] = json.loads(out)
    assert code == told["exit_code"]
    return code, told


def ready_until(desk: UpDesk, code: int, *words: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(desk.verb_until(code, "ready", "--json", *words))
    return told


def row(told: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(check for check in told["checks"] if check["id"] == name)
    return found


def trading(desk: UpDesk) -> None:
    """The three that trade: without the watchdog, which is not what this is about."""
    desk.verb_until(0, "up", SIM_BROKER, DEPTH_WS, MAIN, "--timeout", "90")


def main_health(desk: UpDesk) -> MainHealth:
    found = read_main_health(desk.home.main_health)
    assert found is not None
    return found


def by_hand(desk: UpDesk) -> KiteConnect:
    """The account's owner, with another client."""
    broker = desk.broker()
    return KiteConnect(broker["api_key"], access_token=broker["access_token"], root=broker["rest_url"])


def buy_by_hand(desk: UpDesk) -> None:
    """Until the broker has it in its positions."""
    client = by_hand(desk)

    def held() -> int:
        return sum(p["quantity"] for p in client.positions()["net"] if p["tradingsymbol"] == CALL)

    before = held()
    client.place_order(
        "regular", "NFO", CALL, "BUY", QTY, "NRML", "MARKET", market_protection=-1,
    )  # fmt: skip
    assert until(lambda: held() == before + QTY, PATIENCE_S)


def test_the_first_boot_of_a_clean_machine_is_ready_by_the_runbooks_own_command(tmp_path: Path) -> None:
    with supervised_home(tmp_path, Profile.SIM) as home:
        home.settings_file.write_text(SIM)  # the smallest market; nothing else is said
        plain = {name: value for name, value in os.environ.items() if not name.startswith(("KITE_", "TARAZU_"))}
        ran = subprocess.run(
            [sys.executable, str(SCRIPT)],
            env={**plain, "TARAZU_HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        lines = ran.stdout.splitlines()
        assert lines[0].startswith("READY  SIM  pre-open  0 blockers"), ran.stdout
        assert any(line.startswith("WARN    limits") and "every entry is denied" in line for line in lines), ran.stdout
        assert any(line.startswith("skip    processes, engine, feed") for line in lines), ran.stdout
        assert lines[-1] == "exit 0"


def test_before_the_processes_run_it_is_ready_and_says_what_is_looked_at_later(desk: UpDesk) -> None:
    code, told = ready(desk)
    assert (code, told["verdict"], told["phase"], told["schema"]) == (0, "READY", "pre-open", "tarazu.ready/1"), told
    now_ns = round(told["as_of_epoch"] * SECOND_NS)
    receipt = todays_receipt(desk.home, now_ns)
    assert receipt is not None and receipt.id == told["receipt"], moment(now_ns)
    assert row(told, "limits")["status"] == "ok"
    assert ready(desk, "--strict")[0] == 1, "the calendar ends soon"
    assert desk.verb("ready", "--only", "nonsense")[0] == 64


def test_while_it_trades_processes_engine_and_feeds_are_looked_at_too(desk: UpDesk) -> None:
    trading(desk)
    code, told = ready(desk, "--phase", "in-session")
    assert told["phase"] == "in-session"
    assert "watchdog" in row(told, "processes")["detail"], "nobody started it, and it is missed"
    assert code == 2
    told = ready_until(desk, 0, "--only", "engine,feed,risk,lock,reconcile", "--phase", "in-session")
    assert f"process {desk.pid(MAIN)}" in row(told, "lock")["detail"]
    assert told["verdict"] == "PASSED" and told["receipt"] is None


def test_a_depth_ws_that_stands_still_is_not_ready(desk: UpDesk) -> None:
    trading(desk)
    pid = desk.pid(DEPTH_WS)
    os.kill(pid, signal.SIGSTOP)
    try:
        told = ready_until(desk, 2, "--only", "processes", "--phase", "in-session")
        assert any("depth_ws is HUNG" in check["detail"] for check in told["checks"]), told
        # Its last word is believed for a second and a half after it was said.
        told = ready_until(desk, 3, "--only", "feed", "--phase", "in-session")
        assert row(told, "feed")["status"] == "UNKNOWN", "silence is no staleness, and no freshness either"
    finally:
        os.kill(pid, signal.SIGCONT)
    ready_until(desk, 0, "--only", "feed", "--phase", "in-session")


def test_a_halted_desk_is_not_ready_running_or_down_and_may_start(desk: UpDesk) -> None:
    trading(desk)
    assert tell_main(desk.home, {"order": "HALT", "who": "test", "why": "a look"})["accepted"]
    assert until(lambda: main_health(desk).halt is not None, PATIENCE_S)
    code, running = ready(desk, "--only", "risk")
    assert (code, row(running, "risk")["code"]) == (2, "HARD_HALT")
    assert desk.verb("down", MAIN)[0] in (0, 1)
    code, told = ready(desk)
    assert (code, row(told, "risk")["code"], told["may_start"]) == (2, "HARD_HALT", True), "the journal says so"
    assert told["receipt"] is None
    desk.verb("up", MAIN)
    reset = {"order": "RESET_HALT", "who": "test", "why": "looked", "incident": "T-1"}
    assert until(lambda: bool(tell_main(desk.home, reset)["accepted"]), PATIENCE_S)
    ready_until(desk, 0, "--only", "risk")


def test_a_position_that_the_journal_does_not_know_is_in_the_way_until_a_person_says_that_it_is_right(
    desk: UpDesk,
) -> None:
    trading(desk)
    assert desk.verb("down", MAIN)[0] in (0, 1)
    ready_until(desk, 0, "--only", "reconcile")
    buy_by_hand(desk)
    code, told = ready(desk, "--only", "reconcile")
    found = row(told, "reconcile")
    assert (code, found["code"]) == (2, "BOOK_DIFFERS") and f"+{QTY} NFO:{CALL}" in found["detail"], found
    assert desk.verb("ready", "--accept-book", "0" * 8, "--why", "by hand", "--watch")[0] != 0, "not what comes later"
    other = ready(desk, "--accept-book", "0" * 8, "--why", "bought by hand")[1]
    assert row(other, "reconcile")["code"] == "BOOK_DIFFERS", "not the one that was looked at"
    hash_ = found["detail"].split()[1].rstrip(":")
    assert f"--accept-book {hash_} --why" in found["hint"]
    code, told = ready(desk, "--accept-book", hash_, "--why", "bought by hand")
    assert (code, row(told, "reconcile")["code"]) == (0, "BOOK_ACCEPTED"), told
    assert "bought by hand" in row(told, "reconcile")["detail"]
    buy_by_hand(desk)
    assert row(ready(desk, "--only", "reconcile")[1], "reconcile")["code"] == "BOOK_DIFFERS", "another difference"
    trading(desk)
    ready_until(desk, 0, "--only", "reconcile")  # main has read the broker's books, and holds what they hold
    assert desk.verb("down", MAIN)[0] in (0, 1)
    told = ready_until(desk, 0, "--only", "reconcile")
    assert "1 positions, as the journal of 2026-11-19" in row(told, "reconcile")["detail"], told


def test_a_broker_that_does_not_answer_is_unknown_and_not_ready(desk: UpDesk) -> None:
    desk.verb("ready", "--only", "session")
    pid = desk.pid(SIM_BROKER)
    os.kill(pid, signal.SIGSTOP)
    try:
        code, told = ready(desk, "--only", "session,clock,reconcile")
    finally:
        os.kill(pid, signal.SIGCONT)
    assert (code, told["verdict"]) == (3, "NOT_READY"), told
    assert {c["status"] for c in told["checks"]} <= {"UNKNOWN", "skip"}
