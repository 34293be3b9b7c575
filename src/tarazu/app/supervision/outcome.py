"""What became of one process that a command was to start or stop, and the verdict over several of them."""

from collections.abc import Collection, Sequence
from typing import Any

import msgspec

from tarazu.app.home import Home
from tarazu.app.verdict import Check, Exit, Status, Verdict, plain

# For people in a hurry: what is refused or failed outranks what is not known, and that what is only odd.
_RANK = (Exit.OK, Exit.WARN, Exit.PARTIAL, Exit.UNKNOWN, Exit.CRIT, Exit.REFUSED)
_STATUS = {Exit.OK: Status.OK, Exit.WARN: Status.WARN, Exit.UNKNOWN: Status.UNKNOWN}
_WORDS = {Exit.UNKNOWN: "UNKNOWN", Exit.REFUSED: "REFUSED", Exit.PARTIAL: "PARTIAL"}


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    exit_code: Exit
    did: str
    """`started`, `already running`, `not started`…"""
    detail: str = ""
    code: str = ""
    """For problems: `NO_TOKEN`."""
    hint: str = ""
    """A command to run."""
    pid: int | None = None
    lines: tuple[str, ...] = ()
    """The end of its log, where that tells why."""

    @property
    def holds(self) -> bool:
        return self.exit_code in (Exit.OK, Exit.WARN)

    def __str__(self) -> str:
        pid = f"pid {self.pid}" if self.pid else ""
        return ", ".join(part for part in (f"{self.name} {self.did}", self.detail, pid) if part)


_DID = {"BUSY": "busy", "SUPERVISOR_SILENT": "silent"}


def supervisor_failed(exit_code: Exit, code: str, detail: str, hint: str = "") -> Outcome:
    """Nothing could be asked of the supervisor, or it could do nothing."""
    return Outcome(
        name="supervisor", exit_code=exit_code, did=_DID.get(code, "failed"), code=code, detail=detail, hint=hint
    )


def verdict(
    command: str,
    home: Home,
    outcomes: Sequence[Outcome],
    *,
    good: str,
    bad: str,
    now_ns: int,
    asked: Collection[str] = (),
) -> Verdict:
    """`good` is the first word when all hold, `bad` when one failed. The summary is the worst outcome; where all are
    well the last of those that were `asked` for, else the last."""
    worst = max(outcomes, key=lambda o: _RANK.index(o.exit_code), default=None)
    shown = worst
    if worst is not None and worst.exit_code is Exit.OK:
        shown = next((o for o in reversed(outcomes) if o.name in asked), outcomes[-1])
    exit_code = worst.exit_code if worst else Exit.OK
    return Verdict(
        command=command,
        word=good if exit_code in (Exit.OK, Exit.WARN) else _WORDS.get(exit_code, bad),
        exit_code=exit_code,
        profile=home.profile,
        now_ns=now_ns,
        summary=str(shown) if shown else "nothing runs",
        body=tuple(f"ok      {o.name:<18} {plain(_told(o))}" for o in outcomes if o.exit_code is Exit.OK),
        checks=tuple(_check(o) for o in outcomes),
        tail=tuple(f"  {o.name}| {plain(line)}" for o in outcomes for line in o.lines),
        facts={"processes": [_fact(o) for o in outcomes]},
    )


def _told(outcome: Outcome) -> str:
    return str(outcome).removeprefix(f"{outcome.name} ")


def _check(outcome: Outcome) -> Check:
    return Check(
        id=outcome.name,
        status=_STATUS.get(outcome.exit_code, Status.CRIT),
        code=outcome.code,
        detail=_told(outcome),
        hint=outcome.hint,
    )


def _fact(outcome: Outcome) -> dict[str, Any]:
    return {"name": outcome.name, "did": outcome.did, "pid": outcome.pid, "log": outcome.lines}
