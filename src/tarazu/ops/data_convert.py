"""`tarazu data convert`: a recorded day as Parquet."""

import time
from pathlib import Path

import click

from tarazu.app.data.flags import DAY, day_of
from tarazu.app.data.steps import steps
from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.verdict import Verdict

EXAMPLES = """
\b
Examples:
  tarazu data convert last
  tarazu data convert 2026-11-23 --out /mnt/archive/2026-11-23
  python -c "import polars as pl; print(pl.scan_parquet('var/sim/archive/2026-11-23/ticks.parquet').collect())"
"""


@click.command("convert", epilog=EXAMPLES)
@DAY
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder; default: archive/DAY at home.")
@click.option("--so-far", is_flag=True, help="Of a day that is being recorded, what there is now.")
@feed_flags
def command(day: str, out: Path | None, so_far: bool, profile: str | None, as_json: bool) -> int:
    """Write DAY (YYYY-MM-DD, or last) as frames.parquet, ticks.parquet and manifest.json, and read it back.

    DONE is only said when every row read back is the row that was recorded. A day that is archived already is left as
    it is. The segments are not touched; `tarazu data restore` makes them again from the archive.

    Exit code 0: done, or it was; 1: done, of a day with damage or one that still goes on; 2: what was read back is
    another, or the disk does not take it; 4: the day still goes on, FOLDER has something else, or a rollup of the day
    is under way; 64: no such day.
    """
    from tarazu.app.closing.alone import done_alone
    from tarazu.app.data.archiving import archive_day
    from tarazu.runtime.desk_record import DeskKind

    home = home_of(profile)
    chosen = day_of(home, day)
    now_ns = time.time_ns()

    def archived() -> Verdict:
        return archive_day(home, chosen, out, so_far, steps(), now_ns)

    if out is not None:
        return archived().show(as_json)
    return done_alone(home, "data.convert", chosen, DeskKind.ROLLED_UP, now_ns, archived).show(as_json)
