"""The audit in words: a verdict, the day in some lines, every exception; one object for machines."""

from collections.abc import Iterator
from datetime import date

from tarazu.app.closing.whole import close_folder
from tarazu.app.day_audit.audit import Audit
from tarazu.app.day_audit.keep import HTML, JSON, Kept
from tarazu.app.home import Home
from tarazu.app.verdict import Check, Exit, Status, Verdict
from tarazu.model import ist
from tarazu.model.units import MILLISECOND_NS, rupees_text

COMMAND = "audit.daily"
DENIALS_TOLD = 6


def told(home: Home, kept: Kept, took_s: float) -> Verdict:
    audit = kept.audit
    folder = close_folder(home, audit.day)
    exceptions = f"{len(audit.findings)} exceptions" if audit.findings else "no exceptions"
    return Verdict(
        command=COMMAND,
        word=audit.verdict,
        exit_code=audit.exit,
        profile=home.profile,
        now_ns=audit.made_ns,
        summary=f"{audit.day}: {audit.standing.entries:,} entries, {audit.complete.orders:,} orders, {exceptions}",
        checks=audit.checks,
        body=tuple(_lines(audit)),
        tail=tuple(f"written  {folder / name}  sha256 {sha256[:16]}" for name, sha256 in kept.files.items()),
        facts={
            "day": audit.day,
            "standing": audit.standing,
            "complete": audit.complete,
            "result": audit.result,
            "replay": audit.replay,
            "denials": {row.code: row.by_strategy for row in audit.controls if row.denied},
            "findings": audit.findings,
            "files": kept.files,
            "folder": str(folder),
            "took_s": round(took_s, 3),
        },
    )


def cannot(home: Home, day: date, now_ns: int, why: str, code: str = "CANNOT_AUDIT") -> Verdict:
    """Nothing could be judged, and nothing is written."""
    check = Check(id="audit.journal", status=Status.UNKNOWN, code=code, detail=why, hint="tarazu doctor")
    return Verdict(
        command=COMMAND,
        word=Status.UNKNOWN.name,
        exit_code=Exit.UNKNOWN,
        profile=home.profile,
        now_ns=now_ns,
        summary=f"{day}: not audited",
        checks=(check,),
        facts={"day": day},
    )


def _lines(audit: Audit) -> Iterator[str]:
    standing, whole = audit.standing, audit.complete
    if not standing.entries:
        return
    yield f"journal    root {standing.root[:16]}  {standing.entries:,} entries, {audit.covered:,} under checkpoints"
    yield (
        f"orders     {whole.orders:,}: decision {whole.decision:,}, gate {whole.gate:,}, intent {whole.intent:,}, "
        f"send {whole.send:,}, outcome {whole.outcome:,}; foreign {whole.foreign:,}"
    )
    replay = audit.replay
    if not replay.why_not:
        yield f"replay     {replay.equal:,} of {replay.of:,} entries equal, {replay.recoveries} recoveries compared"
    yield _result(audit)
    denied = sorted((row for row in audit.controls if row.denied), key=lambda row: -row.denied)
    words = ", ".join(f"{row.code} {row.denied:,}" for row in denied[:DENIALS_TOLD])
    yield f"controls   {sum(row.denied for row in denied):,} times no{': ' + words if words else ''}"
    yield from _limits(audit)
    yield from _spans(audit)


def _result(audit: Audit) -> str:
    result, executions = audit.result, audit.executions
    if result.net_paise is None:
        return f"result     not known: {result.why}"
    gross, charges, net = (rupees_text(x or 0) for x in (result.gross_paise, result.charges_paise, result.net_paise))
    compared = f"equal to the engine's {audit.marks_compared} times flat" if audit.marks_compared else "never flat"
    drawdown = rupees_text(audit.worst_drawdown_paise)
    money = f"net ₹{net} = gross ₹{gross} - charges ₹{charges}, worst drawdown ₹{drawdown}"
    return f"result     {money}; {executions:,} executions; {compared}"


def _limits(audit: Audit) -> Iterator[str]:
    used = [(use.percent, use.name) for use in audit.limits if use.percent is not None and use.used]
    if used:
        yield "limits     " + ", ".join(f"{name} {percent:.0f} %" for percent, name in sorted(used, reverse=True)[:5])


def _spans(audit: Audit) -> Iterator[str]:
    timed = [span for span in audit.spans if span.count and span.p99_ns is not None]
    if timed:
        told = (f"{span.name} {(span.p99_ns or 0) / MILLISECOND_NS:,.3g} ms" for span in timed)
        yield "p99        " + ", ".join(told)
    if audit.first_ns:
        hours = f"{ist.stamp(audit.first_ns)[11:]} to {ist.stamp(audit.last_ns)[11:]}"
        yield f"hours      {hours}, {audit.starts} starts, report {JSON} and {HTML}"
