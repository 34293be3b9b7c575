"""Which commands there are."""

import click

from tarazu import __version__
from tarazu.cli.lazy import LazyGroup

SIM = {
    "serve": ("tarazu.ops.sim_serve", "Run a simulated broker: Kite's REST and ticker on this machine."),
    "run": ("tarazu.ops.sim_run", "Run one command against a simulated broker of its own."),
    "faults": ("tarazu.ops.sim_faults", "List what can be made to go wrong."),
}

FEED = {
    "status": ("tarazu.ops.feed_status", "What the feed is worth now: every feed, connection, the recording."),
    "history": ("tarazu.ops.feed_history", "The feed's events of a day, and what they amount to."),
    "tail": ("tarazu.ops.feed_tail", "Follow the feed as it is recorded."),
    "record": ("tarazu.ops.feed_record", "Record a clip, or cut one from a past day; sim serve --replay plays it."),
    "clear-breaker": ("tarazu.ops.feed_clear_breaker", "Let the feed dial again after a storm of reconnects."),
}

DATA = {
    "list": ("tarazu.ops.data_list", "The recorded days."),
    "verify": ("tarazu.ops.data_verify", "Check every frame of a recorded day."),
    "convert": ("tarazu.ops.data_convert", "A recorded day as Parquet, proven row for row."),
    "restore": ("tarazu.ops.data_restore", "A recorded day back from Parquet."),
    "bars": ("tarazu.ops.data_bars", "Bars of a recorded day."),
    "chart": ("tarazu.ops.data_chart", "A recorded day as a picture, in one HTML file."),
}

AUDIT = {
    "verify": ("tarazu.ops.audit_verify", "Is the journal what was written? Names and locates what is not."),
    "prove": ("tarazu.ops.audit_prove", "Prove one entry by a signed checkpoint, for others to verify."),
    "show": ("tarazu.ops.audit_show", "Show the journal's entries."),
}

RUN = {
    "up": ("tarazu.ops.up", "Start what is not running, and wait until it works."),
    "down": ("tarazu.ops.down", "Stop it."),
    "restart": ("tarazu.ops.restart", "Stop one process and start it again."),
    "logs": ("tarazu.ops.logs", "What a process printed."),
    "sla": ("tarazu.ops.sla", "The lags and losses that are promised, against their limits."),
    "why": ("tarazu.ops.why", "The story of one order: who wanted it, what became of it, and why."),
    "strategies": ("tarazu.ops.strategies", "What ships, what it can be told, and what this profile runs."),
    "decisions": ("tarazu.ops.decisions", "What the strategies decided, what came of it, and what each refusal cost."),
    "backtest": ("tarazu.ops.backtest", "A strategy on past or made days, by the engine that trades."),
    "paper": ("tarazu.ops.paper", "The paper desk: the real market, orders that stay on this machine."),
    "replay": ("tarazu.ops.replay", "A journalled day again, and whether it is decided the same."),
    "approvals": ("tarazu.ops.approvals", "What waits for a person's leave, and what leave would come to now."),
    "controls": ("tarazu.ops.controls", "Which controls hold, by what the tests have shown on this source."),
}

ENGINE = {
    "status": ("tarazu.ops.engine_status", "What the engine may do now, and why no more than that."),
    "tell": ("tarazu.ops.engine_tell", "Tell the engine: halt, flatten, entries off, and back."),
}

DB = {
    "rebuild": ("tarazu.ops.db_rebuild", "The database anew from the journal, checked and swapped in."),
    "check": ("tarazu.ops.db_check", "Is every page what was written, and how far behind is it?"),
}

DST = {
    "run": ("tarazu.ops.dst_run", "Live simulated days among faults, and count what went wrong."),
    "seed": ("tarazu.ops.dst_seed", "One simulated day, told; and the smallest that still fails."),
    "mutants": ("tarazu.ops.dst_mutants", "Would the simulation notice? Known bugs, switched in one by one."),
    "crashpoints": ("tarazu.ops.dst_crashpoints", "Kill the process at every effect of a day."),
    "bench": ("tarazu.ops.dst_bench", "How many simulated days a minute."),
}


@click.group(cls=LazyGroup, lazy=RUN)
@click.version_option(__version__, prog_name="tarazu", message="%(prog)s %(version)s")
def tree() -> None:
    """tarazu: live trading for NSE through Kite Connect, and a broker in a box to try it against."""


tree.add_command(LazyGroup("feed", lazy=FEED, help="The feed: depth_ws and what it recorded.", no_args_is_help=True))
tree.add_command(LazyGroup("engine", lazy=ENGINE, help="The engine: main, and what it is told.", no_args_is_help=True))
tree.add_command(LazyGroup("data", lazy=DATA, help="Recorded days.", no_args_is_help=True))
tree.add_command(LazyGroup("audit", lazy=AUDIT, help="The journal: verify, prove, show.", no_args_is_help=True))
tree.add_command(LazyGroup("db", lazy=DB, help="The database: a view of the journal.", no_args_is_help=True))
tree.add_command(LazyGroup("dst", lazy=DST, help="Deterministic simulation of whole days.", no_args_is_help=True))
tree.add_command(LazyGroup("sim", lazy=SIM, help="The broker in a box.", no_args_is_help=True))


@tree.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a case, the machine first.")
def bench(name: str, as_json: bool) -> int:
    """Run one benchmark beside its peer: `make bench` names them all.

    Exit code 0: every goal met; 1: one was missed; 2: there is no such benchmark.
    """
    from tarazu.ops.bench import run

    return run(name, as_json)
