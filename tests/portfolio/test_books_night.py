"""The end of the day on the desk's side: expiry as fills, and what is carried."""

from datetime import date

import pytest

from harness.account_flows import BY_KEY, NEAR
from harness.ledger_table import RATES, fill
from tarazu.model import ist
from tarazu.model.order import Product
from tarazu.model.units import HOUR_NS
from tarazu.portfolio.book import Books
from tarazu.portfolio.night import carried, expiry
from tarazu.portfolio.unknown_paise import Cause, Paise, UnknownPaise

NOW_NS = ist.midnight_ns(NEAR) + 11 * HOUR_NS
INDEXES = frozenset({"NIFTY"})
FINAL = {"NSE:NIFTY 50": 2_624_000, "NSE:INFY": 151_000}


def desk(key: str, text: str, day: date = NEAR) -> Books:
    books = Books(day, RATES, BY_KEY)
    books.apply(fill(text, key=key, at_ns=ist.midnight_ns(day) + 11 * HOUR_NS))
    return books


# 26,240 at expiry: a 26,000 call is worth 240.00; STT of 0.15 % of 65 × 240 is 23.40.
EXPIRIES = """
    NFO:NIFTY26NOV26000CE  BUY:NRML:65:100    SELL 65 @ 24000    stt 2340
    NFO:NIFTY26NOV26000CE  SELL:NRML:65:100   BUY 65 @ 24000     stt 0
    NFO:NIFTY26NOV26000PE  BUY:NRML:65:100    SELL 65 @ 0        stt 0
    NFO:NIFTY26NOVFUT      SELL:MIS:65:26000  BUY 65 @ 2624000   stt 0
    NFO:INFY26NOV1500CE    BUY:NRML:400:20    SELL 400 @ 1000    stt 0
    NFO:NIFTY26DECFUT      BUY:NRML:65:26000  -                  stt 0
    NSE:INFY               BUY:CNC:65:1500    -                  stt 0
"""


@pytest.mark.parametrize("row", EXPIRIES.strip().splitlines())
def test_a_contract_closes_at_its_final_value_on_its_day(row: str) -> None:
    (key, trade), (closing, tax) = row.split()[:2], row.split(maxsplit=2)[2].split("stt")
    side, product, qty, price = trade.split(":")
    books = desk(key, f"{side} {product} {qty} @ {price}")
    due = expiry(books, FINAL.__getitem__, INDEXES, NOW_NS)
    said = [f"{f.side} {f.qty} @ {f.price_paise}" for f in due.fills]
    assert (said or ["-"]) == [closing.strip()]
    assert sum(levy.charges.total for levy in due.levies) == int(tax)
    for close in due.fills:
        books.apply(close)
    assert not due.fills or books.net_qty(key) == 0
    assert books.charges_of("") == 0, "a trade that no order made has no contract note"


def test_an_expiry_without_a_final_price_waits() -> None:
    gone = UnknownPaise.because(Cause.NO_PRICE, "NSE:NIFTY 50")
    books = desk("NFO:NIFTY26NOV26000CE", "BUY NRML 65 @ 100")
    due = expiry(books, lambda key: gone, INDEXES, NOW_NS)
    assert due.fills == [] and due.waiting == [gone]


def test_what_is_open_is_carried_at_the_close_and_shares_go_to_the_holdings() -> None:
    books = desk("NFO:NIFTY26DECFUT", "BUY NRML 65 @ 26000")
    books.apply(fill("BUY CNC 5 @ 1500", "2", "o2", at_ns=NOW_NS))
    books.apply(fill("BUY MIS 5 @ 1500", "3", "o3", "NSE:TCS", NOW_NS))
    books.apply(fill("SELL MIS 5 @ 1500", "4", "o4", "NSE:TCS", NOW_NS))

    def close(key: str) -> Paise:
        return 2_610_000

    [left] = carried(books, close)
    assert (left.key, left.product, left.qty) == ("NFO:NIFTY26DECFUT", Product.NRML, 65)
    assert (left.cost_paise, left.close_value_paise) == (65 * 2_600_000, 65 * 2_610_000)
    [blind] = carried(books, lambda key: UnknownPaise.because(Cause.STALE_PRICE, key))
    assert blind.close_value_paise is None
