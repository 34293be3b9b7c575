import itertools
from datetime import date, time, timedelta

import exchange_calendars
import pytest

from tarazu import reference
from tarazu.model import ist
from tarazu.model.calendar import NotCovered, Pace, Phase, TradingSession, Venue, paced, shorten
from tarazu.model.units import SECOND_NS

CALENDAR = reference.calendar()


def session_of(day: date) -> TradingSession:
    session = CALENDAR.session(day)
    assert session is not None
    return session


def phase(day: date, clock: str, venue: Venue) -> Phase:
    return session_of(day).phase_at(venue, ist.at_ns(day, time.fromisoformat(clock)))


# The timetable changed three times in 2026; each row is one instant of one era.
INSTANTS = [
    (date(2026, 7, 31), "09:07", Venue.CASH, Phase.PRE_OPEN),
    (date(2026, 7, 31), "15:20", Venue.CASH_FNO, Phase.CONTINUOUS),
    (date(2026, 7, 31), "15:35", Venue.DERIVATIVES, Phase.CLOSED),
    (date(2026, 8, 3), "15:15", Venue.CASH_FNO, Phase.CAS_REFERENCE),
    (date(2026, 8, 3), "15:15", Venue.CASH, Phase.CONTINUOUS),
    (date(2026, 8, 3), "15:35", Venue.DERIVATIVES, Phase.CONTINUOUS),
    (date(2026, 9, 4), "09:06", Venue.CASH, Phase.PRE_OPEN),
    (date(2026, 9, 7), "09:06", Venue.CASH, Phase.PRE_OPEN_LIMIT),
    (date(2026, 11, 23), "08:59", Venue.CASH, Phase.CLOSED),
    (date(2026, 11, 23), "09:11", Venue.CASH, Phase.PRE_OPEN_MATCH),
    (date(2026, 11, 23), "09:14", Venue.CASH, Phase.BUFFER),
    (date(2026, 11, 23), "09:15", Venue.DERIVATIVES, Phase.CONTINUOUS),
    (date(2026, 11, 23), "15:22", Venue.CASH_FNO, Phase.CAS),
    (date(2026, 11, 23), "15:27", Venue.CASH_FNO, Phase.CAS_LIMIT),
    (date(2026, 11, 23), "15:32", Venue.CASH_FNO, Phase.CAS_MATCH),
    (date(2026, 11, 23), "15:40", Venue.DERIVATIVES, Phase.CLOSED),
    (date(2026, 11, 23), "15:55", Venue.CASH, Phase.POST_CLOSE),
    (date(2026, 12, 7), "15:29", Venue.CASH_FNO, Phase.CONTINUOUS),
    (date(2026, 12, 7), "15:33", Venue.CASH_FNO, Phase.CAS),
    (date(2026, 12, 7), "15:44", Venue.DERIVATIVES, Phase.CONTINUOUS),
    (date(2026, 11, 8), "18:30", Venue.DERIVATIVES, Phase.CONTINUOUS),
]


@pytest.mark.parametrize(("day", "clock", "venue", "expected"), INSTANTS)
def test_each_era_has_its_own_timetable(day: date, clock: str, venue: Venue, expected: Phase) -> None:
    assert phase(day, clock, venue) is expected


def test_the_2026_holidays_are_those_of_an_independent_calendar() -> None:
    bombay = exchange_calendars.get_calendar("XBOM", start="2026-01-01", end="2026-12-31")
    theirs = {stamp.date() for stamp in bombay.sessions}
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
    ours = {day for day in days if CALENDAR.is_trading_day(day)}
    assert ours - theirs == {date(2026, 2, 1), date(2026, 11, 8)}, "only the two special Sundays are ours alone"
    assert theirs - ours == set()


@pytest.mark.parametrize("day", [date(2025, 12, 31), date(2027, 1, 1), date(2031, 5, 5)])
def test_a_date_the_data_does_not_cover_is_refused_not_guessed(day: date) -> None:
    with pytest.raises(NotCovered, match=r"2026-01-01 to 2026-12-31"):
        CALENDAR.is_trading_day(day)
    with pytest.raises(NotCovered):
        CALENDAR.session(day)


def test_looking_past_the_last_covered_day_is_refused_too() -> None:
    with pytest.raises(NotCovered):
        CALENDAR.next_trading_day(date(2026, 12, 31))


def test_november_expiry_moves_off_the_holiday() -> None:
    assert CALENDAR.expiry_on_or_before(date(2026, 11, 24)) == date(2026, 11, 23)


def test_a_settlement_holiday_trades_but_does_not_settle() -> None:
    assert CALENDAR.is_trading_day(date(2026, 4, 1))
    assert not CALENDAR.is_settlement_day(date(2026, 4, 1))
    assert not CALENDAR.is_settlement_day(date(2026, 11, 8)), "Muhurat Sunday moves no funds"


def test_after_market_orders_are_taken_overnight_only() -> None:
    day = date(2026, 11, 23)
    session = session_of(day)
    taken = {
        clock: session.is_amo_time(Venue.DERIVATIVES, ist.at_ns(day, time.fromisoformat(clock)))
        for clock in ("00:05", "09:09", "09:10", "12:00", "15:44", "15:45", "23:59")
    }
    assert taken == {
        "00:05": True,
        "09:09": True,
        "09:10": False,
        "12:00": False,
        "15:44": False,
        "15:45": True,
        "23:59": True,
    }


def test_phases_never_overlap_and_a_random_close_lies_inside_its_phase() -> None:
    day = date(2026, 1, 1)
    while day <= date(2026, 12, 31):
        session = CALENDAR.session(day)
        for windows in session.windows.values() if session else ():
            for left, right in itertools.pairwise(windows):
                assert left.end_ns <= right.start_ns
            assert all(w.start_ns < w.earliest_end_ns <= w.end_ns for w in windows)
        day += timedelta(days=1)


def test_a_short_session_keeps_every_phase_and_its_order() -> None:
    full = session_of(date(2026, 11, 23))
    short = shorten(full, continuous_ns=90 * SECOND_NS, other_ns=4 * SECOND_NS)
    for venue, windows in full.windows.items():
        assert [w.phase for w in short.windows[venue]] == [w.phase for w in windows]
    assert short.first_ns == full.first_ns
    assert (short.last_ns - short.first_ns) / SECOND_NS < 180


def test_a_short_session_knows_which_market_hour_it_stands_for() -> None:
    full = session_of(date(2026, 11, 23))
    short = shorten(full)
    for windows in full.windows.values():
        for w in windows:
            assert short.nominal_ns(short.actual_ns(w.start_ns)) == w.start_ns
    halfway = (full.first_ns + full.last_ns) // 2
    assert abs(short.nominal_ns(short.actual_ns(halfway)) - halfway) < SECOND_NS
    assert full.nominal_ns(halfway) == halfway


def test_a_brief_session_is_over_in_a_minute_and_a_half() -> None:
    full = session_of(date(2026, 11, 23))
    assert paced(full, Pace.FULL) is full
    brief, short = paced(full, Pace.BRIEF), paced(full, Pace.SHORT)
    assert (brief.last_ns - brief.first_ns) / SECOND_NS == 52 + 11 * 3
    assert short == shorten(full)
    assert {venue: [w.phase for w in windows] for venue, windows in brief.windows.items()} == {
        venue: [w.phase for w in windows] for venue, windows in full.windows.items()
    }


def test_the_permissive_calendar_is_open_at_any_hour() -> None:
    calendar = reference.calendar_for(reference.rules("permissive"))
    sunday = date(2031, 5, 4)
    session = calendar.session(sunday)
    assert session is not None
    assert session.phase_at(Venue.CASH_FNO, ist.at_ns(sunday, time(3, 0))) is Phase.CONTINUOUS
