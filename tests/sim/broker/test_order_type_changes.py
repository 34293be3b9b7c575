"""Modifications that change an open order's type: a limit order becomes a stop, a stop another stop or none."""

from typing import Any

import pytest

from tarazu.wire.kite_errors import PROTECTION_REQUIRED, Refusal

CE = "NFO:NIFTY26NOV26000CE"
LIMIT: dict[str, Any] = {"price": 1_490}
SL: dict[str, Any] = {"order_type": "SL", "price": 1_520, "trigger": 1_515}
SL_M: dict[str, Any] = {"order_type": "SL-M", "trigger": 1_515, "market_protection": 1.0}
CHANGED = "MODIFY VALIDATION PENDING > MODIFY PENDING > MODIFIED"

# Terms at first, what the modification asks, and the row it leaves: status, type, price, trigger.
CHANGES: tuple[tuple[str, dict[str, Any], dict[str, Any], tuple[str, str, float, float]], ...] = (
    ("LIMIT to SL", LIMIT, SL, ("TRIGGER PENDING", "SL", 1_520.0, 1_515.0)),
    ("LIMIT to SL-M", LIMIT, SL_M, ("TRIGGER PENDING", "SL-M", 0.0, 1_515.0)),
    ("SL to LIMIT", SL, {"order_type": "LIMIT", "price": 1_490}, ("OPEN", "LIMIT", 1_490.0, 0.0)),
    ("SL to SL-M", SL, {"order_type": "SL-M", "market_protection": 1.0}, ("TRIGGER PENDING", "SL-M", 0.0, 1_515.0)),
    ("SL-M to SL", SL_M, {"order_type": "SL", "price": 1_530}, ("TRIGGER PENDING", "SL", 1_530.0, 1_515.0)),
    ("SL-M to LIMIT", SL_M, {"order_type": "LIMIT", "price": 1_490}, ("OPEN", "LIMIT", 1_490.0, 0.0)),
)


@pytest.mark.parametrize(("first", "asked", "row"), [c[1:] for c in CHANGES], ids=[c[0] for c in CHANGES])
def test_an_open_order_takes_on_another_type(
    scene: Any, first: dict[str, Any], asked: dict[str, Any], row: tuple[str, str, float, float]
) -> None:
    order_id = scene.place(**first)
    scene.wait()
    assert scene.modify(order_id, **asked) == order_id
    scene.wait()
    now = scene.row(order_id)
    assert (now.status, now.order_type, now.price, now.trigger_price) == row
    assert scene.statuses(order_id).endswith(f"{CHANGED} > {row[0]}")


def test_a_limit_order_made_a_stop_waits_for_its_trigger_and_then_trades(scene: Any) -> None:
    order_id = scene.place(**LIMIT)
    scene.wait()
    scene.modify(order_id, **SL)
    scene.wait()
    scene.price(1_489)
    scene.wait()
    assert scene.row(order_id).status == "TRIGGER PENDING", "its old price has no hold on it"
    scene.price(1_515)
    scene.wait()
    assert scene.statuses(order_id).endswith("TRIGGER PENDING > OPEN > COMPLETE")


def test_a_stop_made_a_limit_order_trades_at_once_where_it_can(scene: Any) -> None:
    order_id = scene.place(**SL)
    scene.wait()
    scene.modify(order_id, order_type="LIMIT", price=1_501)
    scene.wait()
    assert scene.statuses(order_id).endswith("MODIFIED > OPEN > COMPLETE")


def test_a_partly_filled_limit_order_waits_as_a_stop_for_its_rest(scene: Any) -> None:
    scene.market.depth_qty = 4
    scene.wait()
    order_id = scene.place(price=1_500.05)
    scene.wait(0.2)
    scene.modify(order_id, **SL)
    scene.market.depth_qty = 100
    scene.price(1_505)
    scene.wait()
    row = scene.row(order_id)
    assert (row.status, row.filled_quantity, row.pending_quantity) == ("TRIGGER PENDING", 4, 6)
    scene.price(1_516)
    scene.wait()
    assert (scene.row(order_id).status, scene.row(order_id).filled_quantity) == ("COMPLETE", 10)


def test_a_stop_that_triggers_while_it_becomes_a_market_stop_reads_as_a_limit_order(scene: Any) -> None:
    scene.market.depth_qty = 4
    scene.wait()
    order_id = scene.place(order_type="SL", price=1_515, trigger=1_515)
    scene.wait(1.99)
    scene.modify(order_id, order_type="SL-M", market_protection=1.0)
    scene.price(1_515)
    scene.wait(0.5)
    row = scene.row(order_id)
    assert (row.order_type, row.price, row.tags) == ("LIMIT", 1_530.15, ["mktp", "mktp:1.00"])


# Terms at first, what the modification asks, and words of the refusal.
REFUSED: tuple[tuple[str, dict[str, Any], dict[str, Any], str], ...] = (
    ("no trigger", LIMIT, {"order_type": "SL"}, "Trigger price should be above 0 for SL orders"),
    ("trigger under the market", LIMIT, SL | {"trigger": 1_495}, "should be higher than the last traded price"),
    ("limit under its trigger", LIMIT, SL | {"price": 1_514}, "higher than or equal to its trigger price"),
    ("unprotected", SL, {"order_type": "SL-M"}, PROTECTION_REQUIRED.message),
    ("no price", SL_M, {"order_type": "LIMIT"}, "Price should be above 0 for LIMIT orders"),
    (
        "SL-M on an option",
        {"symbol": CE, "quantity": 65, "price": 140, "product": "NRML"},
        {"order_type": "SL-M", "trigger": 160, "market_protection": 1.0},
        "SL-M orders are not allowed for options",
    ),
    ("a cover order's entry", LIMIT | {"variety": "co", "trigger": 1_480}, SL, "type of a cover order"),
)


@pytest.mark.parametrize(("first", "asked", "words"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_a_change_of_type_that_makes_no_sense_is_refused_and_the_order_stays(
    scene: Any, first: dict[str, Any], asked: dict[str, Any], words: str
) -> None:
    order_id = scene.place(**first)
    scene.wait()
    before = scene.history(order_id)
    answer = scene.modify(order_id, **asked)
    assert isinstance(answer, Refusal) and words in answer.message
    assert scene.history(order_id) == before


@pytest.mark.parametrize(
    "asked", [SL | {"trigger": 1_530, "price": 1_530}, SL_M | {"trigger": 1_530}], ids=["SL", "SL-M"]
)
def test_a_triggered_stop_is_a_limit_order_for_good(scene: Any, asked: dict[str, Any]) -> None:
    scene.market.depth_qty = 4
    scene.wait()
    order_id = scene.place(order_type="SL-M", trigger=1_515, market_protection=0.1)
    scene.wait()
    scene.price(1_520)
    scene.wait(1.5)
    assert (scene.row(order_id).status, scene.row(order_id).order_type) == ("OPEN", "LIMIT")
    answer = scene.modify(order_id, **asked)
    assert isinstance(answer, Refusal) and "has triggered" in answer.message
