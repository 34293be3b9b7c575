"""Books are read as the broker sends them; what is odd in them is told, and never lost."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tarazu.wire import kite_books as books
from tarazu.wire.kite_books import OddOrder, OrderBook, read_orders
from tarazu.wire.kite_orders import BadRow, KiteStatus

ROW: dict[str, Any] = {
    "account_id": "TZ0001",
    "placed_by": "TZ0001",
    "order_id": "2042130686722629633",
    "exchange_order_id": "1300000012345678",
    "parent_order_id": None,
    "status": "OPEN",
    "status_message": None,
    "status_message_raw": None,
    "order_timestamp": "2026-11-23 09:20:01",
    "exchange_update_timestamp": "2026-11-23 09:20:01",
    "exchange_timestamp": "2026-11-23 09:20:01",
    "variety": "regular",
    "modified": False,
    "auction_number": None,
    "exchange": "NFO",
    "tradingsymbol": "NIFTY26NOV26000CE",
    "instrument_token": 12288258,
    "order_type": "LIMIT",
    "transaction_type": "BUY",
    "validity": "DAY",
    "validity_ttl": 0,
    "product": "NRML",
    "quantity": 65,
    "disclosed_quantity": 0,
    "price": 204.1,
    "trigger_price": 0,
    "average_price": 0,
    "filled_quantity": 0,
    "pending_quantity": 65,
    "cancelled_quantity": 0,
    "market_protection": 0,
    "meta": {},
    "tag": "v1AB001000001x",
    "tags": ["v1AB001000001x"],
    "guid": "01XrXyzabc",
    "terminal_id": None,
}


def read(*rows: Any) -> OrderBook:
    book = read_orders(msgspec.json.encode(rows))
    assert isinstance(book, OrderBook)
    assert len(book.rows) + len(book.odd) == len(rows), "every row is somewhere"
    return book


def test_a_book_of_ordinary_rows_has_nothing_odd() -> None:
    book = read(ROW, ROW | {"status": "COMPLETE"})
    assert [row.status for row in book.rows] == [KiteStatus.OPEN, KiteStatus.COMPLETE] and not book.odd


def test_a_status_nobody_has_heard_of_is_kept_as_text_and_told_and_the_other_rows_are_read() -> None:
    book = read(ROW, ROW | {"status": "TELEPORTED", "filled_quantity": 15})
    (odd,) = book.odd
    assert "status" in odd.why and len(book.rows) == 1
    assert odd == OddOrder(
        why=odd.why,
        order_id="2042130686722629633",
        tag="v1AB001000001x",
        status="TELEPORTED",
        exchange="NFO",
        tradingsymbol="NIFTY26NOV26000CE",
        transaction_type="BUY",
        quantity=65,
        filled_quantity=15,
    )
    assert not odd.known


def test_a_cancelled_order_may_have_pending_and_cancelled_quantity_both() -> None:
    """The official mocks have one (RELIABILITY facts, I18)."""
    (row,) = read(ROW | {"status": "CANCELLED", "pending_quantity": 1, "cancelled_quantity": 1}).rows
    assert (row.pending_quantity, row.cancelled_quantity) == (1, 1)


def test_nulls_and_fields_of_tomorrow_are_no_oddity() -> None:
    nulls = dict.fromkeys(("tags", "meta", "market_protection", "guid", "average_price", "exchange_order_id"))
    assert read(ROW | nulls, ROW | {"new_in_2027": {"deep": [1]}}).odd == []


@pytest.mark.parametrize(
    ("change", "quantity"),
    [
        ({"quantity": "65"}, 65),
        ({"quantity": "many"}, 0),
        ({"quantity": 1e300}, 0),
        ({"quantity": [65]}, 0),
        ({"order_id": 2042130686722629633}, 65),
        ({"exchange": None}, 65),
    ],
)
def test_of_a_row_that_does_not_read_is_told_what_does(change: dict[str, Any], quantity: int) -> None:
    (odd,) = read(ROW | change).odd
    assert (odd.order_id, odd.status, odd.quantity) == ("2042130686722629633", "OPEN", quantity)
    assert odd.known and next(iter(change)) in odd.why


def test_a_row_that_is_no_object_is_told_too() -> None:
    assert [odd.order_id for odd in read(1, None, "x", []).odd] == [""] * 4


def test_what_is_no_list_is_no_book() -> None:
    for data in (b"{}", b"null", b"[", b'"x"', b"\xff", b"[" * 100_000):
        assert isinstance(read_orders(data), BadRow)


READERS = [
    books.read_orders,
    books.read_trades,
    books.read_positions,
    books.read_holdings,
    books.read_funds,
    books.read_order_margins,
    books.read_basket_margin,
    books.read_charges,
    books.read_profile,
]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(json_values | st.lists(st.dictionaries(st.sampled_from(sorted(ROW)), json_values)))
def test_no_json_crashes_a_reader(value: object) -> None:
    for reader in READERS:
        reader(msgspec.json.encode(value))


@given(st.lists(st.dictionaries(st.sampled_from(sorted(ROW)), json_values), max_size=4))
def test_any_overlay_on_a_row_keeps_every_row(changes: list[dict[str, Any]]) -> None:
    read(*(ROW | change for change in changes))


@given(st.binary(max_size=100))
def test_no_bytes_crash_a_reader(noise: bytes) -> None:
    for reader in READERS:
        reader(noise)


def test_null_is_an_absent_field_in_every_book() -> None:
    funds = books.read_funds(b'{"equity":{"enabled":true,"net":12.5,"available":null},"commodity":null}')
    assert not isinstance(funds, BadRow)
    assert (funds.equity.net, funds.equity.available.cash) == (12.5, 0.0)


def test_a_field_that_decides_is_never_made_up() -> None:
    assert isinstance(books.read_positions(b'{"net":[{"tradingsymbol":"INFY","exchange":"NSE"}],"day":[]}'), BadRow)
    assert isinstance(books.read_trades(b'[{"trade_id":"1","order_id":"2","quantity":null}]'), BadRow)


@pytest.mark.parametrize(
    "change", [{}, {"tags": None, "market_protection": None}], ids=["ordinary", "undocumented nulls in every row"]
)
def test_a_busy_days_book_is_read_whole(change: dict[str, Any]) -> None:
    book = read_orders(msgspec.json.encode([ROW | {"order_id": str(i)} | change for i in range(5_000)]))
    assert isinstance(book, OrderBook) and [row.order_id for row in book.rows] == [str(i) for i in range(5_000)]
