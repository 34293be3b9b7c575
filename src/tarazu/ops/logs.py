"""`tarazu logs NAME`: what a process printed, the latest last."""

import json
from collections.abc import Iterable

import click

from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.offered import logs

EXAMPLES = """
\b
Examples:
  tarazu logs main                  the last fifty lines
  tarazu logs depth_ws -n 500 -f    and what comes
"""


@click.command("logs", epilog=EXAMPLES)
@click.argument("name", metavar="NAME", shell_complete=logs)
@click.option(
    "-n", "--lines", "count", default=50, show_default=True, type=click.IntRange(min=0), help="So many lines."
)
@click.option("-f", "--follow", is_flag=True, help="Go on with what comes, until Ctrl-C.")
@feed_flags
def command(name: str, count: int, follow: bool, profile: str | None, as_json: bool) -> int:
    """Show the log of main, depth_ws, watchdog, sim_broker or supervisord. With --json, one object a line.

    Exit code 0: there is a log; 3: there is none.
    """
    from tarazu.app.supervision.process_log import following, last_lines
    from tarazu.app.supervision.programs import names
    from tarazu.app.verdict import Exit

    home = home_of(profile)
    known = (*names(home), "supervisord")
    if name not in known:
        raise click.UsageError(f"the {home.profile} profile has no {name!r}; there are: {', '.join(known)}")
    path = home.logs / f"{name}.log"
    if not path.exists() and not follow:
        click.echo(f"UNKNOWN  {home.profile.upper()}  {name} has printed nothing: there is no {path}", err=True)
        return Exit.UNKNOWN
    lines = following(path, count) if follow else last_lines(path, count)
    _show(name, lines, as_json)
    return Exit.OK


def _show(name: str, lines: Iterable[str], as_json: bool) -> None:
    from tarazu.app.verdict import plain

    for line in lines:
        click.echo(json.dumps({"name": name, "line": line}, ensure_ascii=False) if as_json else plain(line))
