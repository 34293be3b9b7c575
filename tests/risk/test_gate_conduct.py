"""The gate's checks of what the desk has sent, holds and rests."""

from typing import Any

import pytest

from harness.engine_desk import KEY, NIFTY_CALL, STOP, EngineDesk
from harness.gate_desk import PUT, gate_desk, of, quote, said, told
from tarazu.engine.acts import Deny
from tarazu.model.order import OrdType, Product, Side
from tarazu.model.units import MINUTE_NS, SECOND_NS
from tarazu.orders.throttle import SendLimits
from tarazu.strategy.wants import ChangeWant, ExitWant, LegWant, SpreadWant

TWO_SECONDS = {"duplicate_ns": 2 * SECOND_NS}
AGAIN = "DUPLICATE: the same was sent 0.0 s ago (2.0 s)"


# C12: duplicates.


@pytest.mark.control("C12")
def test_the_same_twice_within_two_seconds_is_sent_once() -> None:
    desk = gate_desk(**TWO_SECONDS)
    assert said(desk) == [] and said(desk) == [AGAIN]
    desk.second(2)
    assert said(desk) == [] and len(desk.sent) == 2


@pytest.mark.control("C12")
@pytest.mark.parametrize(
    "other", [{"qty": 150}, {"price_paise": 9_950}, {"strategy": "another"}, {"order_type": OrdType.MARKET}]
)
def test_another_want_is_no_duplicate(other: dict[str, Any]) -> None:
    desk = gate_desk(**TWO_SECONDS)
    assert said(desk) == [] and said(desk, of(**other)) == []


@pytest.mark.control("C12")
def test_two_orders_at_the_market_are_the_same() -> None:
    desk = gate_desk(**TWO_SECONDS)
    market = of(order_type=OrdType.MARKET, price_paise=None)
    assert said(desk, market) == [] and said(desk, market) == [AGAIN]


@pytest.mark.control("C12")
def test_slices_of_one_want_are_one() -> None:
    desk = gate_desk(**TWO_SECONDS)
    assert said(desk, of(qty=5_400)) == [] and len(desk.sent) == 3
    assert said(desk, of(qty=1_800)) == [], "a slice is not what was wanted"
    assert said(desk, of(qty=5_400)) == [AGAIN]


@pytest.mark.control("C12")
def test_to_make_an_order_larger_is_not_to_send_it_again() -> None:
    desk = gate_desk(**TWO_SECONDS)
    desk.want(of())
    ref = desk.placed("1")
    assert desk.want(ChangeWant(strategy="story", ref=ref, qty=150)).outputs


def spread(**changes: Any) -> SpreadWant:
    hedge = LegWant(name="long", key=PUT.key, side=Side.BUY, per_set=75, price_paise=10_000)
    main = LegWant(name="short", key=KEY, side=Side.SELL, per_set=75, price_paise=10_000)
    return SpreadWant(strategy="story", product=Product.NRML, hedges=(hedge,), mains=(main,), **{"sets": 1, **changes})


def denied(desk: EngineDesk, want: SpreadWant) -> list[str]:
    acts = desk.want(want).acts
    return [f"{d.code}: {d.observed} ({d.limit})" for act in acts if isinstance(act, Deny) for d in act.denials]


@pytest.mark.control("C12")
def test_the_same_spread_twice_within_two_seconds_is_sent_once() -> None:
    desk = gate_desk([NIFTY_CALL, PUT], **TWO_SECONDS)
    assert denied(desk, spread()) == [] and len(desk.sent) == 1
    assert AGAIN in denied(desk, spread())
    desk.second(2)
    assert denied(desk, spread()) == []


@pytest.mark.control("C12")
def test_a_spread_of_which_nothing_is_sent_yet_is_not_begun_twice() -> None:
    desk = gate_desk([NIFTY_CALL, PUT], **TWO_SECONDS)
    assert denied(desk, spread()) == []
    assert "DUPLICATE: the same spread has just begun (2.0 s)" in denied(desk, spread())


@pytest.mark.control("C12")
def test_the_slices_of_a_leg_that_the_throttle_holds_back_are_no_duplicates_of_the_first() -> None:
    desk = gate_desk([NIFTY_CALL, PUT], SendLimits(boot_hold_ns=0, entries_per_second=1), **TWO_SECONDS)
    desk.second(2)
    assert denied(desk, spread(sets=48)) == [] and [sent.order.qty for sent in desk.sent] == [1_800]
    desk.second()
    assert [sent.order.qty for sent in desk.sent] == [1_800, 1_800]


# C13: round trips.


def trip(desk: EngineDesk, number: int, strategy: str = "story") -> None:
    """In by an entry, out by another."""
    for leg, side in enumerate((Side.BUY, Side.SELL)):
        assert said(desk, of(side=side, strategy=strategy, price_paise=10_000 + 5 * number)) == []
        order_id = f"{strategy}{number}{leg}"
        desk.placed(order_id)
        desk.filled(order_id, 75)


@pytest.mark.control("C13")
def test_who_was_in_and_out_too_often_enters_no_more() -> None:
    desk = gate_desk(round_trips_max=2, round_trips_ns=10 * MINUTE_NS)
    trip(desk, 1)
    trip(desk, 2)
    assert "REPEATED: 2 round trips in 10 minutes (2)" in said(desk)
    assert said(desk, of(strategy="another")) == []


@pytest.mark.control("C13")
def test_fills_that_only_add_are_no_round_trip_and_to_turn_a_position_is_one() -> None:
    desk = gate_desk(round_trips_max=1)
    for number, (side, qty) in enumerate([(Side.BUY, 75), (Side.BUY, 75), (Side.SELL, 75)]):
        assert said(desk, of(side=side, qty=qty, price_paise=10_000 + 5 * number)) == []
        desk.placed(str(number))
        desk.filled(str(number), qty)
    assert said(desk, of(side=Side.SELL, qty=150)) == []
    desk.placed("turn")
    desk.filled("turn", 150)
    assert any(line.startswith("REPEATED: 1 round trips") for line in said(desk))


# C15: self-match.


@pytest.mark.control("C15")
def test_no_order_meets_a_resting_one_of_ours() -> None:
    desk = gate_desk()
    assert said(desk, of(side=Side.SELL, price_paise=10_100)) == []
    ref = desk.placed("1")
    met = f"SELF_MATCH: our SELL {ref} rests at ₹101.00 (no trade with ourselves)"
    assert said(desk, of(price_paise=10_100)) == [met]
    assert said(desk, of(price_paise=10_095)) == []
    assert said(desk, of(order_type=OrdType.MARKET, price_paise=None)) == [met]
    assert said(desk, of(price_paise=10_100, product=Product.MIS)) == [met], "the exchange knows no product"
    desk.heard("1", "CANCELED")
    assert said(desk, of(price_paise=10_105)) == []


@pytest.mark.control("C15")
def test_an_order_nobody_has_answered_may_rest_and_so_may_a_strangers() -> None:
    desk = gate_desk()
    assert said(desk, of(side=Side.SELL, price_paise=10_100)) == []
    assert any(line.startswith("SELF_MATCH") for line in said(desk, of(price_paise=10_100)))
    desk = gate_desk()
    desk.heard("9", "WORKING", side=Side.SELL, price_paise=10_050, tag="")
    assert "SELF_MATCH: our SELL #9 rests at ₹100.50 (no trade with ourselves)" in said(desk, of(price_paise=10_050))


@pytest.mark.control("C15")
def test_the_price_an_order_has_been_asked_to_have_counts_too() -> None:
    desk = gate_desk()
    assert said(desk, of(side=Side.SELL, price_paise=10_200)) == []
    ref = desk.placed("1")
    assert desk.want(ChangeWant(strategy="story", ref=ref, price_paise=10_050)).outputs
    assert any(line.startswith("SELF_MATCH") for line in said(desk, of(price_paise=10_050)))


@pytest.mark.control("C15")
def test_a_stop_meets_nothing_before_its_trigger_and_everything_it_would_trade_with_after() -> None:
    desk = gate_desk()
    assert said(desk, of(stop=STOP)) == []
    desk.placed("1")
    desk.filled("1", 75)
    desk.placed("2", order_type=OrdType.SL)
    assert desk.order(desk.sent[-1].ref).trigger_paise == 8_000
    assert said(desk, of(price_paise=10_005)) == []
    quote(desk, 7_990, 8_000, last=8_000)
    assert any(line.startswith("SELF_MATCH") for line in told(desk.want(of(price_paise=9_000))))


# C14, C23: places that nobody may enter now.


@pytest.mark.control("C23")
def test_a_place_that_is_being_left_is_not_entered() -> None:
    desk = gate_desk()
    assert said(desk) == []
    desk.placed("1")
    desk.filled("1")
    desk.want(ExitWant(strategy="story", key=KEY, product=Product.NRML))
    assert said(desk, of(qty=150)) == [f"LEAVING: {KEY} ()"]


@pytest.mark.control("C14")
def test_where_an_unknown_order_of_ours_may_be_one_of_the_book_nobody_enters() -> None:
    desk = gate_desk()
    assert said(desk) == []
    desk.heard("1", "WORKING", tag="", key=KEY, side=Side.BUY, price_paise=10_000)
    desk.answer(desk.sent[-1].ref, kind="NO_ANSWER")
    desk.second(4)
    assert f"BLOCKED: {KEY} ()" in said(desk, of(qty=150))
