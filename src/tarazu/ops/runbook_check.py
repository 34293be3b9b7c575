"""`tarazu runbook check`: is every command of the runbook there, and the document what it is made from?"""

from pathlib import Path

import click

from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.home import Home
from tarazu.app.verdict import Check, Exit, Status, Verdict, exit_of, worst

EXAMPLES = """
\b
Examples:
  tarazu runbook check
"""


@click.command("check", epilog=EXAMPLES)
@feed_flags
def command(profile: str | None, as_json: bool) -> int:
    """Parse every command of every runbook as the command line would, and compare RUNBOOK_LIVE.md with its source.
    Runs none of them.

    Exit code 0: all is there (what a later issue brings is said to be absent); 1: a mark is out of date; 2: a command
    is missing or does not take its flags, or the document differs; 3: its scripts are not at hand.
    """
    root = click.get_current_context().find_root().command
    assert isinstance(root, click.Group), "verbs hang on the tree"
    return runbook_check(home_of(profile), root).show(as_json)


def runbook_check(home: Home, tree: click.Group, start: Path | None = None) -> Verdict:
    from tarazu.app.runbook.book.checking import runbook_checks
    from tarazu.app.runbook.book.command_line import NoCheckout, checkout
    from tarazu.app.runbook.book.source import BadSource, read_source
    from tarazu.app.runbook.runs.moment import now_ns

    try:
        checks = runbook_checks(read_source()[0], tree, checkout(start))
    except NoCheckout as none:
        checks = (Check(id="checkout", status=Status.UNKNOWN, code="NO_CHECKOUT", detail=str(none)),)
    except (BadSource, OSError) as bad:
        checks = (Check(id="source", status=Status.CRIT, code="BAD_SOURCE", detail=str(bad)),)
    status, counts = worst(checks), {s: sum(c.status is s for c in checks) for s in Status}
    words = {Status.OK: "right", Status.SKIP: "absent", Status.WARN: "out of date", Status.CRIT: "wrong"}
    return Verdict(
        command="runbook.check",
        word=status.name,
        exit_code=Exit(exit_of(status)),
        profile=home.profile,
        now_ns=now_ns(home),
        summary="runbook: " + ", ".join(f"{counts[s]} {word}" for s, word in words.items() if counts[s]),
        checks=checks,
        body=tuple(f"ok      {c.id:<24} {c.observed}" for c in checks if c.status is Status.OK),
    )
