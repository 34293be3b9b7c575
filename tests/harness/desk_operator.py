"""A person at a desk: runs the runbook's scripts and `tarazu` verbs, and reads what they print."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec

CHECKOUT = Path(__file__).resolve().parents[2]
T = TypeVar("T")

PATIENCE_S = 60.0


class Answer(msgspec.Struct, frozen=True):
    """What one command said."""

    code: int
    text: str
    errors: str

    @property
    def first(self) -> str:
        """The verdict."""
        return self.text.splitlines()[0]

    @property
    def told(self) -> dict[str, Any]:
        """The one object of `--json`."""
        assert self.text.count("\n") == 1, "one object, one line"
        told: dict[str, Any] = json.loads(self.text)
        assert told["exit_code"] == self.code
        return told

    def line(self, *words: str) -> str:
        """The one line that has all these words."""
        found = [line for line in self.text.splitlines() if all(word in line for word in words)]
        assert len(found) == 1, f"{len(found)} lines with {words}:\n{self.text}"
        return found[0]

    def __contains__(self, words: str) -> bool:
        return words in self.text


class Operator:
    """At the desk whose homes are under `root`. No credentials, no KITE_ variable, a terminal that is not one."""

    def __init__(self, root: Path) -> None:
        self.root = root
        plain = {name: value for name, value in os.environ.items() if not name.startswith(("KITE_", "TARAZU_"))}
        self.environment = {**plain, "TARAZU_HOME": str(root)}

    def script(self, name: str, *words: str, **environ: str) -> Answer:
        """`python scripts/NAME WORDS`, as the runbook writes it: in the checkout."""
        return self._run([f"scripts/{name}", *words], environ)

    def tarazu(self, *words: str, **environ: str) -> Answer:
        return self._run(["-m", "tarazu", *words], environ)

    def script_until(self, code: int, name: str, *words: str) -> Answer:
        """The script, run again until it ends with this code: what stood still with the machine is well again soon."""
        return self._until(code, lambda: self.script(name, *words))

    def tarazu_until(self, code: int, *words: str) -> Answer:
        return self._until(code, lambda: self.tarazu(*words))

    @staticmethod
    def _until(code: int, ask: Callable[[], Answer]) -> Answer:
        answers: list[Answer] = []

        def fitting() -> Answer | None:
            answers.append(ask())
            return answers[-1] if answers[-1].code == code else None

        try:
            return until(fitting, PATIENCE_S)
        except AssertionError as never:
            raise AssertionError(f"never {code}; the last:\n{answers[-1].text}{answers[-1].errors}") from never

    def _run(self, words: list[str], environ: dict[str, str]) -> Answer:
        """In a session of its own, which ends with the command: what it leaves running has lost its terminal."""
        process = subprocess.Popen(
            [sys.executable, *words],
            cwd=CHECKOUT,
            env=self.environment | environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        out, errors = process.communicate(timeout=240)
        hang_up(process.pid)
        return Answer(process.returncode, out, errors)


def hang_up(session: int) -> None:
    """What closing the terminal does to those who still are in its session's first group."""
    try:
        os.killpg(session, signal.SIGHUP)
    except ProcessLookupError:
        return  # nobody is left in it


def until(look: Callable[[], T | None], patience_s: float, what: str = "it") -> T:
    """The first look that finds something."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.05)
    raise AssertionError(f"{what} did not come within {patience_s} s")
