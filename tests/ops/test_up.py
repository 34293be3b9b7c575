"""`tarazu up` against the real thing: a broker, a depth_ws and a supervisor of its own, and real signals."""

import json
import os
import pty
import signal
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.broker_process import broker_process
from harness.imports import PYTHONPATH
from harness.supervised import PATIENCE_S, gone
from harness.up_desk import BOTH, UpDesk, up_desk
from tarazu.app.depth_ws.health import read_health
from tarazu.app.feed.breaker_file import read_breaker
from tarazu.app.supervision import feed_start, orphans
from tarazu.app.supervision.found_broker import NAMED
from tarazu.app.supervision.programs import DEPTH_WS, SIM_BROKER
from tarazu.app.supervision.state import State
from tarazu.app.supervision.waiting import until
from tarazu.app.verdict import Exit
from tarazu.market.breaker import BreakerLimits, reconnected
from tarazu.market.feed_events import FeedState
from tarazu.runtime.writer_lock import WriterLock


@pytest.fixture(scope="module")
def module_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[UpDesk]:
    with up_desk(tmp_path_factory.mktemp("up")) as made:
        yield made


@pytest.fixture
def desk(module_desk: UpDesk) -> UpDesk:
    """Up and well, whatever the test before has left."""
    outcomes = module_desk.up()
    assert [outcome.exit_code for outcome in outcomes] == [Exit.OK, Exit.OK], outcomes
    return module_desk


def test_what_is_absent_is_started_and_what_is_well_is_left_alone(tmp_path: Path) -> None:
    with up_desk(tmp_path) as desk:
        code, out, _ = desk.verb("up", "depth_ws")
        first = desk.pid(SIM_BROKER), desk.pid(DEPTH_WS)
        assert code == 0 and out.startswith("UP  SIM  depth_ws started, data ")
        assert "Thu 2026-11-19 10:00:" in out.splitlines()[0], "the time of the profile's clock"
        assert until(lambda: desk.are_fresh(first[1]), PATIENCE_S)
        desk.are_left_alone(BOTH, "depth_ws")
        assert desk.verb_until(0, "up", "depth_ws").startswith("UP  SIM  depth_ws ")
        first = desk.pid(SIM_BROKER), desk.pid(DEPTH_WS)
        code, out, _ = desk.verb("down")
        assert code == 0 and out.startswith("DOWN  SIM  ")
        assert not any(orphans.is_running(pid) for pid in first) and desk.supervision.pid is None
        assert not desk.home.sim_broker.exists()
        code, out, _ = desk.verb("down")
        assert code == 0 and "was not running" in out


def test_the_answer_is_one_object_for_machines(desk: UpDesk) -> None:
    code, out, _ = desk.verb("up", "depth_ws", "--json")
    told = json.loads(out)
    assert (code, told["schema"], told["verdict"], told["exit_code"], told["mode"]) == (
        0,
        "tarazu.up/1",
        "UP",
        0,
        "SIM",
    )
    assert [(p["name"], p["pid"]) for p in told["processes"]] == [(name, desk.pid(name)) for name in BOTH]
    secrets = [desk.broker()[name] for name in ("access_token", "api_secret")]
    assert not any(secret in out for secret in secrets)
    logs = "".join(path.read_text() for path in desk.home.logs.iterdir())
    assert not any(secret in logs for secret in secrets)


def test_two_at_once_are_as_good_as_one(tmp_path: Path) -> None:
    with up_desk(tmp_path) as desk:
        both = [desk.start_verb("up", "depth_ws", "--json") for _ in range(2)]
        told = [json.loads(process.communicate(timeout=120)[0]) for process in both]
        assert [t["verdict"] for t in told] == ["UP", "UP"]
        assert told[0]["processes"][1]["pid"] == told[1]["processes"][1]["pid"] == desk.pid(DEPTH_WS)
        assert desk.state(DEPTH_WS).restarts == 0
        conf = os.fsencode(desk.home.run / "supervisord.conf")
        supervisors = [p for p in Path("/proc").glob("[0-9]*/cmdline") if conf in _bytes(p)]
        assert len(supervisors) == 1


def test_a_killed_depth_ws_comes_back_by_itself(desk: UpDesk) -> None:
    pid = desk.pid()
    os.kill(pid, signal.SIGKILL)
    assert gone(pid)
    (_, feed) = desk.up()
    assert feed.exit_code is Exit.OK and feed.pid != pid
    assert desk.state().last_death == "terminated by SIGKILL"


def test_a_killed_broker_comes_back_at_its_address_with_its_accounts(desk: UpDesk) -> None:
    before, pid = desk.broker(), desk.pid(SIM_BROKER)
    _admin(before, "/accounts", {"user_id": "TZ0077"})
    os.kill(pid, signal.SIGKILL)
    assert gone(pid)
    broker, feed = desk.up()
    assert (broker.exit_code, feed.exit_code) == (Exit.OK, Exit.OK) and broker.pid != pid
    after = desk.broker()
    assert [after[n] for n in ("rest_url", "ws_url", "admin_url")] == [
        before[n] for n in ("rest_url", "ws_url", "admin_url")
    ]
    assert "TZ0077" in desk.status()["accounts"]


def test_a_killed_supervisor_is_replaced_with_all_that_it_had(desk: UpDesk) -> None:
    dead, left = desk.supervision.pid, [desk.pid(SIM_BROKER), desk.pid(DEPTH_WS)]
    assert dead is not None
    os.kill(dead, signal.SIGKILL)
    assert gone(dead)
    assert desk.state().state is State.UNKNOWN
    broker, feed = desk.up()
    assert (broker.exit_code, feed.exit_code) == (Exit.OK, Exit.OK)
    assert desk.supervision.pid not in (None, dead) and not any(orphans.is_running(pid) for pid in left)
    assert (desk.pid(SIM_BROKER), desk.pid(DEPTH_WS)) == (broker.pid, feed.pid)


def test_down_also_ends_what_a_killed_supervisor_has_left(desk: UpDesk) -> None:
    dead, left = desk.supervision.pid, [desk.pid(SIM_BROKER), desk.pid(DEPTH_WS)]
    assert dead is not None
    os.kill(dead, signal.SIGKILL)
    assert gone(dead)
    code, out, _ = desk.verb("down")
    assert code == 0 and out.startswith("DOWN")
    assert not any(orphans.is_running(pid) for pid in left)


def test_a_depth_ws_that_hangs_is_started_again(desk: UpDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_start, "YOUNG_S", 0.0)
    pid = desk.pid()
    os.kill(pid, signal.SIGSTOP)
    health = read_health(desk.home.feed_health)
    assert health is not None and until(lambda: not health.is_current(), 60)
    (_, feed) = desk.up()
    assert feed.exit_code is Exit.OK and feed.did == "restarted (its health is not current)" and feed.pid != pid
    assert not orphans.is_running(pid)


def test_a_required_feed_that_is_stale_is_a_reason_to_start_again(desk: UpDesk) -> None:
    pid = desk.pid()
    _admin(desk.broker(), "/faults", {"kind": "ws.freeze_ticks"})
    try:
        assert until(lambda: FeedState.STALE in _states(desk), 60)
        _, feed = desk.up(patience_s=1.0)
        assert feed.did.startswith("restarted (stale: ") and feed.pid != pid
        assert feed.exit_code in (Exit.UNKNOWN, Exit.CRIT), "the fault goes on: it does not hold"
    finally:
        _admin(desk.broker(), "/faults", method="DELETE")
    _, feed = desk.up()
    assert feed.exit_code is Exit.OK, feed


def test_a_refused_token_is_told_with_the_command_that_helps(desk: UpDesk) -> None:
    desk.home.env_file.write_text("KITE_ACCESS_TOKEN=not-a-token\n")
    try:
        code, out, _ = desk.verb("restart", "depth_ws")
        assert code == 2 and out.startswith("NOT_UP  SIM  depth_ws restarted, ")
        assert "NO_TOKEN: " in out
        assert "fix  put today's KITE_ACCESS_TOKEN into the profile's .env" in out
        assert "not-a-token" not in out
    finally:
        desk.home.env_file.unlink()


def test_an_open_breaker_is_a_refusal(desk: UpDesk) -> None:
    desk.supervision.stop(DEPTH_WS)
    breaker = read_breaker(desk.home.feed_breaker)
    wall_ns = read_health(desk.home.feed_health).wall_ns  # type: ignore[union-attr]
    for _ in range(BreakerLimits().reconnects_max + 1):
        breaker = reconnected(breaker, BreakerLimits(), wall_ns)
    _store_breaker(desk, breaker)
    try:
        code, out, _ = desk.verb("up", "depth_ws")
        assert code == 4 and out.startswith("REFUSED  SIM  depth_ws started, ")
        assert 'fix  tarazu feed clear-breaker --reason "..."' in out
    finally:
        desk.supervision.stop(DEPTH_WS)
        desk.home.feed_breaker.unlink()


def test_nothing_to_subscribe_to_is_told_and_mended_settings_are_taken_up(desk: UpDesk) -> None:
    good = desk.home.settings_file.read_text()
    desk.home.settings_file.write_text(good.replace("NSE:INFY", "NSE:NOSUCH"))
    try:
        code, out, _ = desk.verb("restart", "depth_ws")
        assert code == 2 and "NO_SELECTION: " in out and "NSE:NOSUCH" in out
        assert f"fix  edit [feed] in {desk.home.settings_file}; tarazu up depth_ws" in out
    finally:
        desk.home.settings_file.write_text(good)
    code, out, _ = desk.verb("up", "depth_ws")
    assert code == 0 and "restarted (settings are read at a start)" in out


def test_what_dies_at_its_start_shows_the_end_of_its_log(desk: UpDesk) -> None:
    desk.supervision.stop(DEPTH_WS)
    folder = _day_folder(desk)
    lock = WriterLock(folder)
    try:
        code, out, _ = desk.verb("up", "depth_ws")
        assert code == 2 and "DIED: " in out and "exit status 4" in out
        assert desk.state().state is State.STOPPED, "nobody goes on trying"
        assert f"is being written by process {os.getpid()}" in out and "fix  tarazu logs depth_ws" in out
    finally:
        lock.close()


def test_no_time_is_an_answer_too(desk: UpDesk) -> None:
    code, out, _ = desk.verb("restart", "depth_ws", "--timeout", "0.2")
    assert code == 3 and out.startswith("UNKNOWN  SIM  depth_ws restarted, not up within 0.2 s: ")


def test_settings_that_cannot_be_used_are_told_and_keep_nothing_running(desk: UpDesk) -> None:
    good = desk.home.settings_file.read_text()
    desk.home.settings_file.write_text("[feeed]\n")
    try:
        code, out, _ = desk.verb("up", "depth_ws")
        assert code == 2 and out.startswith(f"NOT_UP  SIM  settings do not read, {desk.home.settings_file}: ")
        assert "BAD_SETTINGS: " in out and "feeed" in out and "fix  tarazu config validate" in out
        code, out, _ = desk.verb("down", "depth_ws")
        assert code == 0 and out.startswith("DOWN")
    finally:
        desk.home.settings_file.write_text(good)


def test_a_restarted_broker_keeps_its_state_and_its_depth_ws(desk: UpDesk) -> None:
    _admin(desk.broker(), "/accounts", {"user_id": "TZ0099"})
    before, feed = desk.pid(SIM_BROKER), desk.pid(DEPTH_WS)
    code, out, _ = desk.verb("restart", "sim_broker")
    assert code == 0 and "sim_broker         restarted" in out and "depth_ws           started" in out
    assert desk.pid(SIM_BROKER) != before and desk.pid(DEPTH_WS) != feed
    assert "TZ0099" in desk.status()["accounts"]


def test_the_broker_of_the_environment_is_taken_for_ours_and_given_back(desk: UpDesk) -> None:
    own, feed = desk.pid(SIM_BROKER), desk.pid(DEPTH_WS)
    with broker_process("--seed", "8") as other:
        environ = {name: str(other[key]) for key, name in NAMED.items()}
        broker, fed = desk.up(**environ)
        assert broker.did == "found in the environment" and fed.exit_code is Exit.OK and fed.pid != feed
        assert not orphans.is_running(own)
        assert desk.broker()["rest_url"] == other["rest_url"] and desk.broker()["session"] == "full"
        assert until(lambda: bool(desk.status()["connections"]), PATIENCE_S), "depth_ws listens to it"
        (_, again) = desk.up(**environ)
        assert (again.did == "already running" and again.pid == fed.pid) or again.did.startswith("restarted (stale")
    (broken, *more) = desk.up(**environ)
    assert (broken.exit_code, broken.code, more) == (Exit.CRIT, "NO_BROKER", [])
    broker, fed = desk.up()
    assert broker.exit_code is Exit.OK and desk.pid(SIM_BROKER) == broker.pid
    assert fed.exit_code is Exit.OK and desk.broker()["rest_url"] != other["rest_url"]


def test_a_terminal_that_goes_away_takes_nothing_with_it(desk: UpDesk) -> None:
    desk.supervision.shutdown()
    child, terminal = pty.fork()
    if child == 0:
        code = (
            "from harness.up_desk import UpDesk; from tarazu.app.home import Home, Profile; from pathlib import Path\n"
        )
        run = f"{code}UpDesk(Home(Profile.SIM, Path({str(desk.home.root)!r}))).up(); print('it is up'); input()"
        os.execve(sys.executable, [sys.executable, "-c", run], {**os.environ, "PYTHONPATH": PYTHONPATH})
    said = b""
    while b"it is up" not in said:
        said += os.read(terminal, 1024)
    pids = [desk.pid(SIM_BROKER), desk.pid(DEPTH_WS)]
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0, "the terminal's own process is hung up"
    assert [desk.pid(SIM_BROKER), desk.pid(DEPTH_WS)] == pids
    desk.are_left_alone(BOTH, "depth_ws")


def test_one_in_a_terminal_and_one_supervised_do_not_meet(desk: UpDesk) -> None:
    code, out, _ = desk.verb("up", "depth_ws", "--foreground")
    assert code == 4 and out.startswith("REFUSED  SIM  depth_ws not started here") and "tarazu down depth_ws" in out
    desk.supervision.stop(DEPTH_WS)
    foreground = desk.start_verb("up", "depth_ws", "--foreground")
    try:
        assert until(lambda: desk.are_fresh(foreground.pid), PATIENCE_S)
        out = desk.verb_until(1, "up", "depth_ws")
        assert "NOT_SUPERVISED: already running" in out and f"kill -TERM {foreground.pid}" in out
        code, out, _ = desk.verb("down", "depth_ws")
        assert code == 5 and out.startswith("PARTIAL")
    finally:
        foreground.terminate()
        foreground.communicate(timeout=60)
    assert foreground.returncode == 0


def test_another_name_is_a_misuse(desk: UpDesk) -> None:
    for verb in ("up", "down", "restart", "logs"):
        code, _, err = desk.verb(verb, "depth")
        assert code == 64 and "sim_broker, depth_ws" in err


def test_the_log_is_shown_and_followed(desk: UpDesk) -> None:
    code, out, _ = desk.verb("logs", "depth_ws", "-n", "3")
    assert code == 0 and len(out.splitlines()) == 3
    code, out, _ = desk.verb("logs", "depth_ws", "-n", "1", "--json")
    assert json.loads(out)["name"] == "depth_ws"
    following = desk.start_verb("logs", "depth_ws", "-f", "-n", "1")
    assert following.stdout is not None
    try:
        assert following.stdout.readline()
        os.kill(desk.pid(), signal.SIGTERM)
        assert "FEED_STOPPED" in next(line for line in following.stdout if "FEED_STOPPED" in line)
    finally:
        following.kill()
        following.communicate()


def test_without_a_token_the_paper_profile_says_so(tmp_path: Path) -> None:
    from tarazu.app.home import Profile

    with up_desk(tmp_path, Profile.PAPER) as desk:
        desk.home.settings_file.write_text("")
        desk.home.env_file.write_text("KITE_API_KEY=abc\n")
        code, out, _ = desk.verb("up", "depth_ws", "--timeout", "60")
        assert code == 2 and out.startswith("NOT_UP  PAPER  depth_ws started, ")
        assert "NO_TOKEN" in out and "KITE_ACCESS_TOKEN" in out


def _admin(broker: dict[str, Any], path: str, body: Any = None, method: str = "POST") -> None:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        broker["admin_url"] + path, data=data, headers={"Content-Type": "application/json"}, method=method
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert answer.status == 200


def _states(desk: UpDesk) -> set[FeedState]:
    health = read_health(desk.home.feed_health)
    return {row.health.state for row in health.feeds if row.health.required} if health else set()


def _day_folder(desk: UpDesk) -> Path:
    """Where the writer's lock of the feed log is."""
    return next(path.parent for path in desk.home.root.rglob("writer.lock"))


def _store_breaker(desk: UpDesk, breaker: Any) -> None:
    from tarazu.app.feed.breaker_file import change_breaker

    change_breaker(desk.home.feed_breaker, lambda _: breaker)


def _bytes(path: Path) -> list[bytes]:
    try:
        return path.read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return []
