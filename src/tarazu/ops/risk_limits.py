"""`tarazu risk limits`: every limit, and where it was set."""

import os

import click

from tarazu.app.feed.flags import feed_flags, home_of

EXAMPLES = """
\b
Examples:
  tarazu risk limits                   the whole table, and what is used of it
  tarazu config explain engine.risk    what each of them means
"""


@click.command("limits", epilog=EXAMPLES)
@feed_flags
def command(profile: str | None, as_json: bool) -> int:
    """Show every limit with its value, where it was set (environment, tarazu.toml, a default), and how much of it
    main has used. Changes nothing.

    Exit code 0; 1: one that has no default is not set, and every entry is denied; 2: the settings do not read.
    """
    from tarazu.app.config.show import bad_settings
    from tarazu.app.config.values import values
    from tarazu.app.risk_monitor.limits import limits_verdict
    from tarazu.app.settings import BadSettings

    home = home_of(profile)
    try:
        found = values(home, os.environ)
    except (BadSettings, OSError) as bad:
        return bad_settings("risk.limits", home, bad).show(as_json)
    return limits_verdict(home, found).show(as_json)
