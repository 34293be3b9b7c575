"""`tarazu runbook evidence RUN`: what a run did and what was seen, and whether that is still what was written down."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.home import Home
from tarazu.app.verdict import Check, Exit, Status, Verdict, exit_of, worst

if TYPE_CHECKING:
    from tarazu.app.runbook.runs.record import Run

EXAMPLES = """
\b
Examples:
  tarazu runbook evidence rb-20261123-1605 --out              with what each command printed
  tarazu runbook evidence rb-20261123-1605 --html run.html    a page for a reader
"""


@click.command("evidence", epilog=EXAMPLES)
@click.argument("run")
@click.option("--out", "with_out", is_flag=True, help="What each command printed, too.")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Write one page for a reader.")
@feed_flags
def command(run: str, with_out: bool, html: Path | None, profile: str | None, as_json: bool) -> int:
    """Show RUN: every step with its times, exit code and first line. Proves the record's chain and every kept answer.

    Exit code 0: all of it is what was written down; 2: some is not, or is lost; 3: the record does not read; 4: there
    is no such run.
    """
    from tarazu.app.runbook.page import page
    from tarazu.app.runbook.runs.beginning import Refused, found
    from tarazu.app.runbook.runs.sitting import refused
    from tarazu.runtime.desk_record import BadDeskRecord

    home = home_of(profile)
    try:
        told = found(home, run)
    except Refused as none:
        return refused(home, "runbook.evidence", run, str(none)).show(as_json)
    except (OSError, BadDeskRecord) as bad:
        broken = Check(id="desk_record", status=Status.CRIT, code="RECORD_UNREAD", detail=str(bad))
        return refused(home, "runbook.evidence", run, "the desk's record does not read", broken).show(as_json)
    verdict = runbook_evidence(home, told, with_out)
    if html is not None:
        html.write_text(page(home, told, verdict))
    return verdict.show(as_json)


def runbook_evidence(home: Home, run: "Run", with_out: bool) -> Verdict:
    from tarazu.app.runbook.page import answers
    from tarazu.app.runbook.runs.evidence import evidence_checks
    from tarazu.app.runbook.runs.moment import now_ns
    from tarazu.app.runbook.words import run_lines, took

    checks = tuple(evidence_checks(home, run))
    status, at_ns = worst(checks), now_ns(home)
    body = [*run_lines(run), *(answers(home, run) if with_out else ())]
    standing = run.verdict or (f"waits: {run.paused}" if run.paused else f"stands at {run.at}")
    return Verdict(
        command="runbook.evidence",
        word="EVIDENCE" if status is Status.OK else status.name,
        exit_code=Exit(exit_of(status)),
        profile=home.profile,
        now_ns=at_ns,
        summary=f"{run.id} of {run.runbook}: {standing}, {len(run.steps)} steps, {took(run, at_ns)}, by {run.who}",
        checks=checks,
        body=tuple(body),
        facts={"run": run},
    )
