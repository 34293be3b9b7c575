"""Rows of the broker that cannot be: told as odd, left out or no proof, and never an exception."""

import json
from typing import Any

import msgspec
import pytest

from tarazu.app.main.market import _report
from tarazu.model.ids import BrokerOrderId
from tarazu.model.order import Product
from tarazu.orders.kite_rows import BOUND, book_read, fill_of, paise, position_of, trades_read
from tarazu.orders.lifecycle import OrdStatus
from tarazu.orders.messages import BookRead
from tarazu.orders.order_state import OrderState, Patience
from tarazu.orders.report import Word
from tarazu.orders.unknown import is_absent, missed_by
from tarazu.wire.kite_books import read_orders, read_positions, read_trades
from tarazu.wire.kite_orders import BadRow, TradeRow

ROW: dict[str, Any] = {
    "account_id": "TZ0001",
    "placed_by": "TZ0001",
    "order_id": "17",
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
}
TRADE: dict[str, Any] = {
    "trade_id": "t1",
    "order_id": "17",
    "exchange_order_id": "9",
    "exchange": "NSE",
    "tradingsymbol": "INFY",
    "instrument_token": 408065,
    "product": "CNC",
    "average_price": 1500.05,
    "quantity": 10,
    "transaction_type": "SELL",
    "fill_timestamp": "2026-11-23 09:00:00",
    "order_timestamp": "09:00:00",
    "exchange_timestamp": "2026-11-23 09:00:00",
}
FIGURES = (
    "quantity overnight_quantity multiplier average_price close_price last_price value pnl m2m unrealised realised "
    "buy_quantity buy_price buy_value buy_m2m sell_quantity sell_price sell_value sell_m2m day_buy_quantity "
    "day_buy_price day_buy_value day_sell_quantity day_sell_price day_sell_value"
)
POSITION: dict[str, Any] = dict.fromkeys(FIGURES.split(), 0) | {
    "tradingsymbol": "INFY",
    "exchange": "NSE",
    "instrument_token": 408065,
    "product": "CNC",
}


def book(*rows: dict[str, Any]) -> BookRead:
    read = read_orders(json.dumps(rows).encode())
    assert not isinstance(read, BadRow)
    return book_read(read, 1, 2)


def trades(*rows: dict[str, Any]) -> list[TradeRow]:
    read = read_trades(json.dumps(rows).encode())
    assert not isinstance(read, BadRow)
    return read


@pytest.mark.parametrize("changes", [{}, {"product": "XXL"}, {"status": "AMBUSHED"}])
def test_an_order_with_an_empty_id_makes_the_read_no_proof_of_absence(changes: dict[str, Any]) -> None:
    read = book(ROW, ROW | changes | {"order_id": ""})
    assert [report.order_id for report in read.reports] == ["17"] and not read.whole


def test_an_update_with_an_empty_id_is_no_hint() -> None:
    def told(row: dict[str, Any]) -> bytes:
        return json.dumps({"type": "order", "data": row}).encode()

    assert _report(told(ROW)) is not None
    assert _report(told(ROW | {"order_id": ""})) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"quantity": 10**25},
        {"quantity": -75},
        {"filled_quantity": 10**25},
        {"filled_quantity": -1},
        {"instrument_token": 10**25},
        {"price": 1e18},
        {"trigger_price": 1e308},
        {"average_price": 1e308},
        {"average_price": -1e308, "status": "AMBUSHED"},
        {"average_price": 9e14, "status": "AMBUSHED"},
    ],
)
def test_an_order_with_a_figure_that_cannot_be_is_odd_and_can_be_written_down(changes: dict[str, Any]) -> None:
    read = book(ROW | changes)
    (report,) = read.reports
    assert read.whole and report.word is Word.ODD
    assert report.qty == (75 if "quantity" not in changes else 0) and report.filled_qty == report.average_paise == 0
    msgspec.msgpack.encode(read)


def test_a_time_that_no_journal_holds_is_no_time() -> None:
    (report,) = book(ROW | {"order_timestamp": "0001-01-01 00:00:00"}).reports
    assert (report.word, report.ts_event_ns) == (Word.WORKING, 0)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"order_id": ""}, "no order id"),
        ({"quantity": 0}, "0 units"),
        ({"quantity": -10}, "below 0"),
        ({"quantity": 10**25}, "84 bits"),
        ({"instrument_token": 10**25}, "84 bits"),
        ({"average_price": -0.05}, "-5 paise"),
        ({"average_price": 1e308}, "no amount of money"),
        ({"average_price": 1e18}, "no amount of money"),
    ],
)
def test_a_trade_that_cannot_be_is_left_out_and_told(changes: dict[str, Any], why: str) -> None:
    read, odd = trades_read(trades(TRADE, TRADE | {"trade_id": "t2"} | changes), 1, 2)
    assert [fill.exec_id for fill in read.fills] == ["t1"]
    (text,) = odd
    assert text.startswith("trade t2 of order ") and why in text


def test_a_trade_for_nothing_can_be() -> None:
    (row,) = trades(TRADE | {"average_price": 0.0})
    assert not isinstance(fill_of(row), BadRow)


@pytest.mark.parametrize("name", ["quantity", "overnight_quantity", "average_price", "day_sell_value", "realised"])
def test_a_position_that_cannot_be_does_not_read(name: str) -> None:
    for figure in (10**25, -(10**25)):
        data = read_positions(json.dumps({"net": [POSITION, POSITION | {name: figure}], "day": []}).encode())
        assert not isinstance(data, BadRow)
        good, bad = map(position_of, data.net)
        assert not isinstance(good, BadRow) and isinstance(bad, BadRow) and bad.text.startswith("NSE:INFY: ")


@pytest.mark.parametrize("rupees", [1e308, -1e308, float("inf"), float("nan"), BOUND / 100])
def test_money_beyond_the_bound_is_refused(rupees: float) -> None:
    with pytest.raises(ValueError, match="no amount of money"):
        paise(rupees)


def test_an_order_that_a_lookalike_keeps_unknown_counts_no_reads_beyond_enough() -> None:
    patience, (row,) = Patience(), book(ROW).reports
    order = OrderState(
        ref="A",
        order_id=BrokerOrderId(""),
        status=OrdStatus.UNKNOWN,
        status_ns=0,
        key=row.key,
        side=row.side,
        product=Product.NRML,
        qty=75,
        qty_high=75,
        qty_low=75,
    )
    for read in range(1, 50):
        order = missed_by(order, patience.quarantine_ns + read, patience)
    assert is_absent(order, patience) and len(order.absent_reads) == patience.reads_min
