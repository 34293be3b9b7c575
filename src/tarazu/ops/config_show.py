"""`tarazu config show`: every value, and where it is from."""

import os

import click

from tarazu.app.feed.flags import feed_flags, home_of

EXAMPLES = """
\b
Examples:
  tarazu config show --changed    what this home says other than the defaults
  tarazu config show --profile live --json
"""


@click.command("show", epilog=EXAMPLES)
@click.option("--changed", is_flag=True, help="Only what the file or the environment says.")
@feed_flags
def command(changed: bool, profile: str | None, as_json: bool) -> int:
    """Show every setting, and where it is from: the environment (TARAZU__SECTION__KEY), tarazu.toml or the default.

    Of secrets it shows whether they are there.

    Exit code 0; 2: the settings do not read.
    """
    from tarazu.app.config.show import bad_settings, show_verdict
    from tarazu.app.config.values import values
    from tarazu.app.settings import BadSettings

    home = home_of(profile)
    try:
        found = values(home, os.environ)
    except (BadSettings, OSError) as bad:
        return bad_settings("config.show", home, bad).show(as_json)
    return show_verdict(home, found, changed).show(as_json)
