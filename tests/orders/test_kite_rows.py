"""Kite's rows in our words; what does not read is counted, never dropped."""

import json
from typing import Any

import msgspec
import pytest

from tarazu.model.order import OrdType, Product, Side
from tarazu.model.outcome import Accepted, Cause, RefusalKind, Refused, Timing, Unknown
from tarazu.orders.kite_rows import WORDS, book_read, positions_read, trades_read
from tarazu.orders.report import Answer, AnswerKind, Word, answer_of
from tarazu.wire.kite_books import read_orders
from tarazu.wire.kite_money import PositionsData
from tarazu.wire.kite_orders import BadRow, KiteStatus, TradeRow

NINE = 1_795_404_600 * 10**9  # 2026-11-23 09:00 IST
ROW: dict[str, Any] = {
    "account_id": "TZ0001",
    "placed_by": "TZ0001",
    "order_id": "2042130686722629633",
    "status": "OPEN",
    "order_timestamp": "2026-11-23 09:00:00",
    "variety": "regular",
    "exchange": "NFO",
    "tradingsymbol": "NIFTY26NOV26000CE",
    "instrument_token": 1,
    "order_type": "LIMIT",
    "transaction_type": "BUY",
    "validity": "DAY",
    "product": "NRML",
    "quantity": 75,
    "price": 204.1,
    "filled_quantity": 25,
    "pending_quantity": 50,
    "average_price": 203.966667,
    "tag": "T2EP0070000C4QZ8V1YJ",
}


def read(*rows: dict[str, Any]) -> Any:
    book = read_orders(json.dumps(rows).encode())
    assert not isinstance(book, BadRow)
    return book_read(book, 1, 2)


def test_a_row_becomes_a_report_in_units_paise_and_nanoseconds() -> None:
    (report,) = read(ROW).reports
    assert (report.key, report.side, report.product, report.order_type) == (
        "NFO:NIFTY26NOV26000CE",
        Side.BUY,
        Product.NRML,
        OrdType.LIMIT,
    )
    assert (report.qty, report.filled_qty, report.price_paise, report.average_paise) == (75, 25, 20_410, 20_397)
    assert (report.word, report.ts_event_ns, report.tag) == (Word.WORKING, NINE, "T2EP0070000C4QZ8V1YJ")


def test_every_status_of_kites_has_a_word() -> None:
    assert set(WORDS) == set(KiteStatus)


def test_what_is_left_of_an_ioc_order_expired() -> None:
    (report,) = read(ROW | {"status": "CANCELLED", "validity": "IOC"}).reports
    assert report.word is Word.EXPIRED


def test_the_first_of_the_tags_stands_in_for_a_missing_tag() -> None:
    (report,) = read(ROW | {"tag": None, "tags": ["T2EP0070000C4QZ8V1YJ", "x"]}).reports
    assert report.tag == "T2EP0070000C4QZ8V1YJ"


@pytest.mark.parametrize("changes", [{"status": "AMBUSHED"}, {"product": "XXL"}, {"variety": "bo"}, {"price": "x"}])
def test_a_row_with_a_word_we_do_not_know_counts_as_working(changes: dict[str, Any]) -> None:
    message = read(ROW | changes)
    (report,) = message.reports
    assert message.whole
    assert (report.word, report.qty, report.filled_qty, report.tag) == (Word.ODD, 75, 25, "T2EP0070000C4QZ8V1YJ")


def test_a_row_without_so_much_as_an_id_makes_the_read_no_proof_of_absence() -> None:
    message = read(ROW, {"status": "OPEN"})
    assert len(message.reports) == 1 and not message.whole


def test_a_cancelled_row_whose_quantities_contradict_each_other_reads() -> None:
    """The official mock has pending_quantity 1 and cancelled_quantity 1 (RELIABILITY I18)."""
    (report,) = read(ROW | {"status": "CANCELLED", "pending_quantity": 1, "cancelled_quantity": 1}).reports
    assert report.word is Word.CANCELED


TRADE = TradeRow(
    trade_id="159918",
    order_id="1",
    exchange_order_id="9",
    exchange="NSE",
    tradingsymbol="INFY",
    instrument_token=408065,
    product="CNC",
    average_price=1500.05,
    quantity=10,
    transaction_type="SELL",
    fill_timestamp="2026-11-23 09:00:00",
    order_timestamp="09:00:00",
    exchange_timestamp="2026-11-23 09:00:00",
)


def test_trades_are_fills_and_one_that_does_not_read_hides_no_other() -> None:
    message, odd = trades_read([TRADE, msgspec.structs.replace(TRADE, product="?")], 1, 2)
    (fill,), (why,) = message.fills, odd
    assert why.startswith("trade 159918 of order 1: '?'")
    assert (fill.exec_id, fill.key, fill.signed_qty, fill.price_paise, fill.ts_event_ns) == (
        "159918",
        "NSE:INFY",
        -10,
        150_005,
        NINE,
    )


def test_positions_of_nobody_are_an_empty_list() -> None:
    assert positions_read(PositionsData(net=[], day=[])) == []


TIMING = Timing(1, 2, None)


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [
        (Accepted("1", (), TIMING), AnswerKind.ACCEPTED),
        (Refused(400, "InputException", "no", RefusalKind.REQUEST, TIMING), AnswerKind.REFUSED),
        (Refused(429, "NetworkException", "no", RefusalKind.THROTTLED, TIMING), AnswerKind.REFUSED),
        (Refused(403, "TokenException", "no", RefusalKind.AUTH_LOST, TIMING), AnswerKind.NOT_PLACED),
        (Refused(0, "", "no", RefusalKind.NOT_SENT, TIMING), AnswerKind.NOT_PLACED),
        *((Unknown(cause, 1, 1, "?", TIMING), AnswerKind.NO_ANSWER) for cause in Cause),
    ],
)
def test_an_outcome_is_one_of_four_answers_and_nothing_doubtful_is_definite(outcome: Any, kind: AnswerKind) -> None:
    assert isinstance(answer_of(outcome), Answer) and answer_of(outcome).kind is kind
