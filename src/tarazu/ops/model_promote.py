"""`tarazu model promote`: make a version the active one, if it has earned it."""

from pathlib import Path

import click

from tarazu.app.feed.flags import feed_flags, home_of

EXAMPLES = """
\b
Examples:
  tarazu model promote --family xgb --to latest
  tarazu model promote --family xgb --to 77e04d --waive shadow --why "first model of the desk, sim only"
  tarazu model promote --family momentum --file weights.json --waive baseline --why "by hand"
"""
WAIT = "Seconds for main to acknowledge."
GATES = ("baseline", "active", "drift", "shadow")


@click.command("promote", epilog=EXAMPLES)
@click.option("--family", required=True, help="Which models: xgb.")
@click.option("--to", help="latest, or the beginning of a version's hash.")
@click.option("--file", type=click.Path(path_type=Path, dir_okay=False), help="Take this file in first, and mean it.")
@click.option("--waive", multiple=True, type=click.Choice(GATES), help="Pass this gate by your own word; needs --why.")
@click.option("--why", default="", help="Kept in the desk's record.")
@click.option("--wait", "wait_s", type=click.FloatRange(0, 600), default=15.0, show_default=True, help=WAIT)
@click.option("--dry-run", is_flag=True, help="Look at everything, and change nothing.")
@feed_flags
def command(
    family: str,
    to: str | None,
    file: Path | None,
    waive: tuple[str, ...],
    why: str,
    wait_s: float,
    dry_run: bool,
    profile: str | None,
    as_json: bool,
) -> int:
    """Make a version the active one: better out of sample than no model and than the active one, without drift, and
    scored beside the active one for some days. The running main swaps it in and acknowledges.

    A file is XGBoost's own JSON or a tarazu.model/1; anything else is refused unopened.

    Exit code 0: done; 1: done, a gate was waived; 2: its file is altered or gone; 4: it has not earned it; 5: main does
    not use it.
    """
    if (to is None) == (file is None):
        raise click.UsageError("say --to VERSION or --file PATH, and one of them")
    if waive and not why.strip():
        raise click.UsageError("to waive a gate takes a --why: both are kept in the desk's record")
    if dry_run and file is not None:
        raise click.UsageError("a dry run looks at a version that is there: --to")
    from tarazu.app.models.moving.promoting import promote

    return promote(home_of(profile), family, to or "", file, waive, why, dry_run, wait_s).show(as_json)
