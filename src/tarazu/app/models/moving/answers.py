"""What the `model` commands answer: one that cannot be done, and one that was, with who has acknowledged it."""

from collections.abc import Sequence

from tarazu.app.home import Home
from tarazu.app.models.moving.swap import Standing, Told
from tarazu.app.verdict import Check, Exit, Status, Verdict, exit_of, worst

ACK_S = 15.0
"""main looks once a second, reads and tries on what is another, and writes its health twice a second."""


def cannot(home: Home, command: str, now_ns: int, exit_code: Exit, check: Check) -> Verdict:
    """Nothing was changed."""
    return Verdict(
        command=command,
        word=exit_code.name,
        exit_code=exit_code,
        profile=home.profile,
        now_ns=now_ns,
        summary="nothing was changed",
        checks=(check,),
    )


def broken(code: str, detail: str, hint: str, id_: str = "model") -> Check:
    return Check(id=id_, status=Status.CRIT, code=code, detail=detail, hint=hint)


def named(sha256: str) -> str:
    return sha256[:12] if sha256 else "none"


def moved(
    home: Home, command: str, now_ns: int, before: str, now: Standing, told: Told, checks: Sequence[Check], did: str
) -> Verdict:
    """The pointer was moved. Exit code 5 where main runs and does not use it."""
    ack = _ack(now.family, now.active, told)
    whole = (*checks, ack)
    is_partial = ack.status is Status.CRIT
    status = worst(whole)
    exit_code = Exit.PARTIAL if is_partial else exit_of(status)
    return Verdict(
        command=command,
        word="PARTIAL" if is_partial else "DONE",
        exit_code=exit_code,
        profile=home.profile,
        now_ns=now_ns,
        summary=f"{now.family} {did}: {named(before)} -> {named(now.active)}",
        checks=whole,
        body=(f"before  {before or 'none'}", f"after   {now.active or 'none'}", f"main    {told.said}"),
        facts={
            "family": now.family,
            "before": before or None,
            "after": now.active or None,
            "acknowledged": told.state == "ACKNOWLEDGED",
            "main": told,
        },
    )


def _ack(family: str, sha256: str, told: Told) -> Check:
    seen = Check(id="model.main", status=Status.OK, observed=told.state)
    if told.state in ("ACKNOWLEDGED", "NOT_RUNNING", "NOT_USED"):
        return seen
    back = f"tarazu model rollback --family {family} --to previous"
    if told.state == "REFUSED":
        return seen.broken(Status.CRIT, "MAIN_REFUSES", f"main takes no entries until this is over: {told.said}", back)
    return seen.broken(Status.CRIT, "NOT_ACKNOWLEDGED", f"{told.said}; {named(sha256)} is not used yet", back)
