"""`tarazu engine tell ORDER`: a person's word to the engine, journalled before it is answered."""

import time
from collections.abc import Iterator
from typing import Any

import click

from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.home import Home
from tarazu.app.main.checks import read_engine
from tarazu.app.main.telling import MainSilent, tell_main
from tarazu.app.main.words import now_of
from tarazu.app.person import person
from tarazu.app.verdict import Check, Exit, Status, Verdict
from tarazu.engine.messages import Order

EXAMPLES = """
\b
Examples:
  tarazu engine tell ENTRIES_OFF --why "the budget is read at 11:00"    ENTRIES_ON takes them again
  tarazu engine tell FLATTEN --why "leaving early"    main sends; without main: tarazu flatten --live
  tarazu engine tell HALT_STRATEGY --ref momentum --why "it buys what it sold"
  tarazu engine tell DISOWN --order-id 261123000412345 --why "typed by hand at the desk"
"""


@click.command("tell", epilog=EXAMPLES)
@click.argument("order", type=click.Choice([str(order) for order in Order], case_sensitive=False), metavar="ORDER")
@click.option("--why", required=True, help="Why; kept in the journal.")
@click.option("--who", default=person, show_default="your login name", help="Whose word it is.")
@click.option("--ref", default="", help="CLAIM: the tag of ours. ..._STRATEGY: its name. APPROVE, REFUSE: the want.")
@click.option("--order-id", default="", help="CLAIM, DISOWN: the broker's order id.")
@click.option("--incident", default="", help="RESET_HALT, RESET_STRATEGY: under which it was looked into.")
@feed_flags
def command(
    order: str, why: str, who: str, ref: str, order_id: str, incident: str, profile: str | None, as_json: bool
) -> int:
    """Tell the running engine one of:

    \b
    HALT            hard: entries cancelled, strategies not asked; survives restarts and midnight
    SOFT_HALT       reduce only: entries cancelled, strategies may leave what they hold; survives likewise
    RESET_HALT      a person has looked (--incident); refused while the cause persists
    HALT_STRATEGY   one strategy (--ref NAME): entries cancelled, stops stay, nobody asks it
    RESET_STRATEGY  it begins anew (--ref NAME, --incident); refused while the cause persists
    FLATTEN         leave every position, again and again until flat; STOP_FLATTEN ends it
    CANCEL_ENTRIES  cancel resting entries
    ENTRIES_OFF     take no entries; ENTRIES_ON takes them again
    APPROVE         a want that waits for leave may go (--ref, see tarazu approvals); REFUSE ends it
    APPROVALS_ON    entries wait for leave; PILOT_ON: the pilot's limits hold. Off by a start with other settings
    CLAIM           an untagged order is an unknown one of ours (--ref, --order-id)
    DISOWN          an untagged order is none of ours (--order-id)

    Exit code 0: it is in the journal and acted on; 3: nobody answered, and whether it was taken is not known; 4: not
    taken, or taken down and not followed, and why.
    """
    asked = {"order": order.upper(), "who": who, "why": why, "ref": ref, "order_id": order_id, "incident": incident}
    return engine_tell(home_of(profile), asked).show(as_json)


def engine_tell(home: Home, asked: dict[str, Any]) -> Verdict:
    try:
        told = tell_main(home, asked)
    except MainSilent as silent:
        check = Check(
            id="main",
            status=Status.UNKNOWN,
            code="MAIN_SILENT",
            detail=str(silent),
            hint="tarazu engine status",
        )
        return _verdict(home, "UNKNOWN", Exit.UNKNOWN, f"{asked['order']} not answered", (check,), {})
    if told["error"]:
        check = Check(id="main", status=Status.CRIT, code="REFUSED", detail=told["error"])
        return _verdict(home, "REFUSED", Exit.REFUSED, f"{asked['order']} not taken", (check,), {"answer": told})
    if not told["accepted"]:
        line = f"{asked['order']} is entry {told['sequence']} and not followed, phase {told['phase']}"
        return _verdict(home, "REFUSED", Exit.REFUSED, line, tuple(_refusals(told)), {"answer": told})
    did = ", ".join(_did(act) for act in told["acts"]) or "nothing had to be done"
    line = f"{asked['order']} taken as entry {told['sequence']}, phase {told['phase']}: {did}"
    return _verdict(home, "DONE", Exit.OK, line, (), {"answer": told})


def _refusals(told: dict[str, Any]) -> Iterator[Check]:
    if told["declined"]:
        yield Check(id="engine", status=Status.CRIT, code="REFUSED", detail=told["declined"])
    for denial in told["denials"]:
        detail = f"{denial.get('observed', '')} (limit: {denial.get('limit') or 'none'})"
        yield Check(id="engine", status=Status.CRIT, code=denial["code"], detail=detail)


def _did(act: dict[str, Any]) -> str:
    of = next((act[name] for name in ("code", "ref", "key", "phase", "what") if act.get(name)), "")
    return f"{act['type']} {of}".strip()


def _verdict(
    home: Home, word: str, exit_code: Exit, line: str, checks: tuple[Check, ...], facts: dict[str, Any]
) -> Verdict:
    return Verdict(
        command="engine.tell",
        word=word,
        exit_code=exit_code,
        profile=home.profile,
        now_ns=now_of(read_engine(home, time.monotonic_ns())),
        summary=line,
        checks=checks,
        facts=facts,
    )
