"""What a test session shows of the controls: gathered from its reports, written down at its end.

A test names what it shows by `@pytest.mark.control("C07", ...)`, and a mutant's trial by `record_property("mutant",
name)`. Both travel in the reports' user properties, so that under xdist the controller has those of its workers.
"""

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tarazu.app.controls.evidence import (
    BadEvidence,
    Outcome,
    Shown,
    added,
    file_sha256,
    read_evidence,
    source_sha256,
    write_evidence,
)
from tarazu.risk.controls import CONTROLS

CONTROLS_PROPERTY, MUTANT_PROPERTY = "controls", "mutant"


def told_controls(items: Iterable[pytest.Item]) -> None:
    """Every marked test carries its controls into its reports. Raises UsageError for a control there is none of."""
    for item in items:
        named = [name for mark in item.iter_markers("control") for name in mark.args]
        if strange := [name for name in named if name not in CONTROLS]:
            raise pytest.UsageError(f"{item.nodeid} is marked with a control there is none of: {strange[0]!r}")
        if named:
            item.user_properties.append((CONTROLS_PROPERTY, sorted(set(named))))


class Gathered:
    """Of one session; in a worker it writes nothing."""

    def __init__(self, path: Path, root: Path) -> None:
        self._path, self._root = path, root
        self._source = source_sha256()
        self._runs: dict[str, Shown] = {}

    def heard(self, report: pytest.TestReport) -> None:
        """The worst of a test's phases; one that is tried again begins anew."""
        said: dict[str, Any] = dict(report.user_properties)
        controls, mutant = tuple(said.get(CONTROLS_PROPERTY, ())), str(said.get(MUTANT_PROPERTY, ""))
        if not controls and not mutant:
            return
        if report.outcome == "rerun":  # type: ignore[comparison-overlap]  # pytest-rerunfailures
            self._runs.pop(report.nodeid, None)
            return
        before = self._runs.get(report.nodeid)
        outcomes = [Outcome(report.outcome), *([before.outcome] if before else [])]
        self._runs[report.nodeid] = Shown(
            test=report.nodeid,
            outcome=min(outcomes, key=_WORST.index),
            file_sha256=file_sha256(self._root / report.nodeid.partition("::")[0]),
            controls=() if mutant else controls,
            mutant=mutant,
        )

    def ended(self, *, is_whole: bool) -> None:
        """Nothing is written where nothing of a control was run. What changed meanwhile is of no source."""
        if not self._runs:
            return
        try:
            before = read_evidence(self._path)
        except BadEvidence:
            before = None  # it is replaced
        source = self._source if source_sha256() == self._source else ""
        runs = self._runs.values()
        found = added(before, runs, source=source, ended_ns=time.time_ns(), is_whole=is_whole, root=self._root)
        write_evidence(self._path, found)


_WORST = (Outcome.FAILED, Outcome.SKIPPED, Outcome.PASSED)


def is_whole(config: pytest.Config, exitstatus: int) -> bool:
    """Whether every test of a control was run: no part of the tests was asked for, none left out, no end before it."""
    option = config.option
    asked_for_all = config.args_source is not pytest.Config.ArgsSource.ARGS
    picked = option.keyword or option.deselect or option.ignore or option.ignore_glob or getattr(option, "lf", False)
    return asked_for_all and not picked and option.markexpr in ("", "control") and exitstatus in (0, 1)
