"""What is read of the processes, as files and pids have it."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.main_health import NOW_NS, well
from tarazu.app.health import write_health
from tarazu.app.home import Home, Profile
from tarazu.app.main.health import Stage
from tarazu.app.watchdog.processes import DIED_NS, Processes
from tarazu.app.watchdog.pulse import Pulse


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(Profile.SIM, tmp_path / "sim")
    made.make()
    return made


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(["sleep", "600"])
    yield process
    process.kill()
    process.wait()


def look(processes: Processes) -> Pulse:
    processes.look(time.monotonic_ns(), NOW_NS)
    return processes.main.pulse


def test_a_home_where_nothing_ran_has_nothing_wrong(home: Home) -> None:
    assert look(Processes(home, NOW_NS)) is Pulse.ABSENT


def test_garbage_is_not_known_and_no_absence(home: Home) -> None:
    home.main_health.write_bytes(b'{"schema": "tarazu.main_health/9"')
    processes = Processes(home, NOW_NS)
    assert look(processes) is Pulse.UNKNOWN and str(home.main_health) in processes.main.why
    write_health(home.main_health, well())
    assert look(processes) is Pulse.WELL


def test_a_health_of_before_a_reboot_is_of_nobody(home: Home) -> None:
    write_health(home.main_health, well(boot="another"))
    assert look(Processes(home, NOW_NS)) is Pulse.ABSENT


def test_a_death_is_seen_and_stays_news_for_a_while_whoever_comes_after(
    home: Home, sleeper: subprocess.Popen[bytes]
) -> None:
    processes = Processes(home, NOW_NS)
    write_health(home.main_health, well(pid=sleeper.pid))
    assert look(processes) is Pulse.WELL
    sleeper.send_signal(signal.SIGKILL)
    sleeper.wait()
    assert look(processes) is Pulse.DEAD
    write_health(home.main_health, well(pid=os.getpid()))
    assert look(processes) is Pulse.WELL
    now_ns = time.monotonic_ns()
    assert f"process {sleeper.pid} died" in processes.main.died(now_ns)
    assert processes.main.died(now_ns + DIED_NS) == ""


def test_an_end_that_was_asked_for_is_no_death(home: Home, sleeper: subprocess.Popen[bytes]) -> None:
    processes = Processes(home, NOW_NS)
    write_health(home.main_health, well(pid=sleeper.pid))
    look(processes)
    write_health(home.main_health, well(pid=sleeper.pid, stage=Stage.STOPPING))
    sleeper.kill()
    sleeper.wait()
    assert look(processes) is Pulse.ABSENT
    assert processes.main.died(time.monotonic_ns()) == ""
