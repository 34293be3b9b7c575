"""`tarazu sim serve` as a process: its first line, its ports, its admin API, its exit codes."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

TARAZU = [sys.executable, "-m", "tarazu"]
DAY = ["--day", "2026-11-23", "--size", "tiny"]


class Box:
    """One running broker."""

    def __init__(self, *flags: str) -> None:
        self.process = subprocess.Popen(
            [*TARAZU, "sim", "serve", *DAY, *flags], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.ready: dict[str, Any] = json.loads(self.process.stdout.readline())

    def admin(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        content = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        status, answer = ask(self.ready["admin_port"], method, path, content, headers)
        return status, json.loads(answer)

    def kite(self, method: str, path: str, body: str = "", token: str | None = None) -> tuple[int, Any]:
        token = token or self.ready["access_token"]
        headers = {
            "Authorization": f"token {self.ready['api_key']}:{token}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        status, answer = ask(self.ready["rest_port"], method, path, body.encode() or None, headers)
        return status, json.loads(answer)

    def stop(self, how: int = signal.SIGTERM) -> int:
        self.process.send_signal(how)
        code = self.process.wait(60)
        assert self.process.stdout is not None and self.process.stderr is not None
        self.errors = self.process.stderr.read()
        self.process.stdout.close()
        self.process.stderr.close()
        return code


def ask(port: int, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@contextmanager
def serving(*flags: str) -> Iterator[Box]:
    box = Box(*flags)
    try:
        yield box
    finally:
        if box.process.poll() is None:
            box.stop()


@pytest.fixture(scope="module")
def box() -> Iterator[Box]:
    with serving("--seed", "5") as running:
        yield running


def test_the_first_line_has_all_that_a_client_needs(box: Box) -> None:
    ready = box.ready
    assert ready["rest_url"] == f"http://127.0.0.1:{ready['rest_port']}"
    assert ready["ws_url"] == f"ws://127.0.0.1:{ready['ws_port']}"
    assert ready["admin_url"] == f"http://127.0.0.1:{ready['admin_port']}"
    assert len({ready["rest_port"], ready["ws_port"], ready["admin_port"]}) == 3
    assert (ready["user_id"], ready["day"], ready["rules"], ready["seed"]) == ("TZ0001", "2026-11-23", "nse-2026", 5)
    assert ready["now_ist"] == "2026-11-23 09:15:00"
    assert box.kite("GET", "/user/profile")[1]["data"]["user_id"] == "TZ0001"


def test_a_broker_whose_kernels_are_not_compiled_says_so_first(tmp_path: Path) -> None:
    compiling = subprocess.Popen(
        [*TARAZU, "sim", "serve", *DAY], env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)},
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        assert compiling.stderr is not None
        assert "once after an installation: a minute or two" in compiling.stderr.readline()
    finally:
        os.killpg(compiling.pid, signal.SIGKILL)
        compiling.communicate()


def test_it_listens_on_loopback_only(box: Box) -> None:
    for name in ("rest_port", "ws_port", "admin_port"):
        with pytest.raises(OSError):
            socket.create_connection(("127.0.0.2", box.ready[name]), timeout=1)


def test_status_tells_clock_phases_lag_and_connections(box: Box) -> None:
    status, answer = box.admin("GET", "/status")
    assert status == 200
    assert answer["phases"]["cash"] == "CONTINUOUS"
    assert answer["day"] == "2026-11-23"
    assert answer["accounts"][0] == "TZ0001"
    assert answer["connections"] == []
    while not 0 <= box.admin("GET", "/status")[1]["lag_s"] < 1:
        time.sleep(0.05)
    assert answer["clock"]["rate"] == 1.0


def test_faults_are_armed_listed_struck_and_disarmed(box: Box) -> None:
    status, fault = box.admin("POST", "/faults", {"kind": "rest.status", "count": 1, "params": {"status": 502}})
    assert (status, fault["kind"], fault["count"]) == (200, "rest.status", 1)
    assert box.admin("GET", "/faults")[1]["armed"][0]["id"] == fault["id"]
    assert box.kite("GET", "/orders")[0] == 502
    assert box.kite("GET", "/orders")[0] == 200
    assert box.admin("DELETE", f"/faults/{fault['id']}")[0] == 200
    assert box.admin("DELETE", f"/faults/{fault['id']}")[0] == 404
    assert box.admin("DELETE", "/faults")[1] == {"disarmed": []}


def test_a_broker_that_is_ended_while_it_holds_an_answer_back_cuts_it_off_without_a_trace() -> None:
    with serving() as box:
        box.admin("POST", "/faults", {"kind": "rest.latency", "params": {"min_ms": 60_000, "max_ms": 60_000}})
        with socket.create_connection(("127.0.0.1", box.ready["rest_port"]), timeout=60) as client:
            client.sendall(b"GET /user/profile HTTP/1.1\r\nHost: x\r\n\r\n")
            while not any(fault["struck"] for fault in box.admin("GET", "/faults")[1]["armed"]):
                time.sleep(0.02)
            assert box.stop() == 0
            assert client.recv(100) == b""
        assert "Traceback" not in box.errors and "ERROR" not in box.errors, box.errors


def test_a_second_account_trades_apart_from_the_first(box: Box) -> None:
    status, app = box.admin("POST", "/accounts", {"user_id": "TZ0007", "cash": 1000.5})
    assert status == 200
    assert box.admin("POST", "/accounts", {"user_id": "TZ0007"})[0] == 400
    _, login = box.admin("POST", "/access-token", {"user_id": "TZ0007"})
    headers = {"Authorization": f"token {app['api_key']}:{login['access_token']}"}
    status, body = ask(box.ready["rest_port"], "GET", "/user/margins/equity", None, headers)
    assert json.loads(body)["data"]["net"] == 1000.5
    assert set(box.admin("GET", "/state")[1]["accounts"]) == {"TZ0001", "TZ0007"}
    assert len(box.admin("POST", "/request-token", {"user_id": "TZ0007"})[1]["request_token"]) == 32


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/nowhere", None, 404, "not_found"),
        ("PUT", "/status", None, 405, "method"),
        ("POST", "/faults", b"{", 400, "bad_body"),
        ("POST", "/faults", b"\xff", 400, "bad_body"),
        ("POST", "/faults", {"kind": "nonsense"}, 400, "refused"),
        ("POST", "/faults", {"kind": "ws.drop", "typo": 1}, 400, "bad_body"),
        ("POST", "/faults", b"x" * 70_000, 413, "too_long"),
        ("PUT", "/clock", {"rate": 0}, 400, "bad_clock"),
        ("PUT", "/clock", {"jump_to": "2020-01-01"}, 400, "bad_clock"),
        ("PUT", "/clock", {"jump_to": "soon"}, 400, "bad_clock"),
        ("PUT", "/clock", {"advance_s": -5}, 400, "bad_clock"),
        ("PUT", "/clock", {"advance_s": 1e30}, 400, "bad_clock"),
        ("POST", "/accounts", {"user_id": "../x"}, 400, "refused"),
        ("POST", "/accounts", {"user_id": "TZ0009", "postback_url": "http://10.0.0.1/"}, 400, "refused"),
        ("POST", "/access-token", {"user_id": "nobody"}, 400, "refused"),
    ],
)
def test_a_bad_admin_request_is_refused_in_one_shape(
    box: Box, method: str, path: str, body: Any, status: int, code: str
) -> None:
    got, answer = box.admin(method, path, body)
    assert (got, answer["error"]["code"]) == (status, code)
    assert answer["error"]["message"]


@pytest.mark.parametrize(
    "headers",
    [{"Host": "evil.example:80"}, {"Origin": "http://evil.example"}, {"Origin": "null"}, {"Host": "127.0.0.1.evil.x"}],
)
def test_a_web_page_cannot_reach_the_admin_port(box: Box, headers: dict[str, str]) -> None:
    assert box.admin("GET", "/status", **headers)[0] == 403


def test_the_clock_is_told_and_set() -> None:
    with serving() as box:
        _, paused = box.admin("PUT", "/clock", {"pause": True, "rate": 60})
        assert paused["paused"] and paused["rate"] == 60.0
        assert box.admin("GET", "/clock")[1]["now_ns"] == paused["now_ns"]
        _, jumped = box.admin("PUT", "/clock", {"jump_to": "2026-11-23 15:45:00"})
        assert jumped["now_ist"] == "2026-11-23 15:45:00"
        deadline = time.monotonic() + 60
        while box.admin("GET", "/status")[1]["lag_s"] > 0:
            assert time.monotonic() < deadline
        assert box.admin("GET", "/status")[1]["phases"]["derivatives"] == "CLOSED"
        _, running = box.admin("PUT", "/clock", {"pause": False})
        read_ns = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
        told_ns = running["origin_virtual_ns"] + (read_ns - running["origin_real_ns"]) * 60
        assert 0 <= box.admin("GET", "/clock")[1]["now_ns"] - told_ns < 60 * 60_000_000_000
        assert box.admin("POST", "/shutdown")[0] == 200
        assert box.process.wait(60) == 0


def test_signals_end_it_cleanly() -> None:
    assert Box().stop(signal.SIGTERM) == 0
    box = Box()
    assert box.stop(signal.SIGINT) == 130
    assert "Traceback" not in box.errors


def test_state_survives_kill_nine(tmp_path: Path) -> None:
    order = "exchange=NSE&tradingsymbol=INFY&transaction_type=BUY&quantity=7&product=MIS&order_type=LIMIT&price=1500"
    with serving("--state", str(tmp_path)) as box:
        assert box.kite("POST", "/orders/regular", order + "&validity=DAY")[0] == 200
        token, orders = box.ready["access_token"], box.kite("GET", "/orders")[1]["data"]
        assert box.stop(signal.SIGKILL) == -signal.SIGKILL
    with serving("--state", str(tmp_path)) as box:
        assert box.ready["access_token"] == token
        again = box.kite("GET", "/orders", token=token)[1]["data"]
        assert [o["order_id"] for o in again] == [o["order_id"] for o in orders]
        taken = subprocess.run(
            [*TARAZU, "sim", "serve", *DAY, "--state", str(tmp_path)], capture_output=True, text=True, check=False
        )
        assert (taken.returncode, taken.stdout) == (2, "")
        assert "in use" in taken.stderr
    other = subprocess.run(
        [*TARAZU, "sim", "serve", *DAY, "--seed", "9", "--state", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert other.returncode == 2
    assert "seed 1" in other.stderr


def test_a_port_in_use_is_exit_code_two() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        argv = [*TARAZU, "sim", "serve", "--admin-port", port]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (2, "")
        assert f"127.0.0.1:{port}" in done.stderr


@pytest.mark.parametrize(
    "flags",
    [
        ["--day", "2026-11-24"],
        ["--day", "2027-06-01"],
        ["--day", "tomorrow"],
        ["--at", "25:00"],
        ["--speed", "0"],
        ["--step-ms", "1"],
        ["--rules", "none"],
        ["--size", "huge"],
        ["--postback-url", "http://example.com/"],
        ["--rest-port", "x"],
        ["--rest-port", "70000"],
        ["--nonsense"],
    ],
)
def test_options_that_make_no_sense_are_exit_code_64(flags: list[str]) -> None:
    done = subprocess.run([*TARAZU, "sim", "serve", *flags], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (64, "")
    assert "Traceback" not in done.stderr and done.stderr.strip()


def test_help_imports_neither_numpy_nor_numba() -> None:
    for words in (["--help"], ["--version"], ["sim", "--help"], ["sim", "serve", "--help"], ["sim", "faults"]):
        program = (
            f"import sys, atexit; sys.argv = ['tarazu', *{words!r}]\n"
            "atexit.register(lambda: sys.stderr.write(repr({'numpy', 'numba', 'uvicorn'} & set(sys.modules))))\n"
            "from tarazu.cli import main; main()"
        )
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "set()"), words
        assert done.stdout


def test_the_catalogue_of_faults_is_listed_whole() -> None:
    from tarazu.sim.faults import CATALOGUE

    table = subprocess.run([*TARAZU, "sim", "faults"], capture_output=True, text=True, check=True).stdout
    assert [line.split()[0] for line in table.splitlines()] == list(CATALOGUE)
    rows = json.loads(
        subprocess.run([*TARAZU, "sim", "faults", "--json"], capture_output=True, text=True, check=True).stdout
    )
    assert {r["kind"]: r["params"] for r in rows} == {k.kind: k.params for k in CATALOGUE.values()}


def run_command(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*TARAZU, "sim", "run", *DAY, *words], capture_output=True, text=True, check=False)


def test_run_gives_the_command_a_broker_and_returns_its_exit_code() -> None:
    program = (
        "import os, urllib.request as u\n"
        "key, token = os.environ['KITE_API_KEY'], os.environ['KITE_ACCESS_TOKEN']\n"
        "headers = {'Authorization': f'token {key}:{token}'}\n"
        "ask = u.Request(os.environ['KITE_ROOT'] + '/user/profile', headers=headers)\n"
        "print(u.urlopen(ask).status, u.urlopen(os.environ['KITE_ADMIN_ROOT'] + '/status').status)\n"
        "print(*sorted(k for k in os.environ if k.startswith('KITE_')))\n"
        "raise SystemExit(7)"
    )
    done = run_command("--", sys.executable, "-c", program)
    assert done.stdout.splitlines() == [
        "200 200",
        "KITE_ACCESS_TOKEN KITE_ADMIN_ROOT KITE_API_KEY KITE_API_SECRET KITE_LOGIN_URL KITE_ROOT KITE_WS_ROOT",
    ]
    assert (done.returncode, done.stderr) == (7, "")


def test_run_passes_trouble_on() -> None:
    assert run_command("--", "/no/such/program").returncode == 127
    assert run_command("--", "sh", "-c", "kill -9 $$").returncode == 128 + signal.SIGKILL
    assert run_command("--day", "2026-11-24", "--", "true").returncode == 64


def test_run_leaves_no_broker_behind() -> None:
    done = run_command("--", "sh", "-c", "echo $KITE_ADMIN_ROOT")
    port = int(done.stdout.strip().rpartition(":")[2])
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=1)
    assert os.environ.get("KITE_ADMIN_ROOT") is None
