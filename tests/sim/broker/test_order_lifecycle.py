"""The rows an order leaves, from the API to the exchange and back."""

import itertools
from datetime import date
from typing import Any

import pytest

from tarazu.sim.broker.oms import way
from tarazu.wire.kite_errors import BEING_PROCESSED, TOO_MANY_MODIFICATIONS, Refusal
from tarazu.wire.kite_orders import EDGES, KiteStatus

S = KiteStatus
USER = "TZ0001"
DAY_AFTER = date(2026, 11, 24)
ENTRY = "PUT ORDER REQ RECEIVED > VALIDATION PENDING > OPEN PENDING"


def test_placing_answers_before_the_exchange_has_spoken(scene: Any) -> None:
    order_id = scene.place(price=1_490)
    assert scene.statuses(order_id) == "PUT ORDER REQ RECEIVED"
    assert scene.row(order_id).exchange_order_id is None
    assert len(order_id) == 19 and order_id.isdigit()


def test_a_resting_order_walks_to_open(scene: Any) -> None:
    order_id = scene.place(price=1_490, tag="mine")
    scene.wait()
    assert scene.statuses(order_id) == f"{ENTRY} > OPEN"
    row = scene.row(order_id)
    assert (row.pending_quantity, row.filled_quantity, row.cancelled_quantity) == (10, 0, 0)
    assert (row.price, row.tag, row.tags, row.placed_by) == (1_490.0, "mine", ["mine"], USER)
    assert row.exchange_order_id and row.order_timestamp == "2026-11-23 10:00:00"


def test_a_marketable_order_completes_and_its_trades_show_the_exact_average(scene: Any) -> None:
    scene.market.depth_qty = 4
    scene.wait()
    order_id = scene.place(price=1_510)
    scene.wait()
    assert scene.statuses(order_id).endswith("OPEN > OPEN > OPEN > COMPLETE")
    trades = scene.broker.trades(USER, order_id)
    assert isinstance(trades, list)
    assert [(t.quantity, t.average_price) for t in trades] == [(4, 1_500.05), (4, 1_500.10), (2, 1_500.15)]
    assert scene.row(order_id).average_price == pytest.approx(1_500.09)


def test_a_modification_shows_its_steps_and_an_exchange_refusal_leaves_the_order_open(scene: Any) -> None:
    order_id = scene.place(price=1_490)
    scene.wait()
    assert scene.modify(order_id, price=1_480) == order_id
    scene.wait()
    steps = "OPEN > MODIFY VALIDATION PENDING > MODIFY PENDING > MODIFIED > OPEN"
    assert scene.statuses(order_id).endswith(steps)
    assert (scene.row(order_id).price, scene.row(order_id).modified) == (1_480.0, True)


def test_a_cancellation_gives_the_rest_back(scene: Any) -> None:
    order_id = scene.place(price=1_490)
    scene.wait()
    scene.cancel(order_id)
    assert scene.row(order_id).status == "CANCEL PENDING"
    scene.wait()
    assert scene.statuses(order_id).endswith("OPEN > CANCEL PENDING > CANCELLED")
    assert (scene.row(order_id).pending_quantity, scene.row(order_id).cancelled_quantity) == (0, 10)


def test_a_fill_that_overtakes_a_cancellation_takes_it_back(scene: Any) -> None:
    order_id = scene.place(price=1_490)
    scene.wait(1.99)
    scene.price(1_489)
    scene.cancel(order_id)
    scene.wait()
    assert scene.statuses(order_id).endswith("CANCEL PENDING > NOT CANCELLED > COMPLETE")


def test_a_fill_that_overtakes_a_modification_takes_it_back(scene: Any) -> None:
    order_id = scene.place(price=1_490)
    scene.wait(1.99)
    scene.price(1_489)
    scene.modify(order_id, price=1_470)
    scene.wait()
    assert scene.statuses(order_id).endswith("PENDING > NOT MODIFIED > COMPLETE")


def test_a_partial_fill_while_a_change_is_pending_is_seen_at_once_and_adds_no_row(scene: Any) -> None:
    order_id = scene.place(price=1_490)
    scene.wait(1.99)
    scene.market.depth_qty = 3
    scene.price(1_489.95)
    scene.arm("order.stuck", params={"stage": "MODIFY VALIDATION PENDING", "release_s": 5.0})
    scene.modify(order_id, price=1_480)
    scene.wait(1.0)
    row = scene.row(order_id)
    assert (row.status, row.filled_quantity) == ("MODIFY VALIDATION PENDING", 3)
    assert len(scene.broker.trades(USER, order_id)) == 1  # type: ignore[arg-type]


@pytest.mark.parametrize("seconds", [0.0, 0.004])
def test_an_order_on_its_way_can_be_neither_modified_nor_cancelled(scene: Any, seconds: float) -> None:
    order_id = scene.place(price=1_490)
    scene.wait(seconds)
    assert scene.modify(order_id, price=1_480) == BEING_PROCESSED
    refusal = scene.cancel(order_id)
    assert isinstance(refusal, Refusal) and "cannot be cancelled" in refusal.message


def test_the_26th_modification_is_refused(scene: Any) -> None:
    order_id = scene.place(price=1_490)
    for n in range(25):
        scene.wait(0.2)
        assert scene.modify(order_id, price=1_480 + n % 2) == order_id
    scene.wait()
    assert scene.modify(order_id, price=1_470) == TOO_MANY_MODIFICATIONS


def test_an_order_of_somebody_else_is_unknown(scene: Any) -> None:
    order_id = scene.place(price=1_490)
    scene.broker.add_account("TZ0002", 100)
    for answer in (
        scene.broker.order_history("TZ0002", order_id),
        scene.broker.cancel("TZ0002", "regular", order_id),
        scene.broker.trades("TZ0002", order_id),
        scene.broker.cancel(USER, "amo", order_id),
    ):
        assert isinstance(answer, Refusal) and answer.status == 404


def test_an_ioc_remainder_is_cancelled(scene: Any) -> None:
    scene.market.depth_qty = 3
    scene.wait()
    order_id = scene.place(price=1_500.05, validity="IOC")
    scene.wait()
    row = scene.row(order_id)
    assert (row.status, row.filled_quantity, row.cancelled_quantity) == ("CANCELLED", 3, 7)


def test_a_ttl_order_lives_its_minutes(scene: Any) -> None:
    order_id = scene.place(price=1_490, validity="TTL", validity_ttl=2)
    scene.wait(119)
    assert scene.row(order_id).status == "OPEN"
    scene.wait(2)
    assert scene.row(order_id).status == "CANCELLED"


def test_a_stop_waits_and_then_trades(scene: Any) -> None:
    order_id = scene.place(order_type="SL", price=1_512, trigger=1_510)
    scene.wait()
    assert scene.statuses(order_id) == f"{ENTRY} > TRIGGER PENDING"
    scene.price(1_510)
    scene.wait()
    assert scene.statuses(order_id) == f"{ENTRY} > TRIGGER PENDING > OPEN > COMPLETE"


def test_a_rejected_order_shows_nothing_pending_and_nothing_cancelled(scene: Any) -> None:
    scene.arm("order.reject", params={"text": "17070 : The Price is out of the LPP range"})
    order_id = scene.place(price=1_490)
    scene.wait()
    row = scene.row(order_id)
    assert (row.status, row.quantity) == ("REJECTED", 10)
    assert (row.filled_quantity, row.pending_quantity, row.cancelled_quantity) == (0, 0, 0)


def test_an_algo_id_is_kept_in_the_rows_meta(scene: Any) -> None:
    order_id = scene.place(price=1_490, algo_id="4444444444440")
    scene.wait()
    scene.modify(order_id, price=1_480)
    scene.wait()
    assert {str(r.meta) for r in scene.history(order_id)} == {"{'algo_id': '4444444444440'}"}
    assert scene.row(scene.place(price=1_490)).meta == {}


def test_what_rests_at_the_end_of_the_day_is_cancelled_and_the_book_is_empty_next_morning(scene: Any) -> None:
    order_id = scene.place(price=1_490, product="CNC")
    scene.go(16, 30)
    assert scene.row(order_id).status == "CANCELLED"
    scene.go(5, 59, DAY_AFTER)
    assert len(scene.orders()) == 1
    scene.go(6, 0, DAY_AFTER)
    assert scene.orders() == []


AT_EXCHANGE = (S.OPEN, S.TRIGGER_PENDING, S.MODIFY_VALIDATION_PENDING, S.MODIFY_PENDING, S.CANCEL_PENDING)


@pytest.mark.parametrize("status", AT_EXCHANGE, ids=str)
@pytest.mark.parametrize("to", [S.COMPLETE, S.CANCELLED, S.REJECTED], ids=str)
@pytest.mark.parametrize("resting", [S.OPEN, S.TRIGGER_PENDING], ids=str)
def test_however_an_order_ends_its_rows_stay_on_the_graph(status: S, to: S, resting: S) -> None:
    steps = (status, *way(status, to, resting))
    assert steps[-1] is to
    assert all(b in EDGES[a] for a, b in itertools.pairwise(steps)), steps


def test_two_orders_of_one_account_may_trade_with_each_other(scene: Any) -> None:
    scene.wait()
    bid = scene.place(price=1_500.00)
    scene.wait(0.1)
    offer = scene.place(side="SELL", price=1_500.00)
    scene.wait(0.1)
    assert (scene.row(bid).status, scene.row(offer).status) == ("COMPLETE", "COMPLETE")
    position = scene.broker.positions(USER).net[0]
    assert (position.quantity, position.day_buy_quantity, position.day_sell_quantity) == (0, 10, 10)
