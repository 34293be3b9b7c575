"""`tarazu rollup`: the day's statistics and archives, and the end of its close."""

from datetime import datetime

import click

from tarazu.app.closing.flags import close_flags, day_meant
from tarazu.app.data.steps import steps
from tarazu.app.feed.flags import home_of
from tarazu.app.incidents.moment import desk_now_ns
from tarazu.app.person import person
from tarazu.app.settings import BadSettings, read_settings
from tarazu.model import ist

EXAMPLES = """
\b
Examples:
  tarazu rollup                             today
  tarazu rollup --date 2026-11-23 --dry-run
  tarazu rollup --expire                    which days are old enough to go
"""


@click.command("rollup", epilog=EXAMPLES)
@click.option("--dry-run", is_flag=True, help="Say what would be done, and write nothing.")
@click.option("--expire", is_flag=True, help="Instead: say which days are older than [retention] years and may go.")
@click.option(
    "--plan", default="", help="With --expire: the plan that was told, by its name; its days go.", metavar="SHA"
)
@click.option("--who", default=person, show_default="your login name", help="Who does it.")
@close_flags
def command(
    dry_run: bool, expire: bool, plan: str, who: str, day: datetime | None, profile: str | None, as_json: bool
) -> int:
    """Count the day, compress its logs, keep its frames as Parquet, and close it.

    Everything is read back before it counts: logs byte for byte, frames row for row. Frames older than [close]
    frames_days go, once their archive was held against them again. The day is CLOSED where reconcile, audit, backup and
    export have passed before, in that order, and nothing has happened since. Days older than [retention] years go by
    --expire alone, and only what a proven backup has byte for byte (docs/shipping.md).

    Exit code 0: done; 1: done, and something is to be looked at; 2: not done; 3: there is no such day;
    4: another process does it just now, and nothing was done.
    """
    home = home_of(profile)
    if (expire and (day or dry_run)) or (plan and not expire):
        raise click.UsageError("--expire goes with --plan alone, and takes nothing away without it")
    try:
        settings = read_settings(home.settings_file)
    except (BadSettings, OSError) as bad:
        raise click.UsageError(str(bad)) from bad
    keep_days = settings.close.frames_days
    if expire:
        from tarazu.app.retention.expire import retire

        now_ns = desk_now_ns(home)
        return retire(home, ist.day_of(now_ns), settings.retention.years, plan, who, steps(), now_ns).show(as_json)
    from tarazu.app.closing.rolling.roll_up import planned, roll_up

    meant, now_ns = day_meant(home, day), desk_now_ns(home)
    if dry_run:
        return planned(home, meant, keep_days, now_ns).show(as_json)
    return roll_up(home, meant, keep_days, who, steps(), now_ns).show(as_json)
