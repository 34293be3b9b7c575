"""The flags that every command about the feed takes, and the home they name."""

from collections.abc import Callable
from typing import Any

import click

from tarazu.app.home import BadProfile, Home, home
from tarazu.app.offered import profiles

PROFILE = click.option(
    "--profile", metavar="P", shell_complete=profiles, help="sim, paper or live; default: TARAZU_PROFILE, else sim."
)
AS_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")


def feed_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    """Decorates a click command; it receives `profile` and `as_json`."""
    return PROFILE(AS_JSON(command))


def home_of(profile: str | None) -> Home:
    """Raises click.UsageError for a profile there is none of."""
    try:
        return home(profile)
    except BadProfile as bad:
        raise click.UsageError(str(bad)) from bad
