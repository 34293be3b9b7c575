"""A run begun anew, or taken up where it was broken off."""

import contextlib
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

import msgspec

from tarazu.app.broker_address import NoAddress
from tarazu.app.home import Home, Profile
from tarazu.app.person import person
from tarazu.app.runbook.book.checking import absent
from tarazu.app.runbook.book.model import Runbook
from tarazu.app.runbook.runs.attendance import Attendance
from tarazu.app.runbook.runs.evidence import Evidence, NotRecorded, circumstances
from tarazu.app.runbook.runs.record import Event, Run, find, run_id, runs
from tarazu.app.runbook.runs.running import Runner, Tell, alone
from tarazu.model import ist
from tarazu.runtime.desk_record import BadDeskRecord


class Refused(ValueError):
    """This run may not be begun, or not go on; the message says why and what to do."""


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """How a run is done, whether it is begun or taken up."""

    folder: Path
    """The checkout."""
    attendance: Attendance
    skips: Mapping[str, str]
    """Steps that are not to be done, and why."""
    tell: Tell


def begin(home: Home, runbook: Runbook, sha256: str, terms: Terms, *, incident: str, anew: bool) -> Runner:
    """Written down as begun when this returns, and nobody else is at this runbook until the runner has gone on. Raises
    Refused, NotRecorded, AlreadyRuns."""
    refuse(runbook, terms)
    _reach(home, terms.tell)
    with contextlib.ExitStack() as held:
        held.enter_context(alone(home, runbook))
        run, evidence = _begun(home, runbook, sha256, terms, incident, anew)
        return _runner(home, runbook, run, evidence, terms, held.pop_all())


def _begun(home: Home, runbook: Runbook, sha256: str, terms: Terms, incident: str, anew: bool) -> tuple[Run, Evidence]:
    evidence = Evidence(home, "", must=not runbook.severity, who=person())
    known = _known(home, runbook, evidence)
    _end_open(home, runbook, known, evidence, anew)
    now_ns = evidence.now_ns()
    name = run_id((run.id for run in known), now_ns)
    way = "step" if terms.attendance.is_there else "auto"
    run = Run(
        id=name,
        runbook=runbook.id,
        source_sha256=sha256,
        who=evidence.who,
        began_ns=now_ns,
        way=way,
        incident=_incident(home, runbook, incident, name),
        at=runbook.steps[0].id,
    )
    evidence.run = name
    evidence.note(
        Event.RUN_BEGAN,
        runbook=runbook.id,
        source_sha256=sha256,
        way=way,
        incident=run.incident,
        first=run.at,
        **circumstances(home),
    )
    return run, evidence


def resume(home: Home, runbook: Runbook, sha256: str, name: str, terms: Terms) -> Runner:
    """The run of this name, where it was broken off: at the first step without evidence. Raises Refused, NotRecorded,
    AlreadyRuns, BadDeskRecord, OSError."""
    refuse(runbook, terms)
    _reach(home, terms.tell)
    with contextlib.ExitStack() as held:
        held.enter_context(alone(home, runbook))
        run = found(home, name)
        _refuse_to_resume(run, sha256)
        evidence = Evidence(home, run.id, must=not runbook.severity, who=person())
        evidence.note(Event.RUN_RESUMED, at=run.at, way="step" if terms.attendance.is_there else "auto")
        run.paused = ""
        return _runner(home, runbook, run, evidence, terms, held.pop_all())


def _refuse_to_resume(run: Run, sha256: str) -> None:
    if not run.is_open:
        raise Refused(f"{run.id} has ended: {run.verdict}; tarazu runbook run {run.runbook} begins another")
    if run.source_sha256 != sha256:
        changed = "the runbook was changed since this run began, and its evidence would be of another one"
        raise Refused(f"{changed}: tarazu runbook run {run.runbook} --anew")


def found(home: Home, name: str) -> Run:
    """Raises Refused for a run there is none of, BadDeskRecord, OSError."""
    run = find(home, name)
    if run is None:
        raise Refused(f"there is no run {name} in this home: tarazu runbook list")
    return run


def refuse(runbook: Runbook, terms: Terms) -> None:
    """Raises Refused where a step cannot be done because its command is still to come, or `skips` names none."""
    missing = absent(tuple(step for step in runbook.steps if step.id not in terms.skips))
    if missing:
        raise Refused("; ".join(missing))
    refuse_unknown(runbook, terms.skips)


def refuse_unknown(runbook: Runbook, skips: Iterable[str]) -> None:
    """Raises Refused for a step to be skipped that the runbook has not: it is another one that was meant."""
    ids = [step.id for step in runbook.steps]
    unknown = [name for name in skips if name not in ids]
    if unknown:
        raise Refused(f"{runbook.id} has no step {', '.join(unknown)}; there are: {', '.join(ids)}")


def _runner(
    home: Home, runbook: Runbook, run: Run, evidence: Evidence, terms: Terms, held: AbstractContextManager[object]
) -> Runner:
    return Runner(
        home,
        runbook,
        run,
        evidence,
        folder=terms.folder,
        attendance=terms.attendance,
        skips=terms.skips,
        tell=terms.tell,
        held=held,
    )


def _reach(home: Home, tell: Tell) -> None:
    """The sim profile tells the time by its broker, and the record's days must not go back: it is begun first."""
    if home.profile is not Profile.SIM:
        return
    from tarazu.app.supervision.reach import reach

    try:
        reach(home)
    except (NoAddress, OSError) as away:
        tell(f"  the broker of the sim profile is away, and the time is this machine's: {away}")


def _known(home: Home, runbook: Runbook, evidence: Evidence) -> list[Run]:
    """All that may be open. A record that does not read stops nothing in an incident. Raises NotRecorded."""
    try:
        return runs(home)
    except (OSError, BadDeskRecord) as bad:
        if evidence.must:
            raise NotRecorded(f"the desk's record does not read: {bad}") from bad
        evidence.unrecorded.append(f"the desk's record does not read: {bad}")
        return []


def _end_open(home: Home, runbook: Runbook, known: list[Run], evidence: Evidence, anew: bool) -> None:
    """Today's run that was broken off is ended where that is said, and where an incident cannot wait."""
    today = ist.day_of(evidence.now_ns())
    for run in known:
        if run.runbook != runbook.id or not run.is_open or ist.day_of(run.began_ns) != today:
            continue
        if not anew and not runbook.severity:
            told = f"{run.id} of {runbook.id} has not ended: tarazu runbook resume {run.id}"
            raise Refused(f"{told}; or tarazu runbook run {runbook.id} --anew")
        evidence.run = run.id
        evidence.note(Event.RUN_ENDED, verdict="ABANDONED", why="another one was begun", unrecorded=[])


def _incident(home: Home, runbook: Runbook, asked: str, name: str) -> str:
    """The one asked for, else the newest open one of the runbook's severity; else the run's own name, which the bundle
    then says is no incident's: nobody is refused in the middle of one."""
    if asked or not runbook.needs_incident:
        return asked
    from tarazu.app.incidents.store import incidents

    try:
        open_ones = [i for i in incidents(home) if i.is_open and i.severity == runbook.severity]
    except (OSError, BadDeskRecord):
        return name
    return max(open_ones, key=lambda i: i.opened_ns).id if open_ones else name
