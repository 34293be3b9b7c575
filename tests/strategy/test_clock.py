"""Minutes of the day are the market's: where a session is played short they pass faster."""

from datetime import date, time

import pytest

from tarazu import reference
from tarazu.model import ist
from tarazu.model.calendar import Pace, TradingSession, paced
from tarazu.model.units import SECOND_NS
from tarazu.strategy.clock import is_open, minutes_left, minutes_open, share_gone
from tarazu.strategy.day import TradingDay, trading_day

DAY = date(2026, 11, 23)


def session() -> TradingSession:
    found = reference.calendar().session(DAY)
    assert found is not None
    return found


@pytest.mark.parametrize("pace", list(Pace))
@pytest.mark.parametrize(("at", "gone"), [("09:15", 0), ("09:45", 30), ("12:15", 180), ("15:15", 360), ("15:40", 385)])
def test_a_minute_of_the_day_is_one_of_the_market(pace: Pace, at: str, gone: int) -> None:
    played = paced(session(), pace)
    day = trading_day(DAY, {}, played)
    now_ns = played.actual_ns(ist.at_ns(DAY, time.fromisoformat(at)))
    assert minutes_open(day, now_ns) == pytest.approx(gone, abs=0.01)
    assert minutes_left(day, now_ns) == pytest.approx(385 - gone, abs=0.01)
    assert share_gone(day, now_ns) == pytest.approx(gone / 385, abs=1e-4)
    assert is_open(day, now_ns) is (gone < 385)


def test_before_a_brief_open_it_is_too_early_by_the_markets_minutes() -> None:
    day = trading_day(DAY, {}, paced(session(), Pace.BRIEF))
    assert minutes_open(day, day.opens_ns - 3 * SECOND_NS) == pytest.approx(-3)


def test_where_nobody_has_said_the_hours_nothing_is_open() -> None:
    assert not is_open(TradingDay(date=DAY, instruments={}), ist.at_ns(DAY, time(12)))
