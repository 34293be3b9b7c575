"""Processes that stand still under their supervisor: found out, ended, and started again exactly once."""

import os
import signal
import time
from collections.abc import Iterator

import pytest

from harness.in_time import Late, once_in_time
from harness.up_desk import UpDesk, up_desk
from harness.watched_desk import Watched
from tarazu.app.main.health import read_main_health
from tarazu.app.supervision.orphans import is_running
from tarazu.app.supervision.programs import DEPTH_WS, MAIN, SIM_BROKER, WATCHDOG
from tarazu.app.supervision.waiting import until
from tarazu.runtime.desk_record import DeskKind

ALL = (SIM_BROKER, DEPTH_WS, MAIN, WATCHDOG)
PATIENCE_S = 90.0


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[UpDesk]:
    with up_desk(tmp_path_factory.mktemp("up")) as made:
        outcomes = made.up(*ALL, patience_s=120.0)
        assert all(outcome.holds for outcome in outcomes), outcomes
        yield made


@pytest.fixture(scope="module")
def watched(up: UpDesk) -> Watched:
    return Watched(up.home, dict(os.environ))


def ended_once(up: UpDesk, watched: Watched, name: str, by: str) -> None:
    """The process `name`, stopped by SIGSTOP, is ended by `by` and comes back once."""
    pid, before = up.pid(name), up.state(name).restarts
    began_s = time.monotonic()
    os.kill(pid, signal.SIGSTOP)
    assert until(lambda: not is_running(pid), PATIENCE_S), watched.log
    print(f"{name}: ended {time.monotonic() - began_s:.1f} s after it stood still")
    assert until(lambda: up.state(name).pid not in (None, pid), PATIENCE_S)
    (act,) = [act for act in watched.acts("end_hung") if act["pid"] == pid]
    assert act["name"] == name
    assert until(lambda: up.state(name).restarts == before + 1, PATIENCE_S), up.state(name)
    entry = [e for e in watched.entries(DeskKind.WATCHDOG) if e.body.get("pid") == pid]
    assert [e.who for e in entry] == [by]


def test_a_main_that_hangs_is_ended_and_comes_back_once(up: UpDesk, watched: Watched) -> None:
    def story() -> None:
        began = len(watched.acts("end_hung"))
        ended_once(up, watched, MAIN, by="watchdog")
        watched.until(lambda h: {w.name: w.pulse for w in h.watched}[MAIN] == "WELL" and h.restarts_asked > began)
        if len(watched.acts("end_hung")) > began + 1:
            raise Late("a main that was let run: the machine stood still for another 8 s")
        assert up.state(MAIN).restarts == began + 1

    once_in_time(story)


def test_a_feed_that_hangs_is_ended_and_comes_back_once(up: UpDesk, watched: Watched) -> None:
    ended_once(up, watched, DEPTH_WS, by="watchdog")
    watched.until(lambda h: {w.name: w.pulse for w in h.watched}[DEPTH_WS] == "WELL")
    (stale,) = watched.seen(lambda: watched.incidents("FEED_STALE"))
    assert stale.severity == "SEV2" and "no feed process" in stale.detail


def test_a_watchdog_that_hangs_is_ended_by_main_and_comes_back_once(up: UpDesk, watched: Watched) -> None:
    def main_works() -> bool:
        health = read_main_health(up.home.main_health)
        return health is not None and health.is_current() and health.ticked_mono_ns is not None

    def ticked_ns() -> int:
        health = read_main_health(up.home.main_health)
        return (health.ticked_mono_ns or 0) if health is not None else 0

    assert until(main_works, PATIENCE_S)
    watched.until(lambda h: h.works())
    for _ in range(3):  # its first second may have begun before: it has seen its watchdog after these
        before_ns = ticked_ns()
        assert until(lambda before=before_ns: ticked_ns() > before, PATIENCE_S)  # type: ignore[misc]
    ended_once(up, watched, WATCHDOG, by="main")
    watched.until(lambda h: h.works() and h.pid == up.pid(WATCHDOG))
    (alert,) = watched.seen(lambda: watched.alerts("WATCHDOG_SILENT"))
    assert alert.alert.severity == "SEV2"


def test_a_main_that_is_killed_is_an_incident_and_no_halt(up: UpDesk, watched: Watched) -> None:
    pid = up.pid(MAIN)
    before = len(watched.timeline("PROCESS_DIED"))
    os.kill(pid, signal.SIGKILL)
    watched.seen(lambda: len(watched.timeline("PROCESS_DIED")) > before)
    watched.until(lambda h: {w.name: (w.pulse, w.pid) for w in h.watched}[MAIN] == ("WELL", up.state(MAIN).pid))
    assert not watched.acts(kind=DeskKind.HALT_ASKED)
