"""The demo as a newcomer runs it: on a screen and in lines, on other clocks and days, over the run before, and broken
off. The broker's own books are read here by the test itself."""

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
import urllib.error
import urllib.request
from collections.abc import Iterator
from fcntl import ioctl
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tarazu.app.broker_address import sim_address
from tarazu.app.demo.market_day import is_expiry
from tarazu.app.demo.told import Chapter, DemoTold, Kind
from tarazu.app.drills.place import sweep
from tarazu.app.home import Home, Profile
from tarazu.app.runbook.runs.judging import How
from tarazu.app.supervision.reach import reach
from tarazu.app.verdict import Status
from tarazu.model import ist
from tarazu.reference import calendar

WHOLE_S = 420
"""Several times what it takes: on a machine that does much else every wait is longer."""
CHAPTERS = [Chapter.PRE_OPEN, Chapter.START, Chapter.MONITOR, Chapter.INCIDENT, Chapter.CLOSE, Chapter.ROLLBACK]
SCREEN_ON, SCREEN_OFF = b"\x1b[?1049h", b"\x1b[?1049l"


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in which one run follows another."""
    folder = tmp_path_factory.mktemp("demo") / "demo"
    yield folder
    assert not processes_of(folder)


def test_on_a_terminal_a_day_is_shown_and_its_books_are_the_brokers_to_the_paisa(first: Path) -> None:
    code, screen = on_a_terminal("--folder", str(first))
    told = told_in(first)
    assert code == 0, failed(told)
    assert screen.count(SCREEN_ON) == 1 and SCREEN_OFF in screen.split(SCREEN_ON)[1], "the terminal is given back"
    assert b"PASSED" in screen.rpartition(SCREEN_OFF)[2]
    went_through_its_chapters(told)
    assert not processes_of(first)
    books_are_the_brokers(first, told)


def test_a_mute_feed_is_told_blocks_entries_and_is_mended_by_its_playbook(first: Path) -> None:
    told = told_in(first)
    fault = next(each.at_s for each in told.happened if each.kind is Kind.FAULT)
    stale = next(each.at_s for each in told.happened if each.at_s > fault and each.text.startswith("FEED_STALE"))
    again = next(each.at_s for each in told.happened if each.at_s > stale and each.text == "the engine is ACTIVE")
    playbook = [step for step in told.steps if step.chapter is Chapter.INCIDENT]
    assert fault < stale < playbook[0].began_s < again
    assert [step.runbook for step in playbook] == ["sev2-feed-stale"] * 2
    blind = [each for each in told.happened if stale < each.at_s < again and " ENTRY: " in each.text]
    assert not blind


def test_what_it_says_to_try_next_works(first: Path) -> None:
    told = told_in(first)
    assert len(told.next) == 5
    for command, _ in told.next:
        words = [word for word in command.split() if word.startswith("/") or first.name in word]
        if command.startswith("TARAZU_HOME="):
            said = subprocess.run(command, shell=True, cwd=first.parent, env=environ(), capture_output=True, text=True)
            assert said.returncode == 0, (command, said.stdout, said.stderr)
        elif command.startswith("xdg-open"):
            assert words and (first.parent / words[-1]).is_file(), command


def test_an_expiry_in_a_second_run_over_the_first_one(first: Path) -> None:
    before = told_in(first)
    code, lines = run("--folder", str(first), "--scenario", "expiry_pin", TZ="Asia/Kolkata")
    told = told_in(first)
    assert code == 0, failed(told)
    assert is_expiry(ist.day_of(told.opens_ns), calendar())
    assert told_in(first / "previous") == before and not (first / "previous" / "previous").exists()
    assert "\x1b" not in lines
    books_are_the_brokers(first, told)


def test_a_crash_on_a_host_of_utc_in_a_home_with_spaces(tmp_path: Path) -> None:
    folder = tmp_path / "a home with spaces" / "demo"
    code, _ = run("--folder", str(folder), "--scenario", "crash", "--seed", "5", TZ="UTC")
    told = told_in(folder)
    assert code == 0, failed(told)
    books_are_the_brokers(folder, told)
    assert not processes_of(folder)


def test_with_no_terminal_and_another_desks_environment_main_killed_comes_back_once_and_the_day_closes(
    tmp_path: Path,
) -> None:
    another = {"KITE_ROOT": "http://127.0.0.1:1", "TARAZU_HOME": "/nowhere", "TARAZU__SIM__SEED": "99"}
    code, lines = run("--folder", str(tmp_path / "demo"), "--incident", "main-killed", "--json", **another)
    told = told_in(tmp_path / "demo")
    assert code == 0, failed(told)
    answer = json.loads(lines)
    assert answer["schema"] == "tarazu.demo/1" and answer["verdict"] == "PASSED"
    kinds = [each.text for each in told.happened if each.kind is Kind.DESK and each.text.startswith("main begins")]
    assert len(kinds) == 2
    assert not processes_of(tmp_path / "demo")


def test_broken_off_it_leaves_no_process_and_says_what_is_left(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    running = subprocess.Popen(argv("--folder", str(folder)), env=environ(), stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    for line in running.stdout:
        if "process: main started" in line:
            break
    running.send_signal(signal.SIGINT)
    assert running.wait(60) == 130
    running.stdout.close()
    assert not processes_of(folder)
    told = told_in(folder)
    assert told.status is Status.CRIT and (folder / "report.html").is_file()


def test_a_folder_of_somebody_else_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("keep me")
    code, _ = run("--folder", str(tmp_path))
    assert code == 4 and [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


# What is looked at.


def went_through_its_chapters(told: DemoTold) -> None:
    seen = list(dict.fromkeys(step.chapter for step in told.steps))
    assert [chapter for chapter in seen if chapter in CHAPTERS] == CHAPTERS
    assert all(step.how is How.OK for step in told.steps)
    assert told.first_tick_s is not None and told.first_fill_s is not None
    assert len(told.fills) >= 4 and len(told.samples) > 50


def books_are_the_brokers(folder: Path, told: DemoTold) -> None:
    """His state is his own file: he is begun again on it, and asked over REST as any client would ask."""
    home = Home(Profile.SIM, folder / "home" / "sim")
    try:
        reach(home, environ={})
        address = sim_address(home)
        headers = {"Authorization": f"token {address.api_key}:{address.access_token}", "X-Kite-Version": "3"}
        orders = asked(address.rest_url + "/orders", headers)
        trades = asked(address.rest_url + "/trades", headers)
        net = asked(address.rest_url + "/portfolio/positions", headers)["net"]
    finally:
        sweep(home)
    signed = {"BUY": -1, "SELL": 1}
    gross = sum(signed[t["transaction_type"]] * t["quantity"] * round(t["average_price"] * 100) for t in trades)
    assert told.ours is not None and told.broker is not None
    assert (told.ours.orders, told.ours.trades, told.ours.gross_paise) == (len(orders), len(trades), gross)
    assert told.ours == told.broker
    assert not [row for row in net if row["quantity"]]
    tags = [row["tag"] for row in orders if row["tag"]]
    assert len(tags) == len(set(tags))
    closed = folder / "home" / "sim" / "closes" / told.day
    audit = json.loads((closed / "audit.json").read_text())
    assert audit["result"]["gross_paise"] == gross and audit["result"]["net_paise"] == told.ours.net_paise
    page = (folder / "report.html").read_text()
    assert f"{abs(told.ours.net_paise) / 100:,.2f}" in page, "the report's number is the books'"


def asked(url: str, headers: dict[str, str]) -> Any:
    """Again where the broker counts our questions with the day's last ones: 429."""
    for _ in range(10):
        try:
            with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as refused:
            assert refused.code == 429
            time.sleep(0.5)
    raise AssertionError(f"{url}: 429 for five seconds")


def failed(told: DemoTold) -> str:
    return "\n".join(f"{c.id}: {c.code} {c.detail}" for c in told.proofs if c.status is not Status.OK)


# How it is run.


def told_in(folder: Path) -> DemoTold:
    return msgspec.json.decode((folder / "demo.json").read_bytes(), type=DemoTold)


def argv(*words: str) -> list[str]:
    return [sys.executable, "-m", "tarazu", "demo", *words]


def environ(**more: str) -> dict[str, str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("KITE_", "TARAZU_"))}
    bins = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return plain | {"PATH": bins} | more


def run(*words: str, **more: str) -> tuple[int, str]:
    """Without a terminal; exit code and standard output."""
    said = subprocess.run(
        argv(*words), env=environ(**more), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=WHOLE_S
    )
    print(said.stdout[-4000:], said.stderr[-4000:])
    return said.returncode, said.stdout


def on_a_terminal(*words: str) -> tuple[int, bytes]:
    """Exit code and everything that was written to the screen."""
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 36, 120, 0, 0))
    running = subprocess.Popen(
        argv(*words),
        env=environ(TERM="xterm-256color"),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    written, deadline = b"", time.monotonic() + WHOLE_S
    while time.monotonic() < deadline:
        if not select.select([ours], [], [], 1.0)[0]:
            if running.poll() is not None:
                break
            continue
        try:
            part = os.read(ours, 65536)
        except OSError:  # EIO: the other side is closed
            break
        written += part
    os.close(ours)
    return running.wait(30), written


def processes_of(folder: Path) -> list[str]:
    """Of a home under this folder."""
    found = []
    for proc in Path("/proc").iterdir():
        try:
            told = (proc / "environ").read_bytes() if proc.name.isdigit() else b""
        except OSError:
            continue
        if f"TARAZU_HOME={folder}".encode() in told and int(proc.name) != os.getpid():
            found.append(proc.name)
    return found
