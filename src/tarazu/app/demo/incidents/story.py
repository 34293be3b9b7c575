"""The desk while something goes wrong: what is done to it, what is seen of it, and what was expected of that."""

import os
import signal
import time
from collections.abc import Callable
from typing import TypeVar

from tarazu.app.broker_address import sim_address
from tarazu.app.demo.looking.diary import Diary
from tarazu.app.demo.steps.chapters import Chapters
from tarazu.app.demo.told import DemoTold, Happened, Kind
from tarazu.app.drills.admin import SimBroker
from tarazu.app.feed.snapshot import read_feed
from tarazu.app.home import Home
from tarazu.app.incidents.incident import Incident
from tarazu.app.incidents.store import incidents
from tarazu.app.main.health import MainHealth, read_main_health
from tarazu.app.supervision.programs import MAIN
from tarazu.app.supervision.supervisor import Supervision
from tarazu.app.verdict import Check, Status
from tarazu.engine.phase import Phase

T = TypeVar("T")
LOOK_S = 0.05
PATIENCE_S = 60.0
"""For what has no promised time, on a machine that does much else."""


class NotSeen(AssertionError):
    """What had to come did not come in time: the walk goes on to the close, and the demo has failed."""


class Story:
    """`checks` are what was expected of the incident, each as it was seen."""

    def __init__(self, home: Home, diary: Diary, chapters: Chapters) -> None:
        self.home, self.diary, self.chapters = home, diary, chapters
        self.supervision = Supervision(home)
        self.checks: list[Check] = []

    @property
    def broker(self) -> SimBroker:
        return SimBroker(sim_address(self.home))

    # What is done.

    def fault(self, text: str) -> None:
        self.diary.happened(Kind.FAULT, Status.CRIT, text)

    def over(self, text: str) -> None:
        self.diary.happened(Kind.FAULT, Status.OK, text)

    def kill(self, name: str) -> int:
        """kill -9; the pid that it was."""
        pid = self.supervision.state(name).pid
        if pid is None:
            raise self.missed(f"process.{name}", f"{name} does not run")
        os.kill(pid, signal.SIGKILL)
        self.fault(f"kill -9 {name}, pid {pid}")
        return pid

    # What is seen.

    def until(self, id_: str, told: str, holds: Callable[[], T | None], limit_s: float = PATIENCE_S) -> T:
        """The first answer that is neither false nor none, as a check; raises NotSeen without one in time."""
        began = time.monotonic()
        while True:
            found, took = holds(), time.monotonic() - began
            if found:
                self.checks.append(Check(id=id_, status=Status.OK, observed=round(took, 2), unit="s", detail=told))
                return found
            if took > limit_s:
                raise self.missed(id_, f"not within {limit_s:g} s: {told}")
            time.sleep(LOOK_S)

    def holds(self, id_: str, told: str, is_so: bool, otherwise: str = "") -> None:
        """A fact of this moment, kept as a check either way."""
        status = Status.OK if is_so else Status.CRIT
        detail = told if is_so else f"not so: {told}{': ' if otherwise else ''}{otherwise}"
        self.checks.append(Check(id=id_, status=status, code="" if is_so else "NOT_SO", detail=detail))

    def missed(self, id_: str, told: str) -> NotSeen:
        self.checks.append(Check(id=id_, status=Status.CRIT, code="NOT_SEEN", detail=told))
        return NotSeen(f"{id_}: {told}")

    def seen(self, kind: Kind, text: str, since_s: float = 0.0) -> Happened | None:
        """The first of this kind that has `text`, of what was written down since."""
        told: DemoTold = self.diary.settled()
        return next((e for e in told.happened if e.kind is kind and e.at_s >= since_s and text in e.text), None)

    def health(self) -> MainHealth | None:
        """Of the main that runs; None while it tells nothing current, as a dead one still seems to."""
        found = read_main_health(self.home.main_health)
        current = found is not None and found.is_current() and found.pid == self.supervision.state(MAIN).pid
        return found if current else None

    def is_in(self, *phases: Phase) -> bool:
        health = self.health()
        return health is not None and health.phase in phases

    def is_fresh(self) -> bool:
        """Every required feed that is judged."""
        feed = read_feed(self.home, time.monotonic_ns())
        if isinstance(feed, Check):
            return False
        rows = [row.health for row in feed.feeds if row.health.required and row.health.enforced]
        return bool(rows) and all(row.state == "FRESH" for row in rows)

    def fills(self) -> int:
        return len(self.diary.settled().fills)

    def open_incident(self, *codes: str) -> Incident | None:
        return next((each for each in incidents(self.home) if each.is_open and each.code in codes), None)
