"""Kite's order and trade rows, and the graph of statuses an order walks on the wire.

Rows are the JSON objects of `GET /orders`, `/orders/{id}`, `/trades`, postbacks and the ticker's order frames. Prices
are rupees as floats here and nowhere else.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

import msgspec


class KiteStatus(StrEnum):
    """Kite's words. `CANCELLED` has two l here and only here (GLOSSARY: FIX spelling elsewhere)."""

    PUT_RECEIVED = "PUT ORDER REQ RECEIVED"
    VALIDATION_PENDING = "VALIDATION PENDING"
    OPEN_PENDING = "OPEN PENDING"
    OPEN = "OPEN"
    TRIGGER_PENDING = "TRIGGER PENDING"
    MODIFY_VALIDATION_PENDING = "MODIFY VALIDATION PENDING"
    MODIFY_PENDING = "MODIFY PENDING"
    MODIFIED = "MODIFIED"
    NOT_MODIFIED = "NOT MODIFIED"
    CANCEL_PENDING = "CANCEL PENDING"
    NOT_CANCELLED = "NOT CANCELLED"
    AMO_RECEIVED = "AMO REQ RECEIVED"
    MODIFY_AMO_RECEIVED = "MODIFY AMO REQ RECEIVED"
    COMPLETE = "COMPLETE"
    CANCELLED = "CANCELLED"
    REJECTED = "REJECTED"


_S = KiteStatus
TERMINAL = frozenset({_S.COMPLETE, _S.CANCELLED, _S.REJECTED})
MODIFIABLE = frozenset({_S.OPEN, _S.TRIGGER_PENDING, _S.AMO_RECEIVED})

# Kite v3 "Orders: order statuses", the official mocks' order history, and forum dumps; the edges out of NOT MODIFIED
# and NOT CANCELLED are inferred.
EDGES: dict[KiteStatus, frozenset[KiteStatus]] = {
    _S.PUT_RECEIVED: frozenset({_S.VALIDATION_PENDING, _S.REJECTED}),
    _S.VALIDATION_PENDING: frozenset({_S.OPEN_PENDING, _S.REJECTED}),
    _S.OPEN_PENDING: frozenset({_S.OPEN, _S.TRIGGER_PENDING, _S.COMPLETE, _S.REJECTED, _S.CANCELLED}),
    _S.TRIGGER_PENDING: frozenset(
        {
            _S.OPEN,
            _S.OPEN_PENDING,
            _S.MODIFY_VALIDATION_PENDING,
            _S.CANCEL_PENDING,
            _S.COMPLETE,
            _S.CANCELLED,
            _S.REJECTED,
        }
    ),
    _S.OPEN: frozenset(
        {_S.OPEN, _S.COMPLETE, _S.MODIFY_VALIDATION_PENDING, _S.CANCEL_PENDING, _S.CANCELLED, _S.REJECTED}
    ),
    _S.MODIFY_VALIDATION_PENDING: frozenset({_S.MODIFY_PENDING, _S.NOT_MODIFIED}),
    _S.MODIFY_PENDING: frozenset({_S.MODIFIED, _S.NOT_MODIFIED}),
    _S.MODIFIED: frozenset({_S.OPEN, _S.TRIGGER_PENDING, _S.COMPLETE, _S.CANCELLED}),
    _S.NOT_MODIFIED: frozenset({_S.OPEN, _S.TRIGGER_PENDING, _S.COMPLETE}),
    _S.CANCEL_PENDING: frozenset({_S.CANCELLED, _S.NOT_CANCELLED}),
    _S.NOT_CANCELLED: frozenset({_S.OPEN, _S.TRIGGER_PENDING, _S.COMPLETE}),
    _S.AMO_RECEIVED: frozenset(
        {_S.MODIFY_AMO_RECEIVED, _S.CANCELLED, _S.PUT_RECEIVED, _S.VALIDATION_PENDING, _S.REJECTED}
    ),
    _S.MODIFY_AMO_RECEIVED: frozenset({_S.AMO_RECEIVED, _S.CANCELLED}),
}


class OrderRow(msgspec.Struct, kw_only=True):
    """One order as Kite shows it; `msgspec.json.encode` gives the row. Times are IST text, prices rupees."""

    account_id: str
    placed_by: str
    order_id: str
    exchange_order_id: str | None = None
    parent_order_id: str | None = None
    status: KiteStatus
    status_message: str | None = None
    status_message_raw: str | None = None
    order_timestamp: str
    exchange_update_timestamp: str | None = None
    exchange_timestamp: str | None = None
    variety: str
    modified: bool = False
    auction_number: str | None = None
    exchange: str
    tradingsymbol: str
    instrument_token: int
    order_type: str
    transaction_type: str
    validity: str
    validity_ttl: int = 0
    product: str
    quantity: int
    disclosed_quantity: int = 0
    price: float = 0.0
    trigger_price: float = 0.0
    average_price: float = 0.0
    filled_quantity: int = 0
    pending_quantity: int = 0
    cancelled_quantity: int = 0
    market_protection: float = 0.0
    meta: dict[str, Any] = {}
    meta_raw: str | None = None
    tag: str | None = None
    tags: list[str] = []
    guid: str = ""
    terminal_id: str | None = None


class TradeRow(msgspec.Struct, kw_only=True):
    """One execution as `GET /trades` shows it. `order_timestamp` is a bare time of day there."""

    trade_id: str
    order_id: str
    exchange_order_id: str | None
    exchange: str
    tradingsymbol: str
    instrument_token: int
    product: str
    average_price: float
    quantity: int
    transaction_type: str
    fill_timestamp: str
    order_timestamp: str
    exchange_timestamp: str


class BadRow(msgspec.Struct, frozen=True):
    """A row that does not read; the text names the field. Nothing was taken from it."""

    text: str


def decode_order_row(row: bytes | Mapping[str, Any]) -> OrderRow | BadRow:
    """One order row, from JSON or already parsed.

    Fields unknown to us are passed over, and null counts as absent: Kite adds the one and sends the other freely.
    A status or a type we do not know is refused: to guess at an order is worse than to ask again.
    """
    try:
        fields = msgspec.json.decode(row) if isinstance(row, bytes) else row
        return msgspec.convert(_without_nulls(fields), OrderRow)
    except (ValueError, RecursionError) as bad:
        return BadRow(str(bad))


def decode_order_update(row: bytes) -> OrderRow | BadRow:
    """The `data` of a ticker's order frame, or a postback. Kite v3 "Postback": UPDATE is an open order that was
    modified or partly filled; it is told as OPEN, a stop that still waits for its trigger too."""
    try:
        fields = msgspec.json.decode(row)
    except (ValueError, RecursionError) as bad:
        return BadRow(str(bad))
    if isinstance(fields, dict) and fields.get("status") == "UPDATE":
        fields = {**fields, "status": KiteStatus.OPEN}
    return decode_order_row(fields)


def decode_orders(rows: bytes | Sequence[Any]) -> list[OrderRow] | BadRow:
    """The rows of `GET /orders` or `/orders/{id}`, all of them or none; an order book is not believed in part."""
    try:
        listed = msgspec.json.decode(rows, type=list[Any]) if isinstance(rows, bytes) else rows
    except (ValueError, RecursionError) as bad:
        return BadRow(str(bad))
    decoded: list[OrderRow] = []
    for number, fields in enumerate(listed):
        row = decode_order_row(fields)
        if isinstance(row, BadRow):
            return BadRow(f"row {number}: {row.text}")
        decoded.append(row)
    return decoded


def _without_nulls(fields: Any) -> Any:
    return {k: v for k, v in fields.items() if v is not None} if isinstance(fields, Mapping) else fields
