"""The day's journal judged, byte by byte; where its chain fails an incident is opened."""

from collections.abc import Callable
from datetime import date

import msgspec

from tarazu.app import audit
from tarazu.app.home import Home
from tarazu.app.incidents.store import NotKept, open_incident
from tarazu.app.verdict import Check, Status
from tarazu.journal.evidence import Trust
from tarazu.journal.findings import Fault, Report
from tarazu.journal.verify import verify_day
from tarazu.runtime.journal_files import day_folder, days, read_day

INCIDENT, RUNBOOK = "AUDIT_CHAIN", "sev1-audit-chain"
HINT = "tarazu runbook run sev1-audit-chain"


def judged(home: Home, day: date, told: Callable[[int, int], None]) -> Report:
    """With the day before as what the first entry must follow. Raises CannotAudit, OSError."""
    by = audit.trust(home, None, ())
    return audit.judge(home, day, _following(home, day, by), told)


def _following(home: Home, day: date, by: Trust) -> Trust:
    """By the last entry of the day before, as it lies there; `tarazu audit verify --all` judges that day too."""
    before = [one for one in days(home.journal) if one < day]
    if not before:
        return by
    head = verify_day(read_day(day_folder(home.journal, before[-1])), live=True).head
    return msgspec.structs.replace(by, first_prev=head.hash) if head.sequence else by


def journal_checks(report: Report) -> tuple[Check, ...]:
    return tuple(msgspec.structs.replace(check, hint=check.hint and HINT) for check in audit.checks(report))


def is_broken(report: Report) -> bool:
    """A torn tail is the mark of a crash, and the next start repairs it."""
    return any(found.fault is not Fault.TORN_TAIL for found in report.findings)


def opened_incident(home: Home, report: Report, who: str, now_ns: int) -> Check:
    """Its id; or that none could be opened, which is told and hides nothing."""
    detail = f"{report.day}: {report.gravest}"
    check = Check(id="audit.incident", status=Status.OK)
    try:
        incident = open_incident(home, "SEV1", INCIDENT, detail, who=who, now_ns=now_ns, runbook=RUNBOOK)
    except (NotKept, OSError) as failed:
        return check.broken(
            Status.CRIT, "NO_INCIDENT", f"no incident could be opened: {failed}", "tarazu incident open"
        )
    return check.broken(Status.CRIT, INCIDENT, f"incident {incident.id} is open", f"tarazu incident show {incident.id}")
