"""A run: its steps in order, each checked against what was expected and written down before the next begins."""

import contextlib
import fcntl
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

import msgspec

from tarazu.app.home import Home
from tarazu.app.runbook.book.command_line import NoScript, argv, environment
from tarazu.app.runbook.book.model import Runbook, Step
from tarazu.app.runbook.runs import judging
from tarazu.app.runbook.runs.attendance import Attendance, Choice
from tarazu.app.runbook.runs.conclusion import conclusion
from tarazu.app.runbook.runs.evidence import Evidence, NotRecorded, risk_state
from tarazu.app.runbook.runs.execution import execute
from tarazu.app.runbook.runs.judging import Answer, How
from tarazu.app.runbook.runs.record import Event, Run, StepRecord
from tarazu.app.runbook.words import step_line

AGAIN_S = 2.0
EXIT_NOT_FOUND = 127
Tell = Callable[[str], None]


class AlreadyRuns(OSError):
    """Somebody runs this runbook in this home."""


class Runner:
    """One runbook in one home, from where `run` stands."""

    def __init__(
        self,
        home: Home,
        runbook: Runbook,
        run: Run,
        evidence: Evidence,
        *,
        folder: Path,
        attendance: Attendance,
        skips: Mapping[str, str],
        tell: Tell,
        held: AbstractContextManager[object],
    ) -> None:
        """`skips` are steps that are not to be done, and why. `held` is left when it goes no further: `alone`."""
        self.home, self.runbook, self.run, self.evidence = home, runbook, run, evidence
        self._folder, self._attendance, self._skips, self._tell = folder, attendance, skips, tell
        self._held = held

    def go_on(self) -> None:
        """Until the end, a stop, or a person is needed; `run` then tells which. Once. Raises NotRecorded."""
        with self._held:
            while not judging.is_end(self.run.at):
                step = self.runbook.step(self.run.at)
                hindrance = judging.hindrance(step, self.run.last, self.run.visits)
                if hindrance:
                    self._end("FAILED", f"{step.id} was not begun: {hindrance}{self._missed(step)}")
                    return
                why = self._do(step)
                if why:
                    self.run.paused = why
                    self.evidence.note(Event.RUN_PAUSED, step=step.id, why=why)
                    return
            self._conclude()

    # One step.

    def _do(self, step: Step) -> str:
        """Do it and write it down; why it was left to a person, else nothing."""
        skip = self._skips.get(step.id, "")
        if not skip:
            choice = self._attendance.choose(step)
            if choice is Choice.QUIT:
                return "left by the operator"
            skip = "skipped by the operator" if choice is Choice.SKIP else ""
        if skip:
            self._done(self._left_out(step, skip))
            return ""
        return self._by_hand(step) if step.manual else self._by_command(step)

    def _by_hand(self, step: Step) -> str:
        if not self._attendance.is_there:
            self._done(self._left_out(step, "for a person to do, and nobody was there"))
            return ""
        self._tell(f"  {step.manual}")
        began_ns = self.evidence.now_ns()
        self.evidence.note(Event.STEP_BEGAN, step=step.id)
        recorded = self._attendance.numbers(step)
        if recorded is None:
            self._done(self._left_out(step, "not done"))
            return ""
        misses = judging.missed_by_hand(step, recorded)
        self._done(
            StepRecord(
                step=step.id,
                how=How.FAILED if misses else How.OK,
                missed=tuple(misses),
                recorded=dict(recorded),
                began_ns=began_ns,
                ended_ns=self.evidence.now_ns(),
            )
        )
        return ""

    def _by_command(self, step: Step) -> str:
        why = self._refusal(step)
        if why:
            return why
        began_ns = self.evidence.now_ns()
        command = step.run.replace("{incident}", self.run.incident)
        self._tell(f"  $ {command}")
        try:
            words = argv(command, self._folder)
        except NoScript as none:
            words, answer = [], Answer(exit=EXIT_NOT_FOUND, out=f"{none}\n")
        else:
            told = {"argv": words, "risk_state": self._risk_state(), "agreed": self._questions(step)}
            self.evidence.note(Event.STEP_BEGAN, step=step.id, **told)
            answer = self._answer(step, words)
        misses = judging.missed(step.expect, answer)
        name, sha256 = self.evidence.keep(f"{len(self.run.steps) + 1}-{step.id}.txt", answer.out)
        self._done(
            StepRecord(
                step=step.id,
                how=judging.how(misses, answer),
                exit=answer.exit,
                argv=tuple(words),
                first_line=_redacted(answer.first_line),
                missed=tuple(misses),
                out_file=name,
                out_sha256=sha256,
                began_ns=began_ns,
                ended_ns=self.evidence.now_ns(),
            ),
            answer,
        )
        return ""

    def _refusal(self, step: Step) -> str:
        """Why this step waits for a person; empty when it may be done."""
        if step.interactive and not self._attendance.is_there:
            return f"{step.id} talks to a person: tarazu runbook resume {self.run.id}"
        for question in self._questions(step):
            agreed = self._attendance.agrees(step, question)
            if agreed is None:
                return f"{question} Nobody was there: tarazu runbook resume {self.run.id}, or --consent {step.id}"
            if not agreed:
                return f"{question} The operator did not agree"
        return ""

    def _questions(self, step: Step) -> list[str]:
        """What a person has to agree to; written down with the step, once agreed."""
        questions = [step.asks] if step.asks else []
        if self.run.under_way == step.id and not step.idempotent:
            questions.append(f"{step.id} was begun before and may have been done. Do it again?")
        return questions

    def _answer(self, step: Step, words: list[str]) -> Answer:
        """Asked again until it is as expected, as long as the step has patience."""
        end = time.monotonic() + step.patience_s
        while True:
            answer = execute(
                words,
                folder=self._folder,
                environ=environment(self.home),
                timeout_s=step.timeout_s,
                interactive=step.interactive,
                hear=lambda line: self._tell(f"    {_redacted(line)}"),
            )
            good = not judging.missed(step.expect, answer)
            if good or judging.is_settled(step, answer) or time.monotonic() + AGAIN_S > end:
                return answer
            self._tell(f"    not as expected yet: asked again for {end - time.monotonic():.0f} s more")
            time.sleep(AGAIN_S)

    def _done(self, done: StepRecord, answer: Answer | None = None) -> None:
        step = self.runbook.step(done.step)
        went, rule = judging.after(self.runbook, step, done.how, answer or Answer(exit=0, out=""))
        told = msgspec.structs.replace(
            done,
            went=went,
            because=done.because or (rule.because if rule else ""),
            remains=rule.remains if rule else False,
            who=self.evidence.who,
        )
        told = msgspec.structs.replace(told, seq=self.evidence.step(told))
        self.run.steps.append(told)
        self.run.under_way, self.run.at = "", went
        self._tell(step_line(len(self.run.steps), told))

    # The end.

    def _conclude(self) -> None:
        verdict, why = conclusion(self.runbook, self.run)
        self._end(verdict, why)

    def _end(self, verdict: str, why: str) -> None:
        self.evidence.note(Event.RUN_ENDED, verdict=verdict, why=why, unrecorded=self.evidence.unrecorded)
        self.run.verdict, self.run.why, self.run.ended_ns = verdict, why, self.evidence.now_ns()

    def _left_out(self, step: Step, why: str) -> StepRecord:
        now_ns = self.evidence.now_ns()
        return StepRecord(step=step.id, how=How.SKIPPED, because=why, began_ns=now_ns, ended_ns=now_ns)

    def _missed(self, step: Step) -> str:
        """What was not as expected of the steps that this one needs."""
        told = {done.step: "; ".join(done.missed) for done in self.run.steps if done.step in step.needs}
        return "".join(f" ({missed})" for missed in told.values() if missed)

    def _risk_state(self) -> str:
        return risk_state(self.home, time.monotonic_ns())


@contextlib.contextmanager
def alone(home: Home, runbook: Runbook) -> Iterator[None]:
    """One run of a runbook at a time; the lock ends with its holder. Where the disk takes none, an incident's goes on
    without. Raises AlreadyRuns, NotRecorded."""
    path = home.run / f"runbook-{runbook.id}.lock"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as failed:
        if not runbook.severity:
            raise NotRecorded(f"{path} cannot be written: {failed.strerror}") from failed
        yield
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise AlreadyRuns(f"{runbook.id} runs already in this home, in another terminal") from None
    try:
        yield
    finally:
        os.close(lock)


def _redacted(line: str) -> str:
    from tarazu.app.redaction import redact

    return redact(line)
