"""The verdict over several processes."""

import json
from pathlib import Path

import pytest

from tarazu.app.home import Home, Profile
from tarazu.app.supervision.outcome import Outcome, verdict
from tarazu.app.verdict import Exit

HOME = Home(Profile.SIM, Path("/nowhere/sim"))
GOOD = Outcome(name="sim_broker", exit_code=Exit.OK, did="already running", pid=7)
BAD = Outcome(
    name="depth_ws",
    exit_code=Exit.CRIT,
    did="not started",
    code="DIED",
    detail="exit status 1",
    hint="tarazu logs depth_ws",
    lines=("Traceback", "Boom\x1b[2J"),
)


@pytest.mark.parametrize(
    ("codes", "word", "code"),
    [
        ((Exit.OK, Exit.OK), "UP", 0),
        ((Exit.OK, Exit.WARN), "UP", 1),
        ((Exit.OK, Exit.UNKNOWN), "UNKNOWN", 3),
        ((Exit.UNKNOWN, Exit.CRIT), "NOT_UP", 2),
        ((Exit.OK, Exit.REFUSED), "REFUSED", 4),
        ((Exit.PARTIAL, Exit.OK), "PARTIAL", 5),
    ],
)
def test_the_worst_outcome_is_the_verdict(codes: tuple[Exit, ...], word: str, code: int) -> None:
    outcomes = [Outcome(name=f"p{n}", exit_code=exit_code, did="did") for n, exit_code in enumerate(codes)]
    told = verdict("up", HOME, outcomes, good="UP", bad="NOT_UP", now_ns=0)
    assert (told.word, told.exit_code) == (word, code)


def test_line_1_tells_of_what_was_asked_for_where_all_is_well() -> None:
    other = Outcome(name="watchdog", exit_code=Exit.OK, did="already running")
    told = verdict("up", HOME, [GOOD, other], good="UP", bad="NOT_UP", now_ns=0, asked=[GOOD.name])
    assert told.summary == str(GOOD)
    assert verdict("up", HOME, [GOOD, other], good="UP", bad="NOT_UP", now_ns=0).summary == str(other)
    assert verdict("up", HOME, [GOOD, BAD], good="UP", bad="NOT_UP", now_ns=0, asked=[GOOD.name]).summary == str(BAD)


def test_a_failure_is_told_with_its_reason_its_log_and_what_to_do() -> None:
    lines = verdict("up", HOME, [GOOD, BAD], good="UP", bad="NOT_UP", now_ns=0).text().splitlines()
    assert lines[0].startswith("NOT_UP  SIM  depth_ws not started, exit status 1  ")
    assert lines[1] == "ok      sim_broker         already running, pid 7"
    assert lines[2].startswith("CRIT    depth_ws           DIED: not started, exit status 1")
    assert lines[3].strip() == "fix  tarazu logs depth_ws"
    assert lines[4:] == ["  depth_ws| Traceback", "  depth_ws| Boom\\x1b[2J", "exit 2"]


def test_machines_get_the_pids() -> None:
    told = json.loads(verdict("up", HOME, [GOOD], good="UP", bad="NOT_UP", now_ns=0).json())
    assert told["processes"] == [{"name": "sim_broker", "did": "already running", "pid": 7, "log": []}]
