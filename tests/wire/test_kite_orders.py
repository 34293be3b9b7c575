import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tarazu.wire.kite_orders import (
    EDGES,
    MODIFIABLE,
    TERMINAL,
    BadRow,
    KiteStatus,
    OrderRow,
    decode_order_row,
    decode_order_update,
    decode_orders,
)

# data/order_status_graph.json of the facts: each status and what may follow it.
DOCUMENTED = """
    PUT ORDER REQ RECEIVED     -> VALIDATION PENDING | REJECTED
    VALIDATION PENDING         -> OPEN PENDING | REJECTED
    OPEN PENDING               -> OPEN | TRIGGER PENDING | COMPLETE | REJECTED | CANCELLED
    TRIGGER PENDING            -> OPEN | OPEN PENDING | MODIFY VALIDATION PENDING | CANCEL PENDING | COMPLETE |
                                  CANCELLED | REJECTED
    OPEN                       -> OPEN | COMPLETE | MODIFY VALIDATION PENDING | CANCEL PENDING | CANCELLED | REJECTED
    MODIFY VALIDATION PENDING  -> MODIFY PENDING | NOT MODIFIED
    MODIFY PENDING             -> MODIFIED | NOT MODIFIED
    MODIFIED                   -> OPEN | TRIGGER PENDING | COMPLETE | CANCELLED
    NOT MODIFIED               -> OPEN | TRIGGER PENDING | COMPLETE
    CANCEL PENDING             -> CANCELLED | NOT CANCELLED
    NOT CANCELLED              -> OPEN | TRIGGER PENDING | COMPLETE
    AMO REQ RECEIVED           -> MODIFY AMO REQ RECEIVED | CANCELLED | PUT ORDER REQ RECEIVED | VALIDATION PENDING |
                                  REJECTED
    MODIFY AMO REQ RECEIVED    -> AMO REQ RECEIVED | CANCELLED
"""

ROW = {
    "account_id": "TZ0001",
    "placed_by": "TZ0001",
    "order_id": "2042130686722629633",
    "exchange_order_id": None,
    "status": "OPEN",
    "order_timestamp": "2026-11-23 09:20:01",
    "variety": "regular",
    "exchange": "NFO",
    "tradingsymbol": "NIFTY26NOV26000CE",
    "instrument_token": 12288258,
    "order_type": "LIMIT",
    "transaction_type": "BUY",
    "validity": "DAY",
    "product": "NRML",
    "quantity": 65,
    "price": 204.1,
}


def documented_edges() -> dict[str, set[str]]:
    graph: dict[str, set[str]] = {}
    source = ""
    for line in DOCUMENTED.strip().splitlines():
        left, arrow, right = line.partition("->")
        source = left.strip() if arrow else source
        targets = {text.strip() for text in (right if arrow else left).split("|")} - {""}
        graph.setdefault(source, set()).update(targets)
    return graph


def test_the_graph_is_the_documented_one() -> None:
    assert {str(status): {str(to) for to in after} for status, after in EDGES.items()} == documented_edges()


def test_an_order_ends_in_a_terminal_status_and_nowhere_else() -> None:
    assert set(KiteStatus) - EDGES.keys() == TERMINAL
    for status in EDGES:
        assert TERMINAL & reachable(status), f"{status} never ends"


def test_every_status_is_reached_from_a_placement() -> None:
    assert reachable(KiteStatus.PUT_RECEIVED) | reachable(KiteStatus.AMO_RECEIVED) == set(KiteStatus)


def test_a_status_that_takes_a_modification_leads_to_one() -> None:
    answers = {KiteStatus.MODIFY_VALIDATION_PENDING, KiteStatus.MODIFY_AMO_RECEIVED}
    assert {status for status, after in EDGES.items() if after & answers} == MODIFIABLE


def reachable(start: KiteStatus) -> set[KiteStatus]:
    seen, waiting = {start}, [start]
    while waiting:
        new = EDGES.get(waiting.pop(), frozenset()) - seen
        seen |= new
        waiting += new
    return seen


def test_a_row_reads_from_json_and_from_a_dict() -> None:
    for row in (decode_order_row(ROW), decode_order_row(msgspec.json.encode(ROW))):
        assert isinstance(row, OrderRow)
        assert (row.order_id, row.status, row.price, row.tags) == (ROW["order_id"], KiteStatus.OPEN, 204.1, [])


def test_a_row_we_made_reads_back_the_same() -> None:
    row = decode_order_row(ROW)
    assert isinstance(row, OrderRow)
    assert decode_order_row(msgspec.json.encode(row)) == row


def test_fields_we_do_not_know_are_passed_over() -> None:
    assert decode_order_row(ROW | {"algo_id": "A1", "new_in_2027": {"deep": [1]}}) == decode_order_row(ROW)


def test_null_is_an_absent_field() -> None:
    nulls = dict.fromkeys(("market_protection", "tags", "meta", "validity_ttl", "guid", "modified", "average_price"))
    assert decode_order_row(ROW | nulls) == decode_order_row(ROW)


def test_an_update_of_an_open_order_is_told_as_open_and_only_in_updates() -> None:
    told = ROW | {"status": "UPDATE", "filled_quantity": 10}
    update = decode_order_update(msgspec.json.encode(told))
    assert isinstance(update, OrderRow) and (update.status, update.filled_quantity) == (KiteStatus.OPEN, 10)
    assert decode_order_update(msgspec.json.encode(ROW)) == decode_order_row(ROW)
    assert isinstance(decode_order_row(told), BadRow), "no order rests as UPDATE"
    for broken in (b"", b"[]", b"{", b'{"status":"UPDATE"}'):
        assert isinstance(decode_order_update(broken), BadRow)


def test_a_whole_rupee_may_come_without_a_fraction() -> None:
    row = decode_order_row(msgspec.json.encode(ROW | {"price": 204}))
    assert isinstance(row, OrderRow) and row.price == 204.0


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"status": "TELEPORTED"}, "status"),
        ({"order_id": None}, "order_id"),
        ({"order_id": 2042130686722629633}, "order_id"),
        ({"quantity": "65"}, "quantity"),
        ({"quantity": None}, "quantity"),
        ({"price": "204.1"}, "price"),
        ({"tags": "mktp"}, "tags"),
    ],
)
def test_a_row_that_does_not_read_is_refused_and_the_field_named(change: dict[str, object], named: str) -> None:
    bad = decode_order_row(ROW | change)
    assert isinstance(bad, BadRow) and named in bad.text


def test_an_order_book_reads_whole_or_not_at_all() -> None:
    assert decode_orders([ROW, ROW]) == [decode_order_row(ROW)] * 2
    assert decode_orders(msgspec.json.encode([ROW])) == [decode_order_row(ROW)]
    assert decode_orders(b"[]") == []
    bad = decode_orders([ROW, ROW | {"status": "?"}])
    assert isinstance(bad, BadRow) and bad.text.startswith("row 1:")


@given(st.binary(max_size=200))
def test_no_bytes_crash_the_reader(noise: bytes) -> None:
    assert isinstance(decode_order_row(noise), BadRow)
    assert isinstance(decode_orders(noise), BadRow | list)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(json_values | st.dictionaries(st.sampled_from(sorted(ROW)), json_values))
def test_no_parsed_value_crashes_the_reader(value: object) -> None:
    assert isinstance(decode_order_row(value), BadRow)  # type: ignore[arg-type]  # that is the point
    overlaid = ROW | value if isinstance(value, dict) else ROW
    assert isinstance(decode_order_row(overlaid), OrderRow | BadRow)
