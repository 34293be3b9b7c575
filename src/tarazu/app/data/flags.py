"""What the commands on recorded days share: which day is meant."""

from datetime import date

import click

from tarazu.app.home import Home

DAY = click.argument("day", metavar="DAY")


def day_of(home: Home, text: str) -> date:
    """`2026-11-23`, or `last`. Raises click.UsageError for what is no day, or one of which nothing is kept."""
    from tarazu.app.data.days import parse_day, recorded_days

    days = recorded_days(home)
    if text == "last" and days:
        return days[-1]
    day = parse_day(text)
    if day is None and text != "last":
        raise click.UsageError(f"{text!r} is no day: YYYY-MM-DD, or last")
    if day not in days:
        kept = f"there are {days[0]} to {days[-1]}: tarazu data list" if days else f"{home.feed} holds none yet"
        raise click.UsageError(f"nothing recorded of {text} in profile {home.profile}; {kept}")
    return day
