"""`tarazu session check`: does the broker take our token?"""

import os

import click

from tarazu.app.feed.flags import feed_flags, home_of


@click.command("check")
@feed_flags
def command(profile: str | None, as_json: bool) -> int:
    """Ask the broker, once, whether it takes our token; show whose it is, how old, and when it ends (06:00 IST).

    VALID, exit code 0; INVALID, 2: the broker refuses it, or there is none; UNREACHABLE, 3: the broker could not be
    asked, and what the token is worth is not known. Halts nothing, resets nothing, never shows the token.
    """
    from tarazu.app.session.standing import session_standing
    from tarazu.app.session.told import session_verdict

    home = home_of(profile)
    return session_verdict(home, session_standing(home), os.environ).show(as_json)
