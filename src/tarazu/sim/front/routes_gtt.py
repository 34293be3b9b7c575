"""Good-till-triggered orders: a form with two JSON fields in, the broker's book of triggers behind. KITE.md 1.9."""

from typing import Any

from tarazu.model.order import OrdType, Product, Side
from tarazu.sim.broker.gtt import GttLeg, GttRequest
from tarazu.sim.front.call import Call, Route
from tarazu.sim.front.forms import Form, body_form, json_form, parse_json
from tarazu.sim.front.http import Response, data
from tarazu.wire.kite_errors import Refusal

LEGS_MAX = 2
JSON_CHARS_MAX = 10_000


def triggers(call: Call) -> Response:
    return data(call.broker.gtts.list(call.user_id))


def trigger(call: Call) -> Response | Refusal:
    trigger_id = _trigger_id(call)
    if isinstance(trigger_id, Refusal):
        return trigger_id
    row = call.broker.gtts.get(call.user_id, trigger_id)
    return row if isinstance(row, Refusal) else data(row)


def place(call: Call) -> Response | Refusal:
    request = read_gtt(body_form(call.request))
    if isinstance(request, Refusal):
        return request
    return _answer(call.broker.gtts.place(call.user_id, request))


def modify(call: Call) -> Response | Refusal:
    trigger_id = _trigger_id(call)
    request = read_gtt(body_form(call.request))
    if isinstance(trigger_id, Refusal):
        return trigger_id
    if isinstance(request, Refusal):
        return request
    return _answer(call.broker.gtts.modify(call.user_id, trigger_id, request))


def delete(call: Call) -> Response | Refusal:
    trigger_id = _trigger_id(call)
    if isinstance(trigger_id, Refusal):
        return trigger_id
    return _answer(call.broker.gtts.delete(call.user_id, trigger_id))


def read_gtt(form: Form) -> GttRequest | Refusal:
    """The trigger a form asks for: `type`, and the JSON texts `condition` and `orders`."""
    kind = form.text("type")
    condition = _json_field(form, "condition")
    orders = _json_field(form, "orders")
    if form.refusal is not None:
        return form.refusal
    if not isinstance(orders, list) or not 1 <= len(orders) <= LEGS_MAX:
        return Refusal(f"Invalid `orders`: expected a JSON list of one to {LEGS_MAX} orders.")
    legs = [_leg(entry, position) for position, entry in enumerate(orders)]
    for leg in legs:
        if isinstance(leg, Refusal):
            return leg
    return _with_condition(kind, condition, tuple(leg for leg in legs if isinstance(leg, GttLeg)))


def _with_condition(kind: str, condition: Any, legs: tuple[GttLeg, ...]) -> GttRequest | Refusal:
    if not isinstance(condition, dict):
        return Refusal("Invalid `condition`: expected a JSON object.")
    values = condition.get("trigger_values")
    if not isinstance(values, list) or not 1 <= len(values) <= LEGS_MAX:
        return Refusal(f"Invalid `trigger_values`: expected a list of one to {LEGS_MAX} prices.")
    named = {f"trigger_values[{n}]": value for n, value in enumerate(values)}
    form = json_form({**{k: v for k, v in condition.items() if k != "trigger_values"}, **named}, "condition: ")
    if isinstance(form, Refusal):
        return form
    request = GttRequest(
        type=kind,
        exchange=form.text("exchange"),
        tradingsymbol=form.text("tradingsymbol"),
        trigger_paise=tuple(form.paise(name) for name in named),
        last_price_paise=form.paise("last_price"),
        orders=legs,
    )
    return form.refusal or request


def _leg(entry: Any, position: int) -> GttLeg | Refusal:
    form = json_form(entry, f"order {position}: ")
    if isinstance(form, Refusal):
        return form
    leg = GttLeg(
        exchange=form.text("exchange"),
        tradingsymbol=form.text("tradingsymbol"),
        transaction_type=form.choice("transaction_type", Side),
        quantity=form.whole("quantity", least=1),
        order_type=form.choice("order_type", OrdType).value,
        product=form.choice("product", Product).value,
        price_paise=form.paise("price"),
    )
    return form.refusal or leg


def _json_field(form: Form, name: str) -> Any:
    """The parsed JSON of a form field; the form carries the refusal when there is none."""
    text = form.fields.get(name, "")
    if not text:
        form.refuse(f"Missing or empty field `{name}`.")
        return None
    parsed = parse_json(text) if len(text) <= JSON_CHARS_MAX else Refusal("")
    if isinstance(parsed, Refusal):
        form.refuse(f"Invalid `{name}`: expected JSON.")
        return None
    return parsed


def _trigger_id(call: Call) -> int | Refusal:
    form = Form({"trigger_id": call.path["trigger_id"]})
    trigger_id = form.whole("trigger_id", least=1)
    return form.refusal or trigger_id


def _answer(outcome: int | Refusal) -> Response | Refusal:
    return outcome if isinstance(outcome, Refusal) else data({"trigger_id": outcome})


ROUTES = (
    Route("GET", "/gtt/triggers", triggers),
    Route("POST", "/gtt/triggers", place),
    Route("GET", "/gtt/triggers/{trigger_id}", trigger),
    Route("PUT", "/gtt/triggers/{trigger_id}", modify),
    Route("DELETE", "/gtt/triggers/{trigger_id}", delete),
)
