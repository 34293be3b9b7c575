"""What goes wrong with orders and their updates on demand, and that nothing else does."""

from typing import Any

import msgspec

USER = "TZ0001"


def told(scene: Any) -> list[tuple[str, bool]]:
    """(status, postback) of the updates sent so far."""
    return [(msgspec.json.decode(u.row)["status"], u.postback) for u in scene.broker.updates]


def test_tickers_hear_every_state_and_the_app_what_ends_or_changes(scene: Any) -> None:
    scene.market.depth_qty = 4
    scene.wait()
    scene.place(price=1_500.05, quantity=10)
    scene.wait(0.5)
    assert told(scene) == [("OPEN", False), ("UPDATE", True)]
    scene.market.depth_qty = 100
    scene.wait()
    assert told(scene)[2:] == [("COMPLETE", True)]


def test_an_amo_and_the_brokers_own_orders_send_no_postback(scene: Any) -> None:
    scene.place(price=1_501)
    scene.wait()
    scene.broker.updates.clear()
    scene.go(15, 30)
    assert [s for s, _ in told(scene)] == ["OPEN", "COMPLETE"]
    assert not any(postback for _, postback in told(scene))
    scene.broker.updates.clear()
    scene.go(16, 30)
    scene.cancel(scene.place(variety="amo", price=1_490, product="CNC"))
    assert told(scene) == [("CANCELLED", False)]


def test_an_order_stuck_at_the_exchange_trades_unseen_until_released(scene: Any) -> None:
    scene.arm("order.stuck", params={"release_s": 30.0}, count=1)
    order_id = scene.place(price=1_501)
    scene.wait(29)
    assert scene.row(order_id).status == "OPEN PENDING"
    assert scene.cancel(order_id).message.endswith("Try later.")
    assert scene.broker.positions(USER).net == []
    scene.wait(2)
    assert scene.statuses(order_id).endswith("OPEN PENDING > OPEN > COMPLETE")
    trades = scene.broker.trades(USER, order_id)
    assert trades[0].fill_timestamp == "2026-11-23 10:00:30"


def test_a_cancellation_stuck_on_its_way_settles_as_the_exchange_had_it(scene: Any) -> None:
    order_id = scene.place(price=1_490)
    scene.wait()
    scene.arm("order.stuck", params={"stage": "CANCEL PENDING", "release_s": 30.0})
    scene.cancel(order_id)
    scene.wait(20)
    assert scene.row(order_id).status == "CANCEL PENDING"
    scene.price(1_480)
    scene.wait(20)
    assert scene.statuses(order_id).endswith("OPEN > CANCEL PENDING > CANCELLED")


def test_a_lapsed_order_never_reaches_the_exchange(scene: Any) -> None:
    scene.arm("order.lapse")
    order_id = scene.place(price=1_501)
    scene.wait(59)
    assert scene.row(order_id).status == "OPEN PENDING"
    scene.wait(2)
    row = scene.row(order_id)
    assert (row.status, row.exchange_order_id, row.cancelled_quantity) == ("CANCELLED", None, 10)


def test_the_exchange_rejects_with_its_words(scene: Any) -> None:
    scene.arm("order.reject", match={"tradingsymbol": "INFY"})
    order_id = scene.place()
    scene.wait()
    row = scene.row(order_id)
    assert (row.status, row.status_message) == ("REJECTED", "17070 : Price out of range")


def test_a_cancelled_order_may_turn_out_to_have_filled(scene: Any) -> None:
    scene.arm("order.cancel_fills", params={"after_s": 20.0})
    order_id = scene.place(price=1_490)
    scene.wait()
    scene.cancel(order_id)
    scene.wait(5)
    assert scene.row(order_id).status == "CANCELLED"
    assert scene.broker.positions(USER).net == []
    scene.wait(20)
    row = scene.row(order_id)
    assert (row.status, row.filled_quantity, row.cancelled_quantity) == ("COMPLETE", 10, 0)
    assert row.average_price == 1_490.0
    assert scene.broker.positions(USER).net[0].quantity == 10


def test_updates_can_be_late_lost_doubled_or_swapped(scene: Any) -> None:
    scene.arm("update.late", count=1)
    scene.place(price=1_490)
    scene.wait()
    assert told(scene) == []
    scene.wait(4)
    assert told(scene) == [("OPEN", False)]
    scene.arm("update.lost", count=1)
    scene.arm("update.duplicate", count=1)
    scene.place(price=1_501)
    scene.wait()
    assert told(scene)[1:] == [("COMPLETE", True)] * 2
    scene.arm("update.reorder", count=1)
    scene.place(price=1_501)
    scene.wait()
    assert told(scene)[3:] == [("COMPLETE", True), ("OPEN", False)]


def test_a_halt_stops_trading_and_a_slide_cancels_what_it_leaves_outside(scene: Any) -> None:
    outside = scene.place(price=1_210)
    scene.wait()
    scene.arm("market.band_slide", match={"tradingsymbol": "INFY"})
    scene.wait()
    assert scene.row(outside).status == "CANCELLED"
    assert "range has moved" in scene.row(outside).status_message
    scene.arm("market.halt", params={"minutes": 15})
    scene.wait()
    assert scene.ask().message.startswith("Markets are closed")


def test_a_frozen_market_shows_no_new_price_until_it_thaws(scene: Any) -> None:
    scene.arm("market.freeze", for_s=10.0)
    scene.wait()
    scene.price(1_400)
    scene.wait()
    assert scene.broker.marks(scene.broker.universe.find("NSE:INFY")).last_paise == 1_500_00
    scene.wait(10)
    assert scene.broker.marks(scene.broker.universe.find("NSE:INFY")).last_paise == 1_400_00
