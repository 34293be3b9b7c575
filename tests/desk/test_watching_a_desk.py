"""A desk that trades, watched as its operator would: what main measures of itself, the half-hour look, the screen."""

import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from typing import Any

import pytest

from harness.scenario_desk import CALL, ENGINE, FAST, LOT, ScenarioDesk, trading_desk
from tarazu.model.order import Product, Side
from tarazu.strategy.wants import EntryWant

PATIENCE_S = 60.0


@pytest.fixture(scope="module")
def trading(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScenarioDesk]:
    with trading_desk(tmp_path_factory.mktemp("desk"), ENGINE, *FAST) as made:
        made.until_order(made.buy(CALL), "FILLED")
        yield made


def told(trading: ScenarioDesk, *words: str) -> tuple[int, dict[str, Any]]:
    ran = trading.desk.run(*words, "--json")
    assert ran.stdout, ran.stderr
    return ran.returncode, json.loads(ran.stdout)


def look(trading: ScenarioDesk) -> dict[str, Any]:
    """Of all the day."""
    return told(trading, "ops", "--minutes", "300")[1]


def test_main_measures_its_answers_decisions_writes_and_clock(trading: ScenarioDesk) -> None:
    def measured(health: Any) -> bool:
        page = health.timings
        return all(one.count for one in (page.order_ack, page.decision_loop, page.db_write, page.clock_skew))

    page = trading.desk.until_main(measured).timings
    assert page.order_ack.count >= 2, "the entry, and its stop"
    for one in (page.order_ack, page.decision_loop, page.db_write):
        assert one.p99_ns is not None and one.worst_ns is not None and 0 < one.p99_ns <= one.worst_ns
    _, answer = told(trading, "sla")
    assert answer["main"]["order_ack_ms"]["worst"] > 0
    assert {"order_ack_ms", "decision_loop_ms", "db_write_ms", "clock_skew_sec"} <= {c["id"] for c in answer["checks"]}


def test_the_look_tells_what_was_traded_and_what_is_held(trading: ScenarioDesk) -> None:
    half = EntryWant(strategy="person", key=CALL, side=Side.BUY, qty=LOT - 1, product=Product.NRML)
    assert not trading.want(half)["accepted"]
    trading.until(lambda: len(look(trading)["now"]["acks_ns"]) == 2)
    answer = look(trading)
    assert answer["now"]["orders"] == answer["now"]["filled"] == 1
    assert answer["now"]["sent"] == 2 and answer["now"]["denied"] >= 1
    assert len(answer["now"]["acks_ns"]) == 2 and answer["now"]["slipped_units"] == LOT
    assert f"{CALL} NRML +{LOT}" in answer["sections"]["positions"]["text"]
    assert answer["now"]["codes"]["LOT"] >= 1
    assert answer["sections"]["risk"]["text"].startswith("NORMAL ")


def test_the_screen_is_drawn_on_a_terminal_of_80_by_24_and_q_gives_the_terminal_back(trading: ScenarioDesk) -> None:
    pid, fd = pty.fork()
    if pid == 0:
        env = {**trading.desk.environment, "TERM": "xterm-256color"}
        os.execve(sys.executable, [sys.executable, "-m", "tarazu", "top"], env)
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    try:
        seen = read_until(fd, b"NORMAL ")
        assert b"\x1b[?1049h" in seen and b"PROCESSES" in seen
        os.write(fd, b"q")
        left = read_until(fd, b"\x1b[?1049l")
        assert b"Traceback" not in seen + left
        deadline = time.monotonic() + PATIENCE_S
        while (ended := os.waitpid(pid, os.WNOHANG)) == (0, 0):
            assert time.monotonic() < deadline, "it does not end"
            drain(fd)
        assert os.waitstatus_to_exitcode(ended[1]) == 0
        pid = 0
    finally:
        if pid:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        os.close(fd)


def read_until(fd: int, wanted: bytes) -> bytes:
    seen, deadline = b"", time.monotonic() + PATIENCE_S
    while wanted not in seen:
        assert time.monotonic() < deadline, seen[-2000:]
        seen += drain(fd)
    return seen


def drain(fd: int) -> bytes:
    """What has been printed; nothing once nobody prints any more (EIO, pty(7))."""
    ready, _, _ = select.select([fd], [], [], 0.1)
    try:
        return os.read(fd, 65_536) if ready else b""
    except OSError:
        return b""


def test_the_screen_without_a_terminal_says_so_and_draws_nothing(trading: ScenarioDesk) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "tarazu", "top"],
        env=trading.desk.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert ran.returncode == 64 and "--once" in ran.stderr and not ran.stdout


def test_a_main_that_hangs_and_one_that_was_killed_are_unknown_to_all_who_watch(trading: ScenarioDesk) -> None:
    main = trading.desk.main
    assert main is not None
    main.send_signal(signal.SIGSTOP)
    time.sleep(2.0)  # three intervals of its health: older is not believed
    for words in (("sla",), ("ops",), ("top",)):
        code, answer = told(trading, *words)
        codes = {check["code"] for check in answer["checks"]}
        assert code in (2, 3) and "MAIN_SILENT" in codes, (words, answer)
    trading.kill_main()
    code, answer = told(trading, "sla")
    assert code in (2, 3) and "MAIN_DOWN" in {check["code"] for check in answer["checks"]}
    answer = look(trading)
    assert answer["sections"]["positions"]["status"] == "UNKNOWN"
    assert answer["now"]["filled"] == 1, "the journal is told from all the same"
    trading.begin()
