"""Chapters of the day: runbooks, by the literal commands of the document, and commands of the demo's own."""

import shlex
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import msgspec

from tarazu.app.demo.looking.diary import Diary
from tarazu.app.demo.steps.operator import Operator, Prices
from tarazu.app.demo.told import Chapter, StepTold
from tarazu.app.home import Home
from tarazu.app.redaction import redact
from tarazu.app.runbook.book.command_line import argv, environment
from tarazu.app.runbook.book.model import Expect, Runbook, Source, Step
from tarazu.app.runbook.runs.beginning import Terms, begin
from tarazu.app.runbook.runs.execution import execute
from tarazu.app.runbook.runs.judging import How, how, missed
from tarazu.app.runbook.runs.record import Run, StepRecord
from tarazu.app.runbook.runs.running import Runner
from tarazu.app.runbook.words import expected
from tarazu.app.verdict import plain

HEARD = "    "
"""How the runner tells a line that a command printed."""
COMMAND_S = 300.0


class Ran(msgspec.Struct, frozen=True, kw_only=True):
    """A runbook as far as it was run here."""

    chapter: Chapter
    runbook: str
    id: str
    verdict: str
    """`DONE`, `DONE_WITH_WARNINGS`..."""
    why: str


class Chapters:
    def __init__(self, home: Home, folder: Path, source: tuple[Source, str], diary: Diary, prices: Prices) -> None:
        """`folder`: where `scripts/` is."""
        self.home, self.diary = home, diary
        self._folder, self._prices = folder, prices
        self._source, self._sha256 = source
        self.ran: list[Ran] = []

    def runbook(self, chapter: Chapter, name: str, incident: str = "") -> Run:
        """From its beginning to where it ends. Raises Refused, NotRecorded, AlreadyRuns."""
        runbook = self._source.runbook(name)
        scribe = _Scribe(chapter, runbook, self.diary)
        operator = Operator(scribe.begins, self.diary.said, self._prices)
        terms = Terms(folder=self._folder, attendance=operator, skips={}, tell=scribe.hears)
        runner = begin(self.home, runbook, self._sha256, terms, incident=incident, anew=True)
        scribe.runner = runner
        runner.go_on()
        run = runner.run
        self.ran.append(Ran(chapter=chapter, runbook=name, id=run.id, verdict=run.verdict, why=run.why or run.paused))
        return run

    def command(
        self, chapter: Chapter, step: str, command: str, expect: Expect, extra: Mapping[str, str] | None = None
    ) -> StepTold:
        """One command of the demo's own, as the document writes its own; judged by `expect`."""
        told = StepTold(
            chapter=chapter,
            runbook="",
            step=step,
            command=command,
            expected=expected_words(expect),
            began_s=self.diary.now_s(),
            began_ns=self.diary.market_ns(),
        )
        self.diary.step_began(told)
        began = time.monotonic()
        answer = execute(
            self._argv(command),
            folder=self._folder,
            environ=environment(self.home) | dict(extra or {}),
            timeout_s=COMMAND_S,
            hear=lambda line: self.diary.said(plain(redact(line))),
        )
        misses = missed(expect, answer)
        ended = msgspec.structs.replace(
            told,
            how=how(misses, answer),
            took_s=round(time.monotonic() - began, 3),
            exit=answer.exit,
            first_line=plain(redact(answer.first_line)),
            missed=tuple(misses),
        )
        self.diary.step_ended(ended)
        return ended

    def _argv(self, command: str) -> list[str]:
        words = shlex.split(command)
        if words[0] == "tarazu":
            return [sys.executable, "-P", "-m", "tarazu", *words[1:]]
        return argv(command, self._folder)


def expected_words(expect: Expect) -> str:
    """`exit 0; line 1 begins READY`."""
    return "; ".join(expected(Step(id="command", run="command", expect=expect)))


class _Scribe:
    """Tells the diary what a runner does, a step at a time."""

    def __init__(self, chapter: Chapter, runbook: Runbook, diary: Diary) -> None:
        self._chapter, self._runbook, self._diary = chapter, runbook, diary
        self.runner: Runner | None = None
        self._open: StepTold | None = None
        self._began, self._before = 0.0, 0

    def begins(self, step: Step) -> None:
        assert self.runner is not None
        self._began, self._before = time.monotonic(), len(self.runner.run.steps)
        self._open = StepTold(
            chapter=self._chapter,
            runbook=self._runbook.id,
            step=step.id,
            command=step.run.replace("{incident}", self.runner.run.incident) or step.manual,
            expected="; ".join(expected(step)),
            began_s=self._diary.now_s(),
            began_ns=self._diary.market_ns(),
        )
        self._diary.step_began(self._open)

    def hears(self, line: str) -> None:
        """Called by the threads that read a command's output, too; a step's end comes from the runner's own."""
        if line.startswith(HEARD):
            self._diary.said(plain(line.removeprefix(HEARD)))
            return
        done = self.runner.run.steps if self.runner is not None else []
        if self._open is not None and len(done) > self._before:
            self._ends(done[-1])

    def _ends(self, done: StepRecord) -> None:
        assert self._open is not None
        read = ", ".join(f"{name} {value:,.2f}" for name, value in done.recorded.items())
        ended = msgspec.structs.replace(
            self._open,
            how=done.how,
            took_s=round(time.monotonic() - self._began, 3),
            exit=done.exit,
            first_line=plain(done.first_line or read),
            missed=(*done.missed, *((done.because,) if done.how is How.SKIPPED and done.because else ())),
        )
        self._open = None
        self._diary.step_ended(ended)
