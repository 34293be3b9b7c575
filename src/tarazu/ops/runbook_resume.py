"""`tarazu runbook resume RUN`: go on with a run that was broken off, at the first step without evidence."""

import click

from tarazu.app.feed.flags import feed_flags, home_of

EXAMPLES = """
\b
Examples:
  tarazu runbook list    the run that was broken off
  tarazu runbook resume rb-20261123-1605
"""


@click.command("resume", epilog=EXAMPLES)
@click.argument("run")
@click.option("--auto", "way", flag_value="auto", help="Ask nobody; wait where a person is needed.")
@click.option("--step", "way", flag_value="step", default=True, help="Ask before every step (default).")
@click.option("--skip", "skips", multiple=True, metavar="STEP", help="Leave this step out; with --reason.")
@click.option("--reason", default="", help="Why; kept with the run.")
@click.option("--consent", "consents", multiple=True, metavar="STEP", help="--auto: this step may be done unasked.")
@feed_flags
def command(
    run: str,
    way: str,
    skips: tuple[str, ...],
    reason: str,
    consents: tuple[str, ...],
    profile: str | None,
    as_json: bool,
) -> int:
    """Go on with RUN (tarazu runbook list has it) at its first step without evidence. A step that was begun and whose
    end nobody saw is done again; where twice is not as good as once, a person is asked.

    Exit codes are those of tarazu runbook run; 4 also where the run has ended, or the runbook was changed since.
    """
    from tarazu.app.runbook.book.source import read_source
    from tarazu.app.runbook.runs.beginning import Refused, found
    from tarazu.app.runbook.runs.sitting import Sitting, refused

    if skips and not reason:
        raise click.UsageError("--skip needs --reason")
    home = home_of(profile)
    source, sha256 = read_source()
    try:
        told = found(home, run)
    except (Refused, OSError, ValueError) as none:
        return refused(home, "runbook.resume", run, str(none)).show(as_json)
    skipped = dict.fromkeys(skips, reason)
    sitting = Sitting(home, source.runbook(told.runbook), sha256, way=way, skips=skipped, consents=consents)
    return sitting.resume(told.id).show(as_json)
