"""`tarazu incident show ID`: one incident and its timeline."""

import click

from tarazu.app.alerts.box import Box
from tarazu.app.alerts.words import arrivals, said, whose
from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.home import Home
from tarazu.app.incidents.answers import no_such, unreadable
from tarazu.app.incidents.moment import desk_now_ns
from tarazu.app.incidents.store import read
from tarazu.app.incidents.words import check_of, headline, told, unread_check
from tarazu.app.offered import incidents
from tarazu.app.verdict import Verdict, exit_of, worst

EXAMPLES = """
\b
Examples:
  tarazu incident show INC-20261123-01    its timeline, and who has it
"""


@click.command("show", epilog=EXAMPLES)
@click.argument("id_", metavar="ID", shell_complete=incidents)
@feed_flags
def command(id_: str, profile: str | None, as_json: bool) -> int:
    """Show one incident: what it is, who has it, all that was said and done about it, its alerts. Changes nothing.

    Exit code 0: it is closed; 1: an open SEV2 or SEV3; 2: an open SEV1; 3: there is none of this id.
    """
    home = home_of(profile)
    return incident_show(home, id_.upper(), desk_now_ns(home)).show(as_json)


def incident_show(home: Home, id_: str, now_ns: int) -> Verdict:
    try:
        book, alerts = read(home), Box(home.alerts).alerts()
    except OSError as failed:
        return unreadable(home, "incident.show", now_ns, failed)
    incident = next((i for i in book.incidents if i.id == id_), None)
    if incident is None:
        return no_such(home, "incident.show", id_, now_ns)
    its = [kept for kept in alerts if kept.alert.incident == id_]
    checks = (check_of(incident), *unread_check(book.unread))
    return Verdict(
        command="incident.show",
        word=worst(checks).name,
        exit_code=exit_of(worst(checks)),
        profile=home.profile,
        now_ns=now_ns,
        summary=headline(incident, now_ns),
        checks=checks,
        body=tuple(told(line) for line in incident.timeline),
        tail=(
            *(f"alert  {k.id}  {said(k)}; {whose(k)}; {arrivals(k)}" for k in its),
            f"all of it  tarazu incident bundle {id_}",
        ),
        facts={"incident": incident, "alerts": its},
    )
