"""main of the live profile begins with today's READY, for what was found READY, and with nothing else."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from harness.receipts import todays_receipt
from tarazu.app.config.running import note_settings
from tarazu.app.home import Home, Profile
from tarazu.app.main.build import build
from tarazu.app.main.permission import Leave, leave_of_the_gate
from tarazu.app.readiness.acceptance import Accepted, accept, accepted
from tarazu.app.readiness.fingerprint import config_sha256
from tarazu.app.readiness.gate import GatePhase, Readiness
from tarazu.app.readiness.receipt import record_receipt, verdicts
from tarazu.app.settings import EngineSettings, Settings
from tarazu.app.verdict import Check, Status
from tarazu.model import ist
from tarazu.model.units import DAY_NS, MINUTE_NS
from tarazu.runtime.desk_record import DeskKind, append
from tarazu.runtime.journal_files import day_folder

MORNING_NS = 1_795_403_712_000_000_000  # Monday 23 November 2026, 08:45:12 IST
SETTINGS = Settings(engine=EngineSettings(position_limit_default=65))

Gate = Callable[..., None]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(Profile.LIVE, tmp_path / "live")


@pytest.fixture
def gate(home: Home) -> Gate:
    """A verdict of the gate, written down: `blocked` are the rows in the way."""

    def says(*blocked: str, at_ns: int = MORNING_NS, settings: Settings = SETTINGS) -> None:
        checks = tuple(Check(id=row, status=Status.CRIT, code="BROKEN") for row in blocked)
        found = Readiness(
            profile=Profile.LIVE,
            phase=GatePhase.PRE_OPEN,
            now_ns=at_ns,
            checks=checks,
            config_sha256=config_sha256(settings),
        )
        record_receipt(home, found, who="test")

    return says


def refusal(home: Home, at_ns: int = MORNING_NS, settings: Settings = SETTINGS, of: str = "") -> str:
    return leave_of_the_gate(home, settings, of or build(), at_ns).refusal


def main_has_begun(home: Home) -> None:
    folder = day_folder(home.journal, ist.day_of(MORNING_NS))
    folder.mkdir(parents=True)
    (folder / "000001.seg").write_bytes(b"")


@pytest.mark.control("C20", "C39")
def test_without_a_ready_of_today_live_main_does_not_begin(home: Home, gate: Gate) -> None:
    assert "nobody has found this desk READY on 2026-11-23: tarazu ready" in refusal(home)
    gate(at_ns=MORNING_NS - DAY_NS)
    assert "nobody has found" in refusal(home), "yesterday's is none"
    gate()
    assert refusal(home) == ""
    assert "nobody has found" in refusal(home, MORNING_NS + DAY_NS)


def test_sim_and_paper_need_none(tmp_path: Path) -> None:
    for profile in (Profile.SIM, Profile.PAPER):
        assert refusal(Home(profile, tmp_path / profile)) == ""


@pytest.mark.control("C21", "C36")
def test_what_begins_is_what_was_found_ready(home: Home, gate: Gate) -> None:
    gate()
    other = msgspec.structs.replace(SETTINGS, engine=EngineSettings(position_limit_default=6_500))
    assert "the settings are other ones" in refusal(home, settings=other)
    assert "this is build 0.0.0+other" in refusal(home, of="0.0.0+other")
    gate(settings=other)
    assert refusal(home, settings=other) == "", "looked at anew"


def test_the_last_word_counts_for_the_first_start_of_a_day(home: Home, gate: Gate) -> None:
    gate()
    gate("session.token", at_ns=MORNING_NS + MINUTE_NS)
    assert "NOT_READY (session.token BROKEN)" in refusal(home)
    gate(at_ns=MORNING_NS + 2 * MINUTE_NS)
    assert refusal(home) == ""


def test_a_main_that_was_killed_comes_back_to_what_it_holds_whatever_the_gate_says_by_then(
    home: Home, gate: Gate
) -> None:
    gate()
    main_has_begun(home)
    gate("session.token", at_ns=MORNING_NS + MINUTE_NS)
    assert refusal(home) == ""


@pytest.mark.control("C36")
def test_a_main_that_was_killed_comes_back_without_entries_where_settings_or_build_are_others_by_now(
    home: Home, gate: Gate
) -> None:
    gate()
    home.make()
    note_settings(home, "main", SETTINGS)
    main_has_begun(home)
    other = msgspec.structs.replace(SETTINGS, engine=EngineSettings(position_limit_default=6_500))
    leave = leave_of_the_gate(home, other, build(), MORNING_NS)
    assert leave.refusal == "" and "the settings are other ones" in leave.entries_off
    assert leave.entries_off.endswith("changed since it last ran: engine.position_limit_default")
    assert "this is build 0.0.0+other" in leave_of_the_gate(home, SETTINGS, "0.0.0+other", MORNING_NS).entries_off
    assert leave_of_the_gate(home, SETTINGS, build(), MORNING_NS) == Leave()


def test_a_main_that_was_killed_comes_back_without_entries_where_the_record_does_not_read(
    home: Home, gate: Gate
) -> None:
    gate("limits")
    gate()
    main_has_begun(home)
    path = next(home.desk.glob("*.jsonl"))
    path.write_text(path.read_text().replace("NOT_READY", "READY"))
    leave = leave_of_the_gate(home, SETTINGS, build(), MORNING_NS)
    assert leave.refusal == "" and "cannot be read" in leave.entries_off


def test_a_day_that_began_without_a_ready_is_no_leave_to_go_on(home: Home, gate: Gate) -> None:
    main_has_begun(home)
    assert "nobody has found" in refusal(home)
    gate("limits")
    assert "nobody has found" in refusal(home), "looked at, and not found READY"


def test_a_desk_that_only_a_halt_keeps_from_ready_begins_for_it_begins_halted(home: Home, gate: Gate) -> None:
    gate("risk")
    assert refusal(home) == ""
    assert todays_receipt(home, MORNING_NS) is None, "and it is no READY"
    gate("risk", "limits")
    assert "NOT_READY (risk BROKEN, limits BROKEN)" in refusal(home)


def test_a_record_that_was_changed_is_no_leave(home: Home, gate: Gate) -> None:
    gate("limits")
    gate()
    path = next(home.desk.glob("*.jsonl"))
    path.write_text(path.read_text().replace("NOT_READY", "READY"))
    assert "cannot be read" in refusal(home)


def test_of_a_ready_every_word_is_kept(home: Home, gate: Gate) -> None:
    gate("limits", "risk")
    gate()
    first, second = verdicts(home, MORNING_NS)
    assert (first.verdict, first.blockers, first.seq) == ("NOT_READY", ("limits BROKEN", "risk BROKEN"), 1)
    assert (second.verdict, second.build, second.who, second.day) == ("READY", build(), "test", "2026-11-23")
    assert second.id.startswith("rdy-0845-")


def test_a_ready_by_a_clock_that_has_gone_back_is_found(home: Home, gate: Gate) -> None:
    append(home.desk, DeskKind.STACK, {}, who="test", now_ns=MORNING_NS + DAY_NS)
    gate()
    assert refusal(home) == "", "though it stands in tomorrow's file"
    accept(home, MORNING_NS, "a difference", "sold by hand", who="asha")
    assert accepted(home, MORNING_NS, "a difference") == Accepted("asha", "sold by hand")
    assert "nobody has found" in refusal(home, MORNING_NS + DAY_NS), "and is none of tomorrow's"


def test_a_verdict_of_another_shape_is_no_leave(home: Home, gate: Gate) -> None:
    gate()
    append(home.desk, DeskKind.READINESS, {"act": "verdict", "verdict": 7}, who="asha", now_ns=MORNING_NS)
    assert "today's READY cannot be read: entry 2 by asha is no verdict of the gate" in refusal(home)


@pytest.mark.control("C20")
def test_the_process_itself_says_so_and_ends(home: Home) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "tarazu.app.main", "--profile", "live"],
        env={**os.environ, "TARAZU_ALLOW_LIVE": "1", "TARAZU_HOME": str(home.root.parent)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 2, ended.stderr
    assert "nobody has found this desk READY" in ended.stderr and "tarazu ready" in ended.stderr
