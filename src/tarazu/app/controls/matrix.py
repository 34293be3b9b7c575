"""The matrix: one row for each control, by what the tests have shown of it on this very source.

A control is worth its green tests and no more: without one it is absent, whatever its code looks like.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path

import msgspec

from tarazu.app.controls.evidence import CHECKOUT, Evidence, Outcome, Shown, current_runs
from tarazu.risk.controls import CONTROLS, Control


class State(StrEnum):
    GREEN = "GREEN"
    """A test or more, and all of them passed."""
    PART = "PART"
    """Green, and not all of the rule is here: the control says what lacks."""
    RED = "RED"
    """A test failed, or a bug in its place was not noticed."""
    ABSENT = "ABSENT"
    """No test shows it."""
    UNKNOWN = "UNKNOWN"
    """Nobody has looked: there is no evidence of this source, or none of this control's tests."""
    LATER = "LATER"
    """Not built yet, and not promised."""


class MutantRow(msgspec.Struct, frozen=True, kw_only=True):
    """A bug on purpose in a control's place."""

    name: str
    caught: bool | None
    """By the simulation; None: not tried on this source."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    control: Control
    state: State
    why: str
    """Where it is neither GREEN nor LATER; and what lacks."""
    passed: int
    failed: tuple[str, ...]
    skipped: tuple[str, ...]
    tests: tuple[str, ...]
    """Every test that names it, by pytest's id."""
    mutants: tuple[MutantRow, ...]


def matrix(
    evidence: Evidence | None, source: str, mutants: Mapping[str, str] | None = None, root: Path = CHECKOUT
) -> tuple[Row, ...]:
    """By the evidence for this `source`. `mutants`: names of bugs, and the ids of the controls each takes away."""
    doubt = _doubt(evidence, source)
    runs = current_runs(evidence, root) if evidence is not None and not doubt else ()
    by_mutant = {run.mutant: run.outcome is Outcome.PASSED for run in runs if run.mutant}
    rows = []
    for control in CONTROLS.values():
        found = [run for run in runs if control.id in run.controls]
        unseen = doubt or _unseen(evidence, runs, control)
        names = [name for name, of in (mutants or {}).items() if control.id in of.split()]
        rows.append(_row(control, found, unseen, [MutantRow(name=n, caught=by_mutant.get(n)) for n in names]))
    return tuple(rows)


def _doubt(evidence: Evidence | None, source: str) -> str:
    """Why the evidence says nothing of this source; empty when it does."""
    if evidence is None:
        return "no tests have run"
    if not evidence.source:
        return "the source changed while the tests ran"
    if evidence.source == source:
        return ""
    return f"the tests ran on another source ({named(evidence.build, evidence.source)})"


def named(build: str, source: str) -> str:
    """The build hashes the rooms that decide, the source all of the package: two may differ in the latter alone."""
    return f"{build} source {source[:12]}" if source else f"{build}, whose source changed meanwhile"


def _unseen(evidence: Evidence | None, runs: Iterable[Shown], control: Control) -> str:
    """Why a control without tests may have some all the same."""
    if evidence is None:
        return "no tests have run"
    gone = {run.file for run in evidence.runs if control.id in run.controls} - {run.file for run in runs}
    if gone:
        return f"its tests have changed since they ran: {', '.join(sorted(gone))}"
    return "" if evidence.is_whole else "only a part of the tests has run"


def _row(control: Control, runs: list[Shown], unseen: str, mutants: list[MutantRow]) -> Row:
    by_outcome: dict[Outcome, tuple[str, ...]] = {
        outcome: tuple(run.test for run in runs if run.outcome is outcome) for outcome in Outcome
    }
    failed, passed = by_outcome[Outcome.FAILED], by_outcome[Outcome.PASSED]
    unnoticed = tuple(mutant.name for mutant in mutants if mutant.caught is False)
    wrong = [*failed, *(f"mutant {name} was not noticed" for name in unnoticed)]
    state, why = _state(control, bool(passed), wrong, unseen)
    return Row(
        control=control,
        state=state,
        why=why,
        passed=len(passed),
        failed=failed,
        skipped=by_outcome[Outcome.SKIPPED],
        tests=tuple(run.test for run in runs),
        mutants=tuple(mutants),
    )


def _state(control: Control, has_passed: bool, wrong: list[str], unseen: str) -> tuple[State, str]:
    if wrong:
        return State.RED, f"failed: {', '.join(wrong[:3])}{' ...' if len(wrong) > 3 else ''}"
    if has_passed:
        return (State.PART, control.lacks) if control.lacks and control.is_due else (State.GREEN, "")
    if not control.is_due:
        return State.LATER, control.lacks
    if unseen:
        return State.UNKNOWN, unseen
    return State.ABSENT, control.lacks or "no test shows it"
