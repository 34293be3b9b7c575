"""`tarazu audit daily`: a day proven, from its journal's bytes to its result, with a report to look at."""

from datetime import date, datetime

import click

from tarazu.app.closing.flags import close_flags, day_meant
from tarazu.app.feed.flags import home_of
from tarazu.app.home import Home
from tarazu.app.incidents.moment import desk_now_ns
from tarazu.app.person import person
from tarazu.app.verdict import Verdict

EXAMPLES = """
\b
Examples:
  tarazu audit daily                         today, by the desk's clock
  tarazu audit daily --date 2026-11-20       an earlier day, again
  tarazu audit daily --no-replay             without deciding it again: a WARN, for that proves less
"""


@click.command("daily", epilog=EXAMPLES)
@close_flags
@click.option("--replay/--no-replay", "replays", default=True, help="Decide the day again, and compare every byte.")
@click.option("--who", default=person, show_default="your login name", help="Who audits.")
def command(day: datetime | None, profile: str | None, as_json: bool, replays: bool, who: str) -> int:
    """Prove a day: the journal and the desk's record, that every order has its decision, gate, intent, send and
    outcome, the day decided again, result and limits reckoned anew, how often each control said no, and our own
    conduct. Writes closes/DAY/audit.json and audit.html, and says so in the desk's record.

    Asks no broker, and runs beside a working desk. A failing chain opens an AUDIT_CHAIN incident.

    Exit code 0: all of it holds; 1: something to look at; 2: something is not as it must be, and is named; 3: a part
    cannot be judged.
    """
    home = home_of(profile)
    now_ns = desk_now_ns(home)
    return audit_daily(home, day_meant(home, day), who=who, now_ns=now_ns, replays=replays).show(as_json)


def audit_daily(home: Home, day: date, *, who: str, now_ns: int, replays: bool = True) -> Verdict:
    """The audit of one day, written and recorded."""
    from tarazu.app.day_audit.make import audit_day

    return audit_day(home, day, who=who, now_ns=now_ns, replays=replays)
