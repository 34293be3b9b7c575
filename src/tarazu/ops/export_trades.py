"""`tarazu export trades`: the trade log."""

from datetime import datetime
from pathlib import Path

import click

from tarazu.app.closing.flags import close_flags, day_meant
from tarazu.app.data.steps import steps
from tarazu.app.feed.flags import home_of
from tarazu.app.home import Home
from tarazu.app.incidents.moment import desk_now_ns
from tarazu.app.person import person
from tarazu.app.verdict import Verdict

DAY = click.DateTime(["%Y-%m-%d"])
EXAMPLES = """
\b
Examples:
  tarazu export trades                                          today, closes/DAY/trades.csv
  tarazu export trades --date 2026-11-23 --xlsx --parquet
  tarazu export trades --from 2026-11-02 --to 2026-11-30 --out november.xlsx
"""


@click.command("trades", epilog=EXAMPLES)
@click.option("--from", "first", type=DAY, help="Several days in one table, from this one...", metavar="DAY")
@click.option("--to", "last", type=DAY, help="...to this one.", metavar="DAY")
@click.option("--csv", "as_csv", is_flag=True, help="The default.")
@click.option("--xlsx", "as_xlsx", is_flag=True, help="Excel.")
@click.option("--parquet", "as_parquet", is_flag=True, help="Parquet.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="With --from.", metavar="FILE")
@click.option("--who", default=person, show_default="your login name", help="Who does it.")
@close_flags
def command(
    first: datetime | None,
    last: datetime | None,
    as_csv: bool,
    as_xlsx: bool,
    as_parquet: bool,
    out: Path | None,
    who: str,
    day: datetime | None,
    profile: str | None,
    as_json: bool,
) -> int:
    """Every execution of a day, with what it cost and made: a row each, the same columns in every format.

    Amounts are whole paise, times UTC nanoseconds and IST; a day without executions is a header alone. An amount that
    is not known is empty, never 0. The files are replaced whole; done twice, they are the same.

    Exit code 0: written; 1: and something is to be looked at; 2: the journal is not what was written, or no file could
    be; 3: there is no such day; 4: another process does it just now, and nothing was done.
    """
    home = home_of(profile)
    if first is None and last is None:
        if out is not None:
            raise click.UsageError("--out goes with --from and --to: a day's files are part of its close")
        return _of_day(home, day, as_csv, as_xlsx, as_parquet, who).show(as_json)
    if first is None or last is None or out is None or day is not None or last < first:
        raise click.UsageError("several days: --from DAY --to DAY --out FILE, and no --date")
    return _of_days(home, first, last, out).show(as_json)


def _of_day(home: Home, day: datetime | None, as_csv: bool, as_xlsx: bool, as_parquet: bool, who: str) -> Verdict:
    from tarazu.app.trade_log.exporting import export_day
    from tarazu.app.trade_log.formats import Format

    asked = {Format.CSV: as_csv, Format.XLSX: as_xlsx, Format.PARQUET: as_parquet}
    forms = [form for form, is_asked in asked.items() if is_asked] or [Format.CSV]
    return export_day(home, day_meant(home, day), forms, who, steps(), desk_now_ns(home))


def _of_days(home: Home, first: datetime, last: datetime, out: Path) -> Verdict:
    """The format is the file's name's."""
    from tarazu.app.trade_log.exporting import export_days
    from tarazu.app.trade_log.formats import Format

    try:
        form = Format(out.suffix.removeprefix(".").lower())
    except ValueError:
        raise click.UsageError(f"{out.name!r} is none of: .csv, .xlsx, .parquet") from None
    return export_days(home, first.date(), last.date(), out, form, steps(), desk_now_ns(home))
