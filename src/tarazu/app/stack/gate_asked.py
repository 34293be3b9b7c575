"""The readiness gate, asked before the stack begins to trade: one outcome, with what blocks."""

from collections.abc import Mapping

import msgspec

from tarazu.app.home import Home
from tarazu.app.person import person
from tarazu.app.supervision.outcome import Outcome
from tarazu.app.verdict import Check, Exit, plain
from tarazu.runtime.desk_record import BadDeskRecord

GATE = "gate"


def gate_asked(home: Home, environ: Mapping[str, str]) -> Outcome:
    """READY, with its receipt in the desk's record; or REFUSED, and what blocks in its lines. A halt alone keeps nobody
    from starting: the engine begins halted then, and a person can look."""
    from tarazu.app.readiness.gate import GatePhase, readiness
    from tarazu.app.readiness.receipt import record_receipt

    found = readiness(home, GatePhase.PRE_OPEN, environ=environ)  # what does not run yet is what is being started
    lines = tuple(_line(check) for check in found.blockers)
    if found.blockers and not found.may_start:
        return Outcome(
            name=GATE,
            exit_code=Exit.REFUSED,
            did="NOT_READY",
            code="NOT_READY",
            detail=f"{len(lines)} of {len(found.checks)} rows block: {', '.join(c.id for c in found.blockers[:4])}",
            hint="tarazu ready",
            lines=lines,
        )
    try:
        receipt = record_receipt(home, found, who=person())
    except (BadDeskRecord, OSError) as bad:
        told = f"its receipt cannot be written: {bad}"
        return Outcome(name=GATE, exit_code=Exit.REFUSED, did="READY", code="NO_RECEIPT", detail=told, hint="df -h")
    said = f"{len(found.warnings)} warnings, {len(found.checks)} rows"
    said = f"receipt {receipt.id}, {said}" if receipt is not None else said
    outcome = Outcome(name=GATE, exit_code=Exit.OK, did="READY", detail=said)
    if not found.blockers:
        return outcome
    told = "halted: main begins halted, and a person may look and reset it"
    return msgspec.structs.replace(
        outcome, exit_code=Exit.WARN, did="NOT_READY", code="HALTED", detail=told, hint="tarazu ready", lines=lines
    )


def _line(check: Check) -> str:
    fix = f"; fix: {check.hint}" if check.hint else ""
    return plain(f"{check.status} {check.id} {check.code}: {check.detail}{fix}")
