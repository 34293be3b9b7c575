"""`tarazu dst run`: simulated days of the real engine, shell and journal among seeded faults."""

import time

import click

from tarazu.app.dst.flags import AS_JSON, JOBS_FLAG

EXAMPLES = """
\b
Examples:
  tarazu dst run                                1,000 days
  tarazu dst run --days 60000 --seed 1000000    others, for an hour
"""
MARKS_FROM_DAYS = 2_000
"""Of fewer days nobody can ask that every rare thing happened."""
INTERRUPTED = 130


@click.command("run", epilog=EXAMPLES)
@click.option("--days", type=click.IntRange(0), default=1_000, show_default=True, metavar="N", help="How many.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, metavar="S", help="Of the first.")
@click.option("--size", type=click.Choice(["full", "small"]), default="full", show_default=True, help="Of a day.")
@JOBS_FLAG
@AS_JSON
def command(days: int, seed: int, size: str, jobs: int, as_json: bool) -> int:
    """Run every seed that ever failed, then N new days, and check the invariants after each of their events.

    The code is the one that trades; the clock, the disk, the network and the broker are simulated, and everything goes
    wrong in them that a seed can think of.

    Exit code 0: no invariant was broken; 1: none, but something that should have happened in so many days never did; 2:
    one was; 130: Ctrl-C, and none was in what was done by then.
    """
    from tarazu.app.dst import told
    from tarazu.app.dst.progress import days_bar
    from tarazu.app.home import Profile
    from tarazu.app.verdict import Check, Status, Verdict, exit_of, worst
    from tarazu.dst import campaign
    from tarazu.dst.corpus import corpus
    from tarazu.dst.options import DayOptions

    fallen = [fell.case for fell in corpus()]
    cases = fallen + campaign.seeds(seed, days, DayOptions(size="small" if size == "small" else "full"))
    started_s = time.monotonic()
    with days_bar("days", len(cases)) as bar:
        tally, is_whole = campaign.run(cases, jobs=jobs, told=bar)
    wall_s = time.monotonic() - started_s
    checks = told.failure_checks(tally)
    if tally.never_hit and tally.days >= MARKS_FROM_DAYS and size == "full":
        never = ", ".join(tally.never_hit)
        checks += (Check(id="dst.marks", status=Status.WARN, code="NEVER_HIT", detail=f"never happened: {never}"),)
    found = worst(checks)
    is_cut = not is_whole and found is not Status.CRIT
    return Verdict(
        command="dst.run",
        word="INTERRUPTED" if is_cut else found.upper(),
        exit_code=INTERRUPTED if is_cut else exit_of(found),
        profile=Profile.SIM,
        now_ns=time.time_ns(),
        summary=f"{tally.days:,} days of {len(cases):,}, {len(tally.failures)} with violations",
        checks=checks,
        body=(*told.body(tally, wall_s, jobs), f"corpus     {len(fallen)} days that failed once, run first"),
        facts=told.facts(tally, wall_s, jobs) | {"first_seed": seed, "size": size, "corpus": len(fallen)},
    ).show(as_json)
