"""`tarazu flatten`: leave every position, by the broker's own books: a plan, or with --live the orders."""

import contextlib
import os
import signal
import sys
from collections.abc import Callable

import click
import msgspec

from tarazu.app.account.reading import Failure
from tarazu.app.account.whose import NoAccount
from tarazu.app.broker_address import NoAddress
from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.flatten import told, verdicts
from tarazu.app.flatten.alone import Alone, AnotherFlatten
from tarazu.app.flatten.desk import FlattenDesk, flatten_desk
from tarazu.app.flatten.giving_back import give_main_back
from tarazu.app.flatten.told import Plan
from tarazu.app.home import Home, Profile
from tarazu.app.verdict import Check, Exit, Status, Verdict

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
                return verdicts.unverified(home, seen, desk.clock.wall_ns())
            return verdicts.planned(home, desk.plan(seen), desk.clock.wall_ns())
    except (NoAccount, NoAddress, OSError) as bad:
        return verdicts.no_account(home, bad)


def flatten_live(
    home: Home, why: str, patience_s: float, said: Callable[[str], str], tell: Callable[[str], None]
) -> Verdict:
    """`said` is given the phrase and gives what a person typed. A person who does not answer keeps nobody else out."""
    try:
        with flatten_desk(home, tell) as desk:
            seen = desk.look()
            if isinstance(seen, Failure):
                return verdicts.unverified(home, seen, desk.clock.wall_ns())
            plan = desk.plan(seen)
            for line in told.plan_lines(plan):
                tell(line)
            for check in told.warnings(plan):
                tell(f"{check.status}  {check.code}  {check.detail}")
            if said(plan.phrase).strip() != plan.phrase:
                detail = f"what was typed is not {plan.phrase!r}: nothing was sent, nothing is halted"
                return verdicts.refused(home, "flatten.confirmation", "NOT_CONFIRMED", detail, desk.clock.wall_ns())
            return _alone(desk, plan, why, patience_s, tell)
    except (NoAccount, NoAddress, OSError) as bad:
        return verdicts.no_account(home, bad)


def _alone(desk: FlattenDesk, plan: Plan, why: str, patience_s: float, tell: Callable[[str], None]) -> Verdict:
    """From here on requests may be out: what breaks is told as that."""
    try:
        alone = Alone(desk.home)
    except AnotherFlatten as other:
        return verdicts.refused(desk.home, "flatten.lock", "SECOND_FLATTEN", str(other), desk.clock.wall_ns())
    # A terminal that is closed must not leave half of it open.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: setattr(desk, "is_asked_to_end", True))
    try:
        verdict = verdicts.ended(desk, *desk.leave(plan, alone, why, patience_s, tell))
    except OSError as bad:
        verdict = verdicts.broken(desk.home, bad)
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
