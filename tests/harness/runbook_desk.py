"""A home, and somebody at it who types the runbook's lines; and the lines of the document, section by section."""

import os
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

from tarazu.app.broker_address import sim_address
from tarazu.app.drills.admin import SimBroker
from tarazu.app.drills.trader import Denied, Trader
from tarazu.app.home import Home
from tarazu.app.main.health import read_main_health
from tarazu.app.main.telling import MainSilent
from tarazu.app.runbook.book.source import read_source
from tarazu.app.supervision.supervisor import Supervision

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "runbook" / "RUNBOOK_LIVE.md"
PATIENCE_S = 120.0
WHOLE_S = 60.0 + max(
    sum(step.timeout_s + step.patience_s for step in runbook.steps) for runbook in read_source()[0].runbooks
)
"""More than all that one runbook may take: what ends a run that is late is its own patience, and it says so."""


class Desk:
    """A home, and somebody at it who types the document's lines."""

    def __init__(self, home: Home) -> None:
        self.home = home
        plain = {k: v for k, v in os.environ.items() if not k.startswith(("KITE_", "TARAZU_"))}
        bins = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self.environ = plain | {"TARAZU_HOME": str(home.root.parent), "TARAZU_PROFILE": "sim", "PATH": bins}

    def type(self, line: str, stdin: str = "") -> tuple[int, str]:
        """One line of the document as it stands there; exit code and standard output."""
        said = subprocess.run(
            shlex.split(line), cwd=ROOT, env=self.environ, input=stdin, capture_output=True, text=True, timeout=WHOLE_S
        )
        print(f"$ {line}\n{said.stdout}{said.stderr}exit {said.returncode}\n")
        return said.returncode, said.stdout

    def until(self, line: str, *codes: int, says: str = "") -> str:
        """The same, again until it ends with one of these: a machine that stood still is not well in that moment.
        For what changes nothing, or is as good twice as once."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            code, out = self.type(line)
            if code in codes and says in out:
                return out
            assert time.monotonic() < deadline, f"{line} never ended with {codes} {says}: {code}\n{out}"
            time.sleep(1.0)

    def start_adopting_the_feed(self, start: str, feed: str) -> None:
        """The feed that is well when the stack is started is the one that runs afterwards. One that fell behind just
        then, as on a machine that stood still, is rightly started again: then it is looked at once more."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            self.until(feed, 0)
            before = pid_of(self, "depth_ws")
            code, out = self.type(start)
            assert code in (0, 1), out
            if pid_of(self, "depth_ws") == before:
                return
            assert time.monotonic() < deadline, f"a feed that was well was started again:\n{out}"

    def tarazu(self, *words: str) -> tuple[int, str]:
        return self.type(shlex.join(["python", "-m", "tarazu", *words]))

    @property
    def broker(self) -> SimBroker:
        return SimBroker(sim_address(self.home))

    def until_active(self) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while (health := read_main_health(self.home.main_health)) is None or health.phase != "ACTIVE":
            assert time.monotonic() < deadline, health
            time.sleep(0.2)

    def hold(self) -> str:
        """One lot, bought; its tag."""
        self.until_active()
        trader, deadline = Trader(self.home, self.broker), time.monotonic() + PATIENCE_S
        while True:
            try:
                tag = trader.buy()
                break
            except (Denied, MainSilent):
                assert time.monotonic() < deadline
                time.sleep(1.0)
        while not self._is_protected(tag):
            assert time.monotonic() < deadline
            time.sleep(0.5)
        return tag

    def _is_protected(self, tag: str) -> bool:
        """Filled, and its stop rests: nothing more of it is to come."""
        books = self.broker.books()
        filled = any(row["status"] == "COMPLETE" for row in books.of_tag(tag))
        return filled and any(row["status"] == "TRIGGER PENDING" for row in books.orders)


def sections() -> dict[str, list[str]]:
    """The document's command lines by the number of their section, in their order, inline ones too."""
    found: dict[str, list[str]] = {}
    for part in re.split(r"^## ", DOCUMENT.read_text(), flags=re.MULTILINE)[1:]:
        lines = re.findall(r"(?:^|`)((?:python|bash) scripts/[^`\n]+)", part, re.MULTILINE)
        found[part[0]] = lines
    return found


def pid_of(desk: Desk, name: str) -> int:
    pid = Supervision(desk.home).state(name).pid
    assert pid is not None
    return pid
