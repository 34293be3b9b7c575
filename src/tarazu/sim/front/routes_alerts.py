"""Price alerts over HTTP. Kite v3 "Alerts": documented for Go, not in the Python client."""

from typing import Any

import msgspec

from tarazu.model import ist
from tarazu.model.order import Variety
from tarazu.model.units import rupees
from tarazu.sim.front.alerts import (
    LAST_TRADED_PRICE,
    Alert,
    AlertStatus,
    AlertTerms,
    AlertType,
    Operator,
    RhsType,
)
from tarazu.sim.front.call import Call, Route
from tarazu.sim.front.forms import Form, body_form, json_form, parse_json, values
from tarazu.sim.front.http import Response, data
from tarazu.sim.front.routes_orders import read_order
from tarazu.sim.orders import OrderRequest
from tarazu.wire.kite_errors import Refusal

NAME_CHARS_MAX = 128
BASKET_ITEMS_MAX = 20
BASKET_CHARS_MAX = 20_000


def listed(call: Call) -> Response:
    return data([_row(alert) for alert in call.alerts.of(call.user_id)])


def alert(call: Call) -> Response | Refusal:
    return _answer(call.alerts.find(call.user_id, call.path["uuid"]))


def create(call: Call) -> Response | Refusal:
    form = body_form(call.request)
    terms = read_terms(form, call.broker.config.rules.tag_chars_max)
    return form.refusal or _answer(call.alerts.create(call.user_id, terms))


def modify(call: Call) -> Response | Refusal:
    form = body_form(call.request)
    terms = read_terms(form, call.broker.config.rules.tag_chars_max)
    status = form.choice("status", AlertStatus, AlertStatus.ENABLED)
    if status is AlertStatus.DELETED:
        form.refuse("Invalid `status`: delete an alert with DELETE.")
    return form.refusal or _answer(call.alerts.modify(call.user_id, call.path["uuid"], terms, status))


def delete(call: Call) -> Response | Refusal:
    """`DELETE /alerts?uuid=…&uuid=…`: all of them or none."""
    uuids = values(call.request.query, "uuid")
    if not uuids:
        return Refusal("Missing or empty field `uuid`.")
    return call.alerts.delete(call.user_id, uuids) or data(None)


def history(call: Call) -> Response | Refusal:
    """What has triggered this alert, oldest first."""
    found = call.alerts.find(call.user_id, call.path["uuid"])
    return found if isinstance(found, Refusal) else data(found.history)


def read_terms(form: Form, tag_chars_max: int) -> AlertTerms:
    """The alert a form describes; look at `form.refusal` before using it."""
    kind = form.choice("type", AlertType)
    rhs_type = form.choice("rhs_type", RhsType)
    against = rhs_type is RhsType.INSTRUMENT
    _only_last_price(form, "lhs_attribute")
    if against:
        _only_last_price(form, "rhs_attribute")
    ato = kind is AlertType.ATO
    return AlertTerms(
        name=form.text("name", chars_max=NAME_CHARS_MAX),
        type=kind,
        lhs_exchange=form.text("lhs_exchange"),
        lhs_tradingsymbol=form.text("lhs_tradingsymbol"),
        operator=form.choice("operator", Operator),
        rhs_type=rhs_type,
        rhs_paise=0 if against else form.paise("rhs_constant"),
        rhs_exchange=form.text("rhs_exchange") if against else "",
        rhs_tradingsymbol=form.text("rhs_tradingsymbol") if against else "",
        basket_json=form.text("basket", chars_max=BASKET_CHARS_MAX) if ato else "",
        orders=_read_basket(form, tag_chars_max) if ato else (),
    )


def _only_last_price(form: Form, name: str) -> None:
    if form.text(name) != LAST_TRADED_PRICE:
        form.refuse(f"Invalid `{name}`: this broker watches {LAST_TRADED_PRICE} only.")


def _read_basket(form: Form, tag_chars_max: int) -> tuple[OrderRequest, ...]:
    """The JSON field `basket`: items with `exchange`, `tradingsymbol` and the order's `params`."""
    basket = parse_json(form.text("basket", chars_max=BASKET_CHARS_MAX))
    items = basket.get("items") if isinstance(basket, dict) else None
    if not isinstance(items, list) or not 1 <= len(items) <= BASKET_ITEMS_MAX:
        form.refuse(f"Invalid `basket`: expected JSON with one to {BASKET_ITEMS_MAX} items.")
        return ()
    orders = []
    for position, item in enumerate(items):
        order = _basket_order(item, position, tag_chars_max)
        if isinstance(order, Refusal):
            form.refuse(order.message)
            return ()
        orders.append(order)
    return tuple(orders)


def _basket_order(item: Any, position: int, tag_chars_max: int) -> OrderRequest | Refusal:
    params = item.get("params") if isinstance(item, dict) else None
    if not isinstance(params, dict):
        return Refusal(f"basket item {position}: missing `params`.")
    plain = {name: value for name, value in params.items() if not isinstance(value, (dict, list))}
    names = {"exchange": item.get("exchange"), "tradingsymbol": item.get("tradingsymbol")}
    form = json_form({**plain, **names}, f"basket item {position}: ")
    if isinstance(form, Refusal):
        return form
    order = read_order(form, Variety.REGULAR, tag_chars_max)
    return form.refusal or order


def _answer(found: Alert | Refusal) -> Response | Refusal:
    return found if isinstance(found, Refusal) else data(_row(found))


def _row(alert: Alert) -> dict[str, Any]:
    terms = alert.terms
    against = terms.rhs_type is RhsType.INSTRUMENT
    row = {
        "type": terms.type.value,
        "user_id": alert.user_id,
        "uuid": alert.uuid,
        "name": terms.name,
        "status": alert.status.value,
        "disabled_reason": alert.disabled_reason,
        "lhs_attribute": LAST_TRADED_PRICE,
        "lhs_exchange": terms.lhs_exchange,
        "lhs_tradingsymbol": terms.lhs_tradingsymbol,
        "operator": terms.operator.value,
        "rhs_type": terms.rhs_type.value,
        "rhs_attribute": LAST_TRADED_PRICE if against else "",
        "rhs_exchange": terms.rhs_exchange,
        "rhs_tradingsymbol": terms.rhs_tradingsymbol,
        "rhs_constant": rupees(terms.rhs_paise),
        "alert_count": len(alert.history),
        "created_at": ist.stamp(alert.created_ns),
        "updated_at": ist.stamp(alert.updated_ns),
    }
    return {**row, "basket": msgspec.Raw(terms.basket_json.encode())} if terms.basket_json else row


ROUTES = (
    Route("GET", "/alerts", listed),
    Route("POST", "/alerts", create),
    Route("DELETE", "/alerts", delete),
    Route("GET", "/alerts/{uuid}", alert),
    Route("PUT", "/alerts/{uuid}", modify),
    Route("GET", "/alerts/{uuid}/history", history),
)
