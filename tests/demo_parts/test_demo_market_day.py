"""Which day a demo plays."""

from datetime import date

import pytest

from tarazu.app.demo.market_day import is_expiry, market_day
from tarazu.app.demo.options import BadDemo, DemoOptions, refuse
from tarazu.reference import calendar

MONDAY, SUNDAY = date(2026, 11, 16), date(2026, 11, 15)


def test_it_is_today_and_the_next_trading_day_where_today_is_none() -> None:
    assert market_day(None, "normal", MONDAY) == market_day(None, "normal", SUNDAY) == MONDAY


def test_an_expiry_is_passed_over_where_it_is_not_asked_for() -> None:
    assert market_day(None, "normal", date(2026, 11, 17)) == date(2026, 11, 18)
    assert market_day(date(2026, 11, 17), "normal", MONDAY) == date(2026, 11, 17)


@pytest.mark.parametrize("today", [date(2027, 5, 1), date(2031, 1, 1), date(2020, 1, 1)])
def test_where_the_dated_data_end_it_is_a_day_that_they_know_well(today: date) -> None:
    day, data = market_day(None, "normal", today), calendar().data
    assert calendar().is_trading_day(day)
    assert (data.valid_through - day).days >= 30


def test_an_expiry_is_played_on_one_the_day_before_where_that_is_a_holiday() -> None:
    assert market_day(None, "expiry_pin", date(2026, 11, 11)) == date(2026, 11, 17)
    assert not calendar().is_trading_day(date(2026, 11, 24))
    assert market_day(None, "expiry_pin", date(2026, 11, 19)) == date(2026, 11, 23)
    assert is_expiry(date(2026, 11, 17), calendar()) and not is_expiry(MONDAY, calendar())


@pytest.mark.parametrize("asked", [SUNDAY, date(2026, 11, 24), date(2031, 1, 1)])
def test_a_day_that_cannot_be_played_is_refused_with_what_to_do(asked: date) -> None:
    with pytest.raises(BadDemo, match=r"next is 2026|covers? "):
        market_day(asked, "normal", MONDAY)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (DemoOptions(incident="earthquake"), "no incident 'earthquake'; there are: mute-feed, "),
        (DemoOptions(scenario="boring"), "no scenario 'boring'; there are: normal, "),
        (DemoOptions(speed=0.0), "speed lies between"),
        (DemoOptions(speed=60.0), "speed lies between"),
    ],
)
def test_what_makes_no_sense_is_refused_with_what_there_is(options: DemoOptions, why: str) -> None:
    with pytest.raises(BadDemo, match=why):
        refuse(options)
