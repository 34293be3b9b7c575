"""The depth feed as the runbook has it (RUNBOOK_LIVE 1, 3 and 4; COMMANDS.md): its three scripts, read by a person.

One morning on a machine that has nothing: start, confirm, a stall, what to do, recovery, a hang, a death, the end.
"""

import json
import os
import re
import shlex
import signal
from pathlib import Path
from typing import Any

from harness.desk_operator import PATIENCE_S, Answer, Operator, until
from harness.in_time import Late, once_in_time
from harness.recorded import recorded_events
from harness.served import Served
from harness.supervised import supervised_home
from tarazu.app.depth_ws.health import DepthWsHealth, read_health
from tarazu.app.home import Home, Profile

MOMENT = r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d{4}-\d\d-\d\d \d\d:\d\d:\d\d IST \(epoch \d{10}\.\d\)"
UNITS = {"s", "%", "instruments", "GiB free", "frames not recorded", "reconnects in the window", "rounds unanswered"}
COUNTS = {"required feeds"} | UNITS


class Morning:
    """A home in which nothing is, and somebody at its terminal."""

    def __init__(self, home: Home) -> None:
        self.home, self.operator = home, Operator(home.root.parent)

    def start(self, *words: str) -> Answer:
        return self.operator.script("start_depth_ws.py", *words)

    def status(self, code: int, *words: str) -> Answer:
        """As soon as it ends with this code."""
        return self.operator.script_until(code, "feed_health_status.py", *words)

    def sla(self, code: int, *words: str) -> Answer:
        return self.operator.script_until(code, "sla_check.py", *words)

    def both(self, code: int) -> tuple[Answer, Answer]:
        return self.status(code), self.sla(code)

    @property
    def health(self) -> DepthWsHealth:
        health = read_health(self.home.feed_health)
        assert health is not None
        return health

    def admin(self, method: str, path: str, body: object = None) -> Any:
        hello = json.loads(self.home.sim_broker.read_text())
        return Served(hello, None).admin(method, path, body)  # type: ignore[arg-type]

    @property
    def flowing(self) -> DepthWsHealth | None:
        """If all that is required is fresh now."""
        health = self.health
        fresh = all(f.health.state == "FRESH" for f in health.feeds if f.health.required and f.health.enforced)
        return health if fresh and health.is_current() and health.throughput.packets > 0 else None

    def stale(self) -> set[str]:
        return {f.health.feed for f in self.health.feeds if f.health.state == "STALE"}

    def follow(self, answer: Answer) -> Answer:
        """Type the first command that the text names as the way out."""
        line = next(line for line in answer.text.splitlines() if line.strip().startswith("fix"))
        program, *words = shlex.split(line.split("fix", 1)[1])
        assert program == "tarazu", line
        return self.operator.tarazu(*words)


def is_verdict(answer: Answer, word: str, code: int) -> None:
    """Line 1: the verdict, the mode, the moment in IST with its epoch. The last line: the exit code."""
    assert answer.code == code, answer.text + answer.errors
    assert re.match(rf"{word}  SIM  .*{MOMENT}", answer.first), answer.first
    assert answer.text.splitlines()[-1] == f"exit {code}"
    assert answer.text.isprintable() or all(line.isprintable() for line in answer.text.splitlines())


def is_object(answer: Answer, schema: str, verdict: str, code: int) -> dict[str, Any]:
    told = answer.told
    assert (answer.code, told["schema"], told["verdict"], told["mode"]) == (code, schema, verdict, "SIM")
    assert told["as_of_epoch"] > 1.7e9 and told["as_of_ist"].endswith("+0530")
    for check in told["checks"]:
        assert isinstance(check["observed"], str | None) or check["unit"] in COUNTS or "repeated" in check["id"], check
    return told


def test_the_morning_of_the_runbook(tmp_path: Path) -> None:
    with supervised_home(tmp_path, Profile.SIM) as home:
        morning = Morning(home)
        _nothing_runs_and_it_says_what_to_run(morning)
        pid = _it_is_started_once(morning)
        _all_is_well(morning)
        _a_stall_is_told_and_the_way_out_leads_out(morning, pid)
        _what_hangs_is_unknown(morning)
        _what_dies_is_started_again(morning)
        _down_is_down(morning)


def _nothing_runs_and_it_says_what_to_run(morning: Morning) -> None:
    for answer in morning.both(3):
        is_verdict(answer, "UNKNOWN", 3)
        assert "DEPTH_WS_DOWN" in answer and "fix  tarazu up depth_ws" in answer


def _it_is_started_once(morning: Morning) -> int:
    """No credentials, no broker, no settings: the sim profile brings its own. It returns when data flows."""
    started = morning.start()
    is_verdict(started, "UP", 0)
    assert "depth_ws started" in started.first and "sim_broker" in started
    assert os.getsid(morning.health.pid) != os.getsid(0)
    return once_in_time(lambda: _once_more_is_nothing(morning))


def _once_more_is_nothing(morning: Morning) -> int:
    health = until(lambda: morning.flowing, PATIENCE_S, "data")
    again = morning.start()
    is_verdict(again, "UP", 0)
    if "restarted (stale" in again or "restarted (its health" in again:
        raise Late("a look at a feed, after the machine had stood still")
    assert "depth_ws already running" in again.first and morning.health.pid == health.pid
    return health.pid


def _all_is_well(morning: Morning) -> None:
    status, sla = morning.both(0)
    is_verdict(status, "OK", 0)
    for feed in ("index", "futures", "options"):
        assert re.search(rf"^{feed} +required +FRESH +[\d.]+ s +[\dm.]+ ?s ", status.text, re.MULTILINE), status.text
    assert re.search(r"^cross_asset +optional +FRESH", status.text, re.MULTILINE)
    assert "BREAKER     closed" in status and "market OPEN, closes " in status.first
    is_verdict(sla, "OK", 0)
    for name in ("tick_lag_sec ", "depth_lag_sec ", "tokens_seen_pct ", "heartbeat_sec "):
        assert " ok " in sla.line(name) or name == "tick_lag_sec "
    is_object(morning.status(0, "--json"), "tarazu.feed.status/1", "OK", 0)
    is_object(morning.sla(0, "--json"), "tarazu.sla/1", "OK", 0)
    is_object(morning.start("--json"), "tarazu.up/1", "UP", 0)


def _a_stall_is_told_and_the_way_out_leads_out(morning: Morning, pid: int) -> None:
    """Ticks stop, heartbeats go on. Both commands say so; the command they name restarts depth_ws, and data returns."""
    fault = morning.admin("POST", "/faults", {"kind": "ws.freeze_ticks"})
    until(lambda: {"index", "futures", "options"} <= morning.stale(), 60.0, "stale feeds")
    assert {"index", "futures", "options"} <= {e.feed for e in recorded_events(morning.home, "FEED_STALE")}  # type: ignore[union-attr]
    status, sla = morning.both(2)
    is_verdict(status, "CRIT", 2)
    line = status.line("CRIT", "feed.index ")
    assert re.search(
        r"FEED_STALE: (NO_DATA|SILENT_CONNECTION).*; [\d.]+ s, limit [\d.]+ s; since \d\d:\d\d:\d\d", line
    ), line
    is_verdict(sla, "CRIT", 2)
    for name in ("tick_lag_sec ", "depth_lag_sec "):
        assert any(row.startswith(name) and " CRIT " in row for row in sla.text.splitlines()), sla.text
    told = is_object(morning.sla(2, "--json"), "tarazu.sla/1", "CRIT", 2)
    lag = next(check for check in told["checks"] if check["id"] == "tick_lag_sec")
    assert lag["observed"] > lag["limit"] > 0 and lag["unit"] == "s" and lag["since_epoch"] > 1.7e9

    morning.admin("DELETE", f"/faults/{fault['id']}")
    led = morning.follow(status)  # fresh is what has been so for three seconds: it is stale still, and is restarted
    is_verdict(led, "UP", 0)
    is_another = "depth_ws restarted" in led.first and morning.health.pid != pid
    assert is_another or "already running" in led.first, "a command that took so long finds it well again"
    morning.both(0)


def _what_hangs_is_unknown(morning: Morning) -> None:
    """It is there and does nothing: its health is too old after three intervals, and start_depth_ws gets it going."""
    pid = morning.health.pid
    os.kill(pid, signal.SIGSTOP)
    try:
        until(lambda: not morning.health.is_current(), 60.0, "a health too old")
        for answer in morning.both(3):
            is_verdict(answer, "UNKNOWN", 3)
            assert "DEPTH_WS_SILENT" in answer and str(pid) in answer and "fix  tarazu up depth_ws" in answer
    finally:
        os.kill(pid, signal.SIGCONT)
    morning.status(0)


def _what_dies_is_started_again(morning: Morning) -> None:
    pid = morning.health.pid
    os.kill(pid, signal.SIGKILL)
    until(lambda: morning.health.pid != pid and morning.health.is_current(), 60.0, "another depth_ws")
    morning.status(0)
    is_verdict(morning.start(), "UP", 0)


def _down_is_down(morning: Morning) -> None:
    pid = morning.health.pid
    down = morning.operator.tarazu("down")
    is_verdict(down, "DOWN", 0)
    assert not Path(f"/proc/{pid}").exists()
    until(lambda: not morning.health.is_current(), 60.0, "a health too old")
    for answer in morning.both(3):
        is_verdict(answer, "UNKNOWN", 3)
        assert "DEPTH_WS_DOWN" in answer and "fix  tarazu up depth_ws" in answer
    is_verdict(morning.operator.tarazu("down"), "DOWN", 0)
