"""A step of the close as its command does it: when it cannot be begun, and how it is ended and written down."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec

from tarazu.app.closing.standing import Standing
from tarazu.app.closing.steps import out_of_order, record_step
from tarazu.app.home import Home
from tarazu.app.verdict import Check, Exit, Status, Verdict
from tarazu.model import ist
from tarazu.runtime.desk_record import BadDeskRecord, DeskKind


def cannot_begin(home: Home, command: str, day: date, now_ns: int) -> Verdict | None:
    """A verdict where there is nothing to do it with: no home, or a day that has not been. Nothing is written down."""
    if not home.root.is_dir():
        return _unknown(home, command, now_ns, "home", "NO_HOME", f"{home.root} is not there", "tarazu init")
    today = ist.day_of(now_ns)
    if day > today:
        return _unknown(home, command, now_ns, "day", "NOT_YET", f"{day} has not been; at the desk it is {today}", "")
    return None


def order_check(home: Home, day: date, kind: DeskKind) -> Check | None:
    """Whether it is this step's turn; a desk's record that does not read is CRIT, not a guess."""
    try:
        return out_of_order(home, day, kind)
    except (BadDeskRecord, OSError) as bad:
        hint = f"tarazu audit daily --date {day}"
        return Check(id="close.order", status=Status.CRIT, code="DESK_RECORD", detail=str(bad), hint=hint)


def journal_check(day: date, standing: Standing) -> Check | None:
    """What is wrong with what it stands on; None: nothing."""
    if not standing.fault:
        return None
    torn = standing.fault.startswith("TORN_TAIL")
    status, code = (Status.WARN, "TORN_TAIL") if torn else (Status.CRIT, "AUDIT_CHAIN")
    hint = "" if torn else f"tarazu audit verify --date {day}"
    return Check(id="close.journal", status=status, code=code, detail=standing.fault, hint=hint)


def ended(
    home: Home,
    kind: DeskKind,
    day: date,
    verdict: Verdict,
    standing: Standing,
    files: Mapping[str, str],
    who: str,
    **own: Any,
) -> Verdict:
    """The verdict, once the desk's record has it; where it has not, nothing counts as done, and that is the verdict."""
    told = {"verdict": verdict.word, "exit": int(verdict.exit_code), "standing": standing, "files": files, **own}
    try:
        record_step(home, kind, day, told, who, verdict.now_ns)
    except (BadDeskRecord, OSError, ValueError) as bad:
        hint = "make room or mend the record, and do the step again"
        check = Check(id="desk.record", status=Status.CRIT, code="NOT_RECORDED", detail=str(bad), hint=hint)
        return msgspec.structs.replace(
            verdict, word="NOT_RECORDED", exit_code=Exit.CRIT, checks=(*verdict.checks, check)
        )
    return verdict


def _unknown(home: Home, command: str, now_ns: int, id_: str, code: str, detail: str, hint: str) -> Verdict:
    check = Check(id=id_, status=Status.UNKNOWN, code=code, detail=detail, hint=hint)
    return Verdict(
        command=command,
        word="UNKNOWN",
        exit_code=Exit.UNKNOWN,
        profile=home.profile,
        now_ns=now_ns,
        summary="nothing was done",
        checks=(check,),
    )
