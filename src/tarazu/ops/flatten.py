"""`tarazu flatten`: leave every position, by the broker's own books: a plan, or with --live the orders."""

import contextlib
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import click
import msgspec

from tarazu.app.account.reading import Failure, Why
from tarazu.app.account.whose import NoAccount
from tarazu.app.broker_address import NoAddress
from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.flatten import told
from tarazu.app.flatten.alone import Alone, AnotherFlatten
from tarazu.app.flatten.desk import FlattenDesk, flatten_desk
from tarazu.app.flatten.giving_back import give_main_back
from tarazu.app.flatten.leaving import End
from tarazu.app.flatten.local import local_book
from tarazu.app.flatten.seeing import Seen
from tarazu.app.flatten.told import Plan
from tarazu.app.home import Home, Profile
from tarazu.app.verdict import Check, Exit, Status, Verdict
from tarazu.model import ist

LOGIN = "tarazu session login --prompt-token --update-env"
AT_BOUND = "its exit has come as far from its first price as an exit goes (10 %): close the rest by hand, or begin anew"
HALT = 'tarazu risk halt --reason "..."'

EXAMPLES = """
\b
Examples:
  tarazu flatten                                          the plan: every order it would send; sends nothing
  tarazu flatten --live --reason "leaving for the day"    asks for FLATTEN and the number of positions
  tarazu flatten --live --yes --reason "rehearsal"        sim alone: without typing
"""


@click.command("flatten", epilog=EXAMPLES)
@click.option("--dry-run", is_flag=True, help="Show the orders and send nothing; so it is without --live.")
@click.option("--live", is_flag=True, help="Send them, once FLATTEN and the number of positions is typed.")
@click.option("--reason", default="", help="Why; kept in the record. Needed with --live.")
@click.option("--yes", is_flag=True, help="In the sim profile: without typing.")
@click.option("--patience", default=180.0, show_default=True, metavar="S", help="How long it goes on until flat.")
@feed_flags
def command(
    dry_run: bool, live: bool, reason: str, yes: bool, patience: float, profile: str | None, as_json: bool
) -> int:
    """Leave every position, from the broker's own books: main, the feed and the database may all be down. Only reduces;
    no halt and no entry gate holds it up. While main runs it is main that sends, and this watches the broker's book.

    Exit code of a plan: 0: flat, 1: there is something to do, 3: the broker says nothing. With --live: 0: flat,
    1: flat, and a look is wanted, 3: how the account stands is not known, 4: not begun, 5: PARTIAL, what is left is
    listed.
    """
    home = home_of(profile)
    if live and dry_run:
        raise click.UsageError("--live sends and --dry-run does not: say one of them")
    if live and not reason.strip():
        raise click.UsageError('--live needs --reason "...": it is kept in the record')
    if yes and home.profile is Profile.LIVE:
        raise click.UsageError("--yes is for rehearsals: where it is real money, the phrase is typed")
    said = (lambda phrase: phrase) if yes else _typed
    verdict = flatten_live(home, reason, patience, said, _tell) if live else flatten_plan(home, _tell)
    return verdict.show(as_json)


def flatten_plan(home: Home, tell: Callable[[str], None]) -> Verdict:
    """Sends nothing and changes nothing."""
    try:
        with flatten_desk(home, tell) as desk:
            seen = desk.look()
            if isinstance(seen, Failure):
                return _unverified(home, seen, desk.clock.wall_ns())
            return _planned(home, desk.plan(seen), desk.clock.wall_ns())
    except (NoAccount, NoAddress, OSError) as bad:
        return _no_account(home, bad)


def flatten_live(
    home: Home, why: str, patience_s: float, said: Callable[[str], str], tell: Callable[[str], None]
) -> Verdict:
    """`said` is given the phrase and gives what a person typed. A person who does not answer keeps nobody else out."""
    try:
        with flatten_desk(home, tell) as desk:
            seen = desk.look()
            if isinstance(seen, Failure):
                return _unverified(home, seen, desk.clock.wall_ns())
            plan = desk.plan(seen)
            for line in told.plan_lines(plan):
                tell(line)
            for check in told.warnings(plan):
                tell(f"{check.status}  {check.code}  {check.detail}")
            if said(plan.phrase).strip() != plan.phrase:
                detail = f"what was typed is not {plan.phrase!r}: nothing was sent, nothing is halted"
                return _refused(home, "flatten.confirmation", "NOT_CONFIRMED", detail, desk.clock.wall_ns())
            return _alone(desk, plan, why, patience_s, tell)
    except (NoAccount, NoAddress, OSError) as bad:
        return _no_account(home, bad)


def _alone(desk: FlattenDesk, plan: Plan, why: str, patience_s: float, tell: Callable[[str], None]) -> Verdict:
    """From here on requests may be out: what breaks is told as that."""
    try:
        alone = Alone(desk.home)
    except AnotherFlatten as other:
        return _refused(desk.home, "flatten.lock", "SECOND_FLATTEN", str(other), desk.clock.wall_ns())
    # A terminal that is closed must not leave half of it open.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: setattr(desk, "is_asked_to_end", True))
    try:
        verdict = _ended(desk, *desk.leave(plan, alone, why, patience_s, tell))
    except OSError as bad:
        verdict = _broken(desk.home, bad)
    finally:
        alone.close()
    return _given_back(desk.home, verdict) if alone.has_killed else verdict


def _given_back(home: Home, verdict: Verdict) -> Verdict:
    """A main that was ended for it runs again, halted; or the verdict says that none does."""
    why = give_main_back(home)
    if not why:
        return verdict
    check = Check(id="main", status=Status.WARN, code="MAIN_NOT_BACK", detail=why, hint="tarazu up main")
    exit_code = Exit.WARN if verdict.exit_code == Exit.OK else verdict.exit_code
    return msgspec.structs.replace(verdict, checks=(*verdict.checks, check), exit_code=exit_code)


def _refused(home: Home, id: str, code: str, detail: str, now_ns: int) -> Verdict:
    check = Check(id=id, status=Status.CRIT, code=code, detail=detail)
    return _verdict(home, "REFUSED", Exit.REFUSED, now_ns, "nothing sent", (check,))


def _broken(home: Home, bad: OSError) -> Verdict:
    detail = f"{bad}: orders may be out, how the account stands is not known"
    hint = "tarazu flatten --dry-run"
    check = Check(id="flatten.run", status=Status.UNKNOWN, code="FLATTEN_BROKE", detail=detail, hint=hint)
    return _verdict(home, "UNKNOWN", Exit.UNKNOWN, 0, "it broke off after it had begun", (check,))


def _planned(home: Home, plan: Plan, now_ns: int) -> Verdict:
    checks = tuple(told.warnings(plan))
    source = f"source BROKER ({plan.age_s:.1f} s old)"
    if plan.is_empty:
        counts = f"0 positions, 0 open orders (broker, {plan.age_s:.1f} s old)"
        return _verdict(home, "FLAT", _flat_exit(plan), now_ns, counts, checks, facts=told.facts(plan))
    tail = (f"to run   {told.TO_RUN}     then type: {plan.phrase}",)
    line = f"nothing sent  {source}"
    lines = tuple(told.plan_lines(plan))
    return _verdict(home, "PLAN ONLY", Exit.WARN, now_ns, line, checks, lines, tail, told.facts(plan))


def _ended(desk: FlattenDesk, end: End, written: str) -> Verdict:
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
    checks = tuple(
        Check(id="flatten.refused", status=Status.WARN, code="EXIT_REFUSED", detail=f"{key}: {text}")
        for key, text in sorted(end.refusals.items())
    )
    checks += tuple(
        Check(id="flatten.bound", status=Status.WARN, code="AT_BOUND", detail=f"{key}: {AT_BOUND}")
        for key in end.bounded
    )
    if desk.is_asked_to_end and not end.flat:
        detail = "SIGTERM: it ended with what it was at, before the account was flat"
        checks += (Check(id="flatten.ended", status=Status.WARN, code="ASKED_TO_END", detail=detail),)
    if not end.is_halted:
        hint = "tarazu risk halt --reason ..."
        checks += (Check(id="flatten.halt", status=Status.CRIT, code="NO_HALT", detail=end.halted, hint=hint),)
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


def _flat_exit(plan: Plan) -> Exit:
    """What stays although all is left that is ours to leave wants a look."""
    return Exit.WARN if plan.left or plan.gtts or plan.gtts is None else Exit.OK


def _unverified(home: Home, failure: Failure, now_ns: int) -> Verdict:
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


def _no_account(home: Home, bad: Exception) -> Verdict:
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


def _typed(phrase: str) -> str:
    """A line of stdin; nothing when it has ended."""
    _say(f"type {phrase} to send these orders: ")
    return sys.stdin.readline()


def _tell(line: str) -> None:
    _say(f"{line}\n")


def _say(text: str) -> None:
    """The one place where what is said may be lost: a terminal that is gone stops no flatten, and the record has it."""
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except (OSError, ValueError):
        # What is left unsaid goes nowhere: flushed at the exit, it would make another exit code of a good end.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
