"""One supervisor a home, with real processes and real signals."""

import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.imports import PYTHONPATH
from harness.supervised import PATIENCE_S, awake, gone, program, reached, supervised_home
from tarazu.app.home import Home
from tarazu.app.supervision import orphans
from tarazu.app.supervision.conf import CONF
from tarazu.app.supervision.link import SupervisorSilent
from tarazu.app.supervision.state import State
from tarazu.app.supervision.supervisor import Supervision
from tarazu.app.supervision.waiting import until

SLEEPER = program("sleeper", "import time; print('awake', flush=True); time.sleep(1e6)")
UP = (State.STARTING, State.RUNNING)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with supervised_home(tmp_path) as made:
        yield made


@pytest.fixture
def supervision(home: Home) -> Supervision:
    return Supervision(home, (SLEEPER,))


def test_a_program_is_started_and_stopped_and_both_may_be_asked_for_twice(supervision: Supervision) -> None:
    assert supervision.state("sleeper").state is State.STOPPED, "before there is a supervisor"
    assert supervision.ensure().anew and not supervision.ensure().anew
    assert supervision.state("sleeper").state is State.STOPPED, "the supervisor starts nothing by itself"
    first = supervision.start("sleeper")
    assert first.state in UP and first.pid is not None
    assert supervision.start("sleeper").pid == first.pid
    assert supervision.stop("sleeper").state is State.STOPPED
    assert not orphans.is_running(first.pid)
    assert supervision.stop("sleeper").state is State.STOPPED


def test_what_dies_unasked_is_started_again_and_counted(supervision: Supervision) -> None:
    supervision.ensure()
    pid = awake(supervision)
    os.kill(pid, signal.SIGKILL)
    assert gone(pid)
    again = reached(supervision, "sleeper", *UP)
    assert again.pid != pid
    assert (again.restarts, again.last_death) == (1, "terminated by SIGKILL")


def test_an_unasked_end_with_exit_code_0_is_no_reason_to_stay_dead(home: Home) -> None:
    supervision = Supervision(home, (program("quitter", "import time; time.sleep(6)"),))
    supervision.ensure()
    first = supervision.start("quitter").pid
    assert first is not None and gone(first)
    assert reached(supervision, "quitter", *UP).last_death == "exit status 0"


def test_what_dies_at_its_start_is_given_up_after_a_few_tries_and_can_be_started_again(home: Home) -> None:
    supervision = Supervision(home, (program("faulty", "raise SystemExit('no luck')"),))
    supervision.ensure()
    supervision.start("faulty")
    given_up = reached(supervision, "faulty", State.FATAL)
    assert given_up.restarts == 4 and given_up.last_death == "exit status 1"
    assert until(lambda: supervision.log_of("faulty").read_text() == "no luck\n" * 4, PATIENCE_S)
    assert supervision.start("faulty").state in (State.STARTING, State.BACKOFF)


def test_a_process_deaf_to_sigterm_is_killed_after_its_time(home: Home) -> None:
    deaf = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEPER.words[1]}"
    supervision = Supervision(home, (program("deaf", deaf, stop_s=1),))
    supervision.ensure()
    pid = awake(supervision, "deaf")
    assert supervision.stop("deaf").state is State.STOPPED
    assert not orphans.is_running(pid)


def test_a_supervisor_killed_outright_leaves_a_home_that_can_be_taken_up_again(supervision: Supervision) -> None:
    supervision.ensure()
    left = awake(supervision)
    dead = supervision.pid
    assert dead is not None
    os.kill(dead, signal.SIGKILL)
    assert gone(dead)
    orphaned = supervision.state("sleeper")
    assert (orphaned.state, orphaned.pid) == (State.UNKNOWN, left), "it runs, and nobody would start it again"
    begun = supervision.ensure()
    assert begun.anew and [o.pid for o in begun.ended] == [left]
    assert not orphans.is_running(left), "two of them would be in each other's way"
    assert supervision.start("sleeper").state in UP


def test_what_outlived_its_supervisor_is_looked_for_once_for_all_that_are_asked_about(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = []
    monkeypatch.setattr(orphans, "orphans", lambda home: looks.append(home) or [orphans.Orphan("main", 4321)])
    told = Supervision(home).states(["main", "depth_ws"])
    assert [(one.state, one.pid) for one in told] == [(State.UNKNOWN, 4321), (State.STOPPED, None)]
    assert looks == [home]


def test_many_at_once_begin_one_supervisor(home: Home) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from tarazu.app.home import Home, Profile\n"
        "from tarazu.app.supervision.supervisor import Supervision\n"
        "from harness.supervised import program\n"
        f"s = Supervision(Home(Profile.PAPER, Path({str(home.root)!r})), (program('sleeper', {SLEEPER.words[1]!r}),))\n"
        "print(s.ensure().anew, s.pid, s.start('sleeper').pid)"
    )
    environ = os.environ | {"PYTHONPATH": PYTHONPATH}
    racers = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=environ) for _ in range(4)
    ]
    told = [racer.communicate(timeout=120)[0].split() for racer in racers]
    assert sorted(anew for anew, _, _ in told) == ["False", "False", "False", "True"]
    assert len({pid for _, pid, _ in told}) == 1 and len({pid for _, _, pid in told}) == 1


def test_a_supervisor_that_does_not_answer_is_unknown_with_what_to_do(
    supervision: Supervision, monkeypatch: pytest.MonkeyPatch
) -> None:
    supervision.ensure()
    supervision.start("sleeper")
    pid = supervision.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    monkeypatch.setattr("tarazu.app.supervision.link.ask.__kwdefaults__", {"timeout_s": 0.5})
    state = supervision.state("sleeper")
    assert state.state is State.UNKNOWN and f"kill -9 {pid}" in state.description
    with pytest.raises(SupervisorSilent, match=f"kill -9 {pid}"):
        supervision.ensure()
    os.kill(pid, signal.SIGCONT)
    assert reached(supervision, "sleeper", *UP)


def test_shutdown_stops_the_last_started_first_and_leaves_nothing(home: Home) -> None:
    note = "import signal, time; signal.signal(signal.SIGTERM, lambda *_: (open('ended', 'a').write('{0} '), exit()))"
    supervision = Supervision(
        home,
        (
            program("below", f"{note.format('below')}; print('awake', flush=True); time.sleep(1e6)", order=10),
            program("above", f"{note.format('above')}; print('awake', flush=True); time.sleep(1e6)", order=20),
        ),
    )
    supervision.ensure()
    for name in ("below", "above"):
        awake(supervision, name)
    pid = supervision.pid
    supervision.shutdown()
    assert (home.root / "ended").read_text() == "above below "
    assert pid is not None and not orphans.is_running(pid) and supervision.pid is None
    assert not orphans.orphans(home)
    supervision.shutdown()


def test_a_program_that_is_to_be_run_otherwise_is_stopped_and_one_that_is_not_goes_on(home: Home) -> None:
    other = program("other", SLEEPER.words[1])
    before = Supervision(home, (SLEEPER, other))
    before.ensure()
    kept, changed = before.start("sleeper").pid, before.start("other").pid
    assert changed is not None
    after = Supervision(home, (SLEEPER, program("other", "import time; time.sleep(2e6)"), program("third", "pass")))
    assert after.ensure().changed == ("other",)
    assert not orphans.is_running(changed)
    assert after.state("sleeper").pid == kept
    assert after.state("other").state is State.STOPPED
    assert not after.ensure().changed, "the same table again changes nothing"


@pytest.mark.parametrize("name", ["x" * 180, "a b;c #d %(e)s %s 'f' \"g\" तराज़ू"], ids=["long", "strange"])
def test_a_home_may_have_any_name(tmp_path: Path, name: str) -> None:
    with supervised_home(tmp_path / name) as home:
        supervision = Supervision(home, (SLEEPER,))
        supervision.ensure()
        assert supervision.start("sleeper").state in UP
        supervision.shutdown()


def test_what_a_home_writes_is_nobody_elses_and_holds_no_secret(
    supervision: Supervision, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KITE_ACCESS_TOKEN", "the-secret")
    supervision.ensure()
    pid = awake(supervision)
    for path in (home.run / CONF, supervision.log_of("sleeper"), home.run, home.logs):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    assert "the-secret" not in (home.run / CONF).read_text()
    for process in (pid, supervision.pid):
        environ = Path(f"/proc/{process}/environ").read_bytes()
        assert b"KITE_" not in environ and f"TARAZU_PROFILE={home.profile}".encode() in environ


def test_no_descriptor_of_ours_is_inherited_and_no_terminal_is_shared(supervision: Supervision, tmp_path: Path) -> None:
    with (tmp_path / "ours").open("w") as ours:
        os.set_inheritable(ours.fileno(), True)
        supervision.ensure()
        pid = awake(supervision)
        for process in (pid, supervision.pid or 0):
            open_files = [str(fd.readlink()) for fd in Path(f"/proc/{process}/fd").iterdir()]
            assert str(tmp_path / "ours") not in open_files
            assert os.getsid(process) == supervision.pid


def test_a_command_waits_for_another_that_is_changing_things_and_not_for_ever(supervision: Supervision) -> None:
    other = Supervision(supervision.home, (SLEEPER,))
    with supervision.alone(), pytest.raises(OSError, match="another tarazu command"), other.alone(patience_s=0.2):
        pass
    entered = threading.Event()

    def enter() -> None:
        with other.alone(patience_s=60):
            entered.set()

    with supervision.alone():
        waiting = threading.Thread(target=enter)
        waiting.start()
        assert not entered.wait(0.2)
    assert entered.wait(60)
    waiting.join()
