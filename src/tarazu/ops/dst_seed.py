"""`tarazu dst seed`: one simulated day again, looked at closely."""

import time

import click

from tarazu.app.dst.flags import AS_JSON, SIZE_FLAG

EXAMPLES = """
\b
Examples:
  tarazu dst seed 168                               run it, and say what it broke
  tarazu dst seed 168 --minimise                    and what of it is needed for that
  tarazu dst seed 122 --mutant no_cooling --trace   with a bug on purpose, everything that happened
"""


@click.command("seed", epilog=EXAMPLES)
@click.argument("seed", type=click.IntRange(0))
@SIZE_FLAG
@click.option("--mutant", metavar="NAME", help="With this bug: tarazu dst mutants names them.")
@click.option("--crash-at", type=click.IntRange(1), metavar="N", help="Kill the process at this effect.")
@click.option("--keep-unsynced", is_flag=True, help="That crash loses nothing that was written.")
@click.option("--mute", default="", metavar="KINDS", help="Faults that do not happen, comma separated: loss,stall#3.")
@click.option("--until", type=click.IntRange(1), metavar="EVENT", help="Stop after this event.")
@click.option("--minimise", is_flag=True, help="Find the smallest day that fails in the same way, and show its trace.")
@click.option("--trace", is_flag=True, help="Show everything that happened.")
@AS_JSON
def command(
    seed: int,
    size: str,
    mutant: str | None,
    crash_at: int | None,
    keep_unsynced: bool,
    mute: str,
    until: int | None,
    minimise: bool,
    trace: bool,
    as_json: bool,
) -> int:
    """Run the day of SEED. The same seed of the same version is the same day, on every machine.

    Exit code 0: no invariant was broken; 2: one was. With --minimise faults are taken out one after another while it
    still fails, and the day ends at the violation.
    """
    from tarazu.app.dst import seed_told
    from tarazu.dst.mutants import MUTANTS, applied
    from tarazu.dst.options import DayOptions, sized
    from tarazu.dst.tally import Case

    if mutant is not None and mutant not in MUTANTS:
        raise click.UsageError(f"there is no mutant {mutant}; there are: {', '.join(sorted(MUTANTS))}")
    if keep_unsynced and crash_at is None:
        raise click.UsageError("--keep-unsynced is about --crash-at N")
    options = DayOptions(
        size=sized(size),
        crash_at=crash_at,
        lose_unsynced=not keep_unsynced,
        muted=frozenset(mute.split(",")) - {""},
        until_event=until,
        traced=trace,
    )
    with applied(mutant):
        verdict = (seed_told.minimised if minimise else seed_told.whole)(Case(seed, options), mutant, time.time_ns())
    return verdict.show(as_json)
