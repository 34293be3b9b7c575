"""`tarazu data restore`: a recorded day's segments, made again from its archive."""

import time
from pathlib import Path

import click

from tarazu.app.feed.flags import feed_flags, home_of

EXAMPLES = """
\b
Examples:
  tarazu data restore 2026-11-23
  tarazu data restore 2026-11-23 --from /mnt/archive/2026-11-23 --to /tmp/feed
"""
_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command("restore", epilog=EXAMPLES)
@click.argument("day", metavar="DAY")
@click.option("--from", "source", type=_FOLDER, help="The archive's folder; default: archive/DAY at home.")
@click.option("--to", "feed", type=_FOLDER, help="The feed folder that gets DAY; default: the profile's own.")
@feed_flags
def command(day: str, source: Path | None, feed: Path | None, profile: str | None, as_json: bool) -> int:
    """Make the segments of DAY (YYYY-MM-DD) from its archive: the same frames, each with its sequence and stamps.

    Never writes over a recorded day. Segments may end elsewhere than they did. What the recording had lost stays lost:
    the sequence is missing here too, and `tarazu data verify` says SEQUENCE_GAP at that place.

    Exit code 0: the day is there; 1: likewise, and the recording had lost some of it; 2: the archive is not what was
    written, or the disk does not take it; 4: the day is there already, or the archive is not.
    """
    from tarazu.app.data.archiving import restore_day
    from tarazu.app.data.days import parse_day
    from tarazu.app.data.steps import steps

    home, chosen = home_of(profile), parse_day(day)
    if chosen is None:
        raise click.UsageError(f"{day!r} is no day: YYYY-MM-DD")
    return restore_day(home, chosen, source, feed, steps(), time.time_ns()).show(as_json)
