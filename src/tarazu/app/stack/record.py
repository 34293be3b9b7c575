"""What a command did to the stack, in the desk's record. A record that cannot be written stops nobody from stopping."""

import logging
from typing import Any

from tarazu.app.home import Home
from tarazu.app.person import person
from tarazu.app.supervision.outcome import Outcome
from tarazu.app.verdict import Exit
from tarazu.runtime.desk_record import BadDeskRecord, DeskKind, append

log = logging.getLogger("tarazu.stack")


def note(home: Home, act: str, outcomes: list[Outcome], now_ns: int, **facts: Any) -> list[Outcome]:
    """Write down what became of an `act` (`up`, `down`); a warning among the outcomes where that fails.
    `now_ns`: of the profile's clock."""
    body = {"act": act, **facts, "processes": [_row(outcome) for outcome in outcomes]}
    try:
        append(home.desk, DeskKind.STACK, body, who=person(), now_ns=now_ns)
    except (OSError, BadDeskRecord, ValueError) as bad:
        told = f"the desk's record was not written: {bad}"
        log.warning("%s", told)
        return [Outcome(name="record", exit_code=Exit.WARN, did="missing", code="NOT_RECORDED", detail=told)]
    return []


def _row(outcome: Outcome) -> dict[str, Any]:
    told = {"name": outcome.name, "did": outcome.did, "exit": int(outcome.exit_code)}
    more = {"pid": outcome.pid, "code": outcome.code, "detail": outcome.detail}
    return told | {name: value for name, value in more.items() if value}
