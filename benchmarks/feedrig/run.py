"""Starting and ending the processes of a run, and reading back what they left."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

BENCHMARKS = Path(__file__).resolve().parents[1]
END_S = 60.0

Process = subprocess.Popen[str]


@contextmanager
def process(module: str, *argv: object) -> Iterator[Process]:
    """`python -m feedrig.MODULE`; killed if it is still there in the end."""
    command = [sys.executable, "-m", f"feedrig.{module}", *map(str, argv)]
    started = subprocess.Popen(command, cwd=BENCHMARKS, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield started
    finally:
        if started.poll() is None:
            started.kill()
        started.communicate()


def tell(to: Process, what: object) -> None:
    assert to.stdin is not None
    to.stdin.write(json.dumps(what) + "\n")
    to.stdin.flush()


def line(of: Process) -> str:
    """Its next line. Raises when it ended instead."""
    assert of.stdout is not None
    said = of.stdout.readline()
    if not said:
        raise RuntimeError(f"{of.args} ended with {of.wait()}")
    return said


def end(running: Process) -> None:
    """Close its stdin, which it takes for the end, and wait."""
    assert running.stdin is not None
    running.stdin.close()
    running.stdin = None
    code = running.wait(END_S)
    assert code == 0, f"{running.args} ended with {code}"


class Ticker:
    """The server's process, obeying."""

    def __init__(self, server: Process) -> None:
        self.server = server
        self.port = int(json.loads(line(server))["port"])

    def do(self, what: str, **how: object) -> dict[str, Any]:
        """Give an order and wait for its end; returns the server's counts."""
        self.start(what, **how)
        return self.done()

    def start(self, what: str, **how: object) -> None:
        tell(self.server, {"do": what, **how})

    def done(self) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(line(self.server))
        return answer
