"""One running `tarazu sim serve`, started as a stranger would start it, and the unmodified official client for it."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from kiteconnect import KiteConnect


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
        self.admin("PUT", "/clock", {"advance_s": seconds})
        while self.admin("GET", "/status")["lag_s"] > 0.2:
            pass


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
        assert process.wait(timeout=20) == 0, "SIGTERM is a clean end"
