"""The days before: consistent with themselves, with the calendar and with the first simulated day."""

from datetime import date, timedelta

import numpy as np
import pytest

from tarazu import reference
from tarazu.model import ist
from tarazu.model.units import DAY_NS, MINUTE_NS
from tarazu.sim.candles import INTERVALS
from tarazu.sim.synthetic.history import LISTED_DAYS, History
from tarazu.sim.synthetic.market import SyntheticMarket
from tarazu.sim.synthetic.scenario import SCENARIOS
from tarazu.sim.synthetic.universe import build_universe

DAY = date(2026, 11, 23)
RULES, CALENDAR = reference.rules("nse-2026"), reference.calendar()
UNIVERSE = build_universe(DAY, CALENDAR, RULES, "tiny", 1, {})
HISTORY = History(UNIVERSE, CALENDAR, 7)
YESTERDAY = date(2026, 11, 20)
SPOT = [i for i in UNIVERSE.instruments if not i.is_derivative]


def test_the_last_close_is_the_first_days_previous_close() -> None:
    session = CALENDAR.session(DAY)
    assert session is not None
    market = SyntheticMarket(UNIVERSE, session, SCENARIOS["normal"], 7, {})
    for n, i in enumerate(UNIVERSE.instruments):
        last = HISTORY.daily_candles(i, YESTERDAY, DAY)[-1]
        assert last.close == market.rows[n]["close"], i.key
        assert last.ts_ns == ist.midnight_ns(YESTERDAY)


@pytest.mark.parametrize("day", [YESTERDAY, date(2026, 11, 19), date(2026, 9, 9), date(2024, 3, 5), date(2026, 11, 8)])
def test_minutes_add_up_to_their_day(day: date) -> None:
    for i in UNIVERSE.instruments:
        minutes = HISTORY.minute_candles(i, day)
        days = HISTORY.daily_candles(i, day, day)
        assert bool(minutes) == bool(days)
        if minutes:
            assert len(days) == 1
            d = days[0]
            assert (d.open, d.close) == (minutes[0].open, minutes[-1].close)
            assert (d.high, d.low) == (max(c.high for c in minutes), min(c.low for c in minutes))
            assert (d.volume, d.oi) == (sum(c.volume for c in minutes), minutes[-1].oi)
            assert all(c.low <= min(c.open, c.close) <= max(c.open, c.close) <= c.high for c in minutes)
            assert all(p % i.tick_size_paise == 0 for c in minutes for p in (c.open, c.high, c.low, c.close))


# day | minutes of INFY and where they start
SESSIONS = """
    2026-11-20 | 360 | 09:15
    2026-07-01 | 375 | 09:15
    2026-11-08 |  60 | 18:15
    2026-10-20 |   0 | -
    2026-11-21 |   0 | -
    2024-01-26 | 375 | 09:15
    2024-01-27 |   0 | -
    2026-11-23 |   0 | -
"""


@pytest.mark.parametrize("line", SESSIONS.strip().splitlines())
def test_covered_days_follow_the_calendar_and_earlier_ones_the_week(line: str) -> None:
    day, count, start = (part.strip() for part in line.split("|"))
    infy = UNIVERSE.instruments[UNIVERSE.index_of_key["NSE:INFY"]]
    minutes = HISTORY.minute_candles(infy, date.fromisoformat(day))
    assert len(minutes) == int(count)
    if minutes:
        assert ist.stamp(minutes[0].ts_ns) == f"{day} {start}:00"
        assert minutes[-1].ts_ns - minutes[0].ts_ns == (len(minutes) - 1) * MINUTE_NS


def test_contracts_begin_about_three_months_before_they_end() -> None:
    future = UNIVERSE.instruments[UNIVERSE.index_of_key["NFO:NIFTY26NOVFUT"]]
    assert future.expiry is not None
    days = HISTORY.daily_candles(future, date(2020, 1, 1), DAY)
    first = ist.day_of(days[0].ts_ns)
    assert 0 <= (first - (future.expiry - timedelta(days=LISTED_DAYS))).days <= 4
    assert HISTORY.minute_candles(future, first - timedelta(days=1)) == []


def test_a_contract_follows_its_underlying() -> None:
    nifty, future = (UNIVERSE.instruments[UNIVERSE.index_of_key[k]] for k in ("NSE:NIFTY 50", "NFO:NIFTY26NOVFUT"))
    spot = {c.ts_ns: c.close for c in HISTORY.daily_candles(nifty, date(2026, 9, 1), DAY)}
    for c in HISTORY.daily_candles(future, date(2026, 9, 1), DAY):
        assert c.close / spot[c.ts_ns] == pytest.approx(1.0, abs=0.015)


def test_the_bse_listing_has_its_twins_history() -> None:
    nse, bse = (UNIVERSE.instruments[UNIVERSE.index_of_key[f"{x}:INFY"]] for x in ("NSE", "BSE"))
    a, b = (HISTORY.daily_candles(i, date(2026, 11, 1), DAY) for i in (nse, bse))
    assert [c.close for c in a] == [c.close for c in b]


def test_years_of_days_stay_plausible() -> None:
    for i in SPOT:
        days = HISTORY.daily_candles(i, date(2020, 1, 1), DAY)
        assert len(days) > 1_700
        moves = np.diff(np.log([c.close for c in days]))
        assert 0.004 < moves.std() < 0.08 and abs(moves).max() < 0.35
        assert all(c.low > 0 for c in days)


def test_every_interval_of_kite_is_served_on_the_opens_grid() -> None:
    infy = UNIVERSE.instruments[UNIVERSE.index_of_key["NSE:INFY"]]
    start, end = ist.midnight_ns(date(2026, 11, 18)), ist.midnight_ns(DAY)
    volumes = {k: sum(c.volume for c in HISTORY.candles(infy, start, end, k)) for k in INTERVALS}
    assert len(set(volumes.values())) == 1 and volumes["day"] > 0
    hours = [ist.stamp(c.ts_ns)[11:16] for c in HISTORY.candles(infy, start, start + DAY_NS, "60minute")]
    assert hours == ["09:15", "10:15", "11:15", "12:15", "13:15", "14:15"]


def test_history_is_a_function_of_its_seed() -> None:
    infy = UNIVERSE.instruments[UNIVERSE.index_of_key["NSE:INFY"]]
    again, other = History(UNIVERSE, CALENDAR, 7), History(UNIVERSE, CALENDAR, 8)
    again.minute_candles(infy, date(2026, 3, 10))
    assert again.minute_candles(infy, YESTERDAY) == HISTORY.minute_candles(infy, YESTERDAY)
    assert other.minute_candles(infy, YESTERDAY) != HISTORY.minute_candles(infy, YESTERDAY)


def test_history_ends_where_given_closes_say() -> None:
    moved = History(UNIVERSE, CALENDAR, 7, {"NSE:INFY": 1_400_00})
    infy = UNIVERSE.instruments[UNIVERSE.index_of_key["NSE:INFY"]]
    assert moved.daily_candles(infy, YESTERDAY, YESTERDAY)[0].close == 1_400_00
    traded = History(UNIVERSE, CALENDAR, 7, {"NFO:INFY26NOVFUT": 1_519_55})
    future = UNIVERSE.instruments[UNIVERSE.index_of_key["NFO:INFY26NOVFUT"]]
    assert traded.minute_candles(future, YESTERDAY)[-1].close == 1_519_55
