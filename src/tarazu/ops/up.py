"""`tarazu up [NAME...]`: the profile's processes run, under a supervisor, and do their work; or why not."""

import click

from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.supervision.process_flags import names_asked
from tarazu.app.supervision.progress_line import progress_line


@click.command("up")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--timeout", "patience_s", default=60.0, show_default=True, metavar="SECONDS", help="Give up after this.")
@click.option("--foreground", is_flag=True, help="Run depth_ws in this terminal, without the supervisor.")
@feed_flags
def command(names: tuple[str, ...], patience_s: float, foreground: bool, profile: str | None, as_json: bool) -> int:
    """Make sure that depth_ws and main (in the sim profile: sim_broker too) run, that data flows and the engine works.

    What is absent is started, what is well is left alone, what is stale is started again. It is supervised: it survives
    this terminal, and is started again when it dies. Returns when every required feed ticks (market closed: when it is
    connected) and main's books agree with the broker's.

    Exit code 0: it holds; 1: it runs, but outside the supervisor, or halted; 2: it cannot, and why (no token, no
    selection, died); 3: not within --timeout; 4: the reconnect breaker is open, or another depth_ws is in the way.
    """
    from tarazu.app.supervision.bring_up import bring_up, now_ns
    from tarazu.app.supervision.foreground import become_depth_ws, in_the_way
    from tarazu.app.supervision.outcome import verdict
    from tarazu.app.supervision.programs import DEPTH_WS

    home = home_of(profile)
    asked = names_asked(home, names)
    with progress_line() as tell:
        if not foreground:
            outcomes = bring_up(home, asked, patience_s=patience_s, tell=tell)
        elif DEPTH_WS in asked:
            outcomes = in_the_way(home, patience_s, tell)
        else:
            raise click.UsageError(f"--foreground is for {DEPTH_WS}")
    if foreground and not outcomes:
        become_depth_ws(home)
    return verdict("up", home, outcomes, good="UP", bad="NOT_UP", now_ns=now_ns(home)).show(as_json)
