"""`tarazu down [NAME...]`: stop the profile's processes, the watchdog first, and say what is left at the broker."""

import click

from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.home import Profile
from tarazu.app.offered import processes
from tarazu.app.supervision.hangup import outlives_its_terminal
from tarazu.app.supervision.process_flags import ALL, names_asked
from tarazu.app.supervision.progress_line import progress_line

CONFIRMATION = "FLATTEN"

EXAMPLES = """
\b
Examples:
  tarazu down                  everything; entries that work are cancelled first
  tarazu down main             the engine alone; stops rest on at the broker
  tarazu down all --flatten    leaves every position first
"""


@click.command("down", epilog=EXAMPLES)
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=processes)
@click.option("--cancel-orders/--keep-orders", default=True, help="Whether working entries are cancelled.  [cancel]")
@click.option("--flatten", is_flag=True, help="First leave every position; live, this is asked for once more.")
@feed_flags
def command(names: tuple[str, ...], cancel_orders: bool, flatten: bool, profile: str | None, as_json: bool) -> int:
    """Stop the processes named, or all of them and then the supervisor. What does not run is no failure.

    The watchdog goes first, so that nothing is started again. main cancels its entries and ends with the answers of its
    last requests; then the broker's own books are looked at: entries that still work are cancelled there, and what is
    left, positions, stops and exits, is said. Stops and exits rest on, and nobody looks after them: see --flatten, and
    tarazu flatten. What does not end by itself is killed.

    Exit code 0: they are down and the account is flat; 1: they are, and positions or orders are left; 2: one is not;
    3: they are, and what is left at the broker is not known, or the supervisor does not answer; 4: --flatten was not
    taken; 5: one that somebody started in a terminal goes on, or not everything was left and main goes on leaving it.
    """
    from tarazu.app.stack.take_down import take_down
    from tarazu.app.supervision.bring_up import now_ns
    from tarazu.app.supervision.outcome import verdict

    home = home_of(profile)
    asked, whole = names_asked(home, names), names in ((), (ALL,))
    if flatten and not whole:
        raise click.UsageError("--flatten is for `down all`")
    if flatten and not cancel_orders:
        raise click.UsageError("--flatten leaves everything, and --keep-orders does not: one of them")
    if flatten and home.profile is Profile.LIVE and not _confirmed():
        raise click.UsageError(f"not confirmed: {CONFIRMATION} was not typed, and nothing was done")
    outlives_its_terminal()
    at_ns = now_ns(home)
    with progress_line() as tell:
        outcomes = take_down(
            home, asked, supervisor_too=whole, keep_orders=not cancel_orders, flatten=flatten, tell=tell
        )
    return verdict("down", home, outcomes, good="DOWN", bad="NOT_DOWN", now_ns=at_ns).show(as_json)


def _confirmed() -> bool:
    said: str = click.prompt(f"real orders leave every position; type {CONFIRMATION}", default="", err=True)
    return said == CONFIRMATION
