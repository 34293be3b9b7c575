"""One sitting at a runbook: begun or taken up at the command line, and the verdict over how far it came."""

import sys
from collections.abc import Callable, Mapping, Sequence

import click

from tarazu.app.home import Home
from tarazu.app.runbook.book.command_line import NoCheckout, checkout
from tarazu.app.runbook.book.model import Runbook
from tarazu.app.runbook.runs.attendance import Attendance, Nobody, Person
from tarazu.app.runbook.runs.beginning import Refused, Terms, begin, refuse_unknown, resume
from tarazu.app.runbook.runs.evidence import NotRecorded
from tarazu.app.runbook.runs.moment import now_ns
from tarazu.app.runbook.runs.record import Run
from tarazu.app.runbook.runs.running import AlreadyRuns, Runner
from tarazu.app.runbook.words import run_lines, runbook_lines, took, window_text
from tarazu.app.verdict import Check, Exit, Status, Verdict
from tarazu.runtime.desk_record import BadDeskRecord

_EXITS = {
    "DONE": Exit.OK,
    "DONE_WITH_WARNINGS": Exit.WARN,
    "FAILED": Exit.CRIT,
    "UNKNOWN": Exit.UNKNOWN,
    "PAUSED": Exit.REFUSED,
}


class Sitting:
    def __init__(
        self,
        home: Home,
        runbook: Runbook,
        sha256: str,
        *,
        way: str,
        skips: Mapping[str, str],
        consents: Sequence[str],
    ) -> None:
        """`way` is auto, step or dry."""
        self.home, self.runbook, self._sha256 = home, runbook, sha256
        self._way, self._skips, self._consents = way, dict(skips), consents

    def dry(self) -> Verdict:
        """What would be done; nothing is. Refused for a step to be left out that is none."""
        try:
            refuse_unknown(self.runbook, self._skips)
        except Refused as no:
            return refused(self.home, "runbook.run", self.runbook.id, str(no))
        return Verdict(
            command="runbook.run",
            word="PLAN",
            exit_code=Exit.OK,
            profile=self.home.profile,
            now_ns=now_ns(self.home),
            summary=f"{self.runbook.id}: {len(self.runbook.steps)} steps, nothing is done",
            body=tuple(runbook_lines(self.runbook)),
            facts={"runbook": self.runbook, "skips": self._skips},
        )

    def begin(self, *, incident: str, anew: bool) -> Verdict:
        return self._through(
            lambda terms: begin(self.home, self.runbook, self._sha256, terms, incident=incident, anew=anew)
        )

    def resume(self, name: str) -> Verdict:
        return self._through(lambda terms: resume(self.home, self.runbook, self._sha256, name, terms))

    def _through(self, made: Callable[[Terms], Runner]) -> Verdict:
        try:
            terms = Terms(folder=checkout(), attendance=self._attendance(), skips=self._skips, tell=_tell)
            runner = made(terms)
            try:
                runner.go_on()
            except KeyboardInterrupt:
                _tell(f"broken off at {runner.run.at}: tarazu runbook resume {runner.run.id}")
                raise
        except (Refused, AlreadyRuns, NoCheckout, BadDeskRecord) as no:
            return refused(self.home, "runbook.run", self.runbook.id, str(no))
        except NotRecorded as lost:
            broken = Check(id="desk_record", status=Status.CRIT, code="NOT_RECORDED", detail=str(lost))
            return refused(self.home, "runbook.run", self.runbook.id, "the run cannot be written down", broken)
        return ended(self.home, self.runbook, runner.run, runner.evidence.unrecorded)

    def _attendance(self) -> Attendance:
        if self._way == "auto":
            return Nobody(self._consents)
        if not sys.stdin.isatty():
            raise click.UsageError("nobody is at a terminal here: --auto, or --dry-run")
        return Person(_ask)


def ended(home: Home, runbook: Runbook, run: Run, unrecorded: Sequence[str]) -> Verdict:
    """Of a run that went as far as it goes for now."""
    word = "PAUSED" if run.is_open else run.verdict
    code = _EXITS[word]
    if unrecorded and code in (Exit.OK, Exit.WARN):
        code = Exit.PARTIAL
    at_ns = now_ns(home)
    due = window_text(runbook.window)
    next_one = f"next: {run.at}" if run.is_open else ""
    parts = (f"runbook {runbook.id}", run.id, f"due {due}" if due else "", f"{len(run.steps)} steps", took(run, at_ns))
    return Verdict(
        command="runbook.run",
        word=word,
        exit_code=code,
        profile=home.profile,
        now_ns=at_ns,
        summary="  ".join(part for part in (*parts, next_one) if part),
        checks=(*_why(run), *_not_recorded(unrecorded)),
        body=tuple(run_lines(run)),
        tail=(f"evidence  tarazu runbook evidence {run.id}",),
        facts={"run": run, "unrecorded": list(unrecorded)},
    )


def refused(home: Home, command: str, name: str, why: str, check: Check | None = None) -> Verdict:
    """Nothing was done, or nothing more."""
    seen = check or Check(id=name, status=Status.CRIT, code="REFUSED", detail=why)
    code = Exit.REFUSED if check is None else Exit.CRIT
    return Verdict(
        command=command,
        word="REFUSED" if check is None else check.status.name,
        exit_code=code,
        profile=home.profile,
        now_ns=now_ns(home),
        summary=f"{name}: {why}" if check else name,
        checks=(seen,),
    )


def _why(run: Run) -> Sequence[Check]:
    seen = Check(id=run.runbook, status=Status.OK)
    if run.is_open:
        return (seen.broken(Status.WARN, "PAUSED", run.paused, f"tarazu runbook resume {run.id}"),)
    match _EXITS[run.verdict]:
        case Exit.OK:
            return (seen,)
        case Exit.WARN:
            return (seen.broken(Status.WARN, "WITH_WARNINGS", run.why),)
        case Exit.UNKNOWN:
            return (seen.broken(Status.UNKNOWN, "NOT_TOLD", run.why),)
        case _:
            return (seen.broken(Status.CRIT, "NOT_AS_EXPECTED", run.why),)


def _not_recorded(unrecorded: Sequence[str]) -> Sequence[Check]:
    seen = Check(id="desk_record", status=Status.OK, observed=len(unrecorded), unit="entries")
    return (seen.broken(Status.CRIT, "NOT_RECORDED", f"not written down: {unrecorded[0]}"),) if unrecorded else ()


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _ask(question: str) -> str:
    answer: str = click.prompt(question, default="", show_default=False, err=True, prompt_suffix=": ")
    return answer.strip()
