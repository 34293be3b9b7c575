"""`tarazu risk reset-halt`: take a halt back, once what caused it was understood."""

import click

from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.person import person
from tarazu.app.risk_monitor.halting import reset

EXAMPLES = """
\b
Examples:
  tarazu risk reset-halt    shows what is halted, and changes nothing
  tarazu risk reset-halt --reason "the order was typed by hand" --incident INC-20261123-01
"""


@click.command("reset-halt", epilog=EXAMPLES)
@click.option("--reason", default="", help="What was found; kept in the journal and the incident.")
@click.option("--incident", default="", metavar="ID", help="Under which it was looked into.")
@click.option("--who", default=person, show_default="your login name", help="Whose word it is.")
@feed_flags
def command(reason: str, incident: str, who: str, profile: str | None, as_json: bool) -> int:
    """Show what is halted, and take it back with a name, a reason and an incident. Refused while the cause persists.
    It leads to RECONCILING: the books are compared before anything is entered.

    Exit code 0: done, or nothing was halted; 3: main did not answer, it is not known; 4: refused, and why.
    """
    return reset(home_of(profile), who, reason, incident, "risk.reset_halt").show(as_json)
