"""What is said of one simulated day, whole or minimised."""

import sys
import time
from typing import Any

from tarazu.app.dst.command_line import command_of
from tarazu.app.dst.told import failure_checks
from tarazu.app.home import Profile
from tarazu.app.verdict import Verdict, exit_of, worst
from tarazu.dst.corpus import line_of
from tarazu.dst.day import run_day
from tarazu.dst.minimise import Minimal, minimise
from tarazu.dst.tally import Case, Failure, Tally
from tarazu.model import ist

COMMAND = "dst.seed"


def whole(case: Case, mutant: str | None, now_ns: int) -> Verdict:
    result, tally = run_day(case.seed, case.options), Tally()
    tally.count(case, result)
    checks = failure_checks(tally, mutant)
    found = worst(checks)
    kinds = ", ".join(f"{kind} {times}" for kind, times in sorted(result.faults.items()) if times)
    marks = ", ".join(f"{mark} {times}" for mark, times in sorted(result.marks.items()) if times)
    return Verdict(
        command=COMMAND,
        word=found.upper(),
        exit_code=exit_of(found),
        profile=Profile.SIM,
        now_ns=now_ns,
        summary=f"seed {case.seed}{_with(mutant)}: {len(result.violations)} violations",
        checks=checks,
        body=(
            f"world      {result.events:,} events, {result.orders} orders, {result.crashes} crashes, "
            f"{result.effects:,} effects",
            f"faults     {result.fault_count}: {kinds}",
            f"marks      {marks}",
            f"digest     {result.digest}",
            *result.trace,
        ),
        facts={
            "seed": case.seed,
            "mutant": mutant,
            "violations": result.violations,
            "digest": result.digest,
            "events": result.events,
            "orders": result.orders,
            "crashes": result.crashes,
            "effects": result.effects,
            "faults": result.faults,
            "marks": result.marks,
            "trace": result.trace,
        },
    )


def minimised(case: Case, mutant: str | None, now_ns: int) -> Verdict:
    """The day as small as it was found to fail still; as it is when it does not fail."""
    minimal = minimise(case.seed, case.options, _told)
    if minimal is None:
        return whole(case, mutant, now_ns)
    small = Case(minimal.seed, minimal.options)
    tally = Tally(failures=[Failure(small, (minimal.violation,))])
    checks = failure_checks(tally, mutant)
    violation = minimal.violation
    kept = line_of(ist.day_of(time.time_ns()), small, violation.invariant, violation.text)
    return Verdict(
        command=COMMAND,
        word="CRIT",
        exit_code=exit_of(worst(checks)),
        profile=Profile.SIM,
        now_ns=now_ns,
        summary=f"seed {case.seed}{_with(mutant)}: {violation.invariant} with {minimal.fault_count} faults, "
        f"{minimal.tries} days tried",
        checks=checks,
        body=(f"faults     {_kinds(minimal)}", *minimal.trace),
        tail=(f"again      {command_of(small, mutant)}", *(() if mutant else (f"corpus     {kept}",))),
        facts=_facts(minimal, mutant, command_of(small, mutant)),
    )


def _facts(minimal: Minimal, mutant: str | None, again: str) -> dict[str, Any]:
    return {
        "seed": minimal.seed,
        "mutant": mutant,
        "violations": [minimal.violation],
        "faults": minimal.faults,
        "tries": minimal.tries,
        "muted": sorted(minimal.options.muted),
        "until_event": minimal.options.until_event,
        "trace": minimal.trace,
        "command": again,
    }


def _kinds(minimal: Minimal) -> str:
    return ", ".join(f"{kind} {times}" for kind, times in minimal.faults.items()) or "none needed"


def _with(mutant: str | None) -> str:
    return f" with {mutant}" if mutant else ""


def _told(text: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{text}\x1b[K")
        sys.stderr.flush()
