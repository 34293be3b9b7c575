"""What entries leave for stops and exits, what is said of units that are bare, and what the gate cannot let through."""

import msgspec
import pytest

from harness.engine_desk import BUY, CONFIG, EngineDesk
from harness.order_story import KEY
from tarazu.engine import messages as m
from tarazu.engine.acts import Alert, BeginExit, Deny, Step
from tarazu.model.order import OrdType, Product, Side
from tarazu.model.units import SECOND_NS
from tarazu.orders.intent import Purpose
from tarazu.orders.throttle import SendKind, SendLimits, Throttle
from tarazu.risk.denial import Code
from tarazu.strategy.wants import CancelWant, ChangeWant, ExitWant, StopPlan

WIDE = msgspec.structs.replace(CONFIG, qty_max={KEY: 75_000})


def codes(step: Step) -> set[Code]:
    return {denial.code for act in step.acts if isinstance(act, Deny) for denial in act.denials}


def bought(desk: EngineDesk, order_id: str = "1") -> str:
    """Filled; its stop is sent."""
    desk.want()
    tag = desk.placed(order_id)
    desk.filled(order_id)
    return tag


# What is kept for stops and exits.


@pytest.mark.control("C11")
def test_entries_keep_to_less_than_stops_and_exits_in_every_window() -> None:
    limits = SendLimits()
    assert limits.of(is_entry=True) == (5, 250, 4_000) and limits.of(is_entry=False) == (8, 350, 4_500)
    assert SendLimits(per_second=3, per_minute=20, per_day=100).of(is_entry=True) == (3, 20, 100)


@pytest.mark.control("C11")
def test_what_stops_have_sent_counts_against_entries() -> None:
    throttle = Throttle()
    for at in range(5):
        throttle.sent(SECOND_NS + at)
    held = throttle.held(SendKind.PLACE, SECOND_NS + 5, is_entry=True)
    assert held is not None and (held.count, held.limit, held.until_ns) == (5, 5, 2 * SECOND_NS)
    assert throttle.held(SendKind.PLACE, SECOND_NS + 5) is None


def test_a_burst_of_entries_leaves_room_for_the_stop_of_the_first_that_fills() -> None:
    desk = EngineDesk(WIDE).ready()
    desk.second()
    steps = [desk.want() for _ in range(8)]
    assert [codes(step) for step in steps] == [set()] * 5 + [{Code.THROTTLE}] * 3
    first = desk.sent[0].order
    desk.answer(first.tag, "1")
    desk.heard("1", "FILLED", 75, tag=first.tag, price_paise=10_000)
    intent = desk.order(desk.sent[-1].ref).intent
    assert intent is not None and (intent.purpose, intent.covers) == (Purpose.STOP, first.tag)


@pytest.mark.control("C11")
def test_an_increase_of_an_entry_is_held_as_an_entry() -> None:
    desk = EngineDesk(WIDE).ready()
    desk.second()
    desk.want()
    tag = desk.placed("1")
    desk.second()
    for _ in range(5):
        desk.want()
    assert codes(desk.want(ChangeWant(strategy="story", ref=tag, qty=150))) == {Code.THROTTLE}


# What is bare is said.


def unprotected(desk: EngineDesk) -> list[str]:
    said = [act for step in desk.steps for act in step.acts if isinstance(act, Alert) and act.code == "UNPROTECTED"]
    return [act.of for act in said]


def test_a_strangers_order_that_could_close_it_is_no_protection() -> None:
    desk = EngineDesk().ready()
    desk.heard("99", "WORKING", key=KEY, side=Side.SELL, qty=75, price_paise=90_000)
    entry = bought(desk)
    assert len(desk.sent) == 1, "a stop beside it could open a position"
    desk.second(2)
    assert unprotected(desk) == []
    desk.second()
    assert unprotected(desk) == [entry]


def test_an_entry_of_ours_on_the_other_side_is_no_protection() -> None:
    desk = EngineDesk().ready()
    other = msgspec.structs.replace(BUY, side=Side.SELL, price_paise=90_000)
    desk.want(other)
    desk.placed("7")
    entry = bought(desk)
    desk.second(5)
    assert unprotected(desk) == [entry]


def test_a_stop_that_was_cancelled_protects_nothing_while_it_cools() -> None:
    desk = EngineDesk().ready()
    entry = bought(desk)
    desk.placed("10")
    desk.second(20)
    assert unprotected(desk) == [], "it rests"
    desk.heard("10", "CANCELED")
    desk.second(3)
    assert unprotected(desk) == []
    desk.second()
    assert unprotected(desk) == [entry]


def test_a_stop_of_which_nobody_knows_is_said_until_it_is_found() -> None:
    desk = EngineDesk().ready()
    entry = bought(desk)
    desk.answer(desk.sent[-1].order.tag, kind="NO_ANSWER")
    desk.second(4)
    assert unprotected(desk) == [entry]


def test_a_place_that_is_being_left_with_nothing_at_work_is_said() -> None:
    desk = EngineDesk().ready()
    entry = bought(desk)
    desk.placed("10")
    desk.tell(m.Commanded(order=m.Order.FLATTEN, who="asha", why="drill"))
    desk.second(5)
    assert unprotected(desk) == [], "the stop still rests"
    desk.heard("10", "CANCELED")
    desk.second(5)
    assert unprotected(desk) == [entry]


def test_what_other_hands_have_closed_is_not_bare() -> None:
    desk = EngineDesk().ready()
    bought(desk)
    desk.placed("10")
    desk.heard("99", "WORKING", key=KEY, side=Side.SELL, qty=75)
    desk.filled("99")
    desk.heard("10", "CANCELED")
    desk.second(10)
    assert unprotected(desk) == []


@pytest.mark.control("C28")
def test_a_stop_that_the_throttle_holds_for_long_is_said() -> None:
    desk = EngineDesk(msgspec.structs.replace(CONFIG, limits=SendLimits(per_day=1, boot_hold_ns=0))).ready()
    entry = bought(desk)
    desk.second(5)
    assert len(desk.sent) == 1 and unprotected(desk) == [entry]


# What cannot be right.


@pytest.mark.control("C28")
@pytest.mark.parametrize(("distance", "width"), [(0, 1_000), (-2_000, 1_000), (2_000, -5)])
def test_a_stop_on_the_wrong_side_of_its_trigger_or_its_entry_is_denied(distance: int, width: int) -> None:
    desk = EngineDesk().ready()
    plan = StopPlan(distance_paise=distance, width_paise=width)
    assert codes(desk.want(msgspec.structs.replace(BUY, stop=plan))) == {Code.STOP} and not desk.sent


@pytest.mark.parametrize("order_type", [OrdType.SL, OrdType.SL_M])
def test_an_entry_is_a_limit_or_a_market_order(order_type: OrdType) -> None:
    desk = EngineDesk().ready()
    assert codes(desk.want(msgspec.structs.replace(BUY, order_type=order_type))) == {Code.ORDER} and not desk.sent


@pytest.mark.parametrize(
    ("qty", "price_paise", "code"),
    [
        (0, None, Code.LOT),
        (-75, None, Code.LOT),
        (76, None, Code.LOT),
        (None, 10_001, Code.TICK),
        (None, 0, Code.TICK),
        (None, 10_000_005, Code.BAND),
        (None, None, Code.ORDER),
    ],
)
def test_a_change_to_what_no_order_can_be_is_denied(qty: int | None, price_paise: int | None, code: Code) -> None:
    desk = EngineDesk().ready()
    desk.want(msgspec.structs.replace(BUY, qty=150))
    tag = desk.placed("1")
    change = ChangeWant(strategy="story", ref=tag, qty=qty, price_paise=price_paise)
    assert code in codes(desk.want(change)) and not desk.changed


@pytest.mark.parametrize(("qty", "price_paise"), [(150, None), (None, 6_000)])
def test_a_stop_is_changed_by_what_protects_and_by_no_want(qty: int | None, price_paise: int | None) -> None:
    desk = EngineDesk().ready()
    bought(desk)
    stop = desk.placed("10")
    change = ChangeWant(strategy="story", ref=stop, qty=qty, price_paise=price_paise)
    assert codes(desk.want(change)) == {Code.ORDER} and not desk.changed


def test_less_of_an_entry_still_passes() -> None:
    desk = EngineDesk().ready()
    desk.want(msgspec.structs.replace(BUY, qty=150))
    tag = desk.placed("1")
    desk.want(ChangeWant(strategy="story", ref=tag, qty=75))
    assert [change.change.qty for change in desk.changed] == [75]


# A cancellation is not lost.


def test_a_cancellation_of_what_is_in_flight_is_asked_for_when_it_is_there() -> None:
    desk = EngineDesk().ready()
    desk.want()
    tag = desk.sent[-1].order.tag
    desk.want(CancelWant(strategy="story", ref=tag, why="changed its mind"))
    assert not desk.cancelled
    desk.placed("1")
    assert [cancel.ref for cancel in desk.cancelled] == [tag]


def test_a_cancellation_of_an_unknown_order_is_asked_for_when_it_is_found() -> None:
    desk = EngineDesk().ready()
    desk.want()
    tag = desk.sent[-1].order.tag
    desk.answer(tag, kind="NO_ANSWER")
    desk.want(CancelWant(strategy="story", ref=tag))
    desk.row("17", "WORKING", tag=tag, price_paise=10_000)
    desk.second(3)
    desk.reads()
    assert [cancel.ref for cancel in desk.cancelled] == [tag]


def test_a_cancellation_without_an_answer_is_asked_for_until_the_order_has_ended_and_then_forgotten() -> None:
    desk = EngineDesk().ready()
    desk.want()
    tag = desk.placed("1")
    desk.want(CancelWant(strategy="story", ref=tag))
    desk.answer(tag, kind="REFUSED", call="CANCEL")
    desk.second(3)
    assert len(desk.cancelled) == 2 and tag in desk.engine.state.cancels
    desk.heard("1", "CANCELED")
    for _ in range(150):
        desk.second()
        desk.reads()
    assert len(desk.cancelled) == 2 and not desk.engine.state.cancels


# Where nothing can be left.


@pytest.mark.parametrize("key", ["", "NFO:NOSUCH"])
def test_a_place_that_nobody_knows_is_not_left(key: str) -> None:
    desk = EngineDesk().ready()
    step = desk.want(ExitWant(strategy="story", key=key, product=Product.NRML))
    assert codes(step) == {Code.INSTRUMENT} and not desk.engine.state.exits


def test_a_place_of_no_instrument_that_is_held_can_be_left() -> None:
    desk = EngineDesk().ready()
    desk.heard("99", "WORKING", key="BSE:OLD", side=Side.BUY, qty=75)
    step = desk.want(ExitWant(strategy="story", key="BSE:OLD", product=Product.NRML))
    assert [act.key for act in step.acts if isinstance(act, BeginExit)] == ["BSE:OLD"]
