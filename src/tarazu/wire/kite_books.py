"""Kite's books as a reader takes them: orders, trades, positions, holdings, funds, margins, the profile.

Bytes in, rows out, whole or not at all; only the order book keeps apart what it cannot read, for to know that an order
is there matters more than to know all of it (RELIABILITY facts, I18: the broker's odd truth is accepted, and told).
Null counts as absent. Fields unknown to us are passed over.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from tarazu.wire.kite_money import BasketMargin, ContractNoteRow, Funds, HoldingRow, OrderMargin, PositionsData
from tarazu.wire.kite_orders import BadRow, KiteStatus, OrderRow, TradeRow, decode_order_row
from tarazu.wire.kite_session import Profile

T = TypeVar("T")
Read = Callable[[bytes | msgspec.Raw], T | BadRow]


class OddOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order row that is not one of ours to understand: count it as working, and tell a human.

    `why` names the field. What could be read is here; 0 and empty text are also what was not there.
    """

    why: str
    order_id: str = ""
    tag: str = ""
    status: str = ""
    """As sent; `known` tells whether Kite documents it."""
    exchange: str = ""
    tradingsymbol: str = ""
    transaction_type: str = ""
    quantity: int = 0
    filled_quantity: int = 0
    average_price: float = 0.0
    """Rupees."""

    @property
    def known(self) -> bool:
        return self.status in _KNOWN


class OrderBook(msgspec.Struct, frozen=True):
    """Every row of the answer, in its order, in one list or the other."""

    rows: list[OrderRow]
    odd: list[OddOrder]


class AllFunds(msgspec.Struct, kw_only=True):
    """`GET /user/margins`."""

    equity: Funds = msgspec.field(default_factory=Funds)
    commodity: Funds = msgspec.field(default_factory=Funds)


_KNOWN = frozenset(status.value for status in KiteStatus)
_BAD = (ValueError, RecursionError)  # msgspec's errors and broken UTF-8 are ValueErrors
_ALL_ORDERS = msgspec.json.Decoder(list[OrderRow])
_EACH = msgspec.json.Decoder(list[msgspec.Raw])
_ONE = msgspec.json.Decoder(OrderRow)


def read_orders(data: bytes | msgspec.Raw) -> OrderBook | BadRow:
    """`GET /orders` and `/orders/{id}`. 5,000 rows take some 20 ms; with nulls or an odd row among them, twice that."""
    try:
        return OrderBook(_ALL_ORDERS.decode(data), [])
    except _BAD:
        return _one_by_one(data)


def _one_by_one(data: bytes | msgspec.Raw) -> OrderBook | BadRow:
    try:
        each = _EACH.decode(data)
    except _BAD as bad:
        return BadRow(str(bad))
    book = OrderBook([], [])
    for raw in each:
        row = _order(raw)
        if isinstance(row, OrderRow):
            book.rows.append(row)
        else:
            book.odd.append(row)
    return book


def _order(raw: msgspec.Raw) -> OrderRow | OddOrder:
    try:
        return _ONE.decode(raw)
    except _BAD:
        pass
    try:
        fields = msgspec.json.decode(raw)
    except _BAD as bad:
        return OddOrder(why=str(bad))
    row = decode_order_row(fields)
    return _odd(fields, row.text) if isinstance(row, BadRow) else row


def _odd(fields: Any, why: str) -> OddOrder:
    """What can be known of a row that does not read: each field for itself."""
    if not isinstance(fields, dict):
        return OddOrder(why=why)
    return OddOrder(
        why=why,
        order_id=_text(fields.get("order_id")),
        tag=_text(fields.get("tag")),
        status=_text(fields.get("status")),
        exchange=_text(fields.get("exchange")),
        tradingsymbol=_text(fields.get("tradingsymbol")),
        transaction_type=_text(fields.get("transaction_type")),
        quantity=int(_number(fields.get("quantity"))),
        filled_quantity=int(_number(fields.get("filled_quantity"))),
        average_price=_number(fields.get("average_price")),
    )


def _text(value: Any) -> str:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _number(value: Any) -> float:
    """Of a number, or of a text that is one; anything else, and what no quantity can be, is 0."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return 0.0
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return 0.0
    return number if abs(number) < 1e15 else 0.0


def _reader(of: type[T]) -> Read[T]:
    """Reads a whole answer as `of`: straight, or, if that fails, without its nulls."""
    decoder = msgspec.json.Decoder(of)

    def read(data: bytes | msgspec.Raw) -> T | BadRow:
        try:
            return decoder.decode(data)
        except _BAD:
            pass
        try:
            return msgspec.convert(_without_nulls(msgspec.json.decode(data)), of)
        except _BAD as bad:
            return BadRow(str(bad))

    return read


def _without_nulls(value: Any) -> Any:
    """Of objects, at any depth; a null in a list is a null."""
    if isinstance(value, dict):
        return {name: _without_nulls(inner) for name, inner in value.items() if inner is not None}
    return [_without_nulls(inner) for inner in value] if isinstance(value, list) else value


read_trades = _reader(list[TradeRow])
read_positions = _reader(PositionsData)
read_holdings = _reader(list[HoldingRow])
read_funds = _reader(AllFunds)
read_order_margins = _reader(list[OrderMargin])
read_basket_margin = _reader(BasketMargin)
read_charges = _reader(list[ContractNoteRow])
read_profile = _reader(Profile)
