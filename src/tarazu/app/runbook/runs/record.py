"""A run as the desk's record tells it: what was begun, done, skipped and ended, each on the disk before the next."""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Any

import msgspec

from tarazu.app.home import Home
from tarazu.app.runbook.runs.judging import How
from tarazu.model import ist
from tarazu.runtime.desk_record import DeskEntry, DeskKind, days, entries


class Event(StrEnum):
    """Of entries of kind `runbook.step`; never renamed."""

    RUN_BEGAN = "run.began"
    STEP_BEGAN = "step.began"
    STEP_ENDED = "step.ended"
    RUN_RESUMED = "run.resumed"
    RUN_PAUSED = "run.paused"
    """A person is needed, and none was there."""
    RUN_ENDED = "run.ended"


class StepRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One step as it ended. Times are UTC ns of the profile's clock."""

    step: str
    how: How
    began_ns: int
    ended_ns: int
    exit: int | None = None
    argv: tuple[str, ...] = ()
    first_line: str = ""
    missed: tuple[str, ...] = ()
    out_file: str = ""
    """In the run's folder."""
    out_sha256: str = ""
    went: str = ""
    """The next step; "end"; empty where the run stopped."""
    because: str = ""
    """Why it went another way, or was skipped."""
    remains: bool = False
    recorded: dict[str, float] = {}
    who: str = ""
    seq: int = 0
    """Of its entry in the day's record."""


class Run(msgspec.Struct, kw_only=True):
    """One run, folded from its entries."""

    id: str
    runbook: str
    source_sha256: str
    who: str
    began_ns: int
    way: str
    """auto or step."""
    incident: str = ""
    steps: list[StepRecord] = []
    under_way: str = ""
    """The step that was begun and has no evidence."""
    at: str = ""
    """The step to be done next."""
    paused: str = ""
    """Why it waits for a person."""
    ended_ns: int | None = None
    verdict: str = ""
    why: str = ""

    @property
    def is_open(self) -> bool:
        return self.ended_ns is None

    @property
    def last(self) -> dict[str, How]:
        """How each step was the last time."""
        return {done.step: done.how for done in self.steps}

    @property
    def visits(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for done in self.steps:
            found[done.step] = found.get(done.step, 0) + 1
        return found


def runs(home: Home, days_back: int = 2) -> list[Run]:
    """Of the latest days with a record, in the order they began. Raises BadDeskRecord, OSError."""
    return fold(entry for day in days(home.desk)[-days_back:] for entry in entries(home.desk, day))


def find(home: Home, name: str) -> Run | None:
    """Of any day. Raises BadDeskRecord, OSError."""
    return next((run for run in runs(home, days_back=0) if run.id == name), None)


def fold(told: Iterable[DeskEntry]) -> list[Run]:
    found: dict[str, Run] = {}
    for entry in told:
        if entry.kind is DeskKind.RUNBOOK:
            _take(found, entry, entry.body)
    return list(found.values())


def run_id(taken: Iterable[str], now_ns: int) -> str:
    """`rb-20261123-0845`; with -2, -3 where one began in the same minute."""
    stamp = ist.stamp(now_ns)
    name = f"rb-{stamp[:10].replace('-', '')}-{stamp[11:16].replace(':', '')}"
    known = set(taken)
    return next(each for each in _numbered(name) if each not in known)


def _take(found: dict[str, Run], entry: DeskEntry, body: dict[str, Any]) -> None:
    name = str(body["run"])
    if body["event"] == Event.RUN_BEGAN:
        found[name] = Run(
            id=name,
            runbook=str(body["runbook"]),
            source_sha256=str(body["source_sha256"]),
            who=entry.who,
            began_ns=entry.ts_ns,
            way=str(body["way"]),
            incident=str(body["incident"]),
            at=str(body["first"]),
        )
        return
    run = found.get(name)
    if run is None:
        return  # begun on a day that was not read
    match body["event"]:
        case Event.STEP_BEGAN:
            run.under_way = run.at = str(body["step"])
            run.paused = ""
        case Event.STEP_ENDED:
            done = msgspec.convert(body["evidence"], StepRecord)
            run.steps.append(msgspec.structs.replace(done, who=entry.who, seq=entry.seq))
            run.under_way, run.at = "", done.went
        case Event.RUN_PAUSED:
            run.paused = str(body["why"])
        case Event.RUN_ENDED:
            run.ended_ns, run.verdict, run.why = entry.ts_ns, str(body["verdict"]), str(body["why"])
        case _:
            pass


def _numbered(name: str) -> Iterator[str]:
    yield name
    number = 2
    while True:
        yield f"{name}-{number}"
        number += 1
