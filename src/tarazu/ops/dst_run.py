"""`tarazu dst run`: simulated days of the real engine, shell and journal among seeded faults."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tarazu.app.dst.flags import AS_JSON, IDLE_FLAG, JOBS_FLAG, SIZE_FLAG

if TYPE_CHECKING:
    from tarazu.app.verdict import Verdict
    from tarazu.dst.kept import Asked
    from tarazu.dst.options import Size

EXAMPLES = """
\b
Examples:
  tarazu dst run                                1,000 days
  tarazu dst run --days 60000 --seed 1000000 --keep var/days --idle
                                                others, for hours: ended and asked for again, it goes on
"""
COMMAND = "dst.run"


@click.command("run", epilog=EXAMPLES)
@click.option("--days", type=click.IntRange(0), default=1_000, show_default=True, metavar="N", help="How many.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, metavar="S", help="Of the first.")
@SIZE_FLAG
@click.option(
    "--keep",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Keep there what was done; go on with it where there is such a campaign.",
)
@JOBS_FLAG
@IDLE_FLAG
@AS_JSON
def command(days: int, seed: int, size: "Size", keep: Path | None, jobs: int, idle: bool, as_json: bool) -> int:
    """Run every seed that ever failed, then N new days, and check the invariants after each of their events.

    The code is the one that trades; the clock, the disk, the network and the broker are simulated, and everything goes
    wrong in them that a seed can think of.

    With --keep the sum so far is in FOLDER/campaign.json, with the hash of the code that it is true of. Ended by
    Ctrl-C, SIGTERM or worse, and run again with the same words, it goes on; with other code or other days it is
    refused; once all is done it says what came of it at once.

    Exit code 0: no invariant was broken; 1: none, but something that should have happened in so many days never did; 2:
    one was; 4: FOLDER cannot be gone on with; 130: Ctrl-C, and none was in what was done by then.
    """
    from tarazu.app.dst.priority import only_when_idle
    from tarazu.app.supervision.hangup import ends_as_by_ctrl_c
    from tarazu.dst.code import code_sha256
    from tarazu.dst.kept import Asked

    if idle:
        only_when_idle()
    ends_as_by_ctrl_c()
    asked = Asked(code=code_sha256(), first_seed=seed, days=days, size=size)
    return (_run(asked, jobs) if keep is None else _gone_on(keep, asked, jobs)).show(as_json)


def _run(asked: "Asked", jobs: int) -> "Verdict":
    from tarazu.app.dst.campaign_told import campaign_told
    from tarazu.app.dst.progress import days_bar
    from tarazu.dst import campaign

    cases, began_s = asked.cases(), time.monotonic()
    with days_bar("days", len(cases)) as bar:
        tally, is_whole = campaign.run(cases, jobs=jobs, told=bar)
    return campaign_told(COMMAND, asked, tally, is_whole, time.monotonic() - began_s, jobs, time.time_ns())


def _gone_on(folder: Path, asked: "Asked", jobs: int) -> "Verdict":
    from tarazu.app.dst.campaign_told import campaign_told, refused
    from tarazu.app.dst.kept_folder import NotKept, opened
    from tarazu.app.dst.progress import days_bar
    from tarazu.app.identity import identity

    try:
        with opened(folder, asked, str(identity())) as sitting, days_bar("days", asked.places) as bar:
            is_whole = sitting.run(jobs, bar)
    except NotKept as no:
        return refused(COMMAND, no, time.time_ns())
    kept = sitting.kept
    return campaign_told(COMMAND, asked, kept.tally(), is_whole, kept.wall_s, jobs, time.time_ns(), sitting)
