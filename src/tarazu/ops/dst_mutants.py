"""`tarazu dst mutants`: would the simulation have told of the bugs that others have paid for?"""

import time

import click

from tarazu.app.dst.flags import AS_JSON, JOBS_FLAG

EXAMPLES = """
\b
Examples:
  tarazu dst mutants
  tarazu dst mutants --only no_cooling --seeds 1000
"""


@click.command("mutants", epilog=EXAMPLES)
@click.option("--seeds", type=click.IntRange(1), default=300, show_default=True, metavar="N", help="Days for each.")
@click.option("--only", multiple=True, metavar="NAME", help="This one; may be given again.")
@JOBS_FLAG
@AS_JSON
def command(seeds: int, only: tuple[str, ...], jobs: int, as_json: bool) -> int:
    """Put bugs in the place of the engine's parts, one at a time, and run days until an invariant breaks.

    Each is seen in the wild, or a way in which this engine could be wrong.

    Exit code 0: every one was caught within N days; 2: one was not; 130: Ctrl-C.
    """
    from tarazu.app.dst.mutant_trials import told, tried
    from tarazu.dst.mutants import MUTANTS

    strange = sorted(set(only) - MUTANTS.keys())
    if strange:
        raise click.UsageError(f"there is no mutant {strange[0]}; there are: {', '.join(sorted(MUTANTS))}")
    names = list(only) or list(MUTANTS)
    return told(tried(names, seeds, jobs), names, seeds, time.time_ns()).show(as_json)
