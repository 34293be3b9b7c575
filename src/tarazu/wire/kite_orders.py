"""Kite's order and trade rows, and the graph of statuses an order walks on the wire.

Rows are the JSON objects of `GET /orders`, `/orders/{id}`, `/trades`, postbacks and the ticker's order frames. Prices
are rupees as floats here and nowhere else.
"""

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
