"""`tarazu down [NAME...]`: stop the profile's processes, the last started first."""

import click

from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.supervision.process_flags import names_asked


@click.command("down")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@feed_flags
def command(names: tuple[str, ...], profile: str | None, as_json: bool) -> int:
    """Stop the processes named, or all of them and then the supervisor. What does not run is no failure.

    main ends with the answers of its last requests; its orders rest on at the broker, and what is left is said.

    Exit code 0: they are down; 1: they are, and positions or orders are left; 2: one is not; 3: the supervisor does not
    answer; 5: one that somebody started in a terminal goes on.
    """
    from tarazu.app.supervision.bring_down import bring_down
    from tarazu.app.supervision.bring_up import now_ns
    from tarazu.app.supervision.outcome import verdict

    home = home_of(profile)
    at_ns = now_ns(home)
    outcomes = bring_down(home, names_asked(home, names), supervisor_too=not names)
    return verdict("down", home, outcomes, good="DOWN", bad="NOT_DOWN", now_ns=at_ns).show(as_json)
