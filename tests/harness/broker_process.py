"""A simulated broker in its own process for as long as a `with` lasts."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from harness.served import Served


@contextmanager
def broker_process(*flags: str) -> Iterator[Served]:
    """`tarazu sim serve`, the tiny market in the morning of 19 November 2026 unless `flags` say otherwise."""
    defaults = ["--seed", "7", "--size", "tiny", "--day", "2026-11-19", "--at", "10:00", "--step-ms", "200"]
    command = [sys.executable, "-m", "tarazu", "sim", "serve", "--log-level", "error", *defaults, *flags]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line, f"the broker said nothing and ended with {process.wait()}"
        yield Served(json.loads(line), process)
    finally:
        process.terminate()
        process.wait(timeout=60)
