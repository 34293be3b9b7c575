"""`tarazu sim serve`: run a simulated broker."""

from typing import Any

import click

from tarazu.app.sim_broker.flags import broker_flags, options_of
from tarazu.app.sim_broker.options import BadOptions, refuse
from tarazu.app.supervision.progress_line import progress_line
from tarazu.app.warm import warm_up

EXAMPLES = """
\b
Examples:
  tarazu sim serve                                     today's (or the next) trading day from 09:15, at rate 1
  tarazu sim serve --session short --scenario crash    a day with a market-wide halt in two minutes
  tarazu sim serve --speed 60 --at 09:00               a whole day in seven minutes
  tarazu sim serve --rules permissive                  a market that is open now, with yesterday's freedoms
  tarazu sim serve --state var/sim --rest-port 8090    state that survives a restart, on a fixed port
  tarazu sim serve --replay var/sim/clips/2026-11-23   the market is a recording (tarazu feed record)
"""


@click.command("serve", epilog=EXAMPLES)
@broker_flags
@click.option(
    "--log-level",
    type=click.Choice(("debug", "info", "warning", "error")),
    default="info",
    show_default=True,
    help="What goes to stderr.",
)
def command(log_level: str, **flags: Any) -> int:
    """Serve a simulated Kite on 127.0.0.1: REST, ticker and admin port.

    The first line on stdout is one JSON object: ports, URLs, api_key, api_secret, a ready access_token, a request_token
    and the login URL. Logs go to stderr.

    Exit code 0: ended by SIGTERM; 130: by SIGINT; 2: a port or the state directory is taken, or the recording cannot be
    played.
    """
    options = options_of(flags)
    try:
        refuse(options)  # before the slow imports
        with progress_line() as tell:
            warm_up(tell)  # a minute or two, once after an installation: not without a word
        from tarazu.app.sim_broker.broker import serve

        return serve(options, log_level)
    except BadOptions as bad:
        raise click.UsageError(str(bad)) from bad
