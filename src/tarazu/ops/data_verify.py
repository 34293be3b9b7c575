"""`tarazu data verify`: every checksum and every sequence of a recorded day."""

import time
from datetime import date
from typing import Any

import click

from tarazu.app.data.flags import day_of
from tarazu.app.data.steps import steps
from tarazu.app.feed.flags import feed_flags, home_of

EXAMPLES = """
\b
Examples:
  tarazu data verify last
  tarazu data verify 2026-11-23 --json
  tarazu data verify --all
"""


@click.command("verify", epilog=EXAMPLES)
@click.argument("day", metavar="[DAY]", required=False)
@click.option("--all", "every", is_flag=True, help="Every recorded day.")
@feed_flags
def command(day: str | None, every: bool, profile: str | None, as_json: bool) -> int:
    """Check every frame of DAY (YYYY-MM-DD, or last), and its archive against the frames, row for row.

    Exit code 0: all is whole. 1: a torn tail, which a killed writer leaves and the next one erases, or an archive made
    before the day was over. 2: damage, or an archive that is not what was recorded. Changes nothing.
    """
    from tarazu.app.data.days import recorded_days
    from tarazu.app.data.health import day_checks
    from tarazu.app.verdict import Status, Verdict, exit_of, worst

    if every == (day is not None):
        raise click.UsageError("say which: a DAY, or --all")
    home = home_of(profile)
    days = recorded_days(home) if every else [day_of(home, day or "")]
    found = {one: day_checks(home, one, steps()) for one in days}
    checks = tuple(check for checks, _ in found.values() for check in checks)
    status = worst(checks)
    problems = sum(c.status is not Status.OK for c in checks)
    return Verdict(
        command="data.verify",
        word=status.upper(),
        exit_code=exit_of(status),
        profile=home.profile,
        now_ns=time.time_ns(),
        summary=f"{_named(days)}: {problems} problems" if problems else f"{_named(days)} whole",
        checks=checks,
        body=tuple(_told(one, report) for one, (_, report) in found.items()),
    ).show(as_json)


def _named(days: list[date]) -> str:
    return str(days[0]) if len(days) == 1 else f"{len(days)} days"


def _told(day: date, report: Any) -> str:
    if report is None:
        return f"{day}  archive only"
    return f"{day}  {report.frames:,} frames in {report.segments} segments, {report.payload_bytes:,} bytes received"
