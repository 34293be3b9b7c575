"""`tarazu session check`: does the broker take our token?"""

import os

import click

from tarazu.app.feed.flags import feed_flags, home_of

EXAMPLES = """
\b
Examples:
  tarazu session check
  tarazu session check --profile live --json
"""


@click.command("check", epilog=EXAMPLES)
@feed_flags
def command(profile: str | None, as_json: bool) -> int:
    """Ask the broker, once, whether it takes our token; show whose it is, how old, and when it ends (06:00 IST).

    Halts nothing, resets nothing, never shows the token.

    Exit code 0: VALID; 2: INVALID, the broker refuses it, or there is none; 3: UNREACHABLE, the broker could not be
    asked, and what the token is worth is not known.
    """
    from tarazu.app.session.standing import session_standing
    from tarazu.app.session.told import session_verdict

    home = home_of(profile)
    return session_verdict(home, session_standing(home), os.environ).show(as_json)
