"""`tarazu data bars`: a recorded day's bars."""

import time
from pathlib import Path

import click

from tarazu.app.data.flags import DAY, day_of
from tarazu.app.data.steps import steps
from tarazu.app.feed.flags import feed_flags, home_of

EXAMPLES = """
\b
Examples:
  tarazu data bars last
  tarazu data bars 2026-11-23 --width 5m --out bars.csv
"""
WIDTHS = ("1s", "5s", "15s", "1m", "3m", "5m", "10m", "15m", "30m")


@click.command("bars", epilog=EXAMPLES)
@DAY
@click.option("--width", type=click.Choice(WIDTHS), default="1m", show_default=True, help="Of a bar.")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help=".parquet or .csv; default: bars/DAY-WIDTH.parquet."
)
@feed_flags
def command(day: str, width: str, out: Path | None, profile: str | None, as_json: bool) -> int:
    """Roll the ticks of DAY (YYYY-MM-DD, or last) into bars: open, high, low, close, volume, VWAP, OI, ticks.

    A bar is of the ticks received in its time, the day's volume as the increase of the exchange's own count; the same
    bars as the running market state makes. Prices are paise. Reads the segments, or the archive where they are gone.

    Exit code 0: written; 64: nothing is recorded of DAY, or --out is neither kind of file.
    """
    from tarazu.app.data.bar_table import bar_table, write_bars
    from tarazu.app.data.frames import read_ahead
    from tarazu.app.data.record import Record
    from tarazu.app.data.roll import Roll
    from tarazu.app.data.source import day_batches
    from tarazu.app.verdict import Exit, Verdict

    if out is not None and out.suffix not in (".csv", ".parquet"):
        raise click.UsageError(f"--out {out}: .parquet or .csv")
    home = home_of(profile)
    chosen = day_of(home, day)
    path = out or home.root / "bars" / f"{chosen}-{width}.parquet"
    roll, record = Roll(width), Record()
    with steps()("rolling") as progress:
        for batch in read_ahead(day_batches(home, chosen, progress)):
            roll.take(batch)
            record.take(batch)
    table = bar_table(roll.finish(), record)
    write_bars(table, path)
    instruments = table["token"].n_unique()
    ticks = int(table["ticks"].sum())
    return Verdict(
        command="data.bars",
        word="DONE",
        exit_code=Exit.OK,
        profile=home.profile,
        now_ns=time.time_ns(),
        summary=f"{len(table):,} bars of {width}, {instruments:,} instruments, {ticks:,} ticks, in {path}",
        facts={"day": chosen, "path": str(path), "bars": len(table), "instruments": instruments, "ticks": ticks},
    ).show(as_json)
