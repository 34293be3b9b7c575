"""A desk of its own in a temporary home: one simulated broker, and `depth_ws` as the supervisor would run it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from harness.served import Served
from tarazu.app.depth_ws.health import DepthWsHealth, read_health
from tarazu.app.feed.record import FeedRecordEvent, decode_event, event_name
from tarazu.app.home import Home, Profile
from tarazu.runtime.segment import Frame, Kind
from tarazu.runtime.tail import Tail

PATIENCE_S = 30.0

TINY = """
[feed]
cross_asset = ["NSE:INDIA VIX"]
stocks = ["NSE:INFY", "NSE:RELIANCE", "NSE:SBIN"]
[[feed.underlyings]]
key = "NSE:NIFTY 50"
name = "NIFTY"
"""
"""Settings that the smallest simulated market can serve."""


class Desk:
    """A home of the sim profile and its depth_ws."""

    def __init__(self, root: Path, served: Served, settings: str = TINY) -> None:
        self.home = Home(Profile.SIM, root / "sim")
        self.served = served
        self.home.make()
        self.home.settings_file.write_text(settings)
        self.home.sim_broker.write_text(json.dumps(served.hello))
        self.process: subprocess.Popen[str] | None = None
        self.environment = {**os.environ, "TARAZU_HOME": str(root), "TARAZU_PROFILE": "sim"}

    def start(self, **environment: str) -> None:
        """Start depth_ws and return at once."""
        log = (self.home.logs / "depth_ws.log").open("a")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tarazu.app.depth_ws"],
            env={**self.environment, **environment},
            stderr=log,
            stdout=log,
            text=True,
        )
        log.close()

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send the signal and wait for the end; returns the exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """`tarazu WORDS` as an operator of this desk would run it."""
        return subprocess.run(
            [sys.executable, "-m", "tarazu", *words],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    @property
    def health(self) -> DepthWsHealth:
        found = read_health(self.home.feed_health)
        assert found is not None, "depth_ws has not written its health yet"
        return found

    def until(self, holds: Callable[[DepthWsHealth], bool], patience_s: float = PATIENCE_S) -> DepthWsHealth:
        """The first health of this process that holds; fails with the last one and the log."""
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            found = read_health(self.home.feed_health)
            if found is not None and self.process is not None and found.pid == self.process.pid and holds(found):
                return found
            if self.process is not None and self.process.poll() is not None:
                break  # it will not become true any more
            time.sleep(0.02)
        log = (self.home.logs / "depth_ws.log").read_text()[-3000:]
        raise AssertionError(f"not within {patience_s} s; last health {read_health(self.home.feed_health)}\n{log}")

    def until_fresh(self) -> DepthWsHealth:
        return self.until(lambda h: bool(h.feeds) and all(f.health.state == "FRESH" for f in h.feeds))

    def frames(self) -> Iterator[Frame]:
        """What is recorded so far, of all days."""
        for folder in sorted(p for p in self.home.feed.iterdir() if p.is_dir()):
            tail = Tail(folder)
            yield from tail.ready()
            tail.close()

    def events(self, *names: str) -> list[FeedRecordEvent]:
        """The events recorded so far; of these names only, if any are given."""
        found = (decode_event(f.payload) for f in self.frames() if f.kind == Kind.EVENT)
        return [e for e in found if not names or event_name(e) in names]

    def until_event(self, name: str, patience_s: float = PATIENCE_S, **facts: Any) -> FeedRecordEvent:
        """The latest event of this name with these facts, as soon as there is one."""
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            fitting = [e for e in self.events(name) if all(getattr(e, k) == v for k, v in facts.items())]
            if fitting:
                return fitting[-1]
            time.sleep(0.05)
        raise AssertionError(f"no {name} {facts} within {patience_s} s; there were {self.events()}")


@contextmanager
def desk(root: Path, served: Served, settings: str = TINY) -> Iterator[Desk]:
    """A desk whose depth_ws, if it was started and still runs, is killed at the end."""
    made = Desk(root, served, settings)
    try:
        yield made
    finally:
        if made.process is not None and made.process.poll() is None:
            made.process.kill()
            made.process.wait()
