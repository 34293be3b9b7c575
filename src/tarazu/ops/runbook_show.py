"""`tarazu runbook show NAME`: the steps of a runbook, what each must answer and where it leads."""

from typing import TYPE_CHECKING

import click

from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.home import Home
from tarazu.app.offered import runbooks
from tarazu.app.verdict import Exit, Verdict

if TYPE_CHECKING:
    from tarazu.app.runbook.book.model import Runbook

EXAMPLES = """
\b
Examples:
  tarazu runbook show sev2-feed-stale
  tarazu runbook show --document    RUNBOOK_LIVE.md
"""


@click.command("show", epilog=EXAMPLES)
@click.argument("name", required=False, shell_complete=runbooks)
@click.option("--document", "as_document", is_flag=True, help="RUNBOOK_LIVE.md, as it is made from the runbooks.")
@feed_flags
def command(name: str | None, as_document: bool, profile: str | None, as_json: bool) -> int:
    """Show the steps of NAME (tarazu runbook list has the names): command, expectation, where a failure leads.

    Exit code 0: shown; 64: there is no such runbook. Changes nothing.
    """
    from tarazu.app.runbook.book.document import document
    from tarazu.app.runbook.book.model import NoRunbook
    from tarazu.app.runbook.book.source import read_source

    source, _ = read_source()
    if as_document:
        print(document(source), end="")
        return int(Exit.OK)
    if name is None:
        raise click.UsageError(f"which one? {', '.join(runbook.id for runbook in source.runbooks)}; or --document")
    try:
        runbook = source.runbook(name)
    except NoRunbook as none:
        raise click.UsageError(str(none)) from none
    return runbook_show(home_of(profile), runbook).show(as_json)


def runbook_show(home: Home, runbook: "Runbook") -> Verdict:
    from tarazu.app.runbook.runs.moment import now_ns
    from tarazu.app.runbook.words import runbook_lines, window_text

    due = window_text(runbook.window)
    return Verdict(
        command="runbook.show",
        word="RUNBOOK",
        exit_code=Exit.OK,
        profile=home.profile,
        now_ns=now_ns(home),
        summary=f"{runbook.id}: {runbook.title}, {len(runbook.steps)} steps" + (f", due {due}" if due else ""),
        body=tuple(runbook_lines(runbook)),
        facts={"runbook": runbook},
    )
