"""`tarazu dst crashpoints`: a day killed at every place where a process can die."""

import time

import click

from tarazu.app.dst.flags import AS_JSON, JOBS_FLAG

EXAMPLES = """
\b
Examples:
  tarazu dst crashpoints
  tarazu dst crashpoints --seeds 5,6,7,8
"""


@click.command("crashpoints", epilog=EXAMPLES)
@click.option(
    "--seeds", default="1,4,12", show_default=True, metavar="A,B,C", help="Small days, each killed throughout."
)
@JOBS_FLAG
@AS_JSON
def command(seeds: str, jobs: int, as_json: bool) -> int:
    """Run a small day once for each of its effects, and kill the process there: with all that was not synced lost, and
    once more with all of it kept.

    Effects are the only places where a crash can be told from another.

    Exit code 0: no such day broke an invariant; 2: one did; 130: Ctrl-C.
    """
    from tarazu.app.dst import told
    from tarazu.app.dst.progress import days_bar
    from tarazu.app.home import Profile
    from tarazu.app.verdict import Verdict, exit_of, worst
    from tarazu.dst import campaign
    from tarazu.dst.crashpoints import crash_cases

    started_s = time.monotonic()
    points = {seed: crash_cases(seed) for seed in _numbers(seeds)}
    cases = [case for cases in points.values() for case in cases]
    with days_bar("kills", len(cases)) as bar:
        tally, is_whole = campaign.run(cases, jobs=jobs, told=bar)
    wall_s = time.monotonic() - started_s
    checks = told.failure_checks(tally)
    is_cut = not is_whole and not tally.failures
    return Verdict(
        command="dst.crashpoints",
        word="INTERRUPTED" if is_cut else worst(checks).upper(),
        exit_code=130 if is_cut else exit_of(worst(checks)),
        profile=Profile.SIM,
        now_ns=time.time_ns(),
        summary=f"{len(points)} days killed at {len(cases) // 2:,} effects, each twice: {tally.days:,} crash-days, "
        f"{len(tally.failures)} with violations",
        checks=checks,
        body=(
            *(f"seed {seed:<6} {len(cases) // 2:,} effects" for seed, cases in points.items()),
            *told.body(tally, wall_s, jobs),
        ),
        facts=told.facts(tally, wall_s, jobs) | {"points": {str(seed): len(c) // 2 for seed, c in points.items()}},
    ).show(as_json)


def _numbers(seeds: str) -> list[int]:
    try:
        return [int(seed) for seed in seeds.split(",")]
    except ValueError as bad:
        raise click.UsageError(f"--seeds {seeds}: numbers with commas between them") from bad
