"""`tarazu restart NAME...`: stop processes and start them again, and wait until they do their work."""

import click

from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.offered import processes
from tarazu.app.supervision.process_flags import names_asked
from tarazu.app.supervision.progress_line import progress_line

EXAMPLES = """
\b
Examples:
  tarazu restart main    recovers from its journal, compares its books, goes on
  tarazu restart depth_ws --timeout 90
"""


@click.command("restart", epilog=EXAMPLES)
@click.argument("names", nargs=-1, required=True, metavar="NAME...", shell_complete=processes)
@click.option("--timeout", "patience_s", default=60.0, show_default=True, metavar="SECONDS", help="Give up after this.")
@feed_flags
def command(names: tuple[str, ...], patience_s: float, profile: str | None, as_json: bool) -> int:
    """Restart main, depth_ws, watchdog, or sim_broker (its state is kept) and those that talk to it.

    Waits as `tarazu up`; what does not run is started.

    Exit code 0: it runs and does its work; 1: it runs, but outside the supervisor, or halted; 2: it cannot, and why;
    3: not within --timeout; 4: the reconnect breaker is open, or another depth_ws is in the way.
    """
    from tarazu.app.supervision.bring_up import bring_up, now_ns
    from tarazu.app.supervision.outcome import verdict

    home = home_of(profile)
    asked = names_asked(home, names)
    with progress_line() as tell:
        outcomes = bring_up(home, asked, patience_s=patience_s, again=True, tell=tell)
    return verdict("restart", home, outcomes, good="UP", bad="NOT_UP", now_ns=now_ns(home)).show(as_json)
