"""`tarazu incident list`: what is wrong now, and what was."""

import click

from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.home import Home
from tarazu.app.incidents.answers import unreadable
from tarazu.app.incidents.moment import desk_now_ns
from tarazu.app.incidents.store import read
from tarazu.app.incidents.words import check_of, headline, unread_check
from tarazu.app.verdict import Verdict, exit_of, worst

CLOSED_SHOWN = 10

EXAMPLES = """
\b
Examples:
  tarazu incident list
  tarazu incident list --all --json
"""


@click.command("list", epilog=EXAMPLES)
@click.option("--all", "everything", is_flag=True, help=f"All closed ones, not only the last {CLOSED_SHOWN}.")
@feed_flags
def command(everything: bool, profile: str | None, as_json: bool) -> int:
    """List incidents: the open ones first, the gravest first; then the last closed ones. Changes nothing.

    Exit code 0: none is open; 1: a SEV2 or SEV3 is; 2: a SEV1 is; 3: the desk's record does not read.
    """
    home = home_of(profile)
    return incident_list(home, desk_now_ns(home), everything).show(as_json)


def incident_list(home: Home, now_ns: int, everything: bool = False) -> Verdict:
    try:
        book = read(home)
    except OSError as failed:
        return unreadable(home, "incident.list", now_ns, failed)
    found = sorted(book.incidents, key=lambda i: (i.severity, i.opened_ns))
    is_open = [i for i in found if i.is_open]
    closed = sorted((i for i in found if not i.is_open), key=lambda i: i.closed_ns, reverse=True)
    shown = closed if everything else closed[:CLOSED_SHOWN]
    checks = (*(check_of(i) for i in is_open), *unread_check(book.unread))
    more = f"... and {len(closed) - len(shown)} more closed: tarazu incident list --all"
    return Verdict(
        command="incident.list",
        word=worst(checks).name,
        exit_code=exit_of(worst(checks)),
        profile=home.profile,
        now_ns=now_ns,
        summary=f"{len(is_open)} open, {len(closed)} closed",
        checks=checks,
        body=tuple(headline(i, now_ns) for i in is_open),
        tail=(*(headline(i, now_ns) for i in shown), *((more,) if len(shown) < len(closed) else ())),
        facts={"incidents": [*is_open, *shown]},
    )
