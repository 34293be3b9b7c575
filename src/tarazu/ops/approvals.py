"""`tarazu approvals`: the wants that wait for a person's leave, and what leave would come to now."""

import time

import click

from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.home import Home
from tarazu.app.main.checks import read_engine
from tarazu.app.main.guards_words import guards_body, guards_summary, waiting_checks
from tarazu.app.main.words import now_of
from tarazu.app.verdict import Check, Status, Verdict, exit_of, worst

EXAMPLES = """
\b
Examples:
  tarazu approvals
  tarazu engine tell APPROVE --ref T2EP00100001000007Z8 --why "seen"
  tarazu engine tell REFUSE --ref T2EP00100001000007Z8 --why "too close to the close"
  tarazu engine tell APPROVALS_ON --why "news at 11"
"""


@click.command("approvals", epilog=EXAMPLES)
@feed_flags
def command(profile: str | None, as_json: bool) -> int:
    """List the entries that wait for a person's leave. Changes nothing.

    A want waits when approvals are on and every control has let it pass. Leave is for what is shown here, once and in
    time; it is weighed again then. Exits and stops wait for nobody. A restart drops what waits.

    Exit code 0: nothing waits; 1: something does; 3: it cannot be told.
    """
    return approvals(home_of(profile), time.monotonic_ns()).show(as_json)


def approvals(home: Home, mono_ns: int) -> Verdict:
    """The answer at this moment of CLOCK_MONOTONIC."""
    found = read_engine(home, mono_ns)
    if isinstance(found, Check):
        return Verdict(
            command="approvals",
            word=Status.UNKNOWN.name,
            exit_code=exit_of(Status.UNKNOWN),
            profile=home.profile,
            now_ns=now_of(found),
            summary="what waits is not known",
            checks=(found,),
        )
    checks = waiting_checks(found.guards)
    status = worst(checks)
    return Verdict(
        command="approvals",
        word=status.name,
        exit_code=exit_of(status),
        profile=home.profile,
        now_ns=found.wall_ns,
        age_ns=found.age_ns(mono_ns),
        summary=guards_summary(found.guards),
        checks=checks,
        body=tuple(guards_body(found.guards)),
        facts={"guards": found.guards},
    )
