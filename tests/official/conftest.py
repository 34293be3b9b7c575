"""A real `tarazu sim serve` in its own process for each module of tests."""

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

from harness.served import Serve, Served


@pytest.fixture(scope="module")
def serve() -> Iterator[Serve]:
    """`serve("--rules", "permissive", ...)` starts a broker that lives as long as the module's tests."""
    running: list[Served] = []

    def start(*options: str) -> Served:
        command = [sys.executable, "-m", "tarazu", "sim", "serve", "--seed", "7", "--size", "tiny", *options]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, f"the broker said nothing and ended with {process.wait()}"
        running.append(Served(json.loads(line), process))
        return running[-1]

    yield start
    for served in running:
        served.process.terminate()
        assert served.process.wait(timeout=60) == 0, "SIGTERM is a clean end"
