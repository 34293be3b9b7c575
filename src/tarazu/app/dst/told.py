"""What a tally says: lines for people, members for machines, a check for everything that was promised."""

from collections import Counter
from typing import Any

from tarazu.app.dst.command_line import command_of
from tarazu.app.verdict import Check, Status
from tarazu.dst.tally import Failure, Tally

FAILURES_TOLD = 20


def body(tally: Tally, wall_s: float, jobs: int) -> tuple[str, ...]:
    per_day = tally.fault_count / max(tally.days, 1)
    kinds = ", ".join(f"{kind} {times:,}" for kind, times in _by_count(tally.faults))
    hit = len(tally.marks) - len(tally.never_hit)
    never = f"; never: {', '.join(tally.never_hit)}" if tally.never_hit else ""
    speed = per_minute(tally.days, wall_s)
    return (
        f"days       {tally.days:,} in {wall_s:.1f} s by {jobs} processes, {speed:,.0f} a minute",
        f"world      {tally.events:,} events, {tally.orders:,} orders, {tally.crashes:,} crashes, "
        f"{tally.effects:,} effects",
        f"faults     {tally.fault_count:,}, {per_day:,.0f} a day: {kinds}",
        f"marks      {hit} of {len(tally.marks)} hit{never}",
    )


def facts(tally: Tally, wall_s: float, jobs: int) -> dict[str, Any]:
    return {
        "days": tally.days,
        "wall_s": round(wall_s, 3),
        "jobs": jobs,
        "days_per_minute": round(per_minute(tally.days, wall_s), 1),
        "events": tally.events,
        "orders": tally.orders,
        "crashes": tally.crashes,
        "effects": tally.effects,
        "faults": dict(sorted(tally.faults.items())),
        "faults_per_day": round(tally.fault_count / max(tally.days, 1), 1),
        "marks": dict(sorted(tally.marks.items())),
        "marks_never_hit": tally.never_hit,
        "violations": [_failure(failure) for failure in tally.failures],
    }


def failure_checks(tally: Tally, mutant: str | None = None) -> tuple[Check, ...]:
    """One for every day that failed, the first `FAILURES_TOLD` of them; ok without any."""
    check = Check(id="dst.violations", status=Status.OK, observed=len(tally.failures), limit=0, unit="days")
    if not tally.failures:
        return (check,)
    told = [failure_check(failure, mutant) for failure in tally.failures[:FAILURES_TOLD]]
    rest = len(tally.failures) - len(told)
    if rest:
        told.append(check.broken(Status.CRIT, "AND_MORE", f"{rest:,} more days failed; --json tells all"))
    return tuple(told)


def failure_check(failure: Failure, mutant: str | None = None) -> Check:
    first = failure.first
    return Check(
        id=f"dst.{first.invariant}",
        status=Status.CRIT,
        code=first.invariant,
        detail=f"seed {failure.case.seed}, event {first.event}: {first.text}",
        hint=f"{command_of(failure.case, mutant)} --minimise",
    )


def per_minute(days: int, wall_s: float) -> float:
    return 60 * days / wall_s if wall_s > 0 else 0.0


def _failure(failure: Failure) -> dict[str, Any]:
    options = failure.case.options
    return {
        "seed": failure.case.seed,
        "size": options.size,
        "crash_at": options.crash_at,
        "lose_unsynced": options.lose_unsynced,
        "violations": failure.violations,
        "command": command_of(failure.case),
    }


def _by_count(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
