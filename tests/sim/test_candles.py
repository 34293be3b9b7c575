"""Candles are what traded: a table of trades in, bars out."""

from datetime import date

import numpy as np
import pytest

from tarazu import reference
from tarazu.model import ist
from tarazu.model.calendar import shorten
from tarazu.model.units import MINUTE_NS
from tarazu.sim.candles import INTERVAL_MINUTES, Candle, CandleBook
from tarazu.sim.synthetic.market import SyntheticMarket
from tarazu.sim.synthetic.scenario import SCENARIOS
from tarazu.sim.synthetic.universe import build_universe
from tarazu.wire.kite_ticks import TICK

DAY = date(2026, 11, 23)
RULES, CALENDAR = reference.rules("nse-2026"), reference.calendar()
UNIVERSE = build_universe(DAY, CALENDAR, RULES, "tiny", 1, {})
SESSION = CALENDAR.session(DAY)
assert SESSION is not None
INFY, FUTURE, NIFTY = (UNIVERSE.index_of_key[k] for k in ("NSE:INFY", "NFO:NIFTY26NOVFUT", "NSE:NIFTY 50"))
FOREVER = 1 << 62

# time of the step | LTP | volume of the day | OI: a change of LTP without volume is no trade.
TAPE = """
    09:12:00 | 1000 |  50 | 7
    09:15:01 | 1010 |  60 | 7
    09:15:20 |  990 |  61 | 8
    09:15:40 | 5000 |  61 | 8
    09:16:00 | 1005 |  70 | 9
    09:16:01 | 1006 |  71 | 9
    09:18:30 | 1020 | 100 | 4
    10:15:01 |  900 | 101 | 4
"""


def moment(clock: str) -> int:
    found = ist.parse_stamp(f"{DAY} {clock}")
    assert found is not None
    return found


def recorded() -> CandleBook:
    book = CandleBook(UNIVERSE, SESSION)
    rows = np.zeros(len(UNIVERSE), TICK)
    for line in TAPE.strip().splitlines():
        clock, ltp, volume, oi = (part.strip() for part in line.split("|"))
        rows[FUTURE]["ltp"], rows[FUTURE]["volume"], rows[FUTURE]["oi"] = int(ltp), int(volume), int(oi)
        book.record(rows, moment(clock))
    return book


def test_minutes_hold_what_traded_in_them() -> None:
    got = recorded().candles(FUTURE, 0, FOREVER, "minute")
    assert got == [
        # The pre-open's trade belongs to the first minute; a step on the minute ends the minute before.
        Candle(moment("09:15:00"), 1000, 1010, 990, 1005, 70, 9),
        Candle(moment("09:16:00"), 1006, 1006, 1006, 1006, 1, 9),
        Candle(moment("09:18:00"), 1020, 1020, 1020, 1020, 29, 4),
        Candle(moment("10:15:00"), 900, 900, 900, 900, 1, 4),
    ]


@pytest.mark.parametrize("interval, starts", [("3minute", ["09:15", "09:18", "10:15"]), ("hour", ["09:15", "10:15"])])
def test_longer_intervals_are_aligned_to_the_open(interval: str, starts: list[str]) -> None:
    got = recorded().candles(FUTURE, 0, FOREVER, interval)
    assert [c.ts_ns for c in got] == [moment(f"{s}:00") for s in starts]
    assert sum(c.volume for c in got) == 101


def test_the_day_is_one_candle_stamped_midnight() -> None:
    got = recorded().candles(FUTURE, moment("11:00:00"), moment("12:00:00"), "day")
    assert got == [Candle(ist.midnight_ns(DAY), 1000, 1020, 900, 900, 101, 4)]
    assert recorded().candles(FUTURE, 0, ist.midnight_ns(DAY) - 1, "day") == []
    assert recorded().candles(INFY, 0, FOREVER, "day") == []


def test_the_range_asked_for_is_inclusive() -> None:
    got = recorded().candles(FUTURE, moment("09:16:00"), moment("09:18:00"), "minute")
    assert [c.open for c in got] == [1006, 1020]


def test_a_whole_day_agrees_with_the_rows() -> None:
    session = shorten(SESSION, continuous_ns=20 * MINUTE_NS)
    market = SyntheticMarket(UNIVERSE, session, SCENARIOS["normal"], 3, {}, rules=RULES)
    book = CandleBook(UNIVERSE, session)
    while market.next_ns() is not None:
        now_ns = market.step()
        book.record(market.rows, now_ns)
    for n in range(len(UNIVERSE)):
        row = market.rows[n]
        (day,) = book.candles(n, 0, FOREVER, "day")
        assert (day.open, day.high, day.low, day.close) == (row["open"], row["high"], row["low"], row["ltp"])
        assert (day.volume, day.oi) == (row["volume"], row["oi"])
        minutes = book.candles(n, 0, FOREVER, "minute")
        for interval in INTERVAL_MINUTES:
            longer = book.candles(n, 0, FOREVER, interval)
            assert sum(c.volume for c in longer) == sum(c.volume for c in minutes)
            assert max(c.high for c in longer) == day.high and min(c.low for c in longer) == day.low
    assert len(book.candles(NIFTY, 0, FOREVER, "minute")) >= 20
