"""`tarazu incident ack ID`: somebody looks at it."""

import click

from tarazu.app.alerts.acking import ack_alerts
from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.home import Home
from tarazu.app.incidents.answers import acted
from tarazu.app.incidents.incident import Incident
from tarazu.app.incidents.moment import desk_now_ns
from tarazu.app.incidents.store import ack
from tarazu.app.offered import incidents
from tarazu.app.person import person
from tarazu.app.verdict import Verdict

EXAMPLES = """
\b
Examples:
  tarazu incident ack INC-20261123-01 --note "looking at the feed"
"""


@click.command("ack", epilog=EXAMPLES)
@click.argument("id_", metavar="ID", shell_complete=incidents)
@click.option("--note", "text", default="", help="What you are about to do.")
@click.option("--who", default=person, show_default="your login name", help="Who has it.")
@feed_flags
def command(id_: str, text: str, who: str, profile: str | None, as_json: bool) -> int:
    """Say that you have it: its alerts are not sent again. It stays open, and entries stay as they are.

    Exit code 0: written down; 2: it could not be, and nothing was changed; 4: there is no such incident.
    """
    home = home_of(profile)
    return incident_ack(home, id_.upper(), text, who, desk_now_ns(home)).show(as_json)


def incident_ack(home: Home, id_: str, text: str, who: str, now_ns: int) -> Verdict:
    def act() -> tuple[str, Incident]:
        incident = ack(home, id_, who=who, now_ns=now_ns, text=text)
        alerts = ack_alerts(home, id_, who, now_ns)
        return f"is {incident.acked_by}'s, {len(alerts)} alerts acknowledged", incident

    return acted(home, "incident.ack", id_, now_ns, act)
