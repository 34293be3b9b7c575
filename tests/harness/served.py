"""One running `tarazu sim serve`, started as a stranger would start it, and the unmodified official client for it."""

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from kiteconnect import KiteConnect

from tarazu.model.units import MILLISECOND_NS, SECOND_NS


@dataclass
class Served:
    """One running simulated broker and what it printed about itself."""

    hello: dict[str, Any]
    process: subprocess.Popen[str]

    def __getitem__(self, name: str) -> Any:
        return self.hello[name]

    def client(self) -> KiteConnect:
        return KiteConnect(self["api_key"], access_token=self["access_token"], root=self["rest_url"])

    def admin(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self["admin_url"] + path, data=data, method=method, headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read() or b"null")

    def pass_time(self, seconds: float) -> None:
        """Move the virtual clock on, and wait until the broker is there."""
        due_ns = self.admin("PUT", "/clock", {"advance_s": seconds})["now_ns"]
        while self.stands_ns() < due_ns - MILLISECOND_NS:
            time.sleep(0.01)

    def stands_ns(self) -> int:
        """Where the broker itself is, which may be behind its clock; to the millisecond."""
        status = self.admin("GET", "/status")
        return int(status["clock"]["now_ns"]) - int(status["lag_s"] * SECOND_NS)


Serve = Callable[..., Served]


@contextmanager
def serving(*options: str) -> Iterator[Served]:
    """A tiny broker with seed 7 in its own process, for the length of the block; SIGTERM must end it cleanly."""
    command = [sys.executable, "-m", "tarazu", "sim", "serve", "--seed", "7", "--size", "tiny", *options]
    process = subprocess.Popen([*command, "--log-level", "error"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, f"the broker said nothing and ended with {process.wait()}"
    try:
        yield Served(json.loads(line), process)
    finally:
        process.terminate()
        assert process.wait(timeout=60) == 0, "SIGTERM is a clean end"
