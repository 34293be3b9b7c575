"""The day's result: charges by contract note, cuts that add up, the drawdown from the high-water mark."""

from datetime import date

import pytest

from harness.account_flows import BY_KEY
from harness.ledger_table import DAY, RATES, fill
from tarazu.model.calendar import NotCovered
from tarazu.model.order import Product, Side
from tarazu.portfolio.book import Books
from tarazu.portfolio.bookings import Unbooked, Why
from tarazu.portfolio.charges import Charges, with_gst
from tarazu.portfolio.pnl import FLAT, Drawdown, Pnl
from tarazu.portfolio.postings import Carried, Conversion, Levy, Units
from tarazu.portfolio.unknown_paise import Cause, Paise, UnknownPaise

OPTION = "NFO:NIFTY26NOV26000CE"
GONE = UnknownPaise.because(Cause.NO_PRICE, "NSE:INFY")


def desk(*opening: Carried) -> Books:
    return Books(DAY, RATES, BY_KEY, opening)


def test_brokerage_is_of_the_order_however_many_fills_it_took() -> None:
    """65 at 120: 27.11, as in test_charges; with brokerage of 20 for each fill it would be some 75."""
    books = desk()
    for n, qty in enumerate((5, 25, 35)):
        books.apply(fill(f"BUY NRML {qty} @ 120", str(n), "one", OPTION))
        books.charges()  # asking in between changes nothing
    assert books.charges_of("one") == 2_711
    books.apply(fill("BUY NRML 65 @ 120", "9", "two", OPTION))
    lines = books.charges()
    assert isinstance(lines, Charges)
    assert (lines.total, lines.brokerage_paise) == (5_422, 4_000)


def test_rates_that_do_not_cover_the_day_are_refused_before_anything_is_booked() -> None:
    with pytest.raises(NotCovered):
        Books(date(2031, 1, 1), RATES, BY_KEY)


def test_a_levy_is_booked_once_and_to_whom_it_is_for() -> None:
    books = desk()
    books.apply(fill("BUY MIS 10 @ 100", order="squared"))
    note = books.charges_of("squared")
    fee = Levy(levy_id="fee", charges=with_gst(RATES, 5_000), order_id="squared")
    tax = Levy(levy_id="tax", charges=Charges(stt_paise=7), key="NSE:INFY", product=Product.MIS)
    assert books.levy(fee) is books.levy(tax) is None
    assert books.levy(fee) == Unbooked(Why.REPEATED)
    assert books.levy(Levy(levy_id="fee", charges=Charges())) == Unbooked(Why.CONTRADICTS)
    assert books.charges_of("squared") == note + 5_900
    cut = books.as_of(lambda key: 10_000).by_instrument()
    assert (cut[""].charges_paise, cut["NSE:INFY"].charges_paise) == (5_900, note + 7)


def test_a_conversion_is_charged_the_difference_to_its_new_product() -> None:
    """100 shares at 1,000 as delivery instead of intraday: 0.1 % STT, 0.015 % stamp and no brokerage."""
    books = desk()
    books.apply(fill("BUY MIS 100 @ 1000", order="o1"))
    intraday = books.charges_of("o1")
    delivery = desk()
    delivery.apply(fill("BUY CNC 100 @ 1000", order="o1"))
    books.convert(
        Conversion(
            conversion_id="c",
            key="NSE:INFY",
            side=Side.BUY,
            units=Units.DAY,
            qty=100,
            old_product=Product.MIS,
            new_product=Product.CNC,
        )
    )
    cut = books.as_of(lambda key: 100_000).by_product()
    assert cut[Product.MIS].charges_paise == intraday
    assert cut[Product.CNC].charges_paise == delivery.charges_of("o1") - intraday
    assert books.as_of(lambda key: 100_000).total.charges_paise == delivery.charges_of("o1")


def test_every_cut_adds_up_to_the_whole() -> None:
    carried = Carried(key="NSE:INFY", product=Product.NRML, qty=10, cost_paise=900_000, close_value_paise=1_000_000)
    books = desk(carried)
    books.apply(fill("SELL NRML 30 @ 1010", "1", "a", "NSE:INFY"))
    books.apply(fill("BUY MIS 7 @ 99.95", "2", "b", "NSE:TCS"))
    books.apply(fill("BUY NRML 65 @ 120", "3", "c", OPTION))
    books.levy(Levy(levy_id="x", charges=Charges(brokerage_paise=123)))
    marks = {"NSE:INFY": 100_500, "NSE:TCS": 10_050, OPTION: 11_000}.__getitem__
    snapshot = books.as_of(marks)
    labels = {"a": "trend", "c": "carry"}
    strategies = books.by_strategy(marks, labels)
    for cut in (snapshot.by_instrument(), snapshot.by_product(), snapshot.by_underlying(), strategies):
        assert sum(cut.values(), FLAT) == snapshot.total
    assert snapshot.by_underlying().keys() == {"", "NSE:INFY", "NSE:TCS", "NSE:NIFTY 50"}
    assert strategies["trend"].gross_paise == 30 * (101_000 - 100_500)
    assert strategies["carry"] == Pnl(65 * -1_000, 2_711)
    assert strategies[""].gross_paise == 10 * 500 + 7 * 55


# net of the moment -> drawdown, high-water mark, worst; `?` is not known.
HIGH_WATER = """
    -100  100  0    100
    50    0    50   100
    30    20   50   100
    ?     ?    50   100
    200   0    200  100
    40    160  200  160
"""


def test_the_drawdown_is_from_the_days_high_water_mark() -> None:
    state = Drawdown()
    for net, below, high, worst in (line.split() for line in HIGH_WATER.strip().splitlines()):
        seen: Paise = GONE if net == "?" else int(net)
        state = state.after(seen)
        assert state.paise == (GONE if below == "?" else int(below))
        assert (state.high_water_paise, state.worst_paise) == (int(high), int(worst))
