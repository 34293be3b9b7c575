"""main's eye on its watchdog: missed once it was seen, and in the live profile from the start."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import msgspec
import pytest

from tarazu.app.alerts.box import Box
from tarazu.app.health import boot, write_health
from tarazu.app.home import Home, Profile
from tarazu.app.main.watchdog_watch import WatchdogWatch
from tarazu.app.watchdog.endings import STORM_ENDINGS
from tarazu.app.watchdog.health import PASS_LATE_NS, Stage, WatchdogHealth
from tarazu.engine.messages import RecordTrouble
from tarazu.model.units import SECOND_NS

GONE_PID = 2**22 + 1
"""Above Linux's largest: no process has it."""


class Seen:
    """Looks a second apart at a watchdog's health, which is written as the test wants it."""

    def __init__(self, root: Path, profile: Profile = Profile.SIM) -> None:
        self.home = Home(profile, root / profile)
        self.home.make()
        self.now_ns = time.monotonic_ns()
        self.watch = WatchdogWatch(self.home, lambda: 1_795_411_800 * SECOND_NS)

    def write(self, **changes: object) -> None:
        health = WatchdogHealth(
            profile=str(self.home.profile),
            version="0.1.0",
            pid=GONE_PID,
            boot=boot(),
            started_ns=0,
            started_mono_ns=0,
            wall_ns=0,
            mono_ns=self.now_ns,
            every_ns=SECOND_NS // 2,
            stage=Stage.WATCHING,
            detail="",
            doing="",
            passed_mono_ns=self.now_ns,
        )
        write_health(self.home.watchdog_health, msgspec.structs.replace(health, **changes))

    def look(self, seconds: int = 1) -> list[RecordTrouble]:
        news = []
        for _ in range(seconds):
            self.now_ns += SECOND_NS
            news += self.watch.look(self.now_ns)
        return news


@pytest.fixture
def seen(tmp_path: Path) -> Seen:
    return Seen(tmp_path)


def test_a_watchdog_that_never_ran_is_missed_by_nobody(seen: Seen) -> None:
    assert seen.look(300) == []


def test_one_that_was_seen_and_is_silent_for_a_minute_takes_the_entries_off_until_it_is_back(seen: Seen) -> None:
    seen.write()
    assert seen.look(1) == []
    assert seen.look(55) == []
    (off,) = seen.look(10)
    assert (off.of, off.ok) == ("WATCHDOG", False) and "tarazu up watchdog" in off.text
    seen.write()
    (on,) = seen.look(1)
    assert on == RecordTrouble(of="WATCHDOG", ok=True)


def test_in_the_live_profile_one_is_missed_from_the_start(tmp_path: Path) -> None:
    seen = Seen(tmp_path, Profile.LIVE)
    assert [news.ok for news in seen.look(70)] == [False]


def test_one_that_was_asked_to_stop_is_not_missed_but_in_the_live_profile(tmp_path: Path) -> None:
    for profile, expected in ((Profile.SIM, []), (Profile.LIVE, [False])):
        seen = Seen(tmp_path, profile)
        seen.write()
        seen.look(1)
        seen.write(stage=Stage.STOPPING)
        assert [news.ok for news in seen.look(90)] == expected, profile


def test_a_watchdog_whose_pass_is_old_does_no_work_however_fresh_its_file(seen: Seen) -> None:
    seen.write()
    seen.look(1)
    for _ in range(80):
        seen.write(passed_mono_ns=seen.now_ns - PASS_LATE_NS - 2 * SECOND_NS)
        if news := seen.look(1):
            break
    assert [one.ok for one in news] == [False]


def test_a_machine_that_stood_still_misses_nobody(seen: Seen) -> None:
    seen.write()
    seen.look(1)
    seen.now_ns += 3_600 * SECOND_NS
    assert seen.look(1) == []


def test_garbage_in_the_file_is_silence(seen: Seen) -> None:
    seen.write()
    seen.look(1)
    seen.home.watchdog_health.write_bytes(os.urandom(300))
    assert [news.ok for news in seen.look(70)] == [False]


def ended(seen: Seen, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The pids that it would have ended; there is no supervisor here."""
    pids: list[int] = []

    def end(home: Home, name: str, pid: int) -> str:
        pids.append(pid)
        return ""

    monkeypatch.setattr("tarazu.app.main.watchdog_watch.end_hung", end)
    return pids


def settle() -> None:
    for thread in threading.enumerate():
        if thread.name == "watchdog":
            thread.join(30)


def test_a_watchdog_that_lives_and_cannot_write_its_health_is_told_of_and_not_ended(
    seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    pids = ended(seen, monkeypatch)
    worker = subprocess.Popen([sys.executable, "-c", "import time\nwhile True: time.sleep(0.02)"])
    try:
        seen.write(pid=worker.pid)
        for _ in range(15):
            seen.look(1)
            time.sleep(0.2)
        settle()
        (kept,) = Box(seen.home.alerts).alerts()
        assert pids == [] and "lives" in kept.alert.text and "disk" in kept.alert.text
        os.kill(worker.pid, signal.SIGSTOP)
        time.sleep(0.2)
        seen.look(30)
        settle()
        assert set(pids) == {worker.pid}
    finally:
        worker.kill()
        worker.wait()


def test_the_endings_of_a_watchdog_are_counted_where_the_record_takes_nothing(
    seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    pids = ended(seen, monkeypatch)
    seen.home.desk.write_text("no folder")
    seen.write()
    seen.look(1)
    for _ in range(200):
        seen.write(pid=os.getpid(), passed_mono_ns=0)
        seen.look(1)
        settle()
    assert len(pids) == STORM_ENDINGS


def test_an_alarm_that_the_outbox_did_not_take_is_raised_again_and_then_once(seen: Seen) -> None:
    seen.write()
    seen.look(1)
    seen.home.alerts.write_text("no folder")
    seen.look(12)
    settle()
    seen.home.alerts.unlink()
    for _ in range(3):
        seen.look(21)
        settle()
    (kept,) = Box(seen.home.alerts).alerts()
    assert kept.alert.code == "WATCHDOG_SILENT"
