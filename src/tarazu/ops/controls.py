"""`tarazu controls`: which controls hold, by what the tests have shown on this very source."""

import time
from pathlib import Path

import click

from tarazu.app.controls.evidence import EVIDENCE_FILE, BadEvidence, read_evidence, source_sha256
from tarazu.app.controls.matrix import matrix
from tarazu.app.controls.told import MAKE, This, told, told_of
from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.home import Home
from tarazu.app.main.build import build
from tarazu.app.verdict import Check, Exit, Status, Verdict
from tarazu.risk.controls import CONTROLS

EXAMPLES = """
\b
Examples:
  make controls                          run the tests of every control, then show the matrix
  tarazu controls
  tarazu controls C07                    its rule, source, tests and mutants
  tarazu controls --json --evidence ci-artefacts/controls.json
"""


@click.command("controls", epilog=EXAMPLES)
@click.argument("control", required=False, metavar="[ID]", type=click.Choice(list(CONTROLS), case_sensitive=False))
@click.option(
    "--evidence",
    type=click.Path(path_type=Path, dir_okay=False),
    default=EVIDENCE_FILE,
    show_default="var/evidence/controls.json of the checkout",
    metavar="FILE",
    help="What a test session has written down.",
)
@feed_flags
def command(control: str | None, evidence: Path, profile: str | None, as_json: bool) -> int:
    """Show every control of automated trading, and whether its tests were green on this source.

    \b
    GREEN    its tests passed              RED      one failed
    PART     they did, and not all of      UNKNOWN  they have not run on this source
             the rule is here yet          ABSENT   no test shows it
    LATER    not built yet, and not promised

    MUTANTS are bugs put in the control's place, and how many of them the simulation noticed.

    Exit code 0: all are green; 1: one is absent or in part; 2: one is red; 3: it cannot be told.
    """
    return controls(home_of(profile), evidence, time.time_ns(), control).show(as_json)


def controls(home: Home, path: Path, now_ns: int, control: str | None = None) -> Verdict:
    """Of one control, or of all."""
    from tarazu.dst.mutants import MUTANTS

    try:
        found = read_evidence(path)
    except BadEvidence as bad:
        check = Check(id="evidence", status=Status.UNKNOWN, code="EVIDENCE_UNREADABLE", detail=str(bad), hint=MAKE)
        return Verdict(
            command="controls",
            word=Status.UNKNOWN.name,
            exit_code=Exit.UNKNOWN,
            profile=home.profile,
            now_ns=now_ns,
            summary="controls unknown",
            checks=(check,),
        )
    this = This(build(), source_sha256())
    rows = matrix(found, this.source, {name: mutant.control for name, mutant in MUTANTS.items()})
    if control is not None:
        row = next(row for row in rows if row.control.id == control.upper())
        return told_of(row, found, this, home.profile, now_ns)
    return told(rows, found, this, home.profile, now_ns)
