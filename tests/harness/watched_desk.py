"""A trading desk with a real watchdog beside it, looked at from outside: its health, the desk's record, incidents."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from harness.scenario_desk import PATIENCE_S, ScenarioDesk
from tarazu.app.alerts.alert import Kept
from tarazu.app.alerts.box import Box
from tarazu.app.home import Home
from tarazu.app.incidents.incident import Incident, Said
from tarazu.app.incidents.store import incidents
from tarazu.app.watchdog.health import WatchdogHealth, read_watchdog_health
from tarazu.runtime.desk_record import DeskEntry, DeskKind, whole


class Watched:
    """One home's watchdog, and what it has left behind."""

    def __init__(self, home: Home, environment: dict[str, str]) -> None:
        self.home, self._environment = home, environment
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> WatchdogHealth:
        with (self.home.logs / "watchdog.log").open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tarazu.app.watchdog", "--profile", str(self.home.profile)],
                env=self._environment,
                stdout=log,
                stderr=log,
                text=True,
            )
        pid = self.process.pid
        return self.until(lambda h: h.pid == pid and h.works())

    def stop(self, number: int = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)

    def until(self, holds: Callable[[WatchdogHealth], bool], patience_s: float = PATIENCE_S) -> WatchdogHealth:
        """The first health that holds."""
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            found = read_watchdog_health(self.home.watchdog_health)
            if found is not None and holds(found):
                return found
            time.sleep(0.05)
        raise AssertionError(
            f"not within {patience_s} s; {read_watchdog_health(self.home.watchdog_health)}\n{self.log}"
        )

    def seen(self, look: Callable[[], Any], patience_s: float = PATIENCE_S) -> Any:
        """The first answer that is not empty."""
        deadline = time.monotonic() + patience_s
        while not (found := look()):
            assert time.monotonic() < deadline, f"not within {patience_s} s\n{self.log}"
            time.sleep(0.1)
        return found

    @property
    def log(self) -> str:
        path = self.home.logs / "watchdog.log"
        return path.read_text()[-4000:] if path.exists() else ""

    def acts(self, act: str = "", kind: DeskKind = DeskKind.WATCHDOG) -> list[dict[str, Any]]:
        """Its entries in the desk's record."""
        return [e.body for e in self.entries(kind) if not act or e.body.get("act") == act]

    def entries(self, kind: DeskKind) -> list[DeskEntry]:
        return [e for e in whole(self.home.desk) if e.kind is kind] if self.home.desk.exists() else []

    def incidents(self, code: str) -> list[Incident]:
        return [one for one in incidents(self.home) if one.code == code]

    def timeline(self, code: str) -> list[Said]:
        """Of all incidents of this code."""
        return [said for one in self.incidents(code) for said in one.timeline]

    def alerts(self, code: str) -> list[Kept]:
        return [kept for kept in Box(self.home.alerts).alerts() if kept.alert.code == code]


@contextmanager
def watching(trading: ScenarioDesk) -> Iterator[Watched]:
    """A watchdog of this desk, which runs and ends cleanly."""
    watched = Watched(trading.home, trading.desk.environment)
    try:
        watched.start()
        yield watched
        assert watched.stop() == 0, watched.log
    finally:
        if watched.process is not None and watched.process.poll() is None:
            watched.process.kill()
            watched.process.wait()
