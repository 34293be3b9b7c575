"""AMO, cover orders, icebergs, autoslice: orders that wait for, or lead to, others."""

from datetime import date, time
from typing import Any

import pytest

from tarazu.sim.orders import Placed
from tarazu.wire.kite_errors import Refusal

FUT = "NFO:NIFTY26DECFUT"
WEDNESDAY = date(2026, 11, 25)


# After-market orders.


def test_an_amo_waits_with_the_broker_and_goes_with_the_session(open_scene: Any) -> None:
    scene = open_scene(at=time(16, 30))
    order_id = scene.place(variety="amo", price=1_510, product="CNC")
    assert scene.statuses(order_id) == "AMO REQ RECEIVED"
    scene.go(8, 59, WEDNESDAY)
    assert scene.statuses(order_id) == "AMO REQ RECEIVED"
    assert [r.order_id for r in scene.orders()] == [order_id]
    scene.go(9, 1, WEDNESDAY)
    road = "AMO REQ RECEIVED > PUT ORDER REQ RECEIVED > VALIDATION PENDING > OPEN PENDING"
    assert scene.statuses(order_id) == f"{road} > OPEN"
    scene.go(9, 13, WEDNESDAY)
    assert scene.statuses(order_id) == f"{road} > OPEN > COMPLETE"


@pytest.mark.parametrize(
    "terms",
    [
        {"order_type": "SL", "price": 1_512, "trigger": 1_510},
        {"validity": "IOC", "price": 1_480},
        {"price": 1_480, "disclosed_quantity": 5},
        {"symbol": FUT, "quantity": 65, "price": 26_000, "product": "NRML"},
    ],
    ids=["stop", "IOC", "disclosed", "derivative"],
)
def test_what_no_auction_takes_goes_at_the_open(open_scene: Any, terms: dict[str, Any]) -> None:
    scene = open_scene(at=time(8, 30))
    order_id = scene.place(variety="amo", **terms)
    scene.go(9, 14)
    assert scene.row(order_id).status == "AMO REQ RECEIVED"
    scene.go(9, 16)
    assert scene.row(order_id).status in ("OPEN", "TRIGGER PENDING", "CANCELLED")
    assert scene.row(order_id).exchange_order_id


def test_an_amo_can_be_modified_and_cancelled_while_it_waits(open_scene: Any) -> None:
    scene = open_scene(at=time(20, 0))
    order_id = scene.place(variety="amo", price=1_480, product="CNC")
    scene.modify(order_id, price=1_470, quantity=5)
    assert scene.statuses(order_id) == "AMO REQ RECEIVED > MODIFY AMO REQ RECEIVED > AMO REQ RECEIVED"
    assert (scene.row(order_id).price, scene.row(order_id).quantity) == (1_470.0, 5)
    scene.cancel(order_id)
    assert scene.row(order_id).status == "CANCELLED"


def test_an_amo_at_market_is_priced_when_it_goes(open_scene: Any) -> None:
    scene = open_scene(at=time(8, 30))
    order_id = scene.place(variety="amo", order_type="MARKET", market_protection=1.0, product="CNC")
    assert scene.row(order_id).order_type == "MARKET"
    scene.go(9, 16)
    row = scene.row(order_id)
    assert (row.order_type, row.status, row.tags) == ("LIMIT", "COMPLETE", ["mktp", "mktp:1.00"])


def test_an_amo_that_no_longer_fits_is_rejected_in_the_book(open_scene: Any) -> None:
    scene = open_scene(at=time(20, 0))
    order_id = scene.place(variety="amo", symbol="NFO:NIFTY26DECFUT", quantity=65, price=26_000, product="NRML")
    scene.broker.accounts["TZ0001"].pay_in(-9_50_000_00, scene.broker.now_ns)
    scene.go(9, 16, WEDNESDAY)
    row = scene.row(order_id)
    assert row.status == "REJECTED" and row.status_message.startswith("Insufficient funds")


def test_an_amo_for_a_contract_that_has_expired_is_rejected_in_the_morning(open_scene: Any) -> None:
    scene = open_scene(at=time(16, 30), market_factory=None)
    option = next(i for i in scene.broker.universe.instruments if i.is_option and i.expiry == date(2026, 11, 23))
    order_id = scene.place(variety="amo", symbol=option.key, quantity=option.lot_size, price=0.05, product="NRML")
    scene.go(6, 1, WEDNESDAY)
    assert scene.row(order_id).status == "REJECTED"
    assert scene.broker.funds("TZ0001", "equity").net == 10_00_000.0


# Cover orders.


def test_a_cover_order_guards_what_it_fills(scene: Any) -> None:
    first = scene.place(variety="co", price=1_501, trigger=1_480)
    scene.wait()
    stop = scene.orders()[-1]
    assert scene.row(first).status == "COMPLETE"
    assert (stop.parent_order_id, stop.status, stop.transaction_type) == (first, "TRIGGER PENDING", "SELL")
    assert (stop.order_type, stop.trigger_price, stop.quantity, stop.product) == ("SL", 1_480.0, 10, "CO")
    scene.price(1_479.9)
    scene.wait()
    assert scene.row(stop.order_id).status == "COMPLETE"
    assert scene.broker.positions("TZ0001").net[0].quantity == 0


def test_a_partly_filled_cover_order_is_guarded_for_that_part(scene: Any) -> None:
    scene.market.depth_qty = 4
    scene.wait()
    first = scene.place(variety="co", price=1_500.05, trigger=1_480)
    scene.wait(0.2)
    assert scene.row(first).filled_quantity == 4
    assert [r.quantity for r in scene.orders()] == [10, 4]
    scene.market.depth_qty = 100
    scene.wait(1.2)
    assert scene.row(first).status == "COMPLETE"
    assert [r.quantity for r in scene.orders()] == [10, 4, 6]


def test_cancelling_the_stop_leg_exits_the_position(scene: Any) -> None:
    first = scene.place(variety="co", price=1_501, trigger=1_480)
    scene.wait()
    scene.cancel(scene.orders()[-1].order_id)
    scene.wait()
    stop, leaving = scene.orders()[1:]
    assert (stop.status, leaving.status, leaving.parent_order_id) == ("CANCELLED", "COMPLETE", first)
    assert scene.broker.positions("TZ0001").net[0].quantity == 0


def test_the_stop_legs_trigger_can_be_moved(scene: Any) -> None:
    scene.place(variety="co", price=1_501, trigger=1_480)
    scene.wait()
    stop = scene.orders()[-1].order_id
    assert scene.modify(stop, trigger=1_490) == stop
    scene.wait()
    assert (scene.row(stop).status, scene.row(stop).trigger_price) == ("TRIGGER PENDING", 1_490.0)


# Icebergs.


def test_an_iceberg_shows_a_leg_at_a_time(scene: Any) -> None:
    first = scene.place(variety="iceberg", quantity=25, iceberg_legs=3, iceberg_quantity=10, price=1_501)
    scene.wait()
    rows = scene.orders()
    assert [(r.quantity, r.status, r.parent_order_id) for r in rows] == [
        (10, "COMPLETE", None),
        (10, "COMPLETE", first),
        (5, "COMPLETE", first),
    ]
    assert rows[1].meta == {
        "iceberg": {"leg": 2, "legs": 3, "leg_quantity": 10, "total_quantity": 25, "remaining_quantity": 5}
    }


def test_what_an_order_leads_to_carries_its_algo_id(scene: Any) -> None:
    scene.place(variety="iceberg", quantity=20, iceberg_legs=2, iceberg_quantity=10, price=1_501, algo_id="44")
    scene.place(variety="co", price=1_501, trigger=1_480, algo_id="55")
    scene.wait()
    assert [(r.variety, r.meta["algo_id"]) for r in scene.orders()] == [
        ("iceberg", "44"),
        ("co", "55"),
        ("co", "55"),
        ("iceberg", "44"),
    ]
    assert scene.orders()[3].meta["iceberg"]["leg"] == 2


def test_cancelling_a_leg_ends_the_iceberg(scene: Any) -> None:
    leg = scene.place(variety="iceberg", quantity=30, iceberg_legs=3, iceberg_quantity=10, price=1_490)
    scene.wait()
    assert len(scene.orders()) == 1
    scene.cancel(leg)
    scene.wait()
    assert [r.status for r in scene.orders()] == ["CANCELLED"]


# Autoslice.


def test_autoslice_splits_at_the_freeze_quantity(open_scene: Any) -> None:
    scene = open_scene(cash=100_00_00_000)
    terms = {"symbol": FUT, "price": 26_000, "product": "NRML"}
    placed = scene.ask(quantity=65 * 60, autoslice=True, **terms)
    assert isinstance(placed, Placed) and placed.children is not None
    rows = scene.orders()
    assert [r.quantity for r in rows] == [1755, 1755, 390]
    assert [{"order_id": r.order_id} for r in rows] == list(placed.children)
    assert {r.parent_order_id for r in rows} == {placed.order_id}


def test_slices_that_money_does_not_cover_carry_their_error(open_scene: Any) -> None:
    scene = open_scene(cash=1_00_00_000)
    placed = scene.ask(symbol=FUT, price=26_000, product="NRML", quantity=65 * 60, autoslice=True)
    assert isinstance(placed, Placed) and placed.children is not None
    errors = [c["error"]["error_type"] for c in placed.children if "error" in c]  # type: ignore[operator, index]
    assert "MarginException" in errors


def test_more_than_ten_slices_are_refused(open_scene: Any) -> None:
    answer = open_scene(cash=100_00_00_000).ask(
        symbol=FUT, price=26_000, product="NRML", quantity=1755 * 10 + 65, autoslice=True
    )
    assert isinstance(answer, Refusal) and "more than 10" in answer.message


def test_an_order_under_the_freeze_quantity_is_not_sliced(scene: Any) -> None:
    placed = scene.ask(symbol=FUT, price=26_000, product="NRML", quantity=65, autoslice=True)
    assert placed == Placed(scene.orders()[0].order_id)
