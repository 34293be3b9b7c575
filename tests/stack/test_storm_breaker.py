"""A process that dies again and again stays down after five times, until a command starts it."""

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.supervised import PATIENCE_S, reached, supervised_home
from tarazu.app.home import Home
from tarazu.app.supervision import storm
from tarazu.app.supervision.programs import Program
from tarazu.app.supervision.state import State
from tarazu.app.supervision.supervisor import Supervision
from tarazu.app.supervision.waiting import until

NAME = "sleeper"
SLEEPER = Program(name=NAME, words=storm.words(NAME, ("-c", "import time; time.sleep(600)")), order=10, stop_s=2)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with supervised_home(tmp_path) as made:
        yield made


def started(supervision: Supervision, times: int) -> int:
    """The pid of the process that is the `times`-th start since a command's."""
    assert until(lambda: storm.starts(supervision.home.run, NAME) == times, PATIENCE_S)
    words = b"time.sleep"
    assert until(lambda: words in _words(supervision.state(NAME).pid), PATIENCE_S)
    pid = supervision.state(NAME).pid
    assert pid is not None
    return pid


def died_before(home: Home, times: int) -> None:
    """So many starts more, as if it had lived for a while each time: one that dies at once supervisord gives up."""
    path = home.run / "starts" / f"{NAME}.json"
    path.write_text(json.dumps([*json.loads(path.read_text()), *[time.monotonic()] * times]))


def _words(pid: int | None) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[3]
    except (OSError, IndexError):
        return b""


def test_after_the_sixth_start_it_stays_down_until_a_command_starts_it(home: Home) -> None:
    supervision = Supervision(home, [SLEEPER])
    supervision.ensure()
    supervision.start(NAME)
    pid = started(supervision, 1)
    reached(supervision, NAME, State.RUNNING)
    died_before(home, storm.STARTS_MAX - 2)
    os.kill(pid, signal.SIGKILL)
    pid = started(supervision, storm.STARTS_MAX)
    reached(supervision, NAME, State.RUNNING)
    os.kill(pid, signal.SIGKILL)
    state = reached(supervision, NAME, State.FATAL)
    assert state.is_hopeless(deaths_before=0) and state.last_death == "exit status 2"
    log = (home.logs / f"{NAME}.log").read_text()
    assert "sleeper: it was started 6 times within 10 min, and stays down" in log and "tarazu up sleeper" in log
    supervision.start(NAME)
    started(supervision, 1)


def test_what_came_back_long_ago_or_before_the_machines_start_is_not_counted(tmp_path: Path) -> None:
    now_s = time.monotonic()
    folder = tmp_path / "starts"
    folder.mkdir()
    old = [now_s - storm.WITHIN_S - 60] * 9
    (folder / "one.json").write_text(str([*old, now_s - 5.0, now_s + 9e5]))
    assert storm.starts(tmp_path, "one") == 1 and not storm.is_open(tmp_path, "one")


@pytest.mark.parametrize("text", ["", "{", '{"a": 1}', "[null, true, 7]", "\x00\xff"])
def test_a_count_that_does_not_read_keeps_nobody_down(tmp_path: Path, text: str) -> None:
    (tmp_path / "starts").mkdir()
    (tmp_path / "starts" / "one.json").write_text(text)
    assert storm.starts(tmp_path, "one") == 0
    storm.begin_count(tmp_path, "one")
    storm.begin_count(tmp_path, "one")
    assert not (tmp_path / "starts" / "one.json").exists()
