"""`tarazu data list`: which days were recorded."""

import time

import click

from tarazu.app.feed.flags import feed_flags, home_of

EXAMPLES = """
\b
Examples:
  tarazu data list
  tarazu data list --profile live --json
"""


@click.command("list", epilog=EXAMPLES)
@feed_flags
def command(profile: str | None, as_json: bool) -> int:
    """List the recorded days: size, frames, ticks, first and last time, archive, damage.

    Reads one segment of each day at most. A dash is what is not known without reading more: ticks and damage until the
    day was converted (or `tarazu data verify`). Changes nothing.

    Exit code 0: listed, none being a list, too.
    """
    from tarazu.app.data.days import glance, recorded_days
    from tarazu.app.data.listing import day_facts, listing
    from tarazu.app.verdict import Exit, Verdict

    home = home_of(profile)
    glances = [glance(home, day) for day in recorded_days(home)]
    return Verdict(
        command="data.list",
        word="OK",
        exit_code=Exit.OK,
        profile=home.profile,
        now_ns=time.time_ns(),
        summary=f"{len(glances)} {'day' if len(glances) == 1 else 'days'} recorded"
        if glances
        else f"none in {home.feed}",
        body=tuple(listing(glances)),
        facts={"days": [day_facts(g) for g in glances]},
    ).show(as_json)
