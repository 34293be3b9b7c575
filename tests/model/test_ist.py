from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tarazu.model import ist
from tarazu.model.units import SECOND_NS

INSTANTS = st.integers(min_value=0, max_value=4_000_000_000).map(lambda s: s * SECOND_NS)


@given(INSTANTS)
def test_a_stamp_reads_as_the_time_zone_database_says(ts_ns: int) -> None:
    wall = datetime.fromtimestamp(ts_ns // SECOND_NS, tz=UTC).astimezone(ZoneInfo("Asia/Kolkata"))
    assert ist.stamp(ts_ns) == wall.strftime("%Y-%m-%d %H:%M:%S")
    assert ist.day_of(ts_ns) == wall.date()


@given(INSTANTS)
def test_parsing_a_stamp_gives_back_the_instant(ts_ns: int) -> None:
    assert ist.parse_stamp(ist.stamp(ts_ns)) == ts_ns


@pytest.mark.parametrize("text", ["2026-11-23 9:5:7", "2026-11-23 09:05:7", "2026-11-23", "2026-11-2\u0663 09:05:07"])
def test_a_stamp_without_its_zeros_or_in_other_digits_reads_all_the_same(text: str) -> None:
    clock = time(9, 5, 7) if ":" in text else time()
    assert ist.parse_stamp(text) == ist.at_ns(date(2026, 11, 23), clock)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "09:15",
        "2026-11-23 09:15:60",
        "2026-11-23 9:15:00Z",
        "2026-11-23 25:15:00",
        "2026-13-01",
        "2026-11-23T09:15:00",
        "2026-11-23 09:15",
        "yesterday",
    ],
)
def test_text_that_is_no_stamp_is_none(text: str) -> None:
    assert ist.parse_stamp(text) is None


def test_the_market_opens_at_a_quarter_to_four_in_london() -> None:
    opens = ist.at_ns(date(2026, 11, 23), time(9, 15))
    assert datetime.fromtimestamp(opens / 1e9, tz=UTC) == datetime(2026, 11, 23, 3, 45, tzinfo=UTC)
    assert ist.stamp_iso(opens) == "2026-11-23T09:15:00+0530"
    assert ist.clock_of(opens) == time(9, 15)
