"""`tarazu alerts ack ID`: somebody has it."""

import click

from tarazu.app.alerts.acking import ack_alerts
from tarazu.app.alerts.box import Box
from tarazu.app.alerts.words import said, whose
from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.home import Home
from tarazu.app.incidents.moment import desk_now_ns
from tarazu.app.person import person
from tarazu.app.verdict import Check, Exit, Status, Verdict

EXAMPLES = """
\b
Examples:
  tarazu alerts ack all                           whatever nobody has: it is not sent again
  tarazu alerts ack INC-20261123-01 --who asha    those of one incident
"""


@click.command("ack", epilog=EXAMPLES)
@click.argument("asked", metavar="ID")
@click.option("--who", default=person, show_default="your login name", help="Who has it.")
@feed_flags
def command(asked: str, who: str, profile: str | None, as_json: bool) -> int:
    """Say that you have an alert (AL-...), those of an incident (INC-...), or all that nobody has (all).

    It is not sent again, and nothing else changes: an incident stays open, a halt stays a halt.

    Exit code 0: you have them, or somebody had before; 2: it could not be written down; 4: there is no such alert.
    """
    home = home_of(profile)
    return alerts_ack(home, asked, who, desk_now_ns(home)).show(as_json)


def alerts_ack(home: Home, asked: str, who: str, now_ns: int) -> Verdict:
    def verdict(word: str, exit_code: Exit, line: str, check: Check | None, **more: object) -> Verdict:
        return Verdict(
            command="alerts.ack",
            word=word,
            exit_code=exit_code,
            profile=home.profile,
            now_ns=now_ns,
            summary=line,
            checks=(check,) if check else (),
            body=tuple(f"{one.id}  {one.alert.severity}  {said(one)}" for one in taken),
            facts={"acknowledged": taken, **more},
        )

    taken = []
    try:
        taken = ack_alerts(home, asked, who, now_ns)
        known = Box(home.alerts).find(asked.upper())
    except OSError as failed:
        detail = f"the outbox takes nothing: {failed}; they are sent again"
        check = Check(id="alerts.outbox", status=Status.CRIT, code="NOT_KEPT", detail=detail, hint="tarazu doctor")
        return verdict("CRIT", Exit.CRIT, f"{asked} not acknowledged", check)
    if taken:
        return verdict("DONE", Exit.OK, f"{who} has {len(taken)} alerts", None)
    if known is not None:
        return verdict("DONE", Exit.OK, f"{known.id}: {whose(known)}", None)
    if asked.upper() == "ALL":
        return verdict("DONE", Exit.OK, "there is none that nobody has", None)
    detail = f"there is no alert {asked}, and none that nobody has of such an incident"
    check = Check(id="alerts", status=Status.CRIT, code="NO_SUCH_ALERT", detail=detail, hint="tarazu alerts list")
    return verdict("REFUSED", Exit.REFUSED, f"{asked} not acknowledged", check)
