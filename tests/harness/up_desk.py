"""A home of the sim profile that `tarazu up` brings up: its own tiny broker, a real depth_ws, a real supervisor."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from harness.desk import TINY
from harness.in_time import Late, once_in_time
from harness.supervised import PATIENCE_S, supervised_home
from tarazu.app.depth_ws.health import read_health
from tarazu.app.home import Home, Profile
from tarazu.app.supervision.bring_up import bring_up
from tarazu.app.supervision.found_broker import ask_status
from tarazu.app.supervision.outcome import Outcome
from tarazu.app.supervision.programs import DEPTH_WS, SIM_BROKER
from tarazu.app.supervision.state import ProcessState
from tarazu.app.supervision.supervisor import Supervision
from tarazu.app.supervision.waiting import until
from tarazu.market.feed_events import FeedState

SIM = """
[sim]
size = "tiny"
day = "2026-11-19"
at = "10:00"
step_ms = 200
"""
BOTH = (SIM_BROKER, DEPTH_WS)
NOBODY: dict[str, str] = {}

# A verb as the command line runs it, exit codes included, whether or not the tree has it yet.
RUN_VERB = """
import importlib, sys
from tarazu.cli.tree import tree
tree.add_command(importlib.import_module("tarazu.ops." + sys.argv[1]).command)
from tarazu.cli import main
main()
"""


class UpDesk:
    def __init__(self, home: Home) -> None:
        self.home = home
        self.supervision = Supervision(home)
        home.settings_file.write_text(SIM + TINY)

    def up(self, *names: str, patience_s: float = 60.0, again: bool = False, **environ: str) -> list[Outcome]:
        return bring_up(self.home, names or BOTH, patience_s=patience_s, again=again, environ=environ)

    def state(self, name: str = DEPTH_WS) -> ProcessState:
        return self.supervision.state(name)

    def pid(self, name: str = DEPTH_WS) -> int:
        pid = self.state(name).pid
        assert pid is not None, self.state(name)
        return pid

    def broker(self) -> dict[str, Any]:
        """The address file."""
        told: dict[str, Any] = json.loads(self.home.sim_broker.read_text())
        return told

    def status(self) -> dict[str, Any]:
        """What the broker's admin port says."""
        status = ask_status(self.broker()["admin_url"])
        assert status is not None
        return status

    def start_verb(self, *words: str, **environ: str) -> subprocess.Popen[str]:
        plain = {name: value for name, value in os.environ.items() if not name.startswith("KITE_")}
        where = {"TARAZU_HOME": str(self.home.root.parent), "TARAZU_PROFILE": str(self.home.profile)}
        return subprocess.Popen(
            [sys.executable, "-c", RUN_VERB, *words],
            env={**plain, **where, **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
        )

    def verb(self, *words: str, **environ: str) -> tuple[int, str, str]:
        """Run `tarazu WORDS`; exit code, stdout, stderr."""
        process = self.start_verb(*words, **environ)
        out, err = process.communicate(timeout=240)
        return process.returncode, out, err

    def verb_until(self, code: int, *words: str, **environ: str) -> str:
        """The same, asked again until it ends with this exit code; what it printed. For what does no harm twice: a feed
        that the machine let stand for a moment is not well in that moment."""
        told: list[tuple[int, str, str]] = []

        def is_told() -> bool:
            told.append(self.verb(*words, **environ))
            return told[-1][0] == code

        assert until(is_told, PATIENCE_S), f"{words} never ended with {code}: {told[-1]}"
        return told[-1][1]

    def are_fresh(self, pid: int | None = None) -> bool:
        """Whether every required feed is, by the health of this process."""
        health = read_health(self.home.feed_health)
        if health is None or health.pid != (pid or self.pid()):
            return False
        return all(row.health.state is FeedState.FRESH for row in health.feeds if row.health.required)

    def are_left_alone(self, names: tuple[str, ...], *words: str) -> None:
        """`up WORDS` finds them well and starts none of them. One that stood still with the machine is not well: then
        another time."""

        def story() -> None:
            assert until(self.are_fresh, PATIENCE_S)
            before = [self.pid(name) for name in names]
            code, out, err = self.verb("up", *words, "--json")
            told = json.loads(out)["processes"]
            if code or any("stale" in process["did"] or "not current" in process["did"] for process in told):
                raise Late(f"what is well when the machine does not stand still; {out}{err}")
            assert [(p["name"], p["pid"]) for p in told] == list(zip(names, before, strict=True)), out
            assert {p["did"] for p in told} == {"already running"}

        once_in_time(story)


@contextmanager
def up_desk(root: Path, profile: Profile = Profile.SIM) -> Iterator[UpDesk]:
    with supervised_home(root, profile) as home:
        yield UpDesk(home)
