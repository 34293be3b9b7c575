"""What a replay has looked at, as checks: the journal's bytes, the steps, what recovery makes of them, the market."""

from collections.abc import Iterator
from datetime import date

from tarazu.app.replaying.rerun import Rerun
from tarazu.app.verdict import Check, Status
from tarazu.journal.findings import Fault
from tarazu.journal.findings import Report as Judged

LOSSES_TOLD = 3


def journal_checks(judged: Judged) -> Iterator[Check]:
    """Of a day that is damaged only what comes before the damage can be told, and it may not be what was written."""
    check = Check(id="replay.journal", status=Status.OK, observed=judged.entries, unit="entries whole")
    found = next((finding for finding in judged.findings if finding.fault is not Fault.TORN_TAIL), None)
    if found is not None:
        hint = f"tarazu audit verify --date {judged.day}"
        check = check.broken(Status.CRIT, found.fault, f"the journal is not what was written: {found}", hint)
    yield check


def rerun_checks(day: date, found: Rerun) -> Iterator[Check]:
    steps = Check(id="replay.steps", status=Status.OK, observed=found.equal, unit="entries equal")
    if (other := found.difference) is not None:
        detail = f"entry {other.sequence:,}: {other.message}, {other.part}; perhaps {other.causes[0]}"
        at = f"--from {other.sequence} --to {other.sequence}"
        steps = steps.broken(Status.CRIT, "DIFFERS", detail, f"tarazu audit show --date {day} {at} --decode")
    yield steps
    recovery = Check(id="replay.recovery", status=Status.OK, observed=found.recoveries, unit="recoveries compared")
    if found.not_recovered:
        first = found.not_recovered[0]
        detail = f"recovered up to entry {first:,} the engine is in another state than it was: a bug in it"
        recovery = recovery.broken(Status.CRIT, "NOT_RECOVERED", detail, f"tarazu replay {day} --to {first}")
    yield recovery
    market = Check(id="replay.market", status=Status.OK)
    if found.losses:
        more = len(found.losses) - LOSSES_TOLD
        detail = "; ".join(found.losses[:LOSSES_TOLD]) + (f"; and {more} more" if more > 0 else "")
        market = market.broken(Status.WARN, "FEED_LOG", detail, f"tarazu data verify {day}")
    yield market
