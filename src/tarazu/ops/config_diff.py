"""`tarazu config diff`: what differs from the defaults, or from what runs."""

import os

import click

from tarazu.app.feed.flags import feed_flags, home_of

EXAMPLES = """
\b
Examples:
  tarazu config diff              against the defaults
  tarazu config diff --running    what the next start would change
"""


@click.command("diff", epilog=EXAMPLES)
@click.option("--running", is_flag=True, help="From what main, depth_ws and watchdog were started with.")
@feed_flags
def command(running: bool, profile: str | None, as_json: bool) -> int:
    """Show what differs from the defaults; with --running from what the processes run by, which their next start would
    change.

    Exit code 0: compared (with --running: nothing differs); 1: something that runs has other settings; 2: the settings
    do not read; 3: with --running, nothing runs.
    """
    from tarazu.app.config.difference import diff_of_defaults, diff_of_running
    from tarazu.app.config.show import bad_settings
    from tarazu.app.config.values import values
    from tarazu.app.settings import BadSettings

    home = home_of(profile)
    try:
        found = values(home, os.environ)
        verdict = diff_of_running(home, found) if running else diff_of_defaults(home, found)
    except (BadSettings, OSError) as bad:
        verdict = bad_settings("config.diff", home, bad)
    return verdict.show(as_json)
