"""Names of processes on a command line."""

import click

from tarazu.app.home import Home
from tarazu.app.supervision.programs import names

ALL = "all"


def names_asked(home: Home, asked: tuple[str, ...]) -> tuple[str, ...]:
    """Those, in the order of a start; all of the profile's where none is named, or `all`. Raises click.UsageError."""
    known = names(home)
    if asked == (ALL,):
        return known
    for name in asked:
        if name not in known:
            raise click.UsageError(f"the {home.profile} profile has no {name!r}; there are: {', '.join(known)}")
    return tuple(name for name in known if name in asked) if asked else known
