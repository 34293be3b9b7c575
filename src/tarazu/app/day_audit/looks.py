"""What was looked at, as checks: one line for each that holds, one for each exception of what does not."""

from collections.abc import Iterator

import msgspec

from tarazu.app.day_audit.audit import Audit
from tarazu.app.day_audit.evidence.journal import journal_checks
from tarazu.app.day_audit.finding import Code, Finding, checks_of
from tarazu.app.verdict import Check, Status
from tarazu.journal.findings import Report

LOSSES_TOLD = 3
NOT_ASKED = "it was not asked for (--no-replay)"
"""Why a day was not decided again; any other reason leaves it unknown."""


class Looks(msgspec.Struct, kw_only=True):
    """What was found, by what was looked at."""

    trail: list[Finding]
    money: list[Finding]
    not_compared: str
    """Why our books were not compared with the broker's positions; empty: they were."""
    limits: list[Finding]
    conduct: list[Finding]
    desk: list[Finding]
    artefacts: list[Finding]
    reconciled: list[Finding]
    order: Check | None
    """The steps of the close before this one that are not done, or not good."""
    incident: Check | None = None

    @property
    def findings(self) -> list[Finding]:
        """All, the gravest first, then as they were found."""
        every = [
            *self.desk, *self.artefacts, *self.trail, *self.money, *self.limits, *self.conduct, *self.reconciled
        ]  # fmt: skip
        weight = {Status.CRIT: 0, Status.UNKNOWN: 1, Status.WARN: 2}
        return sorted(every, key=lambda one: weight.get(one.status, 3))


def checks_for(audit: Audit, report: Report, looks: Looks) -> tuple[Check, ...]:
    return tuple(_checks(audit, report, looks))


def _checks(audit: Audit, report: Report, looks: Looks) -> Iterator[Check]:
    day = audit.day
    yield from journal_checks(report)
    if looks.incident is not None:
        yield looks.incident
    yield from checks_of("audit.desk", looks.desk, _ok("audit.desk", audit.desk_entries, "entries"))
    whole = _ok("audit.trail", audit.complete.orders, "orders with a whole trail")
    yield from checks_of("audit.trail", looks.trail, whole, f"tarazu why ORDER --day {day}")
    if not audit.is_over:
        detail = "the day is not over: orders that are open were not judged"
        yield Check(id="audit.end", status=Status.SKIP, detail=detail)
    yield from _replay(audit)
    yield from checks_of("audit.result", looks.money, _ok("audit.result", audit.executions, "executions"))
    if looks.not_compared and audit.executions:
        yield Check(id="audit.positions", status=Status.SKIP, detail=looks.not_compared)
    yield from checks_of("audit.limits", looks.limits, _ok("audit.limits", len(audit.limits), "limits"))
    yield from checks_of("audit.conduct", looks.conduct, _ok("audit.conduct", audit.executions, "executions"))
    hint = f"tarazu dr verify, and make it again: {audit.day}"
    yield from checks_of(
        "audit.artefacts", looks.artefacts, _ok("audit.artefacts", len(audit.artefacts), "files"), hint
    )
    yield from _reconciled(audit, looks)


def _ok(id_: str, observed: int, unit: str) -> Check:
    return Check(id=id_, status=Status.OK, observed=observed, unit=unit)


def _reconciled(audit: Audit, looks: Looks) -> Iterator[Check]:
    """That it is not done, or does not hold any more, is told once: as the step that is out of order."""
    if looks.order is not None:
        yield looks.order
    breaks = [one for one in looks.reconciled if one.code == Code.RECONCILED_BREAKS]
    if breaks or looks.order is None:
        whole = _ok("audit.reconciled", 1, "reconciliation of this journal")
        yield from checks_of("audit.reconciled", breaks, whole, f"tarazu reconcile --date {audit.day}")


def _replay(audit: Audit) -> Iterator[Check]:
    found, day = audit.replay, audit.day
    check = _ok("audit.replay", found.equal, "entries equal")
    if found.why_not:
        status = Status.WARN if found.why_not == NOT_ASKED else Status.UNKNOWN
        hint = f"tarazu replay {day} --verify"
        if status is Status.WARN:
            hint = f"tarazu audit daily --date {day}"
        elif "data restore" in found.why_not:
            hint = f"tarazu data restore {day}"
        yield check.broken(status, Code.NO_REPLAY, f"the day was not decided again: {found.why_not}", hint)
        return
    if found.difference:
        check = check.broken(Status.CRIT, "DIFFERS", found.difference, f"tarazu replay {day} --verify")
    yield check
    if found.not_recovered:
        first = found.not_recovered[0]
        detail = f"recovered up to entry {first:,} the engine is in another state than it was"
        yield Check(id="audit.recovery", status=Status.CRIT, code="NOT_RECOVERED", detail=detail)
    if found.losses:
        more = len(found.losses) - LOSSES_TOLD
        detail = "; ".join(found.losses[:LOSSES_TOLD]) + (f"; and {more} more" if more > 0 else "")
        hint = f"tarazu data verify {day}"
        yield Check(id="audit.market", status=Status.WARN, code="FEED_LOG", detail=detail, hint=hint)
