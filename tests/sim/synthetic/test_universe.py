"""What is listed: expiries by calendar and rules, symbols, tokens, sizes."""

import itertools
from collections import Counter
from datetime import date, timedelta

import pytest

from tarazu import reference
from tarazu.model.calendar import TradingCalendar, Venue, venue_of
from tarazu.model.instrument import Instrument, Kind, SegmentByte
from tarazu.model.rules import RuleBook
from tarazu.sim.synthetic import contracts
from tarazu.sim.synthetic.universe import SIZES, build_universe
from tarazu.sim.universe import Universe

DAY = date(2026, 11, 23)
RULES = reference.rules("nse-2026")
CALENDAR = reference.calendar()


def universe(size: str, day: date = DAY, calendar: TradingCalendar = CALENDAR, rules: RuleBook = RULES) -> Universe:
    return build_universe(day, calendar, rules, size, 1, {})


FULL = universe("full")


def of_chain(u: Universe, name: str, kind: Kind) -> list[Instrument]:
    return [i for i in u.instruments if i.name == name and i.kind is kind]


# `day | weekly NIFTY expiries ahead | monthly ones`: NSE contracts expire on Tuesdays, the day before where it is shut.
EXPIRIES = """
    2026-11-18 | 2026-11-23 2026-12-01 2026-12-08 | 2026-11-23 2026-12-29
    2026-11-23 | 2026-11-23 2026-12-01 2026-12-08 | 2026-11-23 2026-12-29
    2026-11-25 | 2026-12-01 2026-12-08 2026-12-15 | 2026-12-29
    2026-10-19 | 2026-10-19 2026-10-27 2026-11-03 | 2026-10-27 2026-11-23 2026-12-29
    2026-08-26 | 2026-09-01 2026-09-08 2026-09-15 | 2026-09-29 2026-10-27 2026-11-23
"""


@pytest.mark.parametrize("line", EXPIRIES.strip().splitlines())
def test_expiries_are_the_weekday_or_the_trading_day_before(line: str) -> None:
    day, weekly, monthly = (part.split() for part in line.split("|"))
    start = date.fromisoformat(day[0])
    assert [str(d) for d in contracts.weekly_expiries(start, CALENDAR, 2)[:3]] == weekly
    assert [str(d) for d in contracts.monthly_expiries(start, CALENDAR, 2)[:3]] == monthly


def test_the_november_2026_contracts_expire_on_monday_the_23rd() -> None:
    future = FULL.find("NFO:NIFTY26NOVFUT")
    assert future is not None and future.expiry == date(2026, 11, 23)
    assert not CALENDAR.is_trading_day(date(2026, 11, 24))


@pytest.mark.parametrize(
    "name, expiry, monthly, strike, kind, symbol",
    [
        ("NIFTY", date(2026, 11, 24), False, 26_000_00, Kind.CE, "NIFTY26N2426000CE"),
        ("NIFTY", date(2026, 11, 24), True, 26_000_00, Kind.CE, "NIFTY26NOV26000CE"),
        ("SENSEX", date(2026, 4, 9), False, 77_100_00, Kind.CE, "SENSEX2640977100CE"),  # seen live, KITE facts 1.8
        ("NIFTY", date(2026, 12, 1), False, 25_950_00, Kind.PE, "NIFTY26D0125950PE"),
        ("NIFTY", date(2026, 10, 6), False, 25_950_00, Kind.PE, "NIFTY26O0625950PE"),
        ("ITC", date(2026, 11, 23), True, 402_50, Kind.CE, "ITC26NOV402.5CE"),
    ],
)
def test_symbols_are_spelled_as_kite_spells_them(
    name: str, expiry: date, monthly: bool, strike: int, kind: Kind, symbol: str
) -> None:
    assert contracts.option_symbol(name, expiry, monthly, strike, kind) == symbol


def test_nothing_is_listed_past_the_calendars_coverage() -> None:
    late = universe("full", date(2026, 12, 30))
    assert {i.expiry for i in late.instruments if i.expiry} == {date(2026, 12, 31)}
    november = {i.expiry for i in FULL.instruments if i.kind is Kind.FUT and i.name == "NIFTY"}
    assert november == {date(2026, 11, 23), date(2026, 12, 29)}
    permissive = reference.rules("permissive")
    always = universe("desk", date(2026, 12, 30), reference.calendar_for(permissive), permissive)
    assert {i.expiry for i in always.instruments if i.kind is Kind.FUT and i.name == "NIFTY"} == {
        date(2027, 1, 26),
        date(2027, 2, 23),
        date(2027, 3, 30),
    }


@pytest.mark.parametrize("size, low, high", [("tiny", 20, 40), ("desk", 500, 500), ("full", 9_000, 15_000)])
def test_sizes(size: str, low: int, high: int) -> None:
    u = universe(size)
    assert low <= len(u) <= high
    assert [i.key for i in u.instruments] == [i.key for i in universe(size).instruments]
    everything = {i.key: i for i in FULL.instruments}
    assert all(everything[i.key] == i for i in u.instruments), "a smaller market is part of the full one"


def test_the_desk_stays_at_500_whatever_the_day() -> None:
    for n in range(0, 90, 7):
        day = CALENDAR.next_trading_day(date(2026, 9, 1) + timedelta(days=n))
        assert len(universe("desk", day)) == 500


def test_index_tokens_are_kites() -> None:
    tokens = {i.tradingsymbol: int(i.instrument_token) for i in FULL.instruments if i.kind is Kind.INDEX}
    assert tokens == {
        "NIFTY 50": 256265,
        "NIFTY BANK": 260105,
        "NIFTY FIN SERVICE": 257801,
        "SENSEX": 265,
        "INDIA VIX": 264969,
    }
    shares = {i.key: int(i.instrument_token) for i in FULL.instruments if i.kind is Kind.EQ}
    assert (shares["NSE:INFY"], shares["NSE:RELIANCE"], shares["NSE:HDFCBANK"]) == (408065, 738561, 341249)


def test_tokens_end_in_their_segments_byte_and_a_contract_keeps_its_token() -> None:
    for i in FULL.instruments:
        if i.is_derivative:
            assert i.instrument_token & 0xFF == (SegmentByte.BFO if i.name == "SENSEX" else SegmentByte.NFO)
    later = universe("full", date(2026, 12, 2))
    both = [i for i in later.instruments if FULL.find(i.key)]
    assert len(both) > 1_000
    assert all(i == FULL.find(i.key) for i in both)


def test_chains_have_thirty_strikes_each_side_of_the_money_at_the_exchanges_steps() -> None:
    for name, step, expiries in (("NIFTY", 50, 2), ("BANKNIFTY", 100, 2), ("FINNIFTY", 50, 2), ("SENSEX", 100, 2)):
        calls, puts = of_chain(FULL, name, Kind.CE), of_chain(FULL, name, Kind.PE)
        counts = Counter(i.expiry for i in calls)
        assert len(counts) == expiries and set(counts.values()) == {61}
        nearest = sorted({i.strike_paise for i in calls if i.expiry == min(counts)})
        assert {b - a for a, b in itertools.pairwise(nearest)} == {step * 100}
        assert {(i.expiry, i.strike_paise) for i in puts} == {(i.expiry, i.strike_paise) for i in calls}


def test_lots_and_freeze_quantities_come_from_the_rules() -> None:
    for i in FULL.instruments:
        if i.is_derivative:
            contract = RULES.contracts.get(i.name)
            assert i.freeze_qty == (contract.freeze_qty if contract else RULES.stock_freeze_qty)
            assert i.lot_size == contract.lot_size if contract else i.lot_size > 1


def test_the_cash_market_has_all_it_takes_to_meet_every_rule() -> None:
    cash = [i for i in FULL.instruments if i.kind is Kind.EQ]
    assert sum(i.fno_underlying and i.exchange == "NSE" for i in cash) == 50
    assert sum(not i.fno_underlying for i in cash) >= 3
    assert sum(i.exchange == "BSE" for i in cash) >= 3
    assert {venue_of(i) for i in FULL.instruments} == set(Venue)
    underlyings = {i.underlying for i in FULL.instruments if i.is_derivative}
    assert underlyings <= set(FULL.index_of_key)
    assert SIZES == ("tiny", "desk", "full")


def test_strikes_follow_yesterdays_close() -> None:
    u = build_universe(DAY, CALENDAR, RULES, "tiny", 1, {"NSE:NIFTY 50": 24_310_00})
    strikes = {i.strike_paise for i in of_chain(u, "NIFTY", Kind.CE)}
    assert 24_300_00 in strikes and len(strikes) == 10 and max(strikes) < 25_000_00
