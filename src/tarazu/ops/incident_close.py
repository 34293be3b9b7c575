"""`tarazu incident close ID --why`: it is over."""

import click

from tarazu.app.alerts.acking import ack_alerts
from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.home import Home
from tarazu.app.incidents.answers import acted
from tarazu.app.incidents.incident import Incident
from tarazu.app.incidents.moment import desk_now_ns
from tarazu.app.incidents.store import close
from tarazu.app.offered import incidents
from tarazu.app.person import person
from tarazu.app.verdict import Verdict

EXAMPLES = """
\b
Examples:
  tarazu incident close INC-20261123-01 --why "the link was down for 11 s; it came back by itself"
"""


@click.command("close", epilog=EXAMPLES)
@click.argument("id_", metavar="ID", shell_complete=incidents)
@click.option("--why", required=True, help="What it was, and why it is over.")
@click.option("--who", default=person, show_default="your login name", help="Who says so.")
@feed_flags
def command(id_: str, why: str, who: str, profile: str | None, as_json: bool) -> int:
    """Close an incident. It lifts no halt: that is tarazu risk reset-halt. What happens again opens another one.

    Exit code 0: it is closed, or was; 2: it could not be, and nothing was changed; 4: there is no such incident.
    """
    home = home_of(profile)
    return incident_close(home, id_.upper(), why, who, desk_now_ns(home)).show(as_json)


def incident_close(home: Home, id_: str, why: str, who: str, now_ns: int) -> Verdict:
    def act() -> tuple[str, Incident]:
        incident = close(home, id_, why, who=who, now_ns=now_ns)
        ack_alerts(home, id_, who, now_ns)
        is_new = (incident.closed_ns, incident.closed_by) == (now_ns, who)
        return "closed" if is_new else f"was closed before, by {incident.closed_by}", incident

    return acted(home, "incident.close", id_, now_ns, act)
