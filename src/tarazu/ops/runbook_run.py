"""`tarazu runbook run NAME`: do it, step by step, each checked against what was expected and written down."""

import click

from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.offered import runbooks

EXAMPLES = """
\b
Examples:
  tarazu runbook run pre-open                    step by step, each asked for
  tarazu runbook run eod --auto                  nobody is asked; it waits where a person is needed
  tarazu runbook run sev1-hard-halt --dry-run    what would be done
  tarazu runbook run pre-open --skip eyeball --reason "no second screen"
"""


@click.command("run", epilog=EXAMPLES)
@click.argument("name", shell_complete=runbooks)
@click.option("--auto", "way", flag_value="auto", help="Ask nobody; wait where a person is needed.")
@click.option("--step", "way", flag_value="step", default=True, help="Ask before every step (default).")
@click.option("--dry-run", "way", flag_value="dry", help="Only say what would be done.")
@click.option("--skip", "skips", multiple=True, metavar="STEP", help="Leave this step out; with --reason.")
@click.option("--reason", default="", help="Why; kept with the run.")
@click.option("--consent", "consents", multiple=True, metavar="STEP", help="--auto: this step may be done unasked.")
@click.option("--incident", default="", metavar="ID", help="Which; default: the newest open one of its severity.")
@click.option("--anew", is_flag=True, help="End today's run of this name that was broken off, and begin another.")
@feed_flags
def command(
    name: str,
    way: str,
    skips: tuple[str, ...],
    reason: str,
    consents: tuple[str, ...],
    incident: str,
    anew: bool,
    profile: str | None,
    as_json: bool,
) -> int:
    """Run NAME: every command as RUNBOOK_LIVE.md has it, for this profile's home. What each printed,
    its exit code and what was expected are written down before the next begins (tarazu runbook evidence RUN).

    What happens is told on standard error, the verdict on standard output. Stopping and flattening ask a person.

    Exit code 0: every step as expected; 1: done, with warnings or steps left out; 2: a step was not as expected; 3: a
    step could not tell, or did not end in time; 4: not begun, or it waits for a person; 5: done, and not all of it
    could be written down.
    """
    from tarazu.app.runbook.book.model import NoRunbook
    from tarazu.app.runbook.book.source import read_source
    from tarazu.app.runbook.runs.sitting import Sitting

    source, sha256 = read_source()
    try:
        runbook = source.runbook(name)
    except NoRunbook as none:
        raise click.UsageError(str(none)) from none
    if skips and not reason:
        raise click.UsageError("--skip needs --reason")
    sitting = Sitting(home_of(profile), runbook, sha256, way=way, skips=dict.fromkeys(skips, reason), consents=consents)
    if way == "dry":
        return sitting.dry().show(as_json)
    return sitting.begin(incident=incident, anew=anew).show(as_json)
