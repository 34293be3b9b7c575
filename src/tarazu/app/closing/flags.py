"""What the commands of the close share: which day is meant."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import click

from tarazu.app.feed.flags import feed_flags
from tarazu.app.home import Home
from tarazu.app.incidents.moment import desk_now_ns
from tarazu.model import ist

DATE = click.option(
    "--date", "day", type=click.DateTime(["%Y-%m-%d"]), help="The day; default: today at the desk.", metavar="DAY"
)


def close_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    """Decorates a click command; it receives `day`, `profile` and `as_json`."""
    return DATE(feed_flags(command))


def day_meant(home: Home, asked: datetime | None) -> date:
    """The day asked for, else today by the desk's clock: never the last one there happens to be, which would close
    yesterday again and call it today."""
    return asked.date() if asked is not None else ist.day_of(desk_now_ns(home))
