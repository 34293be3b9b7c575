"""The machine is lost in the middle of the day, and the desk comes back on an empty one: the same journal, the same
tables, the order that rests at the broker, and READY. Real processes; the broker is what survives."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from harness.served import serving
from harness.stack_desk import StackDesk, stack_desk
from harness.supervised import PATIENCE_S, gone, sweep
from tarazu.adapters.sqlite_projection.content import Database
from tarazu.app import audit
from tarazu.app.database import database_file
from tarazu.app.home import Home
from tarazu.app.supervision.found_broker import ALSO, NAMED
from tarazu.app.supervision.programs import DEPTH_WS, MAIN, WATCHDOG
from tarazu.app.supervision.supervisor import Supervision
from tarazu.app.supervision.waiting import until
from tarazu.engine.phase import Phase


class Restored(StackDesk):
    """Of a home that is there."""

    def __init__(self, home: Home) -> None:
        self.home, self.supervision = home, Supervision(home)


def tarazu(home: Home, *words: str, **environ: str) -> tuple[int, dict[str, Any]]:
    """`tarazu WORDS --json` as its user runs it."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("KITE_", "TARAZU_"))}
    where = {"TARAZU_HOME": str(home.root.parent), "TARAZU_PROFILE": str(home.profile)}
    run = [sys.executable, "-m", "tarazu", *words, "--json"]
    said = subprocess.run(run, env={**plain, **where, **environ}, capture_output=True, text=True, timeout=240)
    assert said.stdout, said.stderr
    return said.returncode, json.loads(said.stdout)


@contextmanager
def machine(home: Home) -> Iterator[Restored]:
    try:
        yield Restored(home)
    finally:
        sweep(home)


def lose(desk: StackDesk) -> None:
    """Everything of this desk dies at once, and nobody starts it again."""
    supervisor = desk.supervision.pid
    pids = [supervisor, *(desk.pid(name) for name in (MAIN, DEPTH_WS, WATCHDOG))]
    for pid in pids:
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
    for pid in pids:
        assert pid is not None and gone(pid)


@pytest.fixture
def broker() -> Iterator[dict[str, str]]:
    """The one thing that is on no machine of ours; as the environment names it."""
    with serving("--day", "2026-11-19", "--at", "10:00", "--step-ms", "200") as served:
        yield {name: str(served[key]) for key, name in (NAMED | ALSO).items()}


def test_a_desk_whose_machine_is_lost_comes_back_ready_on_another(tmp_path: Path, broker: dict[str, str]) -> None:
    with stack_desk(tmp_path / "old") as desk:
        desk.verb_until(0, "up", "all", **broker)
        desk.is_trusted()
        resting = desk.rest()
        code, made = tarazu(desk.home, "dr", "backup", **broker)
        assert code in (0, 1) and made["backup"]["proven"], made
        kept = (desk.home.keys / "journal.vkey").read_text()
        lose(desk)
        home = Home(desk.home.profile, tmp_path / "new" / desk.home.profile)
        code, told = tarazu(home, "dr", "restore", made["backup"]["path"], "--key", kept)
        assert code == 0 and told["verdict"] == "RESTORED", told
        is_as_it_was(home, made)
        shutil.rmtree(desk.home.journal)
        with machine(home) as again:
            comes_up(again, broker)
            assert again.of(resting.tag or "").order_id == resting.order_id and len(again.orders()) == 1


def is_as_it_was(home: Home, made: dict[str, Any]) -> None:
    (day,) = made["journal"]
    report = audit.judge(home, date.fromisoformat(day["day"]), audit.trust(home, None, ()), lambda done, of: None)
    assert report.fault is None and report.entries == day["entries"] and report.root.hex() == day["root"]
    with Database(database_file(home)) as database:
        tables = database.content().tables
    assert {name: {"rows": t.rows, "sha256": t.sha256} for name, t in tables.items()} == made["tables"]
    assert tables["orders"].rows == 1


def comes_up(desk: Restored, broker: dict[str, str]) -> None:
    """With its own command; then the gate says READY, the engine is ACTIVE, and its journal goes on."""
    desk.verb_until(0, "up", "all", **broker)

    def is_ready() -> bool:
        code, told = tarazu(desk.home, "ready", **broker)
        return code == 0 and told["verdict"] == "READY" and told["phase"] == "in-session"

    assert until(is_ready, 2 * PATIENCE_S), tarazu(desk.home, "ready", **broker)
    health = desk.main()
    assert health is not None and health.phase is Phase.ACTIVE, health
    _, told = tarazu(desk.home, "audit", "verify", "--all")
    assert {check["code"] for check in told["checks"]} <= {"", "NO_CHECKPOINT"}, "nothing is signed in the first minute"
