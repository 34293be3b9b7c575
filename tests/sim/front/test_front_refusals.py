"""Bad requests get Kite's error shape and code, and change nothing."""

import json
from typing import Any

import pytest

GTT = {
    "type": "single",
    "condition": {"exchange": "NSE", "tradingsymbol": "INFY", "trigger_values": [1000.0], "last_price": 1500.0},
    "orders": [
        {
            "exchange": "NSE",
            "tradingsymbol": "INFY",
            "transaction_type": "BUY",
            "quantity": 1,
            "order_type": "LIMIT",
            "product": "CNC",
            "price": 1000.0,
        }
    ],
}
ALERT = {
    "name": "low",
    "type": "simple",
    "lhs_exchange": "NSE",
    "lhs_tradingsymbol": "INFY",
    "lhs_attribute": "LastTradedPrice",
    "operator": "<=",
    "rhs_type": "constant",
    "rhs_constant": "10",
}
CONVERSION = {
    "exchange": "NSE",
    "tradingsymbol": "INFY",
    "transaction_type": "BUY",
    "position_type": "day",
    "quantity": 1,
    "old_product": "MIS",
    "new_product": "CNC",
}
MARGIN = {
    "exchange": "NSE",
    "tradingsymbol": "INFY",
    "transaction_type": "BUY",
    "variety": "regular",
    "product": "CNC",
    "order_type": "LIMIT",
    "quantity": 1,
    "price": 1500.0,
}
NOT_APPROVED = "PermissionException"
DAY = "/instruments/historical/408065"

# What an order's form may be changed to, and the error type it earns.
BAD_ORDERS = [
    ({"quantity": -1}, "quantity"),
    ({"quantity": 0}, "quantity"),
    ({"quantity": "ten"}, "quantity"),
    ({"quantity": "1e3"}, "quantity"),
    ({"quantity": "1.5"}, "quantity"),
    ({"quantity": 2**31}, "quantity"),
    ({"quantity": None}, "quantity"),
    ({"tradingsymbol": "NOSUCH"}, "instrument"),
    ({"tradingsymbol": None}, "tradingsymbol"),
    ({"tradingsymbol": "NIFTY 50"}, "instrument"),
    ({"tradingsymbol": "x" * 300}, "tradingsymbol"),
    ({"tradingsymbol": "INFY\x00"}, "tradingsymbol"),
    ({"exchange": "NYSE"}, "exchange"),
    ({"exchange": None}, "exchange"),
    ({"price": "1400.013"}, "price"),
    ({"price": "NaN"}, "price"),
    ({"price": "inf"}, "price"),
    ({"price": "1e400"}, "price"),
    ({"price": -5}, "price"),
    ({"price": None}, "price"),
    ({"price": 0}, "rice"),
    ({"price": "1.0"}, "circuit"),
    ({"order_type": "GUESS"}, "order_type"),
    ({"order_type": "MARKET"}, "without market protection"),
    ({"order_type": "SL"}, "trigger_price"),
    ({"order_type": "MARKET", "market_protection": -2}, "market_protection"),
    ({"order_type": "MARKET", "market_protection": -0.5}, "market_protection"),
    ({"order_type": "MARKET", "market_protection": 101}, "market_protection"),
    ({"transaction_type": "buy"}, "transaction_type"),
    ({"product": "NRML"}, "product"),
    ({"product": "PLAY"}, "product"),
    ({"validity": "GTC"}, "validity"),
    ({"validity": "TTL", "validity_ttl": -5}, "validity_ttl"),
    ({"disclosed_quantity": -1}, "disclosed_quantity"),
    ({"autoslice": "perhaps"}, "autoslice"),
    ({"tag": "x" * 21}, "tag"),
    ({"algo_id": "mine"}, "algo_id"),
]


@pytest.mark.parametrize(("change", "says"), BAD_ORDERS)
def test_a_bad_order_is_refused_by_name_and_changes_nothing(shop: Any, change: dict[str, Any], says: str) -> None:
    before = shop.books()
    reply = shop.call("POST", "/orders/regular", shop.order(**change))
    assert reply.error == (400, "InputException")
    assert says in reply.json["message"]
    assert shop.books() == before


REFUSED = [
    ("POST", "/orders/bo", {}, 400, "InputException"),
    ("POST", "/orders/", {}, 404, "GeneralException"),
    ("PUT", "/orders/regular/123", {"quantity": 1}, 404, "GeneralException"),
    ("PUT", "/orders/regular/123", {"quantity": "many"}, 400, "InputException"),
    ("DELETE", "/orders/regular/123", {}, 404, "GeneralException"),
    ("DELETE", "/orders/play/123", {}, 400, "InputException"),
    ("GET", "/orders/123", {}, 404, "GeneralException"),
    ("GET", "/orders/123/trades", {}, 404, "GeneralException"),
    ("PUT", "/portfolio/positions", {**CONVERSION, "tradingsymbol": "NOSUCH"}, 400, "InputException"),
    ("PUT", "/portfolio/positions", {**CONVERSION, "quantity": -1}, 400, "InputException"),
    ("PUT", "/portfolio/positions", CONVERSION, 400, "InputException"),
    ("POST", "/portfolio/holdings/authorise", {"isin": "INE000000000", "quantity": 1}, 400, "InputException"),
    ("POST", "/portfolio/holdings/authorise", {"isin": "INE000000000"}, 400, "InputException"),
    ("GET", "/user/margins/crypto", {}, 400, "InputException"),
    ("GET", "/margins/crypto", {}, 400, "InputException"),
    ("GET", "/instruments/NYSE", {}, 400, "InputException"),
    ("GET", "/quote", {}, 400, "InputException"),
    ("GET", "/quote/ltp?i=", {}, 400, "InputException"),
    ("GET", "/quote?" + "&".join(f"i={n}" for n in range(501)), {}, 400, "InputException"),
    ("GET", "/quote/ltp?" + "&".join(f"i={n}" for n in range(1001)), {}, 400, "InputException"),
    ("GET", "/quote?i=%zz", {}, 400, "InputException"),
    ("GET", "/quote?i=%ff", {}, 400, "InputException"),
    ("GET", "/instruments/trigger_range/hold?i=NSE:INFY", {}, 400, "InputException"),
    ("GET", f"{DAY}/minute?to=2026-11-19", {}, 400, "InputException"),
    ("GET", f"{DAY}/minute?from=2026-11-19&to=today", {}, 400, "InputException"),
    ("GET", f"{DAY}/minute?from=2026-11-19&to=2026-11-18", {}, 400, "InputException"),
    ("GET", f"{DAY}/minute?from=2026-09-01&to=2026-11-18", {}, 400, "InputException"),
    ("GET", f"{DAY}/hour?from=2026-11-18&to=2026-11-18", {}, 400, "InputException"),
    ("GET", f"{DAY}/day?from=2026-11-18&to=2026-11-18&continuous=1", {}, 400, "InputException"),
    ("GET", f"{DAY}/day?from=2026-11-18&from=2026-11-17&to=2026-11-18", {}, 400, "InputException"),
    ("GET", "/instruments/historical/1/day?from=2026-11-18&to=2026-11-18", {}, 400, "InputException"),
    ("GET", "/instruments/historical/INFY/day?from=2026-11-18&to=2026-11-18", {}, 400, "InputException"),
    ("GET", "/gtt/triggers/77", {}, 404, "GeneralException"),
    ("GET", "/gtt/triggers/x", {}, 400, "InputException"),
    ("DELETE", "/gtt/triggers/77", {}, 404, "GeneralException"),
    ("POST", "/gtt/triggers", {}, 400, "InputException"),
    ("POST", "/gtt/triggers", {"type": "single", "condition": "{", "orders": "[]"}, 400, "InputException"),
    ("POST", "/gtt/triggers", {"type": "single", "condition": "[]", "orders": "[{}]"}, 400, "InputException"),
    ("POST", "/gtt/triggers", {"type": "single", "condition": "{}", "orders": "[[]]"}, 400, "InputException"),
    ("GET", "/alerts/none", {}, 404, "GeneralException"),
    ("GET", "/alerts/none/history", {}, 404, "GeneralException"),
    ("DELETE", "/alerts", {}, 400, "InputException"),
    ("DELETE", "/alerts?uuid=none", {}, 404, "GeneralException"),
    ("POST", "/alerts", {**ALERT, "operator": "!="}, 400, "InputException"),
    ("POST", "/alerts", {**ALERT, "lhs_tradingsymbol": "NOSUCH"}, 400, "InputException"),
    ("POST", "/alerts", {**ALERT, "lhs_attribute": "Volume"}, 400, "InputException"),
    ("POST", "/alerts", {**ALERT, "rhs_constant": ""}, 400, "InputException"),
    ("POST", "/alerts", {**ALERT, "rhs_type": "instrument"}, 400, "InputException"),
    ("POST", "/alerts", {**ALERT, "type": "ato"}, 400, "InputException"),
    ("POST", "/alerts", {**ALERT, "type": "ato", "basket": '{"items":[{"params":{}}]}'}, 400, "InputException"),
    ("PUT", "/alerts/none", ALERT, 404, "GeneralException"),
    ("POST", "/mf/orders", {"tradingsymbol": "INF000T01011"}, 400, "InputException"),
    ("DELETE", "/mf/orders/1", {}, 400, "InputException"),
    ("POST", "/mf/sips", {}, 400, "InputException"),
    ("PUT", "/mf/sips/1", {}, 400, "InputException"),
    ("GET", "/mf/orders/1", {}, 404, "GeneralException"),
    ("GET", "/mf/sips/1", {}, 404, "GeneralException"),
    ("GET", "/mf/holdings/1", {}, 404, "GeneralException"),
    ("GET", "/nowhere", {}, 404, "GeneralException"),
    ("GET", "/", {}, 404, "GeneralException"),
    ("PATCH", "/orders", {}, 405, "GeneralException"),
    ("POST", "/trades", {}, 405, "GeneralException"),
    ("GET", "/session/token", {}, 405, "GeneralException"),
    ("POST", "/session/token", {}, 400, "InputException"),
    ("POST", "/session/token", {"api_key": "kite1", "request_token": "r"}, 403, "TokenException"),
    ("POST", "/session/token", {"api_key": "kite1", "request_token": "r", "checksum": "c"}, 403, "TokenException"),
    ("POST", "/session/refresh_token", {"api_key": "kite1", "checksum": "c"}, 400, "InputException"),
    ("POST", "/session/refresh_token", {"api_key": "kite1", "refresh_token": "r", "checksum": "c"}, 403, NOT_APPROVED),
    ("DELETE", "/session/token?api_key=kite1&access_token=wrong", {}, 403, "TokenException"),
    ("DELETE", "/session/token?api_key=kite1", {}, 400, "InputException"),
    ("GET", "/connect/login?v=3&api_key=wrong", {}, 400, "InputException"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "form", "status", "error_type"), REFUSED)
def test_a_bad_request_is_refused_and_changes_nothing(
    shop: Any, method: str, path: str, form: dict[str, Any], status: int, error_type: str
) -> None:
    before = shop.books()
    reply = shop.call(method, path, form)
    assert reply.error == (status, error_type)
    assert reply.raw.content_type == "application/json"
    assert reply.json["status"] == "error" and reply.json["message"]
    assert shop.books() == before


@pytest.mark.parametrize("path", ["/margins/orders", "/margins/basket", "/charges/orders"])
@pytest.mark.parametrize(
    "change",
    [
        {"quantity": -1},
        {"quantity": 1.5},
        {"quantity": "x"},
        {"quantity": None},
        {"tradingsymbol": "NOSUCH"},
        {"tradingsymbol": ["INFY"]},
        {"product": "NRML"},
        {"transaction_type": "HOLD"},
        {"price": -1, "average_price": -1},
        {"price": {}, "average_price": 1.0},
        {"order_type": None},
    ],
)
def test_a_bad_json_order_is_refused(shop: Any, path: str, change: dict[str, Any]) -> None:
    reply = shop.call("POST", path, listed=[{**MARGIN, "average_price": 1.0, **change}])
    assert reply.error == (400, "InputException")


@pytest.mark.parametrize("part", ["condition", "orders", "type"])
@pytest.mark.parametrize(
    "value", ["", "null", "7", '"x"', "[]", "{}", "[1]", "[" * 9000, "NaN", '{"trigger_values":[]}']
)
def test_a_trigger_with_a_broken_part_is_refused(shop: Any, part: str, value: str) -> None:
    form = {"type": "single", "condition": json.dumps(GTT["condition"]), "orders": json.dumps(GTT["orders"])}
    before = shop.books()
    assert shop.call("POST", "/gtt/triggers", {**form, part: value}).error == (400, "InputException")
    assert shop.books() == before


@pytest.mark.parametrize(
    "header",
    ["", "token", "token kite1", "token kite1:wrong", "token wrong:{}", "Bearer {}", "token kite2:{}", "token :"],
)
def test_without_the_right_token_nothing_is_served(shop: Any, header: str) -> None:
    token = header.format(shop.login.access_token)
    for method, path in (("GET", "/user/profile"), ("POST", "/orders/regular"), ("GET", "/instruments")):
        reply = shop.call(method, path, token=token)
        assert reply.error == (403, "TokenException")
        assert reply.json["message"] == "Incorrect `api_key` or `access_token`."


def test_a_body_of_more_than_a_mebibyte_is_refused(shop: Any) -> None:
    before = shop.books()
    assert shop.call("POST", "/orders/regular", body=b"tag=" + b"x" * (1 << 20)).error == (413, "InputException")
    assert shop.books() == before


def test_another_accounts_orders_and_triggers_are_not_there(shop: Any) -> None:
    order_id = shop.call("POST", "/orders/regular", shop.order()).data["order_id"]
    for method, path in (
        ("GET", f"/orders/{order_id}"),
        ("GET", f"/orders/{order_id}/trades"),
    ):
        assert shop.call(method, path, login=shop.other).status == 404
    for method, path in (("PUT", f"/orders/regular/{order_id}"), ("DELETE", f"/orders/regular/{order_id}")):
        assert shop.call(method, path, {"quantity": 3}, login=shop.other, client_ip="10.0.0.1").status == 404
    assert order_id not in [row["order_id"] for row in shop.call("GET", "/orders", login=shop.other).data]


def test_orders_from_an_address_that_is_not_registered_are_refused(shop: Any) -> None:
    for method, path in (("POST", "/orders/regular"), ("PUT", "/orders/regular/1"), ("DELETE", "/orders/regular/1")):
        assert shop.call(method, path, shop.order(), login=shop.other).error == (403, "PermissionException")
    assert shop.call("GET", "/orders", login=shop.other).status == 200
    placed = shop.call("POST", "/orders/regular", shop.order(), login=shop.other, client_ip="10.0.0.1")
    assert placed.status == 200


def test_what_the_body_repeats_of_the_path_is_ignored(shop: Any) -> None:
    assert shop.call("POST", "/orders/regular", shop.order(variety="amo", order_id="1")).status == 200
