"""`tarazu sim faults`: the catalogue of what can be made to go wrong."""

import json

import click

EXAMPLES = """
\b
Examples, the latter two of which arm one on a running broker's admin port, for a while or once:
  tarazu sim faults
  curl -d '{"kind":"ws.freeze","for_s":20}' $KITE_ADMIN_ROOT/faults
  curl -d '{"kind":"rest.timeout_after","count":1,"match":{"path":"/orders*"}}' $KITE_ADMIN_ROOT/faults
"""


@click.command("faults", epilog=EXAMPLES)
@click.option("--json", "as_json", is_flag=True, help="One JSON list instead of a table.")
def command(as_json: bool) -> int:
    """List the faults: kind, meaning, parameters with their defaults, where it was seen.

    Exit code 0.
    """
    from tarazu.sim.fault_kinds import CATALOGUE

    if as_json:
        rows = [{"kind": k.kind, "meaning": k.meaning, "params": k.params, "seen": k.seen} for k in CATALOGUE.values()]
        click.echo(json.dumps(rows, ensure_ascii=False))
        return 0
    for kind in CATALOGUE.values():
        params = "  ".join(f"{name}={value}" for name, value in kind.params.items())
        click.echo(f"{kind.kind:<28}{kind.meaning}" + (f"  [{params}]" if params else ""))
    return 0
