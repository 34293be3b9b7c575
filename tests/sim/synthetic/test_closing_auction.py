"""The closing auction under both timetables of 2026: with a window for the match, and from 7 Dec without."""

from datetime import date, time
from typing import Any

import pytest

from tarazu import reference
from tarazu.model import ist
from tarazu.model.calendar import Phase, Venue
from tarazu.model.order import Side
from tarazu.model.units import SECOND_NS
from tarazu.sim.exchange.exchange import Exchange
from tarazu.sim.orders import NewOrder, Report, ReportKind
from tarazu.sim.synthetic.market import SyntheticMarket
from tarazu.sim.synthetic.scenario import SCENARIOS
from tarazu.sim.synthetic.universe import build_universe

RULES, CALENDAR = reference.rules("nse-2026"), reference.calendar()
# Day; the end of continuous trading in shares with contracts; entry; random close from; the auction's end.
ERAS = (
    (date(2026, 11, 23), "15:15", "15:20", "15:28", "15:35"),
    (date(2026, 12, 8), "15:30", "15:31", "15:38", "15:40"),
)


def exchange_of(day: date) -> Exchange:
    session = CALENDAR.session(day)
    assert session is not None
    universe = build_universe(day, CALENDAR, RULES, "tiny", 5, {})
    return Exchange(SyntheticMarket(universe, session, SCENARIOS["normal"], 5, {}, 5 * SECOND_NS, RULES), RULES, 5)


def play(exchange: Exchange, until_ns: int) -> list[Report]:
    reports: list[Report] = []
    while (due_ns := exchange.next_ns()) is not None and due_ns <= until_ns:
        reports += exchange.step()
    return reports


def bid(index: int, price_paise: int) -> NewOrder:
    return NewOrder(order_id="1", user_id="TZ0001", index=index, side=Side.BUY, qty=10, price_paise=price_paise)


@pytest.mark.parametrize(("day", "ends", "entry", "closes_from", "over"), ERAS, ids=[str(e[0]) for e in ERAS])
def test_a_share_with_contracts_closes_at_the_auctions_price_and_our_bid_in_it_fills(
    day: date, ends: str, entry: str, closes_from: str, over: str
) -> None:
    def at(clock: str, seconds: int = 0) -> int:
        return ist.at_ns(day, time.fromisoformat(clock)) + seconds * SECOND_NS

    exchange = exchange_of(day)
    market: Any = exchange.market
    infy = market.universe.index_of_key["NSE:INFY"]
    play(exchange, at(ends, -5))
    volume = int(market.rows["volume"][infy])
    assert exchange.phase(infy, at(ends, -1)) is Phase.CONTINUOUS
    play(exchange, at(ends))
    assert market.rows["volume"][infy] > volume, "it trades to the last second"
    play(exchange, at(entry, 30))
    volume, ltp = int(market.rows["volume"][infy]), int(market.rows["ltp"][infy])
    interest = market.auction_interest(infy, closing=True)
    entered = exchange.enter(bid(infy, interest.prices[-1]), at(entry, 30))
    assert [r.kind for r in entered] == [ReportKind.ACCEPTED]
    assert play(exchange, at(closes_from, -1)) == []
    assert (market.rows["volume"][infy], market.rows["ltp"][infy]) == (volume, ltp)
    (traded,) = play(exchange, at(over, -1))
    assert (traded.kind, traded.qty) == (ReportKind.TRADED, 10)
    play(exchange, at(over))
    assert market.rows["ltp"][infy] == traded.price_paise
    assert market.rows["volume"][infy] > volume + 10, "everybody else has traded in the auction too"
    play(exchange, exchange.session.last_ns)
    assert market.closes()["NSE:INFY"] == traded.price_paise
    assert market.closes()["NSE:INFY"] != market.auction_interest(infy, closing=True).reference_paise


@pytest.mark.parametrize("day", [e[0] for e in ERAS], ids=str)
def test_the_reference_price_is_the_mean_of_the_last_fifteen_minutes(day: date) -> None:
    exchange = exchange_of(day)
    market: Any = exchange.market
    infy = market.universe.index_of_key["NSE:INFY"]
    window = exchange.session.window(Venue.CASH_FNO, Phase.CONTINUOUS)
    assert window is not None
    play(exchange, window.end_ns - 900 * SECOND_NS)
    turnover = units = 0
    volume = int(market.rows["volume"][infy])
    while (due_ns := exchange.next_ns()) is not None and due_ns <= window.end_ns:
        exchange.step()
        row = market.rows[infy]
        turnover += (int(row["volume"]) - volume) * int(row["ltp"])
        units += int(row["volume"]) - volume
        volume = int(row["volume"])
    reference_paise = market.auction_interest(infy, closing=True).reference_paise
    assert reference_paise == pytest.approx(turnover / units, rel=2e-4)
