"""Orders and trades: place, modify, cancel, and the reads. The broker decides; here forms become requests."""

from typing import Any

from tarazu.model.order import OrdType, Product, Side, Validity, Variety
from tarazu.sim.front.call import Call, Route
from tarazu.sim.front.forms import Form, body_form, query_form
from tarazu.sim.front.http import Response, data
from tarazu.sim.front.limits import Family
from tarazu.sim.orders import ModifyRequest, OrderRequest
from tarazu.wire.kite_errors import Refusal

PROTECTION_AUTOMATIC = -1.0
TTL_MINUTES_MAX = 24 * 60


def place(call: Call) -> Response | Refusal:
    """`POST /orders/{variety}`: `{order_id}`, and `children` where an autosliced order has them."""
    form = body_form(call.request)
    variety = _variety(call, form)
    order = read_order(form, variety, call.broker.config.rules.tag_chars_max)
    if form.refusal is not None:
        return form.refusal
    placed = call.broker.place(call.user_id, order)
    if isinstance(placed, Refusal):
        return placed
    answer: dict[str, Any] = {"order_id": placed.order_id}
    if placed.children is not None:
        answer["children"] = list(placed.children)
    return data(answer)


def read_order(form: Form, variety: Variety, tag_chars_max: int) -> OrderRequest:
    """The order a form asks for; look at `form.refusal` before using it."""
    order_type = form.choice("order_type", OrdType)
    order = OrderRequest(
        variety=variety.value,
        exchange=form.text("exchange"),
        tradingsymbol=form.text("tradingsymbol"),
        transaction_type=form.choice("transaction_type", Side),
        order_type=order_type.value,
        product=form.choice("product", Product).value,
        validity=form.choice("validity", Validity, Validity.DAY).value,
        validity_ttl=form.whole("validity_ttl", 0, most=TTL_MINUTES_MAX),
        quantity=form.whole("quantity", least=1),
        price_paise=form.paise("price", None if order_type in (OrdType.LIMIT, OrdType.SL) else 0),
        trigger_paise=form.paise("trigger_price", None if order_type.is_stop else 0),
        disclosed_quantity=form.whole("disclosed_quantity", 0),
        iceberg_legs=form.whole("iceberg_legs", 0),
        iceberg_quantity=form.whole("iceberg_quantity", 0),
        auction_number=form.text("auction_number", ""),
        market_protection=read_protection(form),
        autoslice=form.flag("autoslice"),
        tag=form.text("tag", "", chars_max=tag_chars_max),
        algo_id=form.text("algo_id", ""),
    )
    if order.algo_id and not (order.algo_id.isascii() and order.algo_id.isdigit()):
        form.refuse("Invalid `algo_id`: the exchange's algo id is a number.")
    return order


def read_protection(form: Form, default: float = 0.0) -> float:
    """-1 for the automatic table, 0 for none, else a percentage up to 100."""
    return form.number("market_protection", default, PROTECTION_AUTOMATIC, 100.0)


def modify(call: Call) -> Response | Refusal:
    """`PUT /orders/{variety}/{order_id}`: what the form leaves out stays as it is."""
    form = body_form(call.request)
    variety = _variety(call, form)
    change = read_change(form)
    if form.refusal is not None:
        return form.refusal
    modified = call.broker.modify(call.user_id, variety.value, call.path["order_id"], change)
    return modified if isinstance(modified, Refusal) else data({"order_id": modified})


def read_change(form: Form) -> ModifyRequest:
    has = form.has
    return ModifyRequest(
        quantity=form.whole("quantity", least=1) if has("quantity") else None,
        price_paise=form.paise("price") if has("price") else None,
        order_type=form.choice("order_type", OrdType).value if has("order_type") else None,
        trigger_paise=form.paise("trigger_price") if has("trigger_price") else None,
        validity=form.choice("validity", Validity).value if has("validity") else None,
        validity_ttl=form.whole("validity_ttl", most=TTL_MINUTES_MAX) if has("validity_ttl") else None,
        disclosed_quantity=form.whole("disclosed_quantity") if has("disclosed_quantity") else None,
        market_protection=read_protection(form) if has("market_protection") else None,
        parent_order_id=form.text("parent_order_id") if has("parent_order_id") else None,
    )


def cancel(call: Call) -> Response | Refusal:
    """`DELETE /orders/{variety}/{order_id}`; for a cover order this is the exit."""
    form = query_form(call.request)
    variety = _variety(call, form)
    if form.refusal is not None:
        return form.refusal
    canceled = call.broker.cancel(call.user_id, variety.value, call.path["order_id"])
    return canceled if isinstance(canceled, Refusal) else data({"order_id": canceled})


def orders(call: Call) -> Response:
    return data(call.broker.orders(call.user_id))


def history(call: Call) -> Response | Refusal:
    """Every row an order has left, oldest first."""
    rows = call.broker.order_history(call.user_id, call.path["order_id"])
    return rows if isinstance(rows, Refusal) else data(rows)


def trades(call: Call) -> Response | Refusal:
    rows = call.broker.trades(call.user_id, None)
    return rows if isinstance(rows, Refusal) else data(rows)


def order_trades(call: Call) -> Response | Refusal:
    rows = call.broker.trades(call.user_id, call.path["order_id"])
    return rows if isinstance(rows, Refusal) else data(rows)


def _variety(call: Call, form: Form) -> Variety:
    """The path's variety. What the body repeats of the path is ignored."""
    for variety in Variety:
        if variety.value == call.path["variety"]:
            return variety
    form.refuse(f"Invalid `variety`. It should be one of: {', '.join(Variety)}.")
    return Variety.REGULAR


ROUTES = (
    Route("POST", "/orders/{variety}", place, Family.ORDERS, from_allowed_ip=True),
    Route("PUT", "/orders/{variety}/{order_id}", modify, Family.ORDERS, from_allowed_ip=True),
    Route("DELETE", "/orders/{variety}/{order_id}", cancel, Family.ORDERS, from_allowed_ip=True),
    Route("GET", "/orders", orders),
    Route("GET", "/orders/{order_id}", history),
    Route("GET", "/orders/{order_id}/trades", order_trades),
    Route("GET", "/trades", trades),
)
