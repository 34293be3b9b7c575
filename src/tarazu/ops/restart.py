"""`tarazu restart NAME...`: stop processes and start them again, and wait until they do their work."""

import click

from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.supervision.process_flags import names_asked
from tarazu.app.supervision.progress_line import progress_line


@click.command("restart")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@click.option("--timeout", "patience_s", default=60.0, show_default=True, metavar="SECONDS", help="Give up after this.")
@feed_flags
def command(names: tuple[str, ...], patience_s: float, profile: str | None, as_json: bool) -> int:
    """Restart main, depth_ws, or sim_broker (its state is kept) and those that talk to it.

    Waits and answers as `tarazu up`; what does not run is started.
    """
    from tarazu.app.supervision.bring_up import bring_up, now_ns
    from tarazu.app.supervision.outcome import verdict

    home = home_of(profile)
    asked = names_asked(home, names)
    with progress_line() as tell:
        outcomes = bring_up(home, asked, patience_s=patience_s, again=True, tell=tell)
    return verdict("restart", home, outcomes, good="UP", bad="NOT_UP", now_ns=now_ns(home)).show(as_json)
