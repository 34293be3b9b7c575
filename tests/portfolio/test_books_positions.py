"""Positions from fills, line by line: our running average beside Kite's averages of all units of a side."""

import msgspec
import pytest

from harness.account_flows import BY_KEY
from harness.ledger_table import DAY, NOW_NS, RATES, Table, fill
from tarazu.model.order import Product, Side
from tarazu.model.units import DAY_NS
from tarazu.portfolio.book import Books
from tarazu.portfolio.bookings import Booked, Unbooked, Why
from tarazu.portfolio.postings import Carried, Conversion, Units

STORIES = {
    "zerodha's own example: 50 at 280 sold at 287, 70 more at 283, last 280": """
        BUY  MIS 50 @ 280   | qty 50   avg 280.00  realised 0.00
        SELL MIS 50 @ 287   | qty 0    avg ?       realised 350.00  kite_realised 350.00
        BUY  MIS 70 @ 283   | qty 70   avg 283.00  realised 350.00  kite_cost 19722.50  kite_realised 262.50
        mark MIS 280        | open -210.00  kite_open -122.50  pnl 140.00  m2m 140.00
    """,
    # 19722.50 / 70 = 281.75; the support page prints 281.60, its own sum makes 281.75; its profit of 140 agrees.
    "a short is the mirror of a long": """
        SELL MIS 10 @ 100   | qty -10  avg 100.00  realised 0.00
        SELL MIS 10 @ 110   | qty -20  avg 105.00  realised 0.00
        BUY  MIS 5  @ 95    | qty -15  avg 105.00  realised 50.00
        mark MIS 100        | open 75.00  m2m 125.00  kite_realised 50.00
    """,
    "through zero the rest opens at the price that crossed": """
        BUY  MIS 10 @ 100   | qty 10   avg 100.00
        SELL MIS 25 @ 110   | qty -15  avg 110.00  realised 100.00
        BUY  MIS 40 @ 105   | qty 25   avg 105.00  realised 175.00
        mark MIS 107        | open 50.00  m2m 225.00
    """,
    "an average of thirds: the paisa that does not divide stays with the open units": """
        BUY  MIS 1 @ 100.00 | qty 1  avg 100.00
        BUY  MIS 2 @ 100.05 | qty 3  avg 100.03
        SELL MIS 1 @ 100.03 | qty 2  avg 100.04  realised 0.00
        SELL MIS 1 @ 100.03 | qty 1  avg 100.03  realised -0.01
        SELL MIS 1 @ 100.04 | qty 0  avg ?       realised 0.00   m2m 0.00
    """,
    # Cost 300.10: a third is 100.0333, out 100.03, left 200.07; half of it 100.035, out 100.04, left 100.03.
    "carried units begin the day at yesterday's close, in Kite's pnl at their cost": """
        carry NRML 65 @ 120 close 110 | qty 65  avg 110.00  realised 0.00
        SELL  NRML 65 @ 130           | qty 0   realised 1300.00  kite_realised 650.00  pnl 650.00  m2m 1300.00
    """,
    "units added to carried ones join their average": """
        carry NRML -65 @ 120 close 110 | avg 110.00
        SELL  NRML 65 @ 100            | qty -130  avg 105.00  kite_cost -14300.00
        mark  NRML 90                  | open 1950.00  m2m 1950.00  pnl 2600.00
    """,
    "carried units with no close of yesterday: the day's result is not known, Kite's pnl is": """
        carry NRML 65 @ 120 close ? | qty 65  avg ?  realised ?
        SELL  NRML 65 @ 130         | qty 0   realised ?  open ?  pnl 650.00
    """,
    "doubt goes with the units that are converted": """
        carry NRML 65 @ 120 close ?          | qty 65
        convert BUY overnight 65 NRML MIS    | qty 65  avg ?  realised ?  open ?
    """,
    "without a mark an open position is worth what nobody knows, a flat one nothing": """
        BUY  MIS 10 @ 100   | open ?
        SELL MIS 10 @ 101   | open 0.00  realised 10.00
    """,
    "a conversion moves units at their average and realises nothing": """
        BUY  MIS 10 @ 100          | qty 10
        SELL MIS 5 @ 110           | qty 5   avg 100.00  realised 50.00
        convert BUY day 5 MIS CNC  | qty 5   avg 100.00  realised 0.00  kite_cost 500.00
        mark MIS 120               | qty 0   realised 50.00  m2m 50.00
        mark CNC 120               | qty 5   open 100.00     m2m 100.00
    """,
    "converted units meet the other side: they close it, and only then is something realised": """
        SELL NRML 65 @ 110              | qty -65  avg 110.00
        BUY  MIS 130 @ 100              | qty 130  avg 100.00
        convert BUY day 130 MIS NRML    | qty 65   avg 100.00  realised 650.00
        mark NRML 100                   | open 0.00  m2m 650.00
    """,
    "carried units convert with their close": """
        carry NRML 130 @ 120 close 110       | qty 130
        convert BUY overnight 65 NRML MIS    | qty 65  avg 110.00  realised 0.00
        mark NRML 111                        | qty 65  open 65.00  m2m 65.00  pnl -585.00
    """,
    "shares sold out of holdings are short until they are delivered": """
        SELL CNC 40 @ 1500  | qty -40  avg 1500.00
        mark CNC 1510       | open -400.00  m2m -400.00
    """,
}


@pytest.mark.parametrize("story", STORIES)
def test_positions_follow_the_story(story: str) -> None:
    Table(BY_KEY).run(STORIES[story])


def books(*opening: Carried) -> Books:
    return Books(DAY, RATES, BY_KEY, opening)


def test_a_fill_says_what_it_changed() -> None:
    desk = books()
    assert desk.apply(fill("BUY MIS 10 @ 100", "1")) == Booked("NSE:INFY", Product.MIS, 0, 10, 0)
    assert desk.apply(fill("SELL MIS 25 @ 101", "2", "o2")) == Booked("NSE:INFY", Product.MIS, 10, -15, 1_000)


def test_a_repeated_fill_changes_nothing_even_if_its_time_is_told_otherwise() -> None:
    desk, first = books(), fill("BUY MIS 10 @ 100")
    desk.apply(first)
    before = desk.state()
    assert desk.apply(msgspec.structs.replace(first, ts_event_ns=NOW_NS + 1)) == Unbooked(Why.REPEATED)
    assert desk.state() == before


@pytest.mark.parametrize("other", ["BUY MIS 11 @ 100", "BUY MIS 10 @ 100.05", "SELL MIS 10 @ 100", "BUY CNC 10 @ 100"])
def test_one_exec_id_with_two_contents_is_a_contradiction(other: str) -> None:
    desk = books()
    desk.apply(fill("BUY MIS 10 @ 100"))
    before = desk.state()
    assert desk.apply(fill(other)) == Unbooked(Why.CONTRADICTS)
    assert desk.state() == before


@pytest.mark.parametrize("other", ["SELL MIS 10 @ 100", "BUY CNC 10 @ 100"])
def test_an_order_has_one_side_and_product_for_life(other: str) -> None:
    desk = books()
    desk.apply(fill("BUY MIS 10 @ 100", "1", "o1"))
    before = desk.state()
    assert desk.apply(fill(other, "2", "o1")) == Unbooked(Why.CONTRADICTS)
    assert desk.state() == before


def test_both_sides_of_a_trade_with_oneself_are_booked() -> None:
    desk = books()
    assert isinstance(desk.apply(fill("BUY MIS 10 @ 100", "7", "o1")), Booked)
    assert isinstance(desk.apply(fill("SELL MIS 10 @ 100", "7", "o2")), Booked)
    assert desk.net_qty("NSE:INFY") == 0


@pytest.mark.parametrize("at_ns", [NOW_NS - DAY_NS, NOW_NS + DAY_NS, 0])
def test_a_fill_of_another_day_is_not_booked(at_ns: int) -> None:
    desk = books()
    assert desk.apply(fill("BUY MIS 10 @ 100", at_ns=at_ns)) == Unbooked(Why.OTHER_DAY)
    assert desk.positions() == []


def conversion(qty: int, of: str = "day", side: str = "BUY", new: str = "CNC") -> Conversion:
    return Conversion(
        conversion_id="c1",
        key="NSE:INFY",
        side=Side(side),
        units=Units(of),
        qty=qty,
        old_product=Product.MIS,
        new_product=Product(new),
    )


@pytest.mark.parametrize(
    "asked",
    [conversion(11), conversion(0), conversion(1, "overnight"), conversion(1, side="SELL"), conversion(1, new="MIS")],
)
def test_units_that_are_not_open_cannot_be_converted(asked: Conversion) -> None:
    desk = books()
    desk.apply(fill("BUY MIS 30 @ 100", "1", "o1"))
    desk.apply(fill("SELL MIS 20 @ 100", "2", "o2"))
    before = desk.state()
    assert desk.convert(asked) == Unbooked(Why.NOT_OPEN)
    assert desk.state() == before


def test_a_conversion_is_known_again() -> None:
    desk = books()
    desk.apply(fill("BUY MIS 30 @ 100"))
    desk.convert(conversion(10))
    assert desk.convert(conversion(10)) == Unbooked(Why.REPEATED)
    assert desk.convert(conversion(20)) == Unbooked(Why.CONTRADICTS)


def test_books_read_back_know_the_conversions_and_their_charges_again() -> None:
    desk = books()
    desk.apply(fill("BUY MIS 30 @ 100"))
    desk.convert(conversion(10))
    again = Books.restored(desk.state(), RATES, BY_KEY)
    assert again.convert(conversion(10)) == Unbooked(Why.REPEATED)
    assert again.state() == desk.state() and again.charges() == desk.charges()
