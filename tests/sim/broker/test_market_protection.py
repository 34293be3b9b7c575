"""MARKET and SL-M over the API since 1 Apr 2026: a limit order at the protected price."""

from typing import Any

import pytest

from tarazu import reference
from tarazu.model.order import Side
from tarazu.sim.broker.protection import protected_price

AUTOMATIC = -1.0


def test_a_protected_market_order_reads_limit_with_its_tags(scene: Any) -> None:
    order_id = scene.place(order_type="MARKET", market_protection=2.0, tag="mine")
    row = scene.row(order_id)
    assert (row.order_type, row.price, row.market_protection) == ("LIMIT", 1_530.0, 0.0)
    assert row.tags == ["mine", "mktp", "mktp:2.00"]
    scene.wait()
    assert scene.row(order_id).status == "COMPLETE"


def test_what_protection_leaves_unfilled_rests_open(scene: Any) -> None:
    scene.market.depth_qty = 2
    scene.wait()
    order_id = scene.place(order_type="MARKET", market_protection=0.01, quantity=50)
    scene.wait(0.5)
    row = scene.row(order_id)
    assert (row.status, row.price) == ("OPEN", 1_500.15)
    assert 0 < row.filled_quantity < 50


@pytest.mark.parametrize(
    ("ltp", "symbol", "pct"),
    [(1_500, "NSE:INFY", "0.50"), (24, "NSE:SOUTHBANK", "2.00"), (150, "NFO:NIFTY26NOV26000CE", "2.00")],
)
def test_automatic_protection_follows_the_table(scene: Any, ltp: float, symbol: str, pct: str) -> None:
    scene.price(ltp, symbol)
    scene.wait()
    product, quantity = ("NRML", 65) if symbol.startswith("NFO") else ("MIS", 10)
    terms = {"symbol": symbol, "product": product, "quantity": quantity}
    order_id = scene.place(order_type="MARKET", market_protection=AUTOMATIC, **terms)
    assert scene.row(order_id).tags == ["mktp", f"mktp:{pct}"]


def test_a_protected_stop_becomes_a_limit_order_when_triggered(scene: Any) -> None:
    order_id = scene.place(order_type="SL-M", trigger=1_510, market_protection=1.0)
    scene.wait()
    row = scene.row(order_id)
    assert (row.status, row.order_type, row.price, row.tags) == ("TRIGGER PENDING", "SL-M", 0.0, [])
    scene.price(1_510)
    scene.wait()
    row = scene.row(order_id)
    assert (row.status, row.order_type, row.price) == ("COMPLETE", "LIMIT", 1_525.1)
    assert row.tags == ["mktp", "mktp:1.00"]


def test_a_limit_order_changed_to_market_carries_protection_and_chases(scene: Any) -> None:
    order_id = scene.place(price=1_490)
    scene.wait()
    assert "without market protection" in scene.modify(order_id, order_type="MARKET").message
    scene.modify(order_id, order_type="MARKET", market_protection=1.0)
    scene.wait()
    row = scene.row(order_id)
    assert (row.status, row.order_type, row.price, row.tags) == ("COMPLETE", "LIMIT", 1_515.0, ["mktp", "mktp:1.00"])


def test_an_order_that_was_market_needs_no_protection_again(scene: Any) -> None:
    scene.market.depth_qty = 2
    scene.wait()
    order_id = scene.place(order_type="MARKET", market_protection=0.01, quantity=50)
    scene.wait(0.5)
    scene.price(1_501)
    scene.wait(2)
    assert scene.modify(order_id, order_type="MARKET") == order_id
    scene.wait(0.3)
    assert scene.row(order_id).price == 1_501.15


def test_the_permissive_profile_takes_market_orders_as_they_are(open_scene: Any) -> None:
    scene = open_scene("permissive")
    order_id = scene.place(order_type="MARKET")
    scene.wait()
    row = scene.row(order_id)
    assert (row.status, row.order_type, row.price) == ("COMPLETE", "MARKET", 0.0)


@pytest.mark.parametrize("slab", reference.rules("nse-2026").protection_option)
@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("ltp", [5, 995, 1_000, 10_005, 50_000, 123_455])
def test_the_protected_price_is_on_tick_and_never_past_the_percentage(side: Side, ltp: int, slab: Any) -> None:
    price = protected_price(side, ltp, slab.pct, 5)
    assert price % 5 == 0 and price > 0
    assert abs(price - ltp) * 100 <= ltp * slab.pct
