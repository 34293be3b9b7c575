"""`tarazu data chart`: a recorded day to look at."""

import time
from pathlib import Path

import click

from tarazu.app.data.flags import DAY, day_of
from tarazu.app.data.steps import steps
from tarazu.app.feed.flags import feed_flags, home_of

EXAMPLES = """
\b
Examples:
  tarazu data chart last
  tarazu data chart 2026-11-23 --symbol "NSE:NIFTY 50" --symbol NIFTY26NOV26000CE --open no
"""


@click.command("chart", epilog=EXAMPLES)
@DAY
@click.option("--symbol", "symbols", multiple=True, metavar="KEY", help="What to show; default: the underlyings.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Default: charts/DAY.html at home.")
@click.option(
    "--open", "show", type=click.Choice(("yes", "no")), default="yes", show_default=True, help="In a browser."
)
@feed_flags
def command(day: str, symbols: tuple[str, ...], out: Path | None, show: str, profile: str | None, as_json: bool) -> int:
    """Draw DAY (YYYY-MM-DD, or last) as one HTML page: prices, volume, VWAP, and the feed's day beside them.

    The page needs no network. KEY is NSE:INFY, a tradingsymbol, or a token; say --symbol for each. Stale feeds, quiet
    times, reconnects and packets a second are a strip on top.

    Exit code 0: written; 64: nothing is recorded of DAY, or there is no such KEY.
    """
    from tarazu.app.data.chart import UnknownSymbol, chart, chosen_tokens
    from tarazu.app.data.frames import read_ahead
    from tarazu.app.data.record import Record
    from tarazu.app.data.roll import Roll
    from tarazu.app.data.source import day_batches
    from tarazu.app.data.strip import Strip
    from tarazu.app.verdict import Exit, Verdict

    home = home_of(profile)
    chosen = day_of(home, day)
    roll, record, strip = Roll("1m"), Record(), Strip()
    with steps()("reading") as progress:
        for batch in read_ahead(day_batches(home, chosen, progress)):
            for part in (roll, record, strip):
                part.take(batch)
    bars = roll.finish()
    try:
        tokens = chosen_tokens(bars, record, symbols)
    except UnknownSymbol as unknown:
        raise click.UsageError(str(unknown)) from unknown
    path = out or home.root / "charts" / f"{chosen}.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(chart(chosen, home.profile, bars, tokens, record, strip), encoding="utf-8")
    if show == "yes" and not as_json:
        click.launch(str(path))
    names = [record.name_of(t) for t in tokens]
    return Verdict(
        command="data.chart",
        word="DONE",
        exit_code=Exit.OK,
        profile=home.profile,
        now_ns=time.time_ns(),
        summary=f"{', '.join(names) or 'no instrument'} on {chosen} in {path}",
        facts={"day": chosen, "path": str(path), "symbols": names, "bytes": path.stat().st_size},
    ).show(as_json)
