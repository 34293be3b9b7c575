"""`tarazu config explain KEY`: what a setting means."""

import os

import click

from tarazu.app.feed.flags import feed_flags, home_of

EXAMPLES = """
\b
Examples:
  tarazu config explain engine.risk    every limit: what it means, takes, and is now
  tarazu config explain settle_s       one setting, by its last name
"""


@click.command("explain", epilog=EXAMPLES)
@click.argument("key")
@feed_flags
def command(key: str, profile: str | None, as_json: bool) -> int:
    """Say what a setting (engine.settle_s, or settle_s) or a section (engine.risk) means, what it takes, what it is
    now, where that is from, and who reads it when.

    Exit code 0; 2: the settings do not read; 64: there is no such setting.
    """
    from tarazu.app.config.explain import NoSuchKey, chosen, explain_verdict
    from tarazu.app.config.show import bad_settings
    from tarazu.app.config.values import values
    from tarazu.app.settings import BadSettings

    home = home_of(profile)
    try:
        return explain_verdict(home, chosen(values(home, os.environ), key)).show(as_json)
    except (BadSettings, OSError) as bad:
        return bad_settings("config.explain", home, bad).show(as_json)
    except NoSuchKey as none:
        raise click.UsageError(str(none)) from none
