"""`tarazu db check`: is every page of the database what was written, and how far behind the journal is it?"""

import time

import click
import msgspec

from tarazu.app.feed.flags import PROFILE
from tarazu.app.home import BadProfile, Home, home
from tarazu.app.verdict import Exit, Status, Verdict, exit_of, worst

COMMAND = "db.check"
WORDS = {Status.OK: "OK", Status.WARN: "WARN", Status.CRIT: "CRIT"}
DIGITS = 16

EXAMPLES = """
\b
Examples:
  tarazu db check
  tarazu db rebuild    what to do about a 1 or a 2: the journal has all of it
"""


@click.command("check", epilog=EXAMPLES)
@PROFILE
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def command(profile: str | None, as_json: bool) -> int:
    """Read every row of the database, each page against its checksum, and compare where it stands with the journal.

    Prints the digest of its content, which a rebuild from the same entries has, too.

    Exit code 0: whole and up to date; 1: behind; 2: damaged, or another journal's; 3: there is none, or it cannot be
    read now.
    """
    try:
        desk = home(profile)
    except BadProfile as bad:
        raise click.UsageError(str(bad)) from bad
    return _check(desk).show(as_json)


def _check(desk: Home) -> Verdict:
    from tarazu.adapters.sqlite_projection.connect import CannotUse, Damaged
    from tarazu.adapters.sqlite_projection.content import Database
    from tarazu.app import audit
    from tarazu.app.database import checking, database_file

    answer = Verdict(
        command=COMMAND, word="UNKNOWN", exit_code=Exit.UNKNOWN, profile=desk.profile, now_ns=time.time_ns()
    )
    file = database_file(desk)
    if not file.exists():
        why = f"there is no {file}: main makes it, or {checking.REBUILD}"
        return msgspec.structs.replace(answer, summary=why)
    try:
        with audit.progress("check", "tables") as tell, Database(file) as database:
            content = database.content(tell)
            database.check()
    except CannotUse as cannot:
        return msgspec.structs.replace(answer, summary=str(cannot))
    except Damaged as damaged:
        found = (checking.damage_check(damaged),)
        return msgspec.structs.replace(
            answer, word="CRIT", exit_code=Exit.CRIT, summary="the database is not what was written", checks=found
        )
    told = checking.checks(desk.journal, content)
    gravest = worst(told)
    behind = checking.behind(desk.journal, content)
    body = [f"{name:<13} {table.rows:>9,} rows  {table.sha256[:DIGITS]}" for name, table in content.tables.items()]
    places = {day: place.head.sequence for day, place in content.places.items()}
    return msgspec.structs.replace(
        answer,
        word=WORDS[gravest],
        exit_code=exit_of(gravest),
        summary=", ".join(f"{day} to entry {sequence:,}" for day, sequence in list(places.items())[-3:]) or "empty",
        checks=told,
        body=(*body, f"digest {content.digest}"),
        facts={"digest": content.digest, "tables": content.tables, "places": places, "behind": behind},
    )
