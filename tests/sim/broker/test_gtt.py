"""Good-till-triggered: what is watched, what fires, what the rows say."""

from datetime import date, time, timedelta
from typing import Any

import pytest

from tarazu.model import ist
from tarazu.model.order import Side
from tarazu.sim.broker.gtt import GttLeg, GttRequest
from tarazu.wire.kite_errors import Refusal

USER = "TZ0001"


def asked(triggers: tuple[float, ...], prices: tuple[float, ...] = (), symbol: str = "INFY", **more: Any) -> GttRequest:
    """A SELL of 5 for each trigger, limited at the trigger unless told."""
    leg = {"exchange": "NSE", "tradingsymbol": symbol, "transaction_type": Side.SELL, "quantity": 5}
    leg |= {"order_type": "LIMIT", "product": "CNC"} | more
    return GttRequest(
        type={1: "single", 2: "two-leg"}[len(triggers)],
        exchange="NSE",
        tradingsymbol=symbol,
        trigger_paise=tuple(round(t * 100) for t in triggers),
        last_price_paise=1_500_00,
        orders=tuple(GttLeg(**leg, price_paise=round(p * 100)) for p in prices or triggers),
    )


def test_a_trigger_fires_once_and_places_its_limit_order(scene: Any) -> None:
    gtts = scene.broker.gtts
    trigger_id = gtts.place(USER, asked((1_550,)))
    scene.price(1_549.95)
    scene.wait()
    assert gtts.get(USER, trigger_id)["status"] == "active" and scene.orders() == []
    scene.price(1_550)
    scene.wait(5)
    scene.price(1_500)
    scene.wait(5)
    scene.price(1_560)
    scene.wait(5)
    row = gtts.get(USER, trigger_id)
    assert row["status"] == "triggered"
    assert [(o.order_type, o.price, o.quantity) for o in scene.orders()] == [("LIMIT", 1_550.0, 5)]
    result = row["orders"][0]["result"]
    assert result["triggered_at"] == 1_550.0
    assert result["order_result"] == {
        "status": "success",
        "order_id": scene.orders()[0].order_id,
        "rejection_reason": "",
    }


@pytest.mark.parametrize(("price", "leg"), [(1_449, 0), (1_551, 1)])
def test_of_two_legs_one_fires_and_the_other_ends(scene: Any, price: float, leg: int) -> None:
    gtts = scene.broker.gtts
    trigger_id = gtts.place(USER, asked((1_450, 1_550), (1_445, 1_550)))
    scene.price(price)
    scene.wait()
    scene.price(1_449 if leg else 1_551)
    scene.wait()
    row = gtts.get(USER, trigger_id)
    assert [o["result"] is not None for o in row["orders"]] == [leg == 0, leg == 1]
    assert len(scene.orders()) == 1


def test_a_fired_order_that_is_refused_says_why(scene: Any) -> None:
    trigger_id = scene.broker.gtts.place(USER, asked((1_450,), (1_100,)))
    scene.price(1_450)
    scene.wait()
    result = scene.broker.gtts.get(USER, trigger_id)["orders"][0]["result"]["order_result"]
    assert result["status"] == "failed"
    assert result["rejection_reason"].startswith("Your order price is lower than the current lower circuit limit")


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (asked((1_503,)), "0.25% away"),
        (asked((1_550.03,)), "multiple of 0.05"),
        (asked((1_510, 1_550)), "either side"),
        (asked((1_550, 1_450)), "rise"),
        (asked((1_550,), product="MIS"), "Only CNC"),
        (asked((1_550,), order_type="MARKET"), "Only LIMIT"),
        (asked((1_550,), quantity=0), "multiples of 1"),
        (asked((1_550,), symbol="NOSUCH"), "does not exist"),
        (asked((1_550,), symbol="NIFTY 50"), "not available"),
    ],
    ids=["near", "tick", "same side", "order", "product", "type", "quantity", "symbol", "index"],
)
def test_a_bad_trigger_is_refused(scene: Any, request_: GttRequest, words: str) -> None:
    answer = scene.broker.gtts.place(USER, request_)
    assert isinstance(answer, Refusal) and words in answer.message
    assert scene.broker.gtts.list(USER) == []


def test_the_251st_active_trigger_is_refused(scene: Any) -> None:
    for _ in range(250):
        assert isinstance(scene.broker.gtts.place(USER, asked((1_550,))), int)
    assert isinstance(scene.broker.gtts.place(USER, asked((1_550,))), Refusal)
    scene.broker.gtts.delete(USER, 1)
    assert isinstance(scene.broker.gtts.place(USER, asked((1_550,))), int)


def test_a_modified_trigger_watches_the_new_price(scene: Any) -> None:
    gtts = scene.broker.gtts
    trigger_id = gtts.place(USER, asked((1_550,)))
    assert gtts.modify(USER, trigger_id, asked((1_600,))) == trigger_id
    scene.price(1_560)
    scene.wait()
    assert gtts.get(USER, trigger_id)["condition"]["trigger_values"] == [1_600.0]
    assert scene.orders() == []


def test_a_deleted_trigger_is_silent_and_listed_for_a_week(scene: Any) -> None:
    gtts = scene.broker.gtts
    trigger_id = gtts.place(USER, asked((1_550,)))
    assert gtts.delete(USER, trigger_id) == trigger_id
    scene.price(1_560)
    scene.wait()
    assert scene.orders() == []
    assert [row["status"] for row in gtts.list(USER)] == ["deleted"]
    scene.go(10, 1, date(2026, 11, 30))
    assert gtts.list(USER) == []


def test_a_trigger_is_its_owners(scene: Any) -> None:
    trigger_id = scene.broker.gtts.place(USER, asked((1_550,)))
    answer = scene.broker.gtts.get("TZ0002", trigger_id)
    assert isinstance(answer, Refusal) and answer.status == 404


def test_a_share_trigger_lasts_a_year_and_a_contracts_its_last_day(open_scene: Any) -> None:
    scene = open_scene(at=time(10, 0))
    share = scene.broker.gtts.place(USER, asked((1_550,)))
    leg = GttLeg(
        exchange="NFO", tradingsymbol="NIFTY26NOV26000CE", transaction_type=Side.BUY, quantity=65,
        order_type="LIMIT", product="NRML", price_paise=200_00,
    )  # fmt: skip
    request = GttRequest(
        type="single", exchange="NFO", tradingsymbol="NIFTY26NOV26000CE", trigger_paise=(200_00,),
        last_price_paise=150_00, orders=(leg,),
    )  # fmt: skip
    contract = scene.broker.gtts.place(USER, request)
    year = ist.stamp(ist.midnight_ns(date(2026, 11, 23) + timedelta(days=366)))
    assert scene.broker.gtts.get(USER, share)["expires_at"] == year
    assert scene.broker.gtts.get(USER, contract)["expires_at"] == "2026-11-24 00:00:00"
    scene.go(6, 0, date(2026, 11, 24))
    assert scene.broker.gtts.get(USER, contract)["status"] == "expired"
    assert scene.broker.gtts.get(USER, share)["status"] == "active"
