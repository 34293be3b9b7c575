"""`tarazu drill list`: what can be rehearsed."""

import time

import click

from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.home import Home
from tarazu.app.verdict import Exit, Verdict

EXAMPLES = """
\b
Examples:
  tarazu drill list
"""


@click.command("list", epilog=EXAMPLES)
@feed_flags
def command(profile: str | None, as_json: bool) -> int:
    """Show every drill: what goes wrong, what must come of it, and the runbook that it rehearses.

    Exit code 0. Changes nothing.
    """
    return drill_list(home_of(profile)).show(as_json)


def drill_list(home: Home) -> Verdict:
    from tarazu.app.drills.drill import DRILLS

    return Verdict(
        command="drill.list",
        word="DRILLS",
        exit_code=Exit.OK,
        profile=home.profile,
        now_ns=time.time_ns(),
        summary=f"{len(DRILLS)} drills; each on a simulated broker of its own, nothing of this desk is touched",
        body=tuple(f"{each.name:<18} {each.title}  [{each.runbook}]" for each in DRILLS),
        facts={"drills": DRILLS},
    )
