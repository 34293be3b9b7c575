"""What `tarazu flatten` answers, whichever way it ended: a plan, flat, in part, refused, or not known."""

from collections.abc import Iterator
from typing import Any

from tarazu.app.account.reading import Failure, Why
from tarazu.app.account.whose import NoAccount
from tarazu.app.flatten import told
from tarazu.app.flatten.desk import FlattenDesk
from tarazu.app.flatten.leaving import End
from tarazu.app.flatten.local import local_book
from tarazu.app.flatten.seeing import Seen
from tarazu.app.flatten.told import Plan
from tarazu.app.home import Home
from tarazu.app.verdict import Check, Exit, Status, Verdict
from tarazu.model import ist

LOGIN = "tarazu session login --prompt-token --update-env"
AT_BOUND = "its exit has come as far from its first price as an exit goes (10 %): close the rest by hand, or begin anew"
HALT = 'tarazu risk halt --reason "..."'


def refused(home: Home, id: str, code: str, detail: str, now_ns: int) -> Verdict:
    check = Check(id=id, status=Status.CRIT, code=code, detail=detail)
    return _verdict(home, "REFUSED", Exit.REFUSED, now_ns, "nothing sent", (check,))


def broken(home: Home, bad: OSError) -> Verdict:
    detail = f"{bad}: orders may be out, how the account stands is not known"
    hint = "tarazu flatten --dry-run"
    check = Check(id="flatten.run", status=Status.UNKNOWN, code="FLATTEN_BROKE", detail=detail, hint=hint)
    return _verdict(home, "UNKNOWN", Exit.UNKNOWN, 0, "it broke off after it had begun", (check,))


def planned(home: Home, plan: Plan, now_ns: int) -> Verdict:
    checks = tuple(told.warnings(plan))
    source = f"source BROKER ({plan.age_s:.1f} s old)"
    if plan.is_empty:
        counts = f"0 positions, 0 open orders (broker, {plan.age_s:.1f} s old)"
        return _verdict(home, "FLAT", _flat_exit(plan), now_ns, counts, checks, facts=told.facts(plan))
    tail = (f"to run   {told.TO_RUN}     then type: {plan.phrase}",)
    line = f"nothing sent  {source}"
    lines = tuple(told.plan_lines(plan))
    return _verdict(home, "PLAN ONLY", Exit.WARN, now_ns, line, checks, lines, tail, told.facts(plan))


def ended(desk: FlattenDesk, end: End, written: str) -> Verdict:
    home, now_ns = desk.home, desk.clock.wall_ns()
    body = (
        f"sent by {end.by}: {end.requests} requests of this process, {end.reads} reads of the book in {end.seconds} s",
        f"halt      HARD_HALT is {f'with {end.halted}' if end.is_halted else end.halted}",
        f"evidence  {written}",
    )
    facts: dict[str, Any] = {
        "flat": end.flat,
        "by": str(end.by),
        "halted": end.is_halted,
        "requests": end.requests,
        "seconds": end.seconds,
        "evidence": written,
    }
    checks = tuple(_end_checks(desk, end))
    seen = end.seen
    if isinstance(seen, Seen):
        plan = desk.plan(seen)
        checks += tuple(told.warnings(plan))
        facts |= told.facts(plan)
        counts = f"{len(plan.closes)} positions, {len(desk.seeing.book.open_orders())} open orders (broker, read last)"
        if end.flat:
            code = _flat_exit(plan) if end.is_halted else Exit.WARN
            return _verdict(home, "FLAT", code, now_ns, counts, checks, body, (), facts)
        rows = (*body, *(f"left      {key} {prod} {qty:+}" for (key, prod), qty in desk.seeing.book.open_places()))
        again = ("again     tarazu flatten --dry-run; it is safe to begin anew",)
        return _verdict(home, "PARTIAL", Exit.PARTIAL, now_ns, counts, checks, rows, again, facts)
    check = Check(
        id="flatten.broker",
        status=Status.UNKNOWN,
        code=f"BROKER_{seen.why}",
        detail=f"{seen.told}: how the account stands is not known",
        hint="tarazu flatten --dry-run",
    )
    return _verdict(home, "UNKNOWN", Exit.UNKNOWN, now_ns, "after what was sent", (check, *checks), body, (), facts)


def _end_checks(desk: FlattenDesk, end: End) -> Iterator[Check]:
    """What was not as it should be of how it ended, whatever is left."""
    for key, text in sorted(end.refusals.items()):
        yield Check(id="flatten.refused", status=Status.WARN, code="EXIT_REFUSED", detail=f"{key}: {text}")
    for key in end.bounded:
        yield Check(id="flatten.bound", status=Status.WARN, code="AT_BOUND", detail=f"{key}: {AT_BOUND}")
    if desk.is_asked_to_end and not end.flat:
        detail = "SIGTERM: it ended with what it was at, before the account was flat"
        yield Check(id="flatten.ended", status=Status.WARN, code="ASKED_TO_END", detail=detail)
    if not end.is_halted:
        hint = "tarazu risk halt --reason ..."
        yield Check(id="flatten.halt", status=Status.CRIT, code="NO_HALT", detail=end.halted, hint=hint)


def _flat_exit(plan: Plan) -> Exit:
    """What stays although all is left that is ours to leave wants a look."""
    return Exit.WARN if plan.left or plan.gtts or plan.gtts is None else Exit.OK


def unverified(home: Home, failure: Failure, now_ns: int) -> Verdict:
    """The broker says nothing: what main last said is held, and that it is no more than that."""
    local = local_book(home, ist.day_of(now_ns).isoformat())
    hint = LOGIN if failure.why is Why.AUTH else HALT
    check = Check(
        id="flatten.broker", status=Status.UNKNOWN, code=f"BROKER_{failure.why}", detail=failure.told, hint=hint
    )
    if isinstance(local, str):
        body: tuple[str, ...] = (f"no book of ours either: {local}",)
    else:
        body = (f"UNVERIFIED: what main said {local.age_s:.0f} s ago", *told.local_rows(local))
    line = "the broker's book cannot be read: nothing planned, nothing sent"
    return _verdict(home, "UNKNOWN", Exit.UNKNOWN, now_ns, line, (check,), body)


def no_account(home: Home, bad: Exception) -> Verdict:
    hint = "tarazu engine tell FLATTEN --why ..." if isinstance(bad, NoAccount) else "tarazu doctor"
    check = Check(id="flatten.broker", status=Status.UNKNOWN, code="NO_ACCOUNT", detail=str(bad), hint=hint)
    return _verdict(home, "UNKNOWN", Exit.UNKNOWN, 0, "the account cannot be asked: nothing sent", (check,))


def _verdict(
    home: Home,
    word: str,
    exit_code: Exit,
    now_ns: int,
    line: str,
    checks: tuple[Check, ...],
    body: tuple[str, ...] = (),
    tail: tuple[str, ...] = (),
    facts: dict[str, Any] | None = None,
) -> Verdict:
    return Verdict(
        command="flatten",
        word=word,
        exit_code=exit_code,
        profile=home.profile,
        now_ns=now_ns or _system_ns(),
        summary=line,
        checks=checks,
        body=body,
        tail=tail,
        facts=facts or {},
    )


def _system_ns() -> int:
    from tarazu.adapters.system_clock import SystemClock

    return SystemClock.wall_ns()
