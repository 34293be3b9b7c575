"""`tarazu runbook list`: the runbooks, when each is due, and their latest runs."""

import click

from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.home import Home
from tarazu.app.verdict import Check, Exit, Status, Verdict

EXAMPLES = """
\b
Examples:
  tarazu runbook list    what is due today, and what was done
"""


@click.command("list", epilog=EXAMPLES)
@feed_flags
def command(profile: str | None, as_json: bool) -> int:
    """Show every runbook: when it is due today, whether it was done, and its latest run. Changes nothing.

    Exit code 0: nothing due was missed; 1: something was, or a run was broken off; 3: the desk's record does not read.
    """
    return runbook_list(home_of(profile)).show(as_json)


def runbook_list(home: Home) -> Verdict:
    from tarazu.app.runbook.book.source import read_source
    from tarazu.app.runbook.roster import roster
    from tarazu.app.runbook.runs.moment import now_ns
    from tarazu.app.runbook.runs.record import runs
    from tarazu.runtime.desk_record import BadDeskRecord

    source, _ = read_source()
    at_ns, unread = now_ns(home), ""
    try:
        known = runs(home)
    except (OSError, BadDeskRecord) as bad:
        known, unread = [], str(bad)
    rows = roster(source, known, at_ns)
    checks = [row.check for row in rows]
    if unread:
        broken = Check(id="desk_record", status=Status.UNKNOWN, code="RECORD_UNREAD", detail=unread)
        checks = [
            broken,
            *(Check(id=c.id, status=Status.SKIP, detail="the desk's record does not read") for c in checks),
        ]
    wrong = sum(check.status is Status.WARN for check in checks)
    code = Exit.UNKNOWN if unread else Exit.WARN if wrong else Exit.OK
    return Verdict(
        command="runbook.list",
        word=code.name,
        exit_code=code,
        profile=home.profile,
        now_ns=at_ns,
        summary=f"{len(rows)} runbooks" + (f", {wrong} to look at" if wrong else ""),
        checks=tuple(checks),
        body=tuple(row.line for row in rows),
        facts={"runbooks": [row.fact for row in rows]},
    )
