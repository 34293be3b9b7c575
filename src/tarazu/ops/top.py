"""`tarazu top`: the desk as a screen that goes on."""

import sys

import click

from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.home import Home
from tarazu.app.verdict import Check, Exit, Verdict, exit_of
from tarazu.app.watching.look import Look, look_now
from tarazu.app.watching.screen import TO_LOOK_AT, screen

EXAMPLES = """
\b
Examples:
  tarazu top           q ends it
  tarazu top --once    the same as text, once
"""


@click.command("top", epilog=EXAMPLES)
@feed_flags
@click.option("--once", is_flag=True, help="Print it once, as text, and leave.")
def command(profile: str | None, as_json: bool, once: bool) -> int:
    """Show the desk on this terminal, again every second: risk, processes, feeds, the book, incidents. q ends it.

    Looks at files and asks no broker; changes nothing.

    Exit code 0 when it is left; with --once or --json as `tarazu ops`: 0, 1, 2, 3.
    """
    home = home_of(profile)
    if once or as_json:
        return _once(home).show(as_json)
    if not (sys.stdout.isatty() and sys.stdin.isatty()):
        print("tarazu top needs a terminal; once, as text: tarazu top --once", file=sys.stderr)
        return Exit.USAGE
    from tarazu.app.watching.terminal import Top

    Top(home).run()
    return Exit.OK


def _once(home: Home) -> Verdict:
    seen = look_now(home)
    told = screen(seen)
    shown = [pane for pane in told.panes if pane.name != TO_LOOK_AT]
    return Verdict(
        command="top",
        word=told.status.name,
        exit_code=exit_of(told.status),
        profile=home.profile,
        now_ns=seen.now_ns,
        summary=_silent(seen),
        checks=told.checks,
        body=tuple(line for pane in shown for line in (f"{pane.name} {pane.status}", *pane.lines)),
        facts={"panes": told.panes},
    )


def _silent(seen: Look) -> str:
    return "engine unknown" if isinstance(seen.engine, Check) else f"engine {seen.engine.phase or seen.engine.stage}"
