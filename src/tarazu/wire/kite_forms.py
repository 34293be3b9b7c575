"""Requests about orders in Kite's words: bodies and targets, byte for byte as kiteconnect 5.2.2 makes them.

Rupees are written as that client writes a float of them: `204.1`, `204.0`. Fields come in the order of its arguments,
path parameters are repeated in the body, and what is left out is left out.
"""

from collections.abc import Iterable, Sequence

from tarazu.model.order_request import PROTECTION_AUTO, Cancellation, NewOrder, OrderChange, TradedOrder
from tarazu.model.units import PAISE

_BARE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~")
_QUOTED = [chr(byte) if byte in _BARE else f"%{byte:02X}" for byte in range(256)]


def quoted(text: str) -> str:
    """Percent-encoded UTF-8, as `urllib.parse.quote_plus` does it; the room below the waterline has no urllib."""
    if text.isalnum() and text.isascii():
        return text
    return "".join([_QUOTED[byte] for byte in text.encode()]).replace("%20", "+")


def rupees(paise: int) -> str:
    """Exact: a float of two decimals reads back as it was written (below 9 * 10**13 rupees)."""
    return str(paise / PAISE)


def percent(bps: int) -> str:
    """`-1` for the broker's table, `2` for 200, `0.5` for 50."""
    if bps == PROTECTION_AUTO:
        return "-1"
    return str(bps // 100) if bps % 100 == 0 else str(bps / 100)


def place_form(order: NewOrder) -> bytes:
    """The body of `POST /orders/{variety}`. Some 2 µs: this is on the way of an order."""
    form = (
        f"variety={order.variety}&exchange={quoted(order.exchange)}&tradingsymbol={quoted(order.tradingsymbol)}"
        f"&transaction_type={order.side}&quantity={order.qty}&product={order.product}&order_type={order.order_type}"
    )
    if order.price_paise is not None:
        form += f"&price={rupees(order.price_paise)}"
    form += f"&validity={order.validity}"
    if order.validity_ttl is not None:
        form += f"&validity_ttl={order.validity_ttl}"
    if order.disclosed_qty is not None:
        form += f"&disclosed_quantity={order.disclosed_qty}"
    if order.trigger_paise is not None:
        form += f"&trigger_price={rupees(order.trigger_paise)}"
    if order.iceberg_legs is not None:
        form += f"&iceberg_legs={order.iceberg_legs}"
    if order.iceberg_qty is not None:
        form += f"&iceberg_quantity={order.iceberg_qty}"
    if order.auction_number:
        form += f"&auction_number={quoted(order.auction_number)}"
    if order.algo_id:
        form += f"&algo_id={quoted(order.algo_id)}"
    if order.tag:
        form += f"&tag={quoted(order.tag)}"
    if order.protection_bps is not None:
        form += f"&market_protection={percent(order.protection_bps)}"
    if order.autoslice:
        form += "&autoslice=true"
    return form.encode("ascii")


def change_form(change: OrderChange) -> bytes:
    """The body of `PUT /orders/{variety}/{order_id}`."""
    form = f"variety={change.variety}&order_id={quoted(change.order_id)}"
    if change.parent_order_id:
        form += f"&parent_order_id={quoted(change.parent_order_id)}"
    if change.qty is not None:
        form += f"&quantity={change.qty}"
    if change.price_paise is not None:
        form += f"&price={rupees(change.price_paise)}"
    if change.order_type is not None:
        form += f"&order_type={change.order_type}"
    if change.trigger_paise is not None:
        form += f"&trigger_price={rupees(change.trigger_paise)}"
    if change.validity is not None:
        form += f"&validity={change.validity}"
    if change.disclosed_qty is not None:
        form += f"&disclosed_quantity={change.disclosed_qty}"
    if change.protection_bps is not None:
        form += f"&market_protection={percent(change.protection_bps)}"
    return form.encode("ascii")


def order_target(wanted: OrderChange | Cancellation) -> str:
    """Of PUT and, with the parent in the query, DELETE."""
    target = f"/orders/{wanted.variety}/{path_part(wanted.order_id)}"
    if isinstance(wanted, Cancellation) and wanted.parent_order_id:
        target += f"?parent_order_id={quoted(wanted.parent_order_id)}"
    return target


def path_part(text: str) -> str:
    """One segment of a path. Raises ValueError for a text that is none: it would name another resource."""
    if text in ("", ".", ".."):
        raise ValueError(f"{text!r} is no id of an order, nor any part of a path")
    return quoted(text).replace("+", "%20")


def query(pairs: Iterable[tuple[str, str]]) -> str:
    """`?a=b&c=d`, or nothing for no pairs."""
    text = "&".join(f"{quoted(name)}={quoted(value)}" for name, value in pairs)
    return f"?{text}" if text else ""


def margin_list(orders: Sequence[NewOrder]) -> bytes:
    """The JSON of `POST /margins/orders` and `/margins/basket`; Kite v3 "Margin calculation", in its order."""
    return _json(
        {
            "exchange": order.exchange,
            "tradingsymbol": order.tradingsymbol,
            "transaction_type": order.side.value,
            "variety": order.variety.value,
            "product": order.product.value,
            "order_type": order.order_type.value,
            "quantity": order.qty,
            "price": (order.price_paise or 0) / PAISE,
            "trigger_price": (order.trigger_paise or 0) / PAISE,
        }
        for order in orders
    )


def charges_list(orders: Sequence[TradedOrder]) -> bytes:
    """The JSON of `POST /charges/orders`."""
    return _json(
        {
            "order_id": order.order_id,
            "exchange": order.exchange,
            "tradingsymbol": order.tradingsymbol,
            "transaction_type": order.side.value,
            "variety": order.variety.value,
            "product": order.product.value,
            "order_type": order.order_type.value,
            "quantity": order.qty,
            "average_price": order.average_paise / PAISE,
        }
        for order in orders
    )


def _json(rows: Iterable[dict[str, object]]) -> bytes:
    import json  # who only reads the books does without

    return json.dumps(list(rows), allow_nan=False).encode("ascii")
