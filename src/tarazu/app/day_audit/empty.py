"""A day without a journal: nothing traded here, or its journal is gone. The two are told apart."""

from datetime import date

from tarazu.app.day_audit.audit import Audit
from tarazu.app.day_audit.evidence.artefacts import archive_findings, artefact_findings, artefacts
from tarazu.app.day_audit.evidence.desk import about_day, said_on, traces
from tarazu.app.day_audit.finding import Code, Finding, checks_of
from tarazu.app.day_audit.keep import kept
from tarazu.app.day_audit.told import told
from tarazu.app.home import Home
from tarazu.app.main.build import build
from tarazu.app.verdict import Check, Status, Verdict

HINT = "tarazu runbook run sev1-audit-chain"


def without_journal(home: Home, day: date, who: str, now_ns: int, why: str) -> Verdict:
    """No engine ran: a WARN, for nothing is proven. Where anything says that one did, the journal is gone."""
    about = about_day(home, day)
    of_day, broken = said_on(home, day)
    gone = [
        Finding(code=Code.JOURNAL_GONE, status=Status.CRIT, about=f"journal/{day}", detail=trace)
        for trace in dict.fromkeys(traces([*about, *of_day]))
    ]
    files = artefacts(home, day, about)
    audit = Audit(day=day, profile=home.profile, build=build(), who=who, made_ns=now_ns, artefacts=files)
    altered = [*artefact_findings(home, day, files, about), *archive_findings(home, day, about)]
    audit.findings = [*gone, *broken, *altered]
    empty = Check(id="audit.journal", status=Status.WARN, code="EMPTY_DAY", detail=why)
    whole = Check(id="audit.artefacts", status=Status.OK, observed=len(files), unit="files")
    audit.checks = (
        *checks_of("audit.journal", gone, empty, HINT if gone else ""),
        *checks_of("audit.artefacts", altered, whole),
        *(checks_of("audit.desk", broken, empty, HINT) if broken else ()),
    )
    return told(home, kept(home, audit, now_ns), 0.0)
