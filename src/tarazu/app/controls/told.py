"""The matrix in words: a verdict, a table for people, one object for machines."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from tarazu.app.controls.evidence import Evidence
from tarazu.app.controls.matrix import Row, State, named
from tarazu.app.home import Profile
from tarazu.app.verdict import Check, Status, Verdict, exit_of, worst
from tarazu.model import ist

MAKE = "make controls"


class This(NamedTuple):
    """What the evidence is held against. What is compared is the source: the build is of a part of it."""

    build: str
    source: str

    def __str__(self) -> str:
        return named(self.build, self.source)

    @property
    def facts(self) -> dict[str, str]:
        return {"build": self.build, "source_sha256": self.source}


_STATUS = {
    State.GREEN: Status.OK,
    State.PART: Status.WARN,
    State.RED: Status.CRIT,
    State.ABSENT: Status.WARN,
    State.UNKNOWN: Status.UNKNOWN,
    State.LATER: Status.SKIP,
}


def told(rows: Sequence[Row], evidence: Evidence | None, this: This, profile: Profile, now_ns: int) -> Verdict:
    checks = tuple(_check(row) for row in rows)
    status = worst(checks)
    due = [row for row in rows if row.control.is_due]
    counts = Counter(row.state for row in due)
    said = ", ".join(f"{counts[state]} {state}" for state in State if counts[state])
    return Verdict(
        command="controls",
        word=status.name,
        exit_code=exit_of(status),
        profile=profile,
        now_ns=now_ns,
        summary=f"{len(due)} controls: {said}",
        checks=tuple(_alike(checks)),
        body=(*_table(rows), _ran(evidence, this)),
        facts={
            **this.facts,
            "evidence": None if evidence is None else _evidence(evidence),
            "controls": [_facts(row) for row in rows],
        },
    )


def told_of(row: Row, evidence: Evidence | None, this: This, profile: Profile, now_ns: int) -> Verdict:
    """All there is of one control."""
    check = _check(row)
    control = row.control
    return Verdict(
        command="controls",
        word=worst((check,)).name,
        exit_code=exit_of(worst((check,))),
        profile=profile,
        now_ns=now_ns,
        summary=f"{control.id} {control.title}: {row.state}",
        checks=(check,),
        body=(*_whole(row), _ran(evidence, this)),
        facts={**this.facts, "controls": [_facts(row)]},
    )


def _whole(row: Row) -> Iterator[str]:
    control, marks = row.control, {**dict.fromkeys(row.failed, "FAILED"), **dict.fromkeys(row.skipped, "skipped")}
    yield f"RULE    {control.rule}"
    yield f"SOURCE  {control.source}"
    if control.codes:
        yield f"DENIES  with {', '.join(control.codes)}"
    if control.lacks:
        yield f"LACKS   {control.lacks}"
    for test in row.tests:
        yield f"TEST    {marks.get(test, 'passed'):<8} {test}"
    for mutant in row.mutants:
        yield f"MUTANT  {_NOTICED[mutant.caught]:<8} {mutant.name}: tarazu dst mutants --only {mutant.name}"


_NOTICED = {True: "noticed", False: "LIVES", None: "not run"}


def _check(row: Row) -> Check:
    control = row.control
    seen = Check(id=f"control.{control.id}", status=Status.OK, observed=row.passed, unit="tests passed")
    if row.state is State.GREEN:
        return seen
    status, detail = _STATUS[row.state], f"{control.title}: {row.why}"
    if row.state is State.LATER:
        return Check(id=control.id, status=status, detail=row.why)
    shown = Check(id=seen.id, status=status)  # the count is in the table
    return shown.broken(status, str(row.state), detail, MAKE if row.state in (State.RED, State.UNKNOWN) else "")


def _alike(checks: Sequence[Check]) -> Iterator[Check]:
    """Where nothing at all is known, that is said once."""
    unknown = [c for c in checks if c.status is Status.UNKNOWN]
    whys = {c.detail.partition(": ")[2] for c in unknown}
    if len(unknown) <= 3 or len(whys) > 1:
        yield from checks
        return
    first = unknown[0]
    yield Check(id="controls", status=Status.UNKNOWN).broken(Status.UNKNOWN, "UNKNOWN", whys.pop(), first.hint)
    yield from (c for c in checks if c.status is not Status.UNKNOWN)


def _table(rows: Sequence[Row]) -> Iterator[str]:
    yield f"{'':<5}{'STATE':<9}{'TESTS':>5}  {'MUTANTS':<8} {'CONTROL':<24}DENIES WITH"
    yield from (_line(row) for row in rows)


def _line(row: Row) -> str:
    control = row.control
    tests = f"{row.passed}" if len(row.tests) == row.passed else f"{row.passed}/{len(row.tests)}"
    codes = ", ".join(control.codes) or "-"
    return (
        f"{control.id:<5}{row.state:<9}{tests if row.tests else '-':>5}  {_mutants(row):<8} {control.title:<24}{codes}"
    )


def _mutants(row: Row) -> str:
    """Noticed of all; `?` while none was tried."""
    caught = [mutant.caught for mutant in row.mutants]
    if not caught:
        return "-"
    return f"{'?' if all(one is None for one in caught) else caught.count(True)}/{len(caught)}"


def _ran(evidence: Evidence | None, this: This) -> str:
    if evidence is None:
        return f"TESTS  have not run; this is {this}"
    ran = named(evidence.build, evidence.source)
    return f"TESTS  ended {ist.stamp(evidence.ended_ns)} IST on {ran}; this is {this}"


def _evidence(evidence: Evidence) -> dict[str, Any]:
    return {"build": evidence.build, "source_sha256": evidence.source, "ended_epoch": evidence.ended_ns / 1e9}


def _facts(row: Row) -> dict[str, Any]:
    control = row.control
    return {
        "id": control.id,
        "title": control.title,
        "rule": control.rule,
        "source": control.source,
        "codes": control.codes,
        "lacks": control.lacks,
        "is_due": control.is_due,
        "state": row.state,
        "why": row.why,
        "tests": row.tests,
        "failed": row.failed,
        "skipped": row.skipped,
        "mutants": row.mutants,
    }
