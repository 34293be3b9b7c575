"""Every drill passes, one that must not pass fails, and none leaves a process or touches the desk that rehearses."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from tarazu.app.broker_address import NoAddress
from tarazu.app.drills.admin import Books
from tarazu.app.drills.drill import DRILLS, Drill, NoDrill, drill
from tarazu.app.drills.place import drill_home, sweep
from tarazu.app.drills.rehearsal import NotSeen, Rehearsal
from tarazu.app.drills.rehearsing import rehearse
from tarazu.app.drills.stories.beginnings import entry_denied
from tarazu.app.home import Home, Profile
from tarazu.app.main.telling import MainSilent
from tarazu.app.runbook.book.source import read_source
from tarazu.app.supervision.link import SupervisorRefused
from tarazu.app.supervision.state import ProcessState, State
from tarazu.app.supervision.supervisor import Supervision
from tarazu.app.verdict import Status
from tarazu.ops.drill_run import drill_verdict
from tarazu.orders.client_order_id import ClientOrderId
from tarazu.runtime.desk_record import DeskKind, whole

OF_THE_ISSUE = {
    "mute-feed",
    "partial-mute",
    "token-expiry",
    "timeout-accepted",
    "throttle-storm",
    "main-killed",
    "main-hung",
    "disk-full",
    "journal-damaged",
    "database-lost",
    "foreign-order",
    "crash-market",
}


@pytest.fixture(autouse=True)
def nothing_is_left(tmp_path: Path) -> Iterator[None]:
    yield
    assert not _of(tmp_path), "a drill leaves no process"


def _of(root: Path) -> list[str]:
    """Processes of a home under this folder."""
    found = []
    for proc in Path("/proc").iterdir():
        try:
            environ = (proc / "environ").read_bytes() if proc.name.isdigit() else b""
        except OSError:
            continue
        if f"TARAZU_HOME={root}".encode() in environ and int(proc.name) != os.getpid():
            found.append(f"{proc.name} {(proc / 'cmdline').read_bytes()!r}")
    return found


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("one", DRILLS, ids=lambda one: one.name)
@pytest.mark.control("C37")
def test_the_drill_passes_by_the_brokers_own_books(one: Drill, tmp_path: Path) -> None:
    said: list[str] = []
    told = rehearse(one, said.append, parent=tmp_path, keep=True)
    assert told.passed, "\n".join([*said, told.why, *_logs(Path(told.folder))])
    assert {check.status for check in told.checks} == {Status.OK}
    assert any(check.id == "books.doubled" for check in told.checks), "the broker's books were asked"
    assert any(check.id == "books.flat" for check in told.checks), "and it ended flat"


def _logs(home: Path) -> list[str]:
    return [f"{path.name}:\n{path.read_text(errors='replace')[-1500:]}" for path in sorted(home.glob("logs/*.log"))]


@pytest.mark.control("C37")
def test_all_that_must_be_rehearsed_can_be_and_each_names_a_runbook() -> None:
    assert {each.name for each in DRILLS} >= OF_THE_ISSUE and len(DRILLS) >= 12
    assert len({each.name for each in DRILLS}) == len(DRILLS)
    source, _ = read_source()
    for each in DRILLS:
        source.runbook(each.runbook)
    assert {each.runbook for each in DRILLS} >= {r.id for r in source.runbooks if r.severity}, "every SEV has a drill"
    with pytest.raises(NoDrill, match="mute-feed"):
        drill("no-such")


def _pretends(drill: Rehearsal) -> None:
    """Something that is never seen."""
    drill.did("nothing at all")
    drill.until("never.seen", "a thing that does not come", lambda: None, patience_s=1.0)


@pytest.mark.control("C37")
def test_a_drill_whose_outcome_is_not_seen_fails_and_says_what_was_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = drill("mute-feed")
    monkeypatch.setattr(f"{one.module}.{one.function}", _pretends)
    told = rehearse(one, lambda _: None, parent=tmp_path)
    assert not told.passed and "a thing that does not come" in told.why and "main is RUNNING" in told.why
    assert told.checks[-1].status is Status.CRIT
    home = Home(Profile.SIM, tmp_path / "sim")
    verdict = drill_verdict(home, told)
    assert verdict.exit_code == 2 and verdict.text().startswith("FAILED  SIM  drill mute-feed")
    entry = list(whole(home.desk))[-1]
    assert entry.kind is DeskKind.DRILL and entry.body["passed"] is False
    assert not list(tmp_path.glob("tarazu-drill-*")), "its home is gone"


def test_a_stack_that_does_not_come_up_is_a_failure_and_no_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unfit(home: Home, day_loss_max: float = 0.0) -> None:
        home.settings_file.write_text("[engine]\nno_such_word = 1\n")

    monkeypatch.setattr("tarazu.app.drills.place.set_limits", unfit)
    told = rehearse(drill("mute-feed"), lambda _: None, parent=tmp_path)
    assert not told.passed and told.checks[-1].id == "command.up" and "no_such_word" in told.why


@pytest.mark.parametrize(
    ("command", "why"),
    [(["-c", "import time; time.sleep(60)"], "no end in"), (["-c", "raise SystemExit(9)"], "exit 9, not")],
)
def test_a_command_that_does_not_end_or_fails_is_a_failure_and_no_traceback(
    command: list[str], why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = subprocess.run
    monkeypatch.setattr("tarazu.app.drills.rehearsal.COMMAND_S", 1.0)
    monkeypatch.setattr(
        "tarazu.app.drills.rehearsal.subprocess.run", lambda argv, **how: real([argv[0], *command], **how)
    )
    told = rehearse(drill("mute-feed"), lambda _: None, parent=tmp_path)
    assert not told.passed and told.checks[-1].id == "command.up" and why in told.why


@pytest.mark.parametrize(
    "broken",
    [SupervisorRefused("startProcess", 10, "BAD_NAME"), ProcessLookupError("no such process"), NoAddress("no broker")],
)
def test_what_a_desk_can_answer_is_a_failure_of_the_drill_and_no_traceback(
    broken: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(self: Rehearsal) -> None:
        raise broken

    monkeypatch.setattr(Rehearsal, "begin", breaks)
    told = rehearse(drill("mute-feed"), lambda _: None, parent=tmp_path)
    assert not told.passed and type(broken).__name__ in told.why and told.checks[-1].status is Status.CRIT


class Lives:
    """A supervised process whose pid changes as it is looked at; each change is a death."""

    def __init__(self, *pids: int) -> None:
        self._pids, self._looks = pids, 0

    def state(self, name: str) -> ProcessState:
        at = min(self._looks // 8, len(self._pids) - 1)
        self._looks += 1
        return ProcessState(name=name, state=State.RUNNING, pid=self._pids[at], restarts=1 + at)


def test_a_process_that_dies_again_after_its_restart_was_not_restarted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tarazu.app.drills.rehearsal.STAYS_S", 1.5)
    monkeypatch.setattr(Rehearsal, "_in", lambda self, *phases: True)
    with drill_home() as home:
        rehearsal = Rehearsal(home, lambda _: None)
        monkeypatch.setattr(rehearsal, "supervision", Lives(2))
        rehearsal.restarted_once("main", before=1, deaths_before=0)
        monkeypatch.setattr(rehearsal, "supervision", Lives(2, 3))
        with pytest.raises(NotSeen, match=r"exactly once \(2\)"):
            rehearsal.restarted_once("main", before=1, deaths_before=0)


NO_PID = 1 << 30
"""More than the kernel gives: it is nobody's."""


class Answers:
    """A trader whose entries are answered so, one after the other."""

    def __init__(self, *answers: list[str] | None) -> None:
        self._answers = iter(answers)

    def denied(self) -> list[str]:
        answer = next(self._answers)
        if answer is None:
            raise MainSilent("main does not answer")
        return answer


def test_an_entry_is_denied_by_the_control_it_must_be_and_silence_is_no_answer() -> None:
    with drill_home() as home:
        rehearsal = Rehearsal(home, lambda _: None)
        rehearsal.trader = Answers(None, None, ["MARGIN", "PHASE"])  # type: ignore[assignment]
        entry_denied(rehearsal)
        for wrong in ([], ["MARGIN"]):
            rehearsal.trader = Answers(None, wrong)  # type: ignore[assignment]
            with pytest.raises(NotSeen, match="not PHASE"):
                entry_denied(rehearsal)


def test_a_supervisor_that_ends_while_the_place_is_swept_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    with drill_home() as home:
        monkeypatch.setattr(Supervision, "pid", NO_PID)
        sweep(home)


def test_two_orders_of_one_intent_are_seen_in_the_brokers_books(monkeypatch: pytest.MonkeyPatch) -> None:
    def row(order_id: str, tag: str | None) -> dict[str, object]:
        return {"order_id": order_id, "tag": tag, "status": "COMPLETE"}

    one, other = (ClientOrderId(date(2026, 11, 23), 1, sequence).tag for sequence in (1, 2))
    books = Books(orders=[row("1", one), row("2", other), row("3", None), row("4", "x"), row("5", "x")], positions=[])
    assert books.doubled == [], "somebody else's tags are theirs"
    doubled = Books(orders=[*books.orders, row("6", one)], positions=[])
    assert doubled.doubled == [one]

    class Doubled:
        def books(self) -> Books:
            return doubled

    with drill_home() as home:
        rehearsal = Rehearsal(home, lambda _: None)
        rehearsal.broker = Doubled()  # type: ignore[assignment]
        with pytest.raises(NotSeen, match=one):
            rehearsal.nothing_doubled()


def test_the_commands_list_and_refuse_at_the_command_line(tmp_path: Path) -> None:
    def run(*words: str) -> tuple[int, str]:
        said = subprocess.run(
            [sys.executable, "-m", "tarazu", "drill", *words],
            env={"TARAZU_HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            timeout=120,
        )
        return said.returncode, said.stdout + said.stderr

    code, out = run("list")
    assert code == 0 and out.startswith("DRILLS  SIM  16 drills") and all(each.name in out for each in DRILLS)
    code, out = run("run", "no-such")
    assert code == 64 and "mute-feed" in out
    assert not list(tmp_path.iterdir())
