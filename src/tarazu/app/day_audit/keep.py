"""An audit kept: `audit.json` and `audit.html` in the day's close, their hashes in the desk's record."""

import msgspec

from tarazu.app.closing.alone import step_alone
from tarazu.app.closing.steps import record_step
from tarazu.app.closing.written import write
from tarazu.app.day_audit.audit import Audit
from tarazu.app.home import Home
from tarazu.app.verdict import Check, Status, exit_of, worst
from tarazu.runtime.desk_record import BadDeskRecord, DeskKind

JSON, HTML = "audit.json", "audit.html"


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    audit: Audit
    files: dict[str, str]
    """SHA-256 by name; what could not be written is not in it."""


def kept(home: Home, audit: Audit, now_ns: int) -> Kept:
    """The files replace those of an earlier audit; each audit has an entry of its own. A disk that takes nothing is a
    check that fails, and hides nothing of what was found."""
    from tarazu.app.day_audit.page.page import page

    _judge(audit)
    files = dict[str, str]()
    try:
        texts = {JSON: msgspec.json.format(msgspec.json.encode(audit), indent=1), HTML: page(audit).encode()}
        with step_alone(home, audit.day, DeskKind.AUDITED):
            files = write(home, audit.day, DeskKind.AUDITED, texts, audit.who, now_ns)
            _record(home, audit, files, now_ns)
    except (OSError, BadDeskRecord) as failed:
        check = Check(id="audit.kept", status=Status.CRIT, code="NOT_WRITTEN", detail=str(failed))
        audit.checks = (*audit.checks, check)
        _judge(audit)
    return Kept(audit=audit, files=files)


def _judge(audit: Audit) -> None:
    found = worst(audit.checks)
    audit.verdict, audit.exit = found.name, int(exit_of(found))


def _record(home: Home, audit: Audit, files: dict[str, str], now_ns: int) -> None:
    body = {
        "verdict": audit.verdict,
        "exit": audit.exit,
        "standing": audit.standing,
        "files": files,
        "orders": audit.complete.orders,
        "executions": audit.executions,
        "exceptions": len(audit.findings),
        "net_paise": audit.result.net_paise,
        "replayed": audit.replay.equal,
    }
    record_step(home, DeskKind.AUDITED, audit.day, body, audit.who, now_ns)
