"""`up all` and `down all`: in order, twice, and when something is in the way; a clear verdict, nothing half-running."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.stack_desk import ALL, StackDesk, stack_desk
from harness.supervised import PATIENCE_S
from tarazu.app.stack.rise import stack_up
from tarazu.app.stack.standing import RowState
from tarazu.app.supervision import orphans
from tarazu.app.supervision.outcome import Outcome
from tarazu.app.supervision.programs import DEPTH_WS, MAIN, SIM_BROKER, WATCHDOG
from tarazu.app.supervision.waiting import until
from tarazu.app.verdict import Exit
from tarazu.runtime import desk_record

SCRIPTS = Path(__file__).parents[2] / "scripts"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackDesk]:
    with stack_desk(tmp_path_factory.mktemp("stack")) as made:
        yield made


def ready(*_: object) -> Outcome:
    return Outcome(name="gate", exit_code=Exit.OK, did="READY")


def not_ready(*_: object) -> Outcome:
    return Outcome(name="gate", exit_code=Exit.REFUSED, did="NOT_READY", code="NOT_READY")


def nothing_runs(desk: StackDesk) -> bool:
    return desk.supervision.pid is None and not orphans.orphans(desk.home)


def script(desk: StackDesk, name: str, *words: str) -> tuple[int, str]:
    environ = {n: v for n, v in os.environ.items() if not n.startswith("KITE_")}
    environ |= {"TARAZU_HOME": str(desk.home.root.parent), "TARAZU_PROFILE": "sim", "PYTHON": sys.executable}
    said = subprocess.run(
        ["bash", SCRIPTS / f"{name}.sh", *words], env=environ, capture_output=True, text=True, timeout=300, check=False
    )
    return said.returncode, said.stdout


def well(desk: StackDesk, name: str, *words: str) -> tuple[int, str]:
    """What it says of a stack that works; where the machine stood still, it is asked another time."""
    told: list[tuple[int, str]] = []

    def is_well() -> bool:
        assert until(desk.works, 2 * PATIENCE_S), desk.standing()
        told.append(script(desk, name, *words))
        return told[-1][0] in (0, 1)

    assert until(is_well, PATIENCE_S), told[-1]
    return told[-1]


def test_the_runbooks_three_commands_start_show_and_stop_it_each_of_them_twice(desk: StackDesk) -> None:
    code, out = script(desk, "start_live_stack", "--dry-run")
    assert code == 0 and out.startswith("PLAN  SIM  ") and out.count("would be started") == 5 and nothing_runs(desk)
    code, out = script(desk, "start_live_stack", "--timeout", "120")
    assert code == 0 and out.startswith("UP  SIM  watchdog started, WATCHING"), out
    assert "ok      gate               READY, receipt rdy-" in out
    before = desk.pids()
    code, out = well(desk, "status_live_stack")
    assert out.splitlines()[0].split()[:2] in (["OK", "SIM"], ["WARN", "SIM"]), out
    for name in ALL:
        assert f"{name:<10}  RUNNING  {before[name]}" in out
    code, out = well(desk, "start_live_stack", "--timeout", "120")
    assert out.count("already running") >= 4 and desk.pids() == before, out
    code, out = script(desk, "stop_live_stack")
    assert code == 0 and out.startswith("DOWN  SIM  ") and nothing_runs(desk)
    told = [line.split()[1] for line in out.splitlines() if line.startswith("ok ")]
    assert told == ["watchdog", "main", "account", "depth_ws", "sim_broker"], "the watchdog first"
    code, out = script(desk, "stop_live_stack")
    assert code == 0 and out.count("was not running") == 5
    code, out = script(desk, "status_live_stack")
    assert code == 2 and out.startswith("CRIT  SIM") and out.count("PROCESS_DOWN") == 4
    acts = [e.body["act"] for day in desk_record.days(desk.home.desk) for e in desk_record.entries(desk.home.desk, day)
            if e.kind is desk_record.DeskKind.STACK]  # fmt: skip
    assert acts == ["up", "up", "down"], "what did nothing is not written down"


def test_a_gate_that_says_no_starts_nobody(desk: StackDesk) -> None:
    outcomes = stack_up(desk.home, patience_s=60, environ={}, gate=not_ready)
    assert (outcomes[0].name, outcomes[0].exit_code) == ("gate", Exit.REFUSED)
    assert nothing_runs(desk)


def test_a_token_that_is_refused_starts_nobody_and_says_what_to_do(desk: StackDesk) -> None:
    desk.home.env_file.write_text("KITE_ACCESS_TOKEN=not-a-token\n")
    try:
        code, out, _ = desk.verb("up", "all")
        assert code == 4 and out.startswith("REFUSED  SIM  gate NOT_READY"), out
        assert "session.token" in out and "tarazu session login" in out and "not-a-token" not in out
        assert nothing_runs(desk)
    finally:
        desk.home.env_file.unlink()


def test_what_fails_on_the_way_takes_down_all_that_this_start_began(desk: StackDesk) -> None:
    good = desk.home.settings_file.read_text()
    desk.home.settings_file.write_text(good + '[[engine.strategies]]\nfactory = "nowhere:make"\n')
    try:
        outcomes = stack_up(desk.home, patience_s=60, environ={}, gate=ready)
        found = {o.name: o for o in outcomes if o.code}
        assert found[MAIN].code == "DIED" and "nowhere:make" in "".join(found[MAIN].lines)
        undone = [o.name for o in outcomes if o.did == "taken down again"]
        assert undone == [DEPTH_WS, SIM_BROKER] and nothing_runs(desk)
        assert WATCHDOG not in {o.name for o in outcomes}, "nobody watches what does not trade"
    finally:
        desk.home.settings_file.write_text(good)


def test_what_ran_before_is_adopted_and_outlives_a_start_that_fails(desk: StackDesk) -> None:
    assert [o.exit_code for o in desk.up(DEPTH_WS, patience_s=120)] == [Exit.OK, Exit.OK]
    good, before = desk.home.settings_file.read_text(), desk.pid(DEPTH_WS)
    desk.home.settings_file.write_text(good + '[[engine.strategies]]\nfactory = "nowhere:make"\n')
    try:
        outcomes = stack_up(desk.home, patience_s=60, environ={}, gate=ready)
        assert not [o for o in outcomes if o.did == "taken down again"]
        assert desk.pid(DEPTH_WS) == before and not desk.state(MAIN).state.is_up
    finally:
        desk.home.settings_file.write_text(good)
        desk.verb("down")


def test_a_pid_file_that_names_another_process_is_seen_through(desk: StackDesk) -> None:
    (desk.home.run / "supervisord.pid").write_text(f"{os.getpid()}\n")
    code, out, _ = desk.verb("up", "depth_ws", "--timeout", "120")
    assert code == 0 and "depth_ws           started" in out, out


def test_a_port_in_use_is_no_reason_to_stay_down(desk: StackDesk) -> None:
    port = int(desk.broker()["rest_url"].rpartition(":")[2])
    desk.verb("down")
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
        taken.listen()
        code, out, _ = desk.verb("up", "depth_ws", "--timeout", "120")
        assert code == 0, out
        assert int(desk.broker()["rest_url"].rpartition(":")[2]) != port
    desk.verb("down")


def test_a_full_disk_is_a_verdict_and_leaves_nothing_half_up(desk: StackDesk) -> None:
    for words in (("up", "all"), ("up", "depth_ws")):
        code, out, err = desk.verb_without_room(*words)
        assert code in (2, 4) and out.split()[0] in ("NOT_UP", "REFUSED"), out + err
        assert nothing_runs(desk)
    code, out, _ = desk.verb_without_room("down", "all")
    assert code == 0 and out.startswith("DOWN"), "nothing has to be written to stop"


def test_a_supervisor_that_does_not_answer_is_unknown(desk: StackDesk) -> None:
    desk.up(DEPTH_WS, patience_s=120)
    pid = desk.supervision.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        code, out, _ = desk.verb("status", "--json")
        told = json.loads(out)
        assert code == 3 and told["verdict"] == "UNKNOWN" and told["supervisor_pid"] == pid, out
        assert "SUPERVISOR_SILENT" in out and f"kill -9 {pid}" in out
    finally:
        os.kill(pid, signal.SIGCONT)
        desk.verb("down")


def test_a_row_is_known_by_what_the_process_does(desk: StackDesk) -> None:
    desk.up(DEPTH_WS, patience_s=120)
    assert until(lambda: desk.row(DEPTH_WS).state is RowState.RUNNING, PATIENCE_S), desk.row(DEPTH_WS)
    row = desk.row(DEPTH_WS)
    assert row.pid == desk.pid(DEPTH_WS)
    assert row.rss_bytes is not None and row.rss_bytes > 1 << 20 and row.up_s is not None
    assert row.heartbeat_age_s is not None and "instruments seen" in row.doing
    os.kill(desk.pid(DEPTH_WS), signal.SIGSTOP)
    assert until(lambda: desk.row(DEPTH_WS).state is RowState.HUNG, PATIENCE_S), desk.row(DEPTH_WS)
    os.kill(desk.pid(DEPTH_WS), signal.SIGCONT)
    os.kill(desk.pid(DEPTH_WS), signal.SIGKILL)
    assert until(lambda: desk.row(DEPTH_WS).restarts == 1, PATIENCE_S)
    assert desk.row(DEPTH_WS).last_death == "terminated by SIGKILL"
    desk.verb("down")
    assert desk.row(DEPTH_WS).state is RowState.STOPPED
