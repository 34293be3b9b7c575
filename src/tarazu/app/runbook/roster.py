"""All runbooks in a row: what each is for, when it is due, and what became of its latest run."""

from collections.abc import Sequence
from typing import Any

import msgspec

from tarazu.app.runbook.book.model import Runbook, Source
from tarazu.app.runbook.duty import Duty, DutyState, duty, market_of
from tarazu.app.runbook.runs.record import Run
from tarazu.app.runbook.words import window_text
from tarazu.app.verdict import Check, Status, epoch
from tarazu.model import ist


class Row(msgspec.Struct, frozen=True, kw_only=True):
    check: Check
    line: str
    fact: dict[str, Any]


def roster(source: Source, runs: Sequence[Run], now_ns: int) -> list[Row]:
    """In the order of the document. `runs` are those of the latest days."""
    market = market_of(ist.day_of(now_ns))
    return [
        _row(
            runbook,
            duty(runbook, market, runs, now_ns) if market else None,
            next((run for run in reversed(runs) if run.runbook == runbook.id), None),
            now_ns,
        )
        for runbook in source.runbooks
    ]


def _row(runbook: Runbook, due: Duty | None, latest: Run | None, now_ns: int) -> Row:
    issues = {step.issue for step in runbook.steps if step.issue}
    when = _when(due) if due else window_text(runbook.window) and "not due today"
    told = f"absent (issue {min(issues)})" if issues else when
    last = f"{latest.id} {latest.verdict or _standing(latest)}" if latest else ""
    return Row(
        check=_check(runbook, due, latest, bool(issues), now_ns),
        line=f"{runbook.id:<20} {told:<34} {last}".rstrip(),
        fact={
            "id": runbook.id,
            "title": runbook.title,
            "absent_issue": min(issues) if issues else None,
            "due_from_epoch": epoch(due.from_ns) if due else None,
            "due_until_epoch": epoch(due.until_ns) if due else None,
            "duty": due.state if due else None,
            "latest_run": latest.id if latest else None,
            "latest_verdict": latest.verdict if latest else None,
        },
    )


def _check(runbook: Runbook, due: Duty | None, latest: Run | None, absent: bool, now_ns: int) -> Check:
    seen = Check(id=runbook.id, status=Status.OK)
    if absent:
        return Check(id=runbook.id, status=Status.SKIP, detail="its commands are still to come")
    if latest is not None and latest.is_open:
        return seen.broken(
            Status.WARN, "RUN_OPEN", f"{latest.id} {_standing(latest)}", f"tarazu runbook resume {latest.id}"
        )
    if due is not None and due.state is DutyState.MISSED:
        detail = f"was due until {ist.stamp(due.until_ns)[11:16]}, and no run was completed"
        return seen.broken(Status.WARN, "RUNBOOK_MISSED", detail, f"tarazu runbook run {runbook.id}")
    return seen


def _when(due: Duty) -> str:
    return f"{ist.stamp(due.from_ns)[11:16]} to {ist.stamp(due.until_ns)[11:16]} {due.state}"


def _standing(run: Run) -> str:
    return f"waits at {run.at}: {run.paused}" if run.paused else f"stands at {run.at}"
