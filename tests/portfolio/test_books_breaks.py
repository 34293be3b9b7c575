"""Our positions against the broker's rows: one typed break a difference, and Kite's rows in whole numbers."""

import msgspec
import pytest

from harness.account_flows import BY_KEY
from harness.kite_positions import broker_position
from harness.ledger_table import DAY, RATES, fill
from tarazu.model.order import Product
from tarazu.portfolio.book import Books
from tarazu.portfolio.breaks import BrokerPosition, carried_of, compare
from tarazu.portfolio.postings import Carried
from tarazu.wire.kite_books import read_positions
from tarazu.wire.kite_money import PositionsData

CARRIED = Carried(key="NSE:INFY", product=Product.NRML, qty=10, cost_paise=1_000_000, close_value_paise=1_010_000)


def desk() -> Books:
    """10 NRML carried at 1,000; 3 MIS bought at thirds of a rupee."""
    books = Books(DAY, RATES, BY_KEY, [CARRIED])
    books.apply(fill("BUY MIS 1 @ 100.00", "1", "o1", "NSE:TCS"))
    books.apply(fill("BUY MIS 2 @ 100.05", "2", "o1", "NSE:TCS"))
    return books


AGREES = {
    "INFY": BrokerPosition(
        key="NSE:INFY",
        product=Product.NRML,
        qty=10,
        overnight_qty=10,
        buy_value_paise=1_000_000,
        average_millipaise=100_000_000,
        realised_paise=0,
    ),
    "TCS": BrokerPosition(
        key="NSE:TCS",
        product=Product.MIS,
        qty=3,
        day_buy_qty=3,
        buy_value_paise=30_010,
        day_buy_value_paise=30_010,
        average_millipaise=10_003_333,
        realised_paise=0,
    ),
}


def test_what_agrees_is_no_break_and_neither_is_a_row_of_zeros() -> None:
    rows = [*AGREES.values(), BrokerPosition(key="NSE:SBIN", product=Product.CNC, qty=0)]
    assert compare(desk(), rows).agrees


@pytest.mark.parametrize(
    ("row", "change", "expected"),
    [
        ("INFY", {"qty": 9}, "QTY NSE:INFY - 10 9"),
        ("TCS", {"qty": 3, "product": Product.CNC}, "PRODUCT NSE:TCS CNC 0 3, PRODUCT NSE:TCS MIS 3 0"),
        ("INFY", {"overnight_qty": 12, "day_sell_qty": 2}, "CARRIED NSE:INFY NRML 10 12, TRADED NSE:INFY NRML 0 2"),
        ("TCS", {"day_buy_qty": 5, "day_sell_qty": 2, "day_buy_value_paise": 50_000}, "TRADED NSE:TCS MIS 3 5"),
        ("TCS", {"day_buy_value_paise": 30_011}, "VALUE NSE:TCS MIS 30010 30011"),
        ("TCS", {"average_millipaise": 10_003_000}, ""),
        ("TCS", {"average_millipaise": 10_002_832}, "AVERAGE NSE:TCS MIS 10003333 10002832"),
        ("INFY", {"realised_paise": -1}, "REALISED NSE:INFY NRML 0 -1"),
        ("INFY", {"realised_paise": None}, ""),
    ],
)
def test_a_difference_is_named(row: str, change: dict[str, object], expected: str) -> None:
    rows = {**AGREES, row: msgspec.structs.replace(AGREES[row], **change)}
    said = compare(desk(), rows.values())
    text = [f"{b.kind} {b.key} {b.product or '-'} {b.ours} {b.broker}" for b in said.breaks]
    assert ", ".join(text) == expected


def test_what_only_one_side_has_is_a_break_of_quantity() -> None:
    said = compare(desk(), [AGREES["INFY"], BrokerPosition(key="BSE:SBIN", product=Product.CNC, qty=5, day_buy_qty=5)])
    assert [(b.kind, b.key, b.ours, b.broker) for b in said.breaks] == [
        ("QTY", "BSE:SBIN", 0, 5),
        ("QTY", "NSE:TCS", 3, 0),
    ]


def test_an_instrument_that_is_not_in_the_master_is_said_to_be_so_and_nothing_else() -> None:
    said = compare(desk(), [*AGREES.values(), BrokerPosition(key="MCX:GOLD", product=Product.NRML, qty=1)])
    assert [(b.kind, b.key, b.broker) for b in said.breaks] == [("UNKNOWN_INSTRUMENT", "MCX:GOLD", 1)]


# The example of Kite v3 "Portfolio: positions", a short option carried at an average that is no whole paise.
DOCUMENTED = b"""{"net": [{
    "tradingsymbol": "NIFTY15DEC9500CE", "exchange": "NFO", "instrument_token": 41453, "product": "NRML",
    "quantity": -100, "overnight_quantity": -100, "multiplier": 1, "average_price": 3.475, "close_price": 0.75,
    "last_price": 0.75, "value": 75.0, "pnl": 272.5, "m2m": 0.0, "unrealised": 0.0, "realised": 0.0,
    "buy_quantity": 0, "buy_price": 0, "buy_value": 0.0, "buy_m2m": 0.0,
    "day_buy_quantity": 0, "day_buy_price": 0, "day_buy_value": 0.0,
    "day_sell_quantity": 0, "day_sell_price": 0, "day_sell_value": 0.0,
    "sell_quantity": 100, "sell_price": 3.475, "sell_value": 347.5, "sell_m2m": 75.0}], "day": []}"""


def test_kites_documented_row_opens_books_that_say_the_same() -> None:
    read = read_positions(DOCUMENTED)
    assert isinstance(read, PositionsData)
    row = broker_position(read.net[0])
    opening = carried_of(row)
    assert opening is not None
    assert (opening.qty, opening.cost_paise, opening.close_value_paise) == (-100, -34_750, -7_500)
    books = Books(DAY, RATES, BY_KEY | {row.key: BY_KEY["NFO:NIFTY26NOV26000CE"]}, [opening])
    position = books.positions()[0]
    assert (position.kite_pnl_paise(75), position.kite_m2m_paise(75)) == (27_250, 0)
    assert compare(books, [row]).agrees


def test_a_row_says_at_any_time_of_the_day_what_was_carried_in() -> None:
    """The way to books of today without those of yesterday: the broker's rows, then today's trades."""
    books = desk()
    books.apply(fill("SELL NRML 25 @ 1020", "3", "o3", "NSE:INFY"))
    row = msgspec.structs.replace(
        AGREES["INFY"],
        qty=-15,
        day_sell_qty=25,
        sell_value_paise=2_550_000,
        day_sell_value_paise=2_550_000,
        close_paise=101_000,
    )
    assert carried_of(row) == CARRIED
    assert carried_of(AGREES["TCS"]) is None
    unknown = carried_of(msgspec.structs.replace(row, close_paise=0))
    assert unknown is not None and unknown.close_value_paise is None
