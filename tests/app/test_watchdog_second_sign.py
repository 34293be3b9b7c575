"""A health file that is old is no hang by itself: a full disk stops it too. What speaks for a life without a disk."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.main_health import NOW_NS, well
from tarazu.app.health import write_health
from tarazu.app.home import Home, Profile
from tarazu.app.watchdog.processes import Processes
from tarazu.app.watchdog.pulse import HUNG_NS, MUTE_NS, Pulse
from tarazu.app.watchdog.second_sign import KernelSign
from tarazu.app.watchdog.triggers import of_process
from tarazu.model.units import SECOND_NS

PASS_NS = SECOND_NS // 2


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(Profile.SIM, tmp_path / "sim")
    made.make()
    return made


@pytest.fixture
def worker() -> Iterator[subprocess.Popen[bytes]]:
    """At work twenty times a second, and nobody's word is written."""
    process = subprocess.Popen([sys.executable, "-c", "import time\nwhile True: time.sleep(0.05)"])
    yield process
    process.kill()
    process.wait()


class Inbox:
    """At the home's socket; answers, or takes the line and says nothing."""

    def __init__(self, home: Home, answers: bool) -> None:
        self.lines: list[bytes] = []
        self._answers, self._kept = answers, []  # type: ignore[var-annotated]
        self.listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listening.bind(str(home.main_socket))
        self.listening.listen(100)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self.listening.accept()
            except OSError:
                return
            self._kept.append(line)
            self.lines.append(line.recv(100))
            if self._answers:
                line.sendall(b'{"accepted": false}\n')


def passes(processes: Processes, seconds: int, pause_s: float = 0.02) -> Pulse:
    """Passes as of half a second of the clock each."""
    now_ns = time.monotonic_ns()
    for n in range(seconds * 2):
        processes.look(now_ns + (n + 1) * PASS_NS, NOW_NS)
        time.sleep(pause_s)
    return processes.main.pulse


def test_a_main_whose_file_is_old_and_whose_inbox_answers_is_not_ended_and_somebody_is_called(home: Home) -> None:
    inbox = Inbox(home, answers=True)
    write_health(home.main_health, well())
    processes = Processes(home, NOW_NS)
    assert passes(processes, 12) is Pulse.UNKNOWN
    assert "inbox" in processes.main.why and "not written" in processes.main.why
    (found,) = of_process(processes.main.watched(), "", False)
    assert (found.code, found.severity) == ("PROCESS_UNKNOWN", "SEV2") and "df -h" in found.hint
    assert set(inbox.lines) == {b"{}\n"} and len(inbox.lines) < 12
    inbox.listening.close()


def test_a_main_whose_inbox_says_nothing_hangs(home: Home) -> None:
    inbox = Inbox(home, answers=False)
    write_health(home.main_health, well())
    assert passes(Processes(home, NOW_NS), 12) is Pulse.HUNG
    inbox.listening.close()


def test_where_nobody_listens_the_kernel_is_asked(home: Home, worker: subprocess.Popen[bytes]) -> None:
    write_health(home.main_health, well(pid=worker.pid))
    assert passes(Processes(home, NOW_NS), 12, 0.2) is Pulse.UNKNOWN
    os.kill(worker.pid, signal.SIGSTOP)
    assert passes(Processes(home, NOW_NS), 12) is Pulse.HUNG


def test_a_file_that_is_fresh_and_tells_of_no_work_needs_no_second_sign(home: Home) -> None:
    inbox = Inbox(home, answers=True)
    processes, now_ns = Processes(home, NOW_NS), time.monotonic_ns()
    for n in range(HUNG_NS // PASS_NS + 2):
        write_health(home.main_health, well(ticked_mono_ns=5))
        processes.look(now_ns + (n + 1) * PASS_NS, NOW_NS)
    assert processes.main.pulse is Pulse.HUNG and not inbox.lines
    inbox.listening.close()


def test_a_process_that_works_is_never_still_and_a_stopped_one_is(worker: subprocess.Popen[bytes]) -> None:
    kernel = KernelSign()
    for n in range(8):
        time.sleep(0.2)
        kernel.look(worker.pid, n * SECOND_NS)
    assert kernel.alive
    os.kill(worker.pid, signal.SIGSTOP)
    time.sleep(0.2)
    for n in range(8, 14):
        kernel.look(worker.pid, n * SECOND_NS)
    assert not kernel.alive and kernel.still_ns >= MUTE_NS
