"""What `--days` says: `2026-11-23`, `2026-11-02..2026-11-20`, `synthetic:7`, `synthetic:7x5`,
`synthetic:7x5@2026-11-23`.

Synthetic days follow one another on the calendar, each beginning with the closing prices of the one before.
"""

import re
from collections.abc import Iterator
from datetime import date, time
from pathlib import Path

import msgspec

from tarazu import reference
from tarazu.app.recordings.recorded_day import days as logged
from tarazu.app.research.day import ResearchDay
from tarazu.app.research.made_days import Making, closing_prices, made_day
from tarazu.app.research.recorded_days import NoSuchDay, logged_day
from tarazu.app.settings import FeedSettings
from tarazu.model import ist
from tarazu.model.calendar import NotCovered
from tarazu.sim.synthetic.scenario import SCENARIOS

FIRST = date(2026, 11, 23)
"""Where synthetic days begin unless it is said: one day for everybody, so that a seed is the same day tomorrow."""
DAYS_MAX = 250
_SYNTHETIC = re.compile(r"synthetic:(\d{1,9})(?:x(\d{1,3}))?(?:@(\d{4}-\d\d-\d\d))?\Z", re.ASCII)


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """Which days; they are opened one by one."""

    dates: tuple[date, ...]
    seed: int | None = None
    """None: recorded ones."""
    scenario: str = "normal"
    size: str = "desk"
    since: time | None = None
    until: time | None = None

    def __len__(self) -> int:
        return len(self.dates)

    def days(self, feed: Path, masters: Path, followed: FeedSettings) -> Iterator[ResearchDay]:
        """In order. Raises NoSuchDay, where a day's turn comes."""
        if self.seed is None:
            yield from (logged_day(feed / str(day), masters) for day in self.dates)
            return
        making: Making | None = None
        for n, day in enumerate(self.dates):
            closes = closing_prices(making) if making is not None else {}
            making = Making(
                date=day,
                seed=self.seed + n,
                scenario=self.scenario,
                size=self.size,
                feed=followed,
                closes=closes,
                since=self.since,
                until=self.until,
            )
            yield made_day(making)


def chosen(said: str, scenario: str, size: str, hours: tuple[time | None, time | None], feed: Path) -> Choice:
    """Raises NoSuchDay for a word that is none, a day that is not recorded, or one that no calendar covers."""
    made = _SYNTHETIC.fullmatch(said)
    if made is None:
        if hours != (None, None):
            raise NoSuchDay("--from and --to cut synthetic days; a recorded one is played as it is")
        return Choice(dates=_recorded(said, feed))
    if scenario not in SCENARIOS:
        raise NoSuchDay(f"no scenario {scenario!r}; there are: {', '.join(SCENARIOS)}")
    seed, count, first = int(made[1]), int(made[2] or 1), _date(made[3]) if made[3] else FIRST
    if not 1 <= count <= DAYS_MAX:
        raise NoSuchDay(f"{count} days: between 1 and {DAYS_MAX} can be made")
    since, until = hours
    if since is not None and until is not None and since >= until:
        raise NoSuchDay(f"--from {since:%H:%M} is not before --to {until:%H:%M}")
    dates = _trading_days(first, count)
    for day in dates:
        _within_session(day, since, until)
    return Choice(dates=dates, seed=seed, scenario=scenario, size=size, since=since, until=until)


def _within_session(day: date, since: time | None, until: time | None) -> None:
    """A trading day; hours without a frame in them would be a day on which nothing was tried. Raises NoSuchDay."""
    session = reference.calendar().session(day)
    assert session is not None, f"{day} is no trading day"
    opens, closes = ist.clock_of(session.first_ns), ist.clock_of(session.last_ns)
    for flag, at, is_within in (
        ("--from", since, since is None or opens <= since < closes),
        ("--to", until, until is None or opens < until <= closes),
    ):
        if not is_within:
            raise NoSuchDay(f"{flag} {at:%H:%M} is outside the session of {day}, {opens:%H:%M} to {closes:%H:%M} IST")


def _recorded(said: str, feed: Path) -> tuple[date, ...]:
    first, dots, last = said.partition("..")
    since, until = _date(first), _date(last) if dots else _date(first)
    there = logged(feed)
    found = tuple(day for day in there if since <= day <= until)
    if not found:
        known = f"recorded are {there[0]} to {there[-1]}, {len(there)} days" if there else "nothing is recorded there"
        raise NoSuchDay(f"no day of {said} in {feed}: {known}. An archived one comes back by tarazu data restore")
    return found


def _trading_days(first: date, count: int) -> tuple[date, ...]:
    calendar = reference.calendar()
    try:
        day = first if calendar.is_trading_day(first) else calendar.next_trading_day(first)
        found = [day]
        while len(found) < count:
            found.append(calendar.next_trading_day(found[-1]))
    except NotCovered as end:
        raise NoSuchDay(f"{count} trading days from {first} on: {end}") from end
    return tuple(found)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as bad:
        raise NoSuchDay(
            f"{text!r} is no day: YYYY-MM-DD, YYYY-MM-DD..YYYY-MM-DD, or synthetic:SEED[xN][@YYYY-MM-DD]"
        ) from bad
