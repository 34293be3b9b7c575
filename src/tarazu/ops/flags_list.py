"""`tarazu flags list`: every flag, its value, and whether main has it."""

import click

from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.home import Home
from tarazu.app.verdict import Exit, Status, Verdict, exit_of, worst

EXAMPLES = """
\b
Examples:
  tarazu flags list
  tarazu flags list --all    every version there was
"""


@click.command("list", epilog=EXAMPLES)
@click.option("--all", "whole", is_flag=True, help="Every version, not the last ten alone.")
@feed_flags
def command(whole: bool, profile: str | None, as_json: bool) -> int:
    """Every flag and its value; the versions, who made them and why; and whether main keeps to the active one.

    Exit code 0: all is as it was made; 1: something is to be looked at; 2: a version, the pointer or the record was
    altered or is gone; 3: main does not tell.
    """
    return flags_list(home_of(profile), whole=whole).show(as_json)


def flags_list(home: Home, *, whole: bool) -> Verdict:
    from tarazu.app.flags.checks import look
    from tarazu.app.flags.taken import taken
    from tarazu.app.flags.told import SHOWN_MAX, facts_of, name_of, value_lines, version_lines
    from tarazu.app.incidents.moment import desk_now_ns

    found = look(home)
    checks = (*found.checks, *([taken(home, found.active)] if found.active is not None else []))
    status = worst(checks)
    body = value_lines(found.active.values) if found.active is not None else []
    good = name_of(found.known_good) if found.known_good is not None else "none yet"
    active = f"{name_of(found.active)} is active" if found.active is not None else "nobody can say what is active"
    return Verdict(
        command="flags.list",
        word="OK" if status is Status.OK else str(status),
        exit_code=exit_of(status) if status is not Status.OK else Exit.OK,
        profile=home.profile,
        now_ns=desk_now_ns(home),
        summary=f"{active} | known good: {good}",
        checks=checks,
        body=(*body, *version_lines(found, len(found.versions) if whole else SHOWN_MAX)),
        facts={
            "active": facts_of(found.active),
            "known_good": facts_of(found.known_good),
            "versions": found.versions,
        },
    )
