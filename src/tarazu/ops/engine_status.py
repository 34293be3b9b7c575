"""`tarazu engine status`: what main says of the engine, and what that amounts to."""

import time

import click

from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.home import Home
from tarazu.app.main.checks import engine_checks, read_engine
from tarazu.app.main.words import body, now_of, summary
from tarazu.app.verdict import Check, Verdict, exit_of, worst

EXAMPLES = """
\b
Examples:
  tarazu engine status
  tarazu engine status --json    risk, greeks, positions and reads as one object
"""


@click.command("status", epilog=EXAMPLES)
@feed_flags
def command(profile: str | None, as_json: bool) -> int:
    """Show the engine: its phase and why, positions, orders, journal, feeds and reads. Changes nothing.

    Exit code 0: it works and takes entries; 1: exits alone pass (REDUCE_ONLY), or something needs a look; 2: halted,
    failed, without a token, or a required feed is stale; 3: it cannot be told.
    """
    return engine_status(home_of(profile), time.monotonic_ns()).show(as_json)


def engine_status(home: Home, mono_ns: int) -> Verdict:
    """The answer at this moment of CLOCK_MONOTONIC."""
    found = read_engine(home, mono_ns)
    silent = isinstance(found, Check)
    checks = (found,) if isinstance(found, Check) else engine_checks(found)
    status = worst(checks)
    return Verdict(
        command="engine.status",
        word=status.name,
        exit_code=exit_of(status),
        profile=home.profile,
        now_ns=now_of(found),
        age_ns=None if isinstance(found, Check) else found.age_ns(mono_ns),
        summary="engine unknown" if isinstance(found, Check) else summary(found),
        checks=checks,
        body=() if isinstance(found, Check) else tuple(body(found)),
        facts={} if silent else {"health": found},
    )
