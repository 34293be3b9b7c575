"""Was it as expected, and where does that lead? Pure: an answer in, what was missed and the next step out."""

import re
from collections.abc import Mapping
from enum import StrEnum

import msgspec

from tarazu.app.runbook.book.model import END, Expect, Rule, Runbook, Step

VISITS_MAX = 3
"""Of one step in one run: a way round that has not helped twice helps nobody."""


class How(StrEnum):
    """How a step ended."""

    OK = "ok"
    FAILED = "FAIL"
    UNKNOWN = "UNKNOWN"
    """It did not end in time, or could not tell (exit 3)."""
    SKIPPED = "skipped"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a command answered."""

    exit: int
    out: str
    timed_out: bool = False

    @property
    def first_line(self) -> str:
        return next(iter(self.out.splitlines()), "")


def missed(expect: Expect, answer: Answer) -> list[str]:
    """What was not as expected; empty when all was."""
    found: list[str] = []
    if answer.timed_out:
        return ["it did not end in time, and was ended"]
    if answer.exit not in expect.exit:
        found.append(f"exit {answer.exit}, not {' or '.join(map(str, expect.exit))}")
    if expect.starts and answer.first_line.split(maxsplit=1)[:1] != [expect.starts]:
        found.append(f"line 1 does not begin with {expect.starts}")
    found += [f"no line like {p}" for p in expect.matches if re.search(p, answer.out, re.MULTILINE) is None]
    found += [f"line 1 says {word}" for word in expect.lacks if _says(answer.first_line, word)]
    return found


def is_settled(step: Step, answer: Answer) -> bool:
    """Whether an answer that was not as expected is not to be asked for again, whatever patience is left."""
    return any(_says(answer.first_line, word) for word in step.settles)


def missed_by_hand(step: Step, recorded: Mapping[str, float]) -> list[str]:
    """The same of numbers that a person has typed in."""
    limit = step.expect.abs_diff_le
    if limit is None:
        return []
    one, other = (recorded[name] for name in step.record)
    apart = abs(one - other)
    return [] if apart <= limit else [f"{step.record[0]} and {step.record[1]} are {apart:g} apart, limit {limit:g}"]


def how(misses: list[str], answer: Answer) -> How:
    if not misses:
        return How.OK
    return How.UNKNOWN if answer.timed_out or answer.exit == 3 else How.FAILED


def rule_for(step: Step, answer: Answer) -> Rule | None:
    """The first rule that fits an answer that was not as expected."""
    for rule in step.on_fail:
        if (not rule.exit or answer.exit in rule.exit) and rule.has in answer.out:
            return rule
    return None


def after(runbook: Runbook, step: Step, how: How, answer: Answer) -> tuple[str, Rule | None]:
    """The next step, END, or "" where the run stops; and the rule that led there."""
    if how in (How.OK, How.SKIPPED):
        return runbook.after(step), None
    rule = rule_for(step, answer)
    return (rule.to, rule) if rule else ("", None)


def hindrance(step: Step, last: Mapping[str, How], visits: Mapping[str, int]) -> str:
    """Why the run may not go on with this step; empty when it may."""
    missing = [name for name in step.needs if last.get(name) is not How.OK]
    if missing:
        return f"{', '.join(missing)} was not good"
    if visits.get(step.id, 0) >= VISITS_MAX:
        return f"{step.id} was done {VISITS_MAX} times"
    return ""


def is_end(name: str) -> bool:
    return name in ("", END)


def _says(line: str, word: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", line) is not None
