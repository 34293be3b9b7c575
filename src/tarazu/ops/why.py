"""`tarazu why ORDER`: the story of one order, from the journal alone."""

import time
from datetime import date, datetime
from typing import TYPE_CHECKING

import click
import msgspec

from tarazu.app.feed.flags import PROFILE
from tarazu.app.home import BadProfile, Home, home
from tarazu.app.verdict import Check, Exit, Status, Verdict

if TYPE_CHECKING:
    from tarazu.app.why.names import Day
    from tarazu.app.why.story import Story

COMMAND = "why"

EXAMPLES = """
\b
Examples:
  tarazu why T2EP007000C4QZ8V1YJ7        our tag
  tarazu why 261123000412345             the broker's order id
  tarazu why T2EP007000C                 the beginning of either, where one order begins so
  tarazu why @48211                      what the journal's entry 48211 denied: that has no tag
"""


@click.command("why", epilog=EXAMPLES)
@click.argument("order")
@PROFILE
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="Of this day; default: the last that has such an order.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def command(order: str, profile: str | None, day: datetime | None, as_json: bool) -> int:
    """Who wanted an order, what became of it and why, line by line: IST, the journal's entry, what happened.

    Reads the journal, not the database, and needs no running process.

    Exit code 0: told, and settled; 1: told, and something is open: it is unknown, unprotected, or nobody's here; 2: the
    journal is damaged, and what came before is told; 3: there is no such order, or no journal.
    """
    try:
        desk = home(profile)
    except BadProfile as bad:
        raise click.UsageError(str(bad)) from bad
    return _why(desk, order, day.date() if day else None).show(as_json)


def _why(desk: Home, asked: str, day: date | None) -> Verdict:
    from tarazu.app import audit
    from tarazu.app.why.names import ENTRY_MARK, NoSuchOrder, find
    from tarazu.engine.codec import BadPayload

    now_ns = time.time_ns()
    answer = Verdict(command=COMMAND, word="UNKNOWN", exit_code=Exit.UNKNOWN, profile=desk.profile, now_ns=now_ns)
    number = asked.removeprefix(ENTRY_MARK)
    if asked.startswith(ENTRY_MARK) and not number.isdecimal():
        raise click.UsageError(f"{asked}: after {ENTRY_MARK} comes the number of an entry")
    damage: tuple[Check, ...] = ()
    try:
        last = audit.chosen_day(desk, day)
        damage = _damage(desk, last)
        found, ref = find(desk.journal, asked, day)
        if found.day != last:
            damage = _damage(desk, found.day)
        story = _story(found, ref, int(number) if asked.startswith(ENTRY_MARK) else None)
    except (audit.CannotAudit, NoSuchOrder) as no:
        said = msgspec.structs.replace(answer, summary=str(no), checks=damage)
        return msgspec.structs.replace(said, word="CRIT", exit_code=Exit.CRIT) if damage else said
    except BadPayload as bad:
        broken = Check(id="audit.journal", status=Status.CRIT, detail=str(bad), hint="tarazu audit verify --all")
        return msgspec.structs.replace(
            answer, word="CRIT", exit_code=Exit.CRIT, summary="the journal is damaged", checks=damage or (broken,)
        )
    open_ = () if not story.open_question else (_question(story.open_question),)
    exit_code = Exit.CRIT if damage else Exit.WARN if open_ else Exit.OK
    return msgspec.structs.replace(
        answer,
        word=story.status,
        exit_code=exit_code,
        summary=f"{story.ref}{f', order {story.order_id}' if story.order_id else ''}, {found.day}",
        checks=(*damage, *open_),
        body=(*map(str, story.lines), *story.standing),
        tail=(story.summary,),
        facts={"day": str(found.day), "story": story},
    )


def _story(found: "Day", ref: str, entry: int | None) -> "Story":
    """Its words are loaded once there is something to tell."""
    from tarazu.app.why.story import tell, tell_entry

    return tell(found, ref) if entry is None else tell_entry(found, entry)


def _question(text: str) -> Check:
    return Check(id="order.open", status=Status.WARN, code="OPEN", detail=text)


def _damage(desk: Home, day: date) -> tuple[Check, ...]:
    """What `tarazu audit verify` finds wrong with the day; a torn tail, which the next start mends, is not told, so of
    no day the end is judged."""
    from tarazu.app import audit
    from tarazu.journal.verify import verify_day
    from tarazu.runtime.journal_files import day_folder, read_day

    with audit.progress(str(day)) as tell:
        report = verify_day(read_day(day_folder(desk.journal, day)), audit.trust(desk, None, ()), live=True, told=tell)
    return tuple(check for check in audit.checks(report) if check.status is Status.CRIT)
