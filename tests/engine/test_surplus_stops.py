"""A stop closes what is open and opens nothing: what other hands close, its stops give way to."""

import msgspec

from harness.engine_desk import BUY, EngineDesk
from harness.order_story import KEY
from tarazu.engine.acts import AskCancel, AskChange, Deny
from tarazu.model.order import Side
from tarazu.orders.lifecycle import OrdStatus
from tarazu.risk.denial import Code


def protected(desk: EngineDesk, order_id: str = "1") -> str:
    """Bought, with its stop at the exchange; the stop's tag."""
    desk.want(BUY)
    desk.placed(order_id)
    desk.filled(order_id)
    return desk.placed(f"{order_id}0")


def sold_by_hand(desk: EngineDesk, qty: int = 75) -> None:
    desk.heard("99", "WORKING", key=KEY, side=Side.SELL, qty=qty)
    desk.filled("99", qty)


def test_a_stop_of_what_a_hand_has_sold_is_taken_back() -> None:
    desk = EngineDesk().ready()
    stop = protected(desk)
    assert not [act for act in desk.second(5).acts if isinstance(act, AskCancel)], "while it protects it stays"
    sold_by_hand(desk)
    step = desk.second()
    assert [act.ref for act in step.acts if isinstance(act, AskCancel)] == [stop]
    assert "SURPLUS_STOP" in desk.alerts
    assert not [act for act in desk.second().acts if isinstance(act, AskCancel)], "it was asked"
    desk.answer(stop, "10", call="CANCEL")
    desk.heard("10", "CANCELED")
    assert desk.order(stop).status is OrdStatus.CANCELED
    sent = len(desk.sent)
    desk.second(200)
    assert len(desk.sent) == sent, "and no new one is placed for what is not there any more"


def test_a_stop_of_what_a_hand_has_sold_in_part_is_made_smaller() -> None:
    desk = EngineDesk().ready()
    desk.want()
    desk.want()
    first, second = (sent.order.tag for sent in desk.sent)
    for order_id, tag in (("1", first), ("2", second)):
        desk.answer(tag, order_id)
        desk.heard(order_id, "WORKING", tag=tag, key=KEY, qty=75, price_paise=10_000)
        desk.filled(order_id)
        desk.placed(f"{order_id}0")
    sold_by_hand(desk)
    step = desk.second()
    (cancelled,) = (act for act in step.acts if isinstance(act, AskCancel))
    assert desk.order(cancelled.ref).order_id == "10", "a hand closes the oldest first"
    assert not [act for act in step.acts if isinstance(act, AskChange)]


def test_a_stop_larger_than_what_is_left_is_changed_to_it() -> None:
    desk = EngineDesk().ready()
    desk.want(msgspec.structs.replace(BUY, qty=150))
    desk.placed("1")
    desk.filled("1", 150)
    stop = desk.placed("10")
    sold_by_hand(desk, 75)
    (change,) = (act for act in desk.second().acts if isinstance(act, AskChange))
    assert (change.ref, change.change.qty) == (stop, 75)


def test_a_place_that_is_being_left_is_its_exits_business() -> None:
    desk = EngineDesk().ready()
    stop = protected(desk)
    sold_by_hand(desk)
    desk.engine.state.flattening = desk.shadow.state.flattening = "a test"
    assert stop not in [act.ref for act in desk.second().acts if isinstance(act, AskCancel) and "open there" in act.why]


def test_while_a_cancelled_stop_may_still_fill_no_entry_is_taken_there_that_could_have_no_stop() -> None:
    desk = EngineDesk().ready()
    stop = protected(desk)
    sold_by_hand(desk)
    desk.second()
    desk.answer(stop, "10", call="CANCEL")
    desk.heard("10", "CANCELED")
    (denied,) = (act for act in desk.want().acts if isinstance(act, Deny))
    assert [denial.code for denial in denied.denials] == [Code.STOP]
    desk.second(121)
    desk.reads()
    entry = _bought(desk, "2")
    intent = desk.order(desk.sent[-1].ref).intent
    assert intent is not None and intent.covers == entry, "the new entry's stop, at its own price"


def _bought(desk: EngineDesk, order_id: str) -> str:
    desk.want()
    tag = desk.placed(order_id)
    desk.filled(order_id)
    return tag
