"""`tarazu dst bench`: how many simulated days a minute, beside the same world around an engine that does nothing."""

import time
from typing import TYPE_CHECKING

import click

from tarazu.app.dst.flags import AS_JSON, JOBS_FLAG

if TYPE_CHECKING:
    from tarazu.app.verdict import Check

EXAMPLES = """
\b
Examples:
  tarazu dst bench --days 5000
"""


@click.command("bench", epilog=EXAMPLES)
@click.option("--days", type=click.IntRange(1), default=1_000, show_default=True, metavar="N", help="How many of each.")
@JOBS_FLAG
@AS_JSON
def command(days: int, jobs: int, as_json: bool) -> int:
    """Run N days, and N of the same seeds whose engine takes everything and does nothing: the peer, the world's own
    cost.

    The goals are the whole machine's, by the wall clock: 1,000 days a minute, 250 faults a day. The start of the
    processes counts: few days show less.

    Exit code 0: both were met and no day failed; 1: one was missed; 2: a day broke an invariant; 130: Ctrl-C.
    """
    from tarazu.app.dst import told
    from tarazu.app.dst.progress import days_bar
    from tarazu.app.home import Profile
    from tarazu.app.verdict import Status, Verdict, exit_of, worst
    from tarazu.dst import bench, campaign

    took_s: list[float] = []
    tallies, is_whole = [], True
    for label, cases in (("days", bench.days(days)), ("peer", bench.idle_days(days))):
        with days_bar(label, days) as bar:
            started_s = time.monotonic()
            tally, done = campaign.run(cases, jobs=jobs, told=bar)
        took_s.append(time.monotonic() - started_s)
        tallies.append(tally)
        is_whole = is_whole and done
    ours, peer = (told.per_minute(tally.days, s) for tally, s in zip(tallies, took_s, strict=True))
    tally = tallies[0]
    faults = tally.fault_count / max(tally.days, 1)
    checks = (
        _goal("dst.days_per_minute", ours, bench.DAYS_A_MINUTE, "days/min"),
        _goal("dst.faults_per_day", faults, bench.FAULTS_A_DAY, "faults"),
        *told.failure_checks(tally),
    )
    found = worst(checks)
    is_cut = not is_whole and found is not Status.CRIT
    ratio = ours / peer if peer else 0.0
    return Verdict(
        command="dst.bench",
        word="INTERRUPTED" if is_cut else found.upper(),
        exit_code=130 if is_cut else exit_of(found),
        profile=Profile.SIM,
        now_ns=time.time_ns(),
        summary=f"{ours:,.0f} days a minute, {faults:,.0f} faults a day",
        checks=checks,
        body=(
            f"goal       {ours:,.0f} days a minute, at least {bench.DAYS_A_MINUTE:,}",
            f"goal       {faults:,.0f} faults a day, at least {bench.FAULTS_A_DAY}",
            f"peer       {peer:,.0f} days a minute with an engine that does nothing: ratio {ratio:.2f}",
            *told.body(tally, took_s[0], jobs),
        ),
        facts=told.facts(tally, took_s[0], jobs) | {"peer_days_per_minute": round(peer, 1), "ratio": round(ratio, 3)},
    ).show(as_json)


def _goal(name: str, observed: float, least: int, unit: str) -> "Check":
    from tarazu.app.verdict import Check, Status

    check = Check(id=name, status=Status.OK, observed=round(observed, 1), limit=least, unit=unit)
    return check if observed >= least else check.broken(Status.WARN, "GOAL_MISSED", "less than the goal")
