"""The day of the market that a demo plays: today, or the next one that trades and is no expiry, where the dated data
know it; for `expiry_pin` the next expiry."""

import itertools
from collections.abc import Iterator
from datetime import date, timedelta

from tarazu import reference
from tarazu.app.demo.options import BadDemo
from tarazu.model.calendar import NotCovered, TradingCalendar

RULES = "nse-2026"
UNDERLYING = "NIFTY"
EXPIRY_SCENARIO = "expiry_pin"
BEFORE_THE_END = timedelta(days=45)
"""The gate warns of a calendar that ends sooner, and contracts of the months ahead are listed."""


def market_day(asked: date | None, scenario: str, today: date) -> date:
    """Raises BadDemo for a day that was asked for and cannot be played."""
    calendar = reference.calendar_for(reference.rules(RULES))
    try:
        if asked is not None:
            return _asked(asked, calendar)
        return next(day for day in _from(_known(today, calendar), calendar) if _suits(day, scenario, calendar))
    except NotCovered as unknown:
        raise BadDemo(str(unknown)) from unknown


def is_expiry(day: date, calendar: TradingCalendar) -> bool:
    """Of the underlying's weekly options; the day before where that is a holiday."""
    weekday = reference.rules(RULES).contracts[UNDERLYING].weekly_expiry
    if weekday is None:
        return False
    nominal = day + timedelta(days=(weekday - day.isoweekday()) % 7)
    return calendar.expiry_on_or_before(nominal) == day


def _asked(day: date, calendar: TradingCalendar) -> date:
    reference.rules(RULES).refuse_uncovered(day)
    if not calendar.is_trading_day(day):
        raise BadDemo(f"{day} is not a trading day; the next is {calendar.next_trading_day(day)}")
    return day


def _known(today: date, calendar: TradingCalendar) -> date:
    """Today where the data know it well enough, else a day well before their end."""
    first, last = calendar.data.valid_from, calendar.data.valid_through - BEFORE_THE_END
    return today if first <= today <= calendar.data.valid_through - timedelta(days=7) else max(first, last)


def _from(day: date, calendar: TradingCalendar) -> Iterator[date]:
    days = (day + timedelta(days=ahead) for ahead in itertools.count())
    return (each for each in days if calendar.is_trading_day(each))


def _suits(day: date, scenario: str, calendar: TradingCalendar) -> bool:
    """An expiry is a day of its own kind, with options that stop ticking one after the other."""
    return is_expiry(day, calendar) is (scenario == EXPIRY_SCENARIO)
