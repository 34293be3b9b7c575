"""The verdict of the gate in words (OPERATOR.md 3): READY or NOT_READY, a line for each thing in the way, and in a few
lines all that was well."""

import msgspec

from tarazu.app.readiness.gate import Readiness
from tarazu.app.readiness.receipt import Receipt
from tarazu.app.verdict import Check, Exit, Status, Verdict, plain, problem_lines, skip_lines

LINE = 118
BLOCK = f"{'BLOCK':<8}"


class GateVerdict(Verdict, frozen=True, kw_only=True):
    """A blocker is told as BLOCK; in JSON it is CRIT like any other check's."""

    def text(self) -> str:
        wrong = [
            BLOCK + line.removeprefix(f"{Status.CRIT:<8}") if line.startswith(f"{Status.CRIT:<8}") else line
            for line in problem_lines(self.checks, self.now_ns)
        ]
        head = [self.headline, *self.body, *wrong, *_well(self.checks), *skip_lines(self.checks)]
        return "\n".join([*head, *self.tail, f"exit {int(self.exit_code)}"])


def gate_verdict(found: Readiness, receipt: Receipt | None = None) -> GateVerdict:
    """`receipt`: what was written down about it."""
    return GateVerdict(
        command="ready",
        word=("READY" if found.whole else "PASSED") if found.ready else "NOT_READY",
        exit_code=Exit.OK if found.ready else _exit(found),
        profile=found.profile,
        now_ns=found.now_ns,
        summary=_summary(found, receipt),
        checks=found.checks,
        facts={
            "phase": found.phase,
            "whole": found.whole,
            "may_start": found.may_start,
            "config_sha256": found.config_sha256,
            "receipt": None if receipt is None or not receipt.ready else receipt.id,
            "took_sec": found.took_s,
        },
    )


def unrecorded(found: Readiness, why: str) -> Readiness:
    """A READY that cannot be written down is none: main would not find it."""
    row = Check(id="receipt", status=Status.CRIT, code="NOT_RECORDED", detail=plain(why), hint="df -h; tarazu ready")
    return msgspec.structs.replace(found, checks=(*found.checks, row))


def _exit(found: Readiness) -> Exit:
    """Nothing is known to be wrong, and something is not known: that is another exit code, and no READY either."""
    if any(c.status is Status.CRIT for c in found.checks):
        return Exit.CRIT
    return Exit.UNKNOWN if found.blockers else Exit.WARN


def _summary(found: Readiness, receipt: Receipt | None) -> str:
    count = {status: sum(c.status is status for c in found.checks) for status in Status}
    parts = [
        _many(len(found.blockers), "blocker"),
        _many(count[Status.WARN], "warning"),
        f"{count[Status.OK]} ok",
        f"{count[Status.SKIP]} skipped",
    ]
    told = f"{found.phase}  {', '.join(parts)}  ({found.took_s:.1f} s)"
    if not found.whole:
        return f"{told}  a part of the rows: no receipt"
    kept = f"  receipt {receipt.id} (desk record {receipt.seq})" if receipt is not None and receipt.ready else ""
    return f"{told}  cfg {found.config_sha256[:7] or 'none'}{kept}"


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _well(checks: tuple[Check, ...]) -> list[str]:
    """So many in a line as there is room for."""
    lines: list[str] = []
    for told in (_short(check) for check in checks if check.status is Status.OK):
        if lines and len(lines[-1]) + len(told) + 3 <= LINE:
            lines[-1] += f" | {told}"
        else:
            lines.append(f"{Status.OK:<8}{told}")
    return lines


def _short(check: Check) -> str:
    """`clock.skew 0.04 s, within 0.2 s`."""
    seen = "" if check.observed is None else f"{check.observed} {check.unit}".rstrip()
    return plain(f"{check.id} {', '.join(part for part in (seen, check.detail) if part)}".rstrip())
