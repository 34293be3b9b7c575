"""The gate's checks of the hour."""

from datetime import date, time
from typing import Any

import msgspec
import pytest

from harness.engine_desk import NIFTY_CALL, EngineDesk
from harness.gate_desk import SHARE, gate_desk, of, said
from tarazu import reference
from tarazu.model import ist
from tarazu.model.calendar import TradingSession, shorten
from tarazu.model.order import Product
from tarazu.model.units import SECOND_NS

DAY = date(2026, 11, 23)
NEXT_WEEK = msgspec.structs.replace(NIFTY_CALL, expiry=date(2026, 12, 1))


def at(clock: str, instrument: Any = NEXT_WEEK, session: TradingSession | None = None) -> EngineDesk:
    """A desk that stands ready at this hour of the exchange's day."""
    desk = gate_desk([instrument])
    if session is not None:
        desk.engine.state.session = desk.shadow.state.session = session
    desk.wall_ns = ist.at_ns(DAY, time.fromisoformat(clock))
    return desk


def hours(desk: EngineDesk, **changes: Any) -> list[str]:
    (key,) = desk.instruments
    return [line for line in said(desk, of(key=key, **changes)) if line.startswith("HOURS")]


@pytest.mark.control("C16")
@pytest.mark.parametrize(
    ("clock", "instrument", "phase"),
    [
        ("09:14:59", NEXT_WEEK, "CLOSED"),
        ("15:40:00", NEXT_WEEK, "CLOSED"),
        ("03:00:00", NEXT_WEEK, "CLOSED"),
        ("09:05:00", SHARE, "PRE_OPEN_LIMIT"),
        ("15:16:00", SHARE, "CAS_REFERENCE"),
        ("15:26:00", SHARE, "CAS_LIMIT"),
    ],
)
def test_nothing_is_entered_outside_continuous_trading(clock: str, instrument: Any, phase: str) -> None:
    assert hours(at(clock, instrument)) == [f"HOURS: {phase} at {clock} (continuous trading)"]


@pytest.mark.control("C16")
@pytest.mark.parametrize("clock", ["09:15:01", "15:39:58"])
def test_in_continuous_trading_there_is_nothing_to_say(clock: str) -> None:
    assert hours(at(clock)) == []


@pytest.mark.control("C16")
def test_a_day_whose_hours_nobody_has_told_is_none_to_trade_on() -> None:
    desk = EngineDesk(gate_desk().config)
    desk.start(session=None)
    answer = said(desk)
    assert "HOURS: no trading today, or its hours are not known (continuous trading)" in answer


@pytest.mark.control("C16")
def test_nothing_intraday_is_entered_in_the_last_minutes_before_the_broker_squares_it_off() -> None:
    session = reference.calendar().session(DAY)
    assert session is not None
    for instrument in (NEXT_WEEK, SHARE):
        cut_ns = min(session.mis_square_off_ns.values()) - 600 * SECOND_NS
        desk = at("10:00:00", instrument)
        assert hours(desk, product=Product.MIS) == []
        desk.wall_ns = cut_ns - SECOND_NS
        assert hours(desk, product=Product.MIS) == []
    desk.wall_ns = cut_ns
    (no,) = hours(desk, product=Product.MIS)
    assert no.startswith("HOURS: MIS at 1") and "until 1" in no
    assert hours(desk, product=Product.NRML) == []


@pytest.mark.control("C16")
def test_no_new_risk_is_taken_in_the_last_half_hour_of_what_expires_today() -> None:
    assert NIFTY_CALL.expiry == DAY
    assert hours(at("15:09:58", NIFTY_CALL)) == []
    assert hours(at("15:10:00", NIFTY_CALL)) == ["HOURS: it expires today, at 15:10:00 (until 15:10:00)"]
    assert hours(at("15:10:00", NEXT_WEEK)) == []


@pytest.mark.control("C16")
def test_a_session_that_is_played_short_keeps_the_minutes_of_the_market() -> None:
    session = reference.calendar().session(DAY)
    assert session is not None
    short = shorten(session)
    desk = at("10:00:00", NIFTY_CALL, short)
    desk.wall_ns = short.actual_ns(ist.at_ns(DAY, time(15, 9)))
    assert hours(desk) == []
    desk.wall_ns = short.actual_ns(ist.at_ns(DAY, time(15, 11)))
    (no,) = hours(desk)
    assert no.startswith("HOURS: it expires today, at 15:1")
