"""`tarazu risk halt`: HARD_HALT, until a person resets it."""

import click

from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.risk_monitor.halting import halt
from tarazu.engine.halts import RiskState

EXAMPLES = """
\b
Examples:
  tarazu risk halt --reason "fills that nobody wanted"
  tarazu risk reset-halt --reason "found: a test account" --incident INC-20261123-01    the way back
"""


@click.command("halt", epilog=EXAMPLES)
@click.option("--reason", required=True, help="Why; kept in the journal.")
@feed_flags
def command(reason: str, profile: str | None, as_json: bool) -> int:
    """HARD_HALT: no entries, resting ones are cancelled, strategies are not asked; stops and exits stay. It survives
    restarts and midnight, and a person alone takes it back (tarazu risk reset-halt).

    Exit code 0: main has it; 1: main is not there, and takes it when it is; 2: it could be written nowhere.
    """
    if not reason.strip():
        raise click.UsageError('--reason "..." says why: it is kept in the journal')
    return halt(home_of(profile), RiskState.HARD_HALT, reason, "risk.halt").show(as_json)
