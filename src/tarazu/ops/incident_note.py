"""`tarazu incident note ID TEXT`: what was found."""

import click

from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.home import Home
from tarazu.app.incidents.answers import acted
from tarazu.app.incidents.incident import Incident
from tarazu.app.incidents.moment import desk_now_ns
from tarazu.app.incidents.store import note
from tarazu.app.offered import incidents
from tarazu.app.person import person
from tarazu.app.verdict import Verdict

EXAMPLES = """
\b
Examples:
  tarazu incident note INC-20261123-01 "the exchange was silent, too"
"""


@click.command("note", epilog=EXAMPLES)
@click.argument("id_", metavar="ID", shell_complete=incidents)
@click.argument("text")
@click.option("--who", default=person, show_default="your login name", help="Who found it.")
@feed_flags
def command(id_: str, text: str, who: str, profile: str | None, as_json: bool) -> int:
    """Write down what was found or done, into the incident's timeline; of a closed one, too.

    Exit code 0: written down; 2: it could not be; 4: there is no such incident.
    """
    home = home_of(profile)
    return incident_note(home, id_.upper(), text, who, desk_now_ns(home)).show(as_json)


def incident_note(home: Home, id_: str, text: str, who: str, now_ns: int) -> Verdict:
    def act() -> tuple[str, Incident]:
        return "noted", note(home, id_, text, who=who, now_ns=now_ns)

    return acted(home, "incident.note", id_, now_ns, act)
