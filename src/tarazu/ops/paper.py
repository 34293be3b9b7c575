"""`tarazu paper`: the paper desk brought up: real or simulated market, an exchange model in main, nothing sent out."""

import click

from tarazu.app.feed.flags import AS_JSON, home_of
from tarazu.app.supervision.progress_line import progress_line

EXAMPLES = """
\b
Examples:
  tarazu paper                                          as tarazu.toml of the paper profile has it
  tarazu engine status --profile paper
  tarazu decisions --profile paper
  tarazu down --profile paper
"""


@click.command("paper", epilog=EXAMPLES)
@click.option("--timeout", "patience_s", default=60.0, show_default=True, metavar="SECONDS", help="Give up after this.")
@AS_JSON
def command(patience_s: float, as_json: bool) -> int:
    """Bring the paper desk up: `tarazu up` in the paper profile.

    depth_ws follows Kite's market ([paper] feed = "kite", the default) or a simulated broker's (feed = "sim", its
    address in run/sim_broker.json); main trades on it with the engine, the controls and the strategies that would
    trade live. Its orders go to the exchange model in its own process and fill by the very frames it decides by: no
    order leaves the machine, whatever the settings say. The account is kept over restarts, and is new each day.

    A simulated market is yours to start: tarazu sim serve --ready-file FILE, with the FILE that the refusal names.
    Limits are those of [engine.risk], as live: where one is not set, the control refuses.

    [paper] in tarazu.toml: feed, cash (rupees), latency_ms.

    Exit codes are those of `tarazu up`.
    """
    from tarazu.app.home import Profile
    from tarazu.app.supervision.bring_up import bring_up, now_ns
    from tarazu.app.supervision.outcome import verdict
    from tarazu.app.supervision.programs import names

    home = home_of(Profile.PAPER)
    with progress_line() as tell:
        outcomes = bring_up(home, names(home), patience_s=patience_s, tell=tell)
    return verdict("paper", home, outcomes, good="UP", bad="NOT_UP", now_ns=now_ns(home)).show(as_json)
