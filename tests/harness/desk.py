"""A desk of its own in a temporary home: a simulated broker, `depth_ws` and `main` as the supervisor would run them."""

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

import msgspec
from kiteconnect.exceptions import NetworkException

from harness.limits import WIDE_TOML
from harness.served import Served
from tarazu.app.depth_ws.health import DepthWsHealth, Stage, read_health
from tarazu.app.feed.record import FeedRecordEvent, decode_event, event_name
from tarazu.app.home import Home, Profile
from tarazu.app.main.health import MainHealth, read_main_health
from tarazu.app.main.telling import tell_main
from tarazu.runtime.segment import Frame, Kind
from tarazu.runtime.tail import Tail
from tarazu.strategy.wants import Want

PATIENCE_S = 60.0
START_S = 120.0
"""For all of a desk's processes, on a machine that does much else."""

TINY = """
[feed]
cross_asset = ["NSE:INDIA VIX"]
stocks = ["NSE:INFY", "NSE:RELIANCE", "NSE:SBIN"]
[[feed.underlyings]]
key = "NSE:NIFTY 50"
name = "NIFTY"
"""
"""Settings that the smallest simulated market can serve."""

TRADING = (
    TINY
    + """
[engine]
position_limit_default = 10_000
settle_s = 0
durability = "process"
"""
    + WIDE_TOML
)
"""The same, and entries are taken as soon as all is well."""


class Desk:
    """A home of the sim profile, its depth_ws and its main."""

    def __init__(self, root: Path, served: Served, settings: str = TINY) -> None:
        self.home = Home(Profile.SIM, root / "sim")
        self.served = served
        self.home.make()
        self.home.settings_file.write_text(settings)
        self.home.sim_broker.write_text(json.dumps(served.hello))
        self.process: subprocess.Popen[str] | None = None
        self.main: subprocess.Popen[str] | None = None
        self.environment = {**os.environ, "TARAZU_HOME": str(root), "TARAZU_PROFILE": "sim"}

    def start(self, **environment: str) -> None:
        """Start depth_ws and return at once."""
        self.process = self._spawn("depth_ws", environment)

    def _spawn(self, name: str, environment: dict[str, str]) -> subprocess.Popen[str]:
        with (self.home.logs / f"{name}.log").open("a") as log:
            return subprocess.Popen(
                [sys.executable, "-m", f"tarazu.app.{name}"],
                env={**self.environment, **environment},
                stderr=log,
                stdout=log,
                text=True,
            )

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
            timeout=280,
            check=False,
        )

    # main.

    def start_main(self, **environment: str) -> None:
        """Start main and return at once."""
        self.main = self._spawn("main", environment)

    def stop_main(self, number: int = signal.SIGTERM) -> int:
        """Send the signal and wait for the end; returns the exit code."""
        assert self.main is not None
        self.main.send_signal(number)
        return self.main.wait(PATIENCE_S)

    def trading(self, **environment: str) -> MainHealth:
        """Both started, where they do not run, and waited for until entries are taken."""
        if self.process is None or self.process.poll() is not None:
            self.start(**environment)
        self.until_fresh(START_S)
        if self.main is None or self.main.poll() is not None:
            self.start_main(**environment)
        return self.until_main(lambda h: h.phase == "ACTIVE" and h.market is not None and h.market.bands > 0, START_S)

    @property
    def main_health(self) -> MainHealth:
        found = read_main_health(self.home.main_health)
        assert found is not None, "main has not written its health yet"
        return found

    @property
    def main_log(self) -> str:
        path = self.home.logs / "main.log"
        return path.read_text() if path.exists() else ""

    def until_main(self, holds: Callable[[MainHealth], bool], patience_s: float = PATIENCE_S) -> MainHealth:
        """The first health of this main that holds; fails with the last one and the log."""
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            found = read_main_health(self.home.main_health)
            if found is not None and self.main is not None and found.pid == self.main.pid and holds(found):
                return found
            if self.main is not None and self.main.poll() is not None:
                break  # it will not become true any more
            time.sleep(0.02)
        last = read_main_health(self.home.main_health)
        raise AssertionError(f"not within {patience_s} s; last health {last}\n{self.main_log[-3000:]}")

    def tell(self, **asked: Any) -> dict[str, Any]:
        """One line to main's inbox; its answer."""
        return tell_main(self.home, asked)

    def want(self, want: Want) -> dict[str, Any]:
        return self.tell(want=msgspec.to_builtins(want))

    def order(self, order: str, why: str = "a test", **more: str) -> dict[str, Any]:
        """A person's word: HALT, FLATTEN..."""
        return self.tell(order=order, who="tester", why=why, **{"incident": "T-1", **more})

    def quote(self, key: str) -> dict[str, Any]:
        """Of an instrument, asked by a client of the same account: as often as it takes, quotes are counted."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                found: dict[str, Any] = self.served.client().quote([key])[key]
                return found
            except NetworkException:
                assert time.monotonic() < deadline, "no quote for so long"
                time.sleep(0.17)

    # depth_ws.

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

    def until_fresh(self, patience_s: float = PATIENCE_S) -> DepthWsHealth:
        return self.until(lambda h: bool(h.feeds) and all(f.health.state == "FRESH" for f in h.feeds), patience_s)

    def until_calm(self) -> DepthWsHealth:
        """Every link up and every feed fresh, in a health written from now on: the last one knows of no fault that was
        struck a moment ago."""
        since_ns = time.monotonic_ns()
        return self.until(
            lambda h: (
                h.mono_ns > since_ns
                and h.stage is Stage.LIVE
                and bool(h.feeds)
                and all(f.health.state == "FRESH" for f in h.feeds)
            )
        )

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
    """A desk whose main and depth_ws, if they were started and still run, are killed at the end."""
    made = Desk(root, served, settings)
    try:
        yield made
    finally:
        for process in (made.main, made.process):
            if process is not None and process.poll() is None:
                process.kill()
                process.wait()
