"""`tarazu ready`: may we trade today?"""

import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.home import Home

if TYPE_CHECKING:
    from tarazu.app.readiness.gate import GatePhase

PHASES = ("pre-open", "in-session")
EXAMPLES = """
\b
Examples:
  tarazu ready                                          all rows; a READY is written down for main to find
  tarazu ready --only session,risk                      these rows alone; no receipt
  tarazu ready --watch                                  again and again, until READY
  tarazu ready --freeze-list qtyfreeze.csv --from 2026-12-01
  tarazu ready --accept-book 3fa91c02 --why "sold by hand at 16:10"     the broker's book is right
"""


@click.command("ready", epilog=EXAMPLES)
@click.option("--only", default="", metavar="ROW,...", help="These rows or groups of rows alone.")
@click.option("--strict", is_flag=True, help="A warning is in the way, too.")
@click.option("--watch", is_flag=True, help="Look again and again until READY; with --json a document a line.")
@click.option("--every", "every_s", default=5.0, show_default=True, metavar="SECONDS", help="Of --watch.")
@click.option("--phase", type=click.Choice(PHASES), help="Default: in-session where the market trades and main is up.")
@click.option(
    "--accept-book",
    default="",
    metavar="HASH",
    help="The broker's book is right where it differs: today, and the difference of this hash alone.",
)
@click.option("--why", default="", metavar="TEXT", help="Of --accept-book: how you know.")
@click.option(
    "--freeze-list",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Take in the exchange's list of freeze quantities (qtyfreeze.csv) first.",
)
@click.option(
    "--from", "valid_from", type=click.DateTime(["%Y-%m-%d"]), metavar="DAY", help="It holds from; default: today."
)
@feed_flags
def command(
    only: str,
    strict: bool,
    watch: bool,
    every_s: float,
    phase: str | None,
    accept_book: str,
    why: str,
    freeze_list: Path | None,
    valid_from: datetime | None,
    profile: str | None,
    as_json: bool,
) -> int:
    """Look at everything that trading today stands on, and say READY or NOT_READY, and why.

    What cannot be told is NOT_READY. A READY is written into the desk's record; main of the live profile starts with
    today's alone. Halts nothing and starts nothing but, in sim, the broker in a box.

    Exit code 0: READY (warnings are told); 1: --strict, and there are warnings; 2: NOT_READY; 3: NOT_READY, for
    something cannot be told. --only: 0 when these rows pass.
    """
    from tarazu.app.readiness.gate import GatePhase, NoSuchRow

    home = home_of(profile)
    rows = [name.strip() for name in only.split(",") if name.strip()]
    chosen = None if phase is None else GatePhase(phase)
    if freeze_list is not None:
        _take_in(home, freeze_list, valid_from)
    elif valid_from is not None:
        raise click.UsageError("--from goes with --freeze-list")
    if accept_book and (rows or watch):
        raise click.UsageError("--accept-book is a word on the whole gate as it was seen: not with --only or --watch")
    if bool(accept_book) != bool(why.strip()):
        raise click.UsageError("--accept-book HASH and --why TEXT go together; the hash is in the row that differs")
    try:
        while True:
            code = _once(home, chosen, rows, strict, (accept_book, why), as_json)
            if code == 0 or not watch:
                return code
            time.sleep(every_s)
    except NoSuchRow as none:
        raise click.UsageError(str(none)) from none


def _once(
    home: Home, phase: "GatePhase | None", rows: list[str], strict: bool, accept: tuple[str, str], as_json: bool
) -> int:
    from tarazu.app.person import person
    from tarazu.app.readiness.asking import ask_gate
    from tarazu.app.readiness.told import gate_verdict

    found, receipt = ask_gate(home, phase, who=person(), only=rows, strict=strict, accept_book=accept[0], why=accept[1])
    return gate_verdict(found, receipt).show(as_json)


def _take_in(home: Home, source: Path, valid_from: datetime | None) -> None:
    from tarazu.app.masters.freeze import BadFreezeList, import_freeze
    from tarazu.app.person import person
    from tarazu.app.readiness.look import Look
    from tarazu.model import ist
    from tarazu.runtime.desk_record import BadDeskRecord

    now_ns = Look(home).now_ns
    day = valid_from.date() if valid_from else ist.day_of(now_ns)
    try:
        kept = import_freeze(home, source, day, who=person(), now_ns=now_ns)
    except (BadFreezeList, BadDeskRecord, OSError) as bad:
        raise click.UsageError(f"the list is not taken in: {bad}") from bad
    click.echo(f"freeze list of {len(kept.quantities)} names taken in, holds from {kept.valid_from}", err=True)
    if kept.replaced not in ("", kept.sha256):
        told = f"it takes the place of another list of that date ({kept.replaced[:7]}, now {kept.sha256[:7]})"
        click.echo(told, err=True)
