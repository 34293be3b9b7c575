"""Which commands there are."""

import click

from tarazu import __version__
from tarazu.cli.lazy import LazyGroup

SIM = {
    "serve": ("tarazu.ops.sim_serve", "Run a simulated broker: Kite's REST and ticker on this machine."),
    "run": ("tarazu.ops.sim_run", "Run one command against a simulated broker of its own."),
    "faults": ("tarazu.ops.sim_faults", "List what can be made to go wrong."),
}


@click.group()
@click.version_option(__version__, prog_name="tarazu", message="%(prog)s %(version)s")
def tree() -> None:
    """tarazu: live trading for NSE through Kite Connect, and a broker in a box to try it against."""


tree.add_command(LazyGroup("sim", lazy=SIM, help="The broker in a box.", no_args_is_help=True))


@tree.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a case, the machine first.")
def bench(name: str, as_json: bool) -> int:
    """Run one benchmark beside its peer: decode, feedclient, feedlog, feedstate, greeks, simday, simfeed.

    Exit code 0: every goal met; 1: one was missed; 2: there is no such benchmark.
    """
    from tarazu.ops.bench import run

    return run(name, as_json)
