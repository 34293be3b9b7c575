"""Alerts watch the LTP, fire when their condition comes true, and ATO alerts place their basket."""

import json
from collections.abc import Callable
from typing import Any

import pytest

ABOVE = {
    "name": "INFY trades",
    "type": "simple",
    "lhs_exchange": "NSE",
    "lhs_tradingsymbol": "INFY",
    "lhs_attribute": "LastTradedPrice",
    "operator": ">=",
    "rhs_type": "constant",
    "rhs_constant": "1",
}
BASKET = {
    "name": "buy",
    "type": "alert",
    "tags": [],
    "items": [
        {
            "type": "insert",
            "exchange": "NSE",
            "tradingsymbol": "INFY",
            "weight": 10_000,
            "params": {
                "transaction_type": "BUY",
                "product": "CNC",
                "order_type": "LIMIT",
                "validity": "DAY",
                "quantity": 3,
                "price": 1400.0,
                "gtt": {"target": 0, "stoploss": 0},
            },
        }
    ],
}


@pytest.fixture
def shop(open_shop: Callable[..., Any]) -> Any:
    return open_shop()


def created(shop: Any, **change: str) -> str:
    return str(shop.call("POST", "/alerts", {**ABOVE, **change}).data["uuid"])


def fired(shop: Any, uuid: str) -> int:
    return int(shop.call("GET", f"/alerts/{uuid}").data["alert_count"])


def test_an_alert_is_created_listed_changed_and_deleted(shop: Any) -> None:
    uuid = created(shop, operator="<=")
    row = shop.call("GET", f"/alerts/{uuid}").data
    assert (row["status"], row["rhs_constant"], row["lhs_attribute"]) == ("enabled", 1.0, "LastTradedPrice")
    changed = shop.call("PUT", f"/alerts/{uuid}", {**ABOVE, "operator": "<", "rhs_constant": "2.5"}).data
    assert (changed["operator"], changed["rhs_constant"]) == ("<", 2.5)
    other = created(shop)
    assert [a["uuid"] for a in shop.call("GET", "/alerts").data] == [other, uuid]
    assert shop.call("DELETE", f"/alerts?uuid={uuid}&uuid={other}").json["status"] == "success"
    assert shop.call("GET", "/alerts").data == []


def test_deleting_one_that_is_not_mine_deletes_none(shop: Any) -> None:
    uuid = created(shop)
    assert shop.call("DELETE", f"/alerts?uuid={uuid}&uuid=nobodys").status == 404
    assert shop.call("GET", f"/alerts/{uuid}", login=shop.other).status == 404
    assert shop.call("GET", f"/alerts/{uuid}").status == 200


@pytest.mark.parametrize(
    ("operator", "rhs", "fires"),
    [(">=", "1", 1), (">", "1", 1), ("<=", "1", 0), ("<", "99999", 1), ("==", "99999", 0), (">=", "99999", 0)],
)
def test_a_condition_fires_once_while_it_stays_true(shop: Any, operator: str, rhs: str, fires: int) -> None:
    uuid = created(shop, operator=operator, rhs_constant=rhs)
    shop.later(30)
    assert fired(shop, uuid) == fires
    history = shop.call("GET", f"/alerts/{uuid}/history").data
    assert len(history) == fires
    if fires:
        assert history[0]["condition"] == f'LastTradedPrice("NSE:INFY") {operator} {rhs}'
        assert history[0]["meta"][0]["last_price"] > 1 and history[0]["order_meta"] is None


def test_it_fires_again_after_the_condition_was_false(shop: Any) -> None:
    price = shop.ltp("NSE:INFY")
    uuid = created(shop, rhs_constant=str(price))
    shop.later(3600)
    assert fired(shop, uuid) > 1


def test_an_alert_may_compare_two_instruments_and_indices_have_their_own_exchange(shop: Any) -> None:
    uuid = created(
        shop,
        lhs_exchange="INDICES",
        lhs_tradingsymbol="NIFTY 50",
        operator=">",
        rhs_type="instrument",
        rhs_exchange="NSE",
        rhs_tradingsymbol="INFY",
        rhs_attribute="LastTradedPrice",
    )
    shop.later(3)
    assert fired(shop, uuid) == 1
    assert shop.call("POST", "/alerts", {**ABOVE, "lhs_exchange": "INDICES"}).status == 400


def test_a_disabled_alert_is_silent(shop: Any) -> None:
    uuid = created(shop, rhs_constant="99999")
    shop.call("PUT", f"/alerts/{uuid}", {**ABOVE, "status": "disabled"})
    shop.later(10)
    assert fired(shop, uuid) == 0
    shop.call("PUT", f"/alerts/{uuid}", {**ABOVE, "status": "enabled"})
    shop.later(10)
    assert fired(shop, uuid) == 1


def test_an_ato_alert_places_its_basket_once_and_is_then_disabled(shop: Any) -> None:
    uuid = created(shop, type="ato", basket=json.dumps(BASKET))
    assert shop.call("GET", f"/alerts/{uuid}").data["basket"] == BASKET
    shop.later(10)
    row = shop.call("GET", f"/alerts/{uuid}").data
    assert (row["alert_count"], row["status"]) == (1, "disabled")
    placed = shop.call("GET", f"/alerts/{uuid}/history").data[0]["order_meta"]
    assert [o["order_id"] for o in shop.call("GET", "/orders").data] == [placed[0]["order_id"]]


def test_when_an_alert_fires_does_not_depend_on_who_looks(open_shop: Callable[..., Any]) -> None:
    def history(looks: int) -> Any:
        shop = open_shop()
        shop.pace_ns = 0
        uuid = created(shop, rhs_constant=str(shop.ltp("NSE:INFY")))
        for _ in range(looks):
            shop.later(1800 / looks)
            shop.call("GET", "/alerts")
        return shop.call("GET", f"/alerts/{uuid}/history").raw.body

    assert history(1) == history(97)


def test_no_more_alerts_than_the_rules_allow(open_shop: Callable[..., Any]) -> None:
    shop = open_shop()
    for _ in range(shop.broker.config.rules.alerts_active_max):
        created(shop, rhs_constant="99999")
    assert shop.call("POST", "/alerts", ABOVE).error == (400, "InputException")
