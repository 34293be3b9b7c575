"""`tarazu up [NAME...]`: the profile's processes run, under a supervisor, and do their work; or why not."""

import os
from collections.abc import Callable

import click

from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.home import Home
from tarazu.app.offered import processes
from tarazu.app.supervision.hangup import ends_as_by_ctrl_c
from tarazu.app.supervision.process_flags import ALL, names_asked
from tarazu.app.supervision.progress_line import progress_line
from tarazu.app.verdict import Verdict

Tell = Callable[[str], None]

EXAMPLES = """
\b
Examples:
  tarazu up                       everything of the profile; in sim a broker of its own, too
  tarazu up all --dry-run         what the morning's start would do
  tarazu up depth_ws              the feed alone: started, left alone, or started again
  tarazu up all --profile live    after the gate says READY, with TARAZU_ALLOW_LIVE=1
"""


@click.command("up", epilog=EXAMPLES)
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=processes)
@click.option("--timeout", "patience_s", default=60.0, show_default=True, metavar="SECONDS", help="Give up after this.")
@click.option("--foreground", is_flag=True, help="Run depth_ws in this terminal, without the supervisor.")
@click.option("--dry-run", is_flag=True, help="With all: say what would be done, and do nothing.")
@feed_flags
def command(
    names: tuple[str, ...], patience_s: float, foreground: bool, dry_run: bool, profile: str | None, as_json: bool
) -> int:
    """Make sure that depth_ws, main and watchdog (in the sim profile: sim_broker too) run and do their work.

    What is absent is started, what is well is left alone, what is stale is started again. It is supervised: it survives
    this terminal, and is started again when it dies. Returns when every required feed ticks (market closed: when it is
    connected), main's books agree with the broker's, and the watchdog watches.

    `up all` is the morning's start: the gate first (tarazu ready), then one after the other, each when the one before
    is well. When one fails, or this command is ended (Ctrl-C, SIGTERM, a terminal that goes away), those that this call
    began are taken down again, and it says so; not where main works already and looks after a position.

    Exit code 0: it holds; 1: it runs, but outside the supervisor, or halted; 2: it cannot, and why (no token, no
    selection, died, no disk); 3: not within --timeout; 4: the gate says NOT_READY, the reconnect breaker is open, or
    another depth_ws is in the way.
    """
    home, all_of_it = home_of(profile), names == (ALL,)
    if dry_run and not all_of_it:
        raise click.UsageError("--dry-run is for `up all`")
    if all_of_it:
        ends_as_by_ctrl_c()
    with progress_line() as tell:
        told = _all(home, patience_s, dry_run, tell) if all_of_it else _named(home, names, patience_s, foreground, tell)
    return told.show(as_json)


def _all(home: Home, patience_s: float, dry_run: bool, tell: Tell) -> Verdict:
    from tarazu.app.stack.rise import plan_of_rise, stack_up
    from tarazu.app.supervision.bring_up import now_ns
    from tarazu.app.supervision.outcome import verdict

    if dry_run:
        return verdict("up", home, plan_of_rise(home), good="PLAN", bad="PLAN", now_ns=now_ns(home))
    outcomes = stack_up(home, patience_s=patience_s, environ=os.environ, tell=tell)
    return verdict("up", home, outcomes, good="UP", bad="NOT_UP", now_ns=now_ns(home))


def _named(home: Home, names: tuple[str, ...], patience_s: float, foreground: bool, tell: Tell) -> Verdict:
    from tarazu.app.supervision.bring_up import bring_up, now_ns
    from tarazu.app.supervision.foreground import become_depth_ws, in_the_way
    from tarazu.app.supervision.outcome import verdict
    from tarazu.app.supervision.programs import DEPTH_WS

    asked = names_asked(home, names)
    if not foreground:
        outcomes = bring_up(home, asked, patience_s=patience_s, tell=tell)
    elif DEPTH_WS in asked:
        outcomes = in_the_way(home, patience_s, tell)
    else:
        raise click.UsageError(f"--foreground is for {DEPTH_WS}")
    if foreground and not outcomes:
        become_depth_ws(home)
    return verdict("up", home, outcomes, good="UP", bad="NOT_UP", now_ns=now_ns(home), asked=asked)
