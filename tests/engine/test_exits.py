"""Leaving places: from fresh positions alone, a stop turned and not doubled, never past zero."""

import msgspec
import pytest

from harness.engine_desk import BUY, NIFTY_CALL
from harness.leaving_desk import LEAVE, PUT, STOCK_CALL, LeavingDesk, leave_of, left, told
from harness.order_story import KEY
from tarazu.engine import messages as m
from tarazu.engine.acts import Intend
from tarazu.engine.phase import Phase
from tarazu.model.order import OrdType, Product
from tarazu.model.outcome import RefusalKind
from tarazu.orders.intent import Purpose
from tarazu.orders.throttle import SendLimits

# One place.


def test_an_exit_want_reads_the_positions_and_sells_what_is_held() -> None:
    desk = LeavingDesk(carried=[(NIFTY_CALL, 150)])
    desk.second(2)
    step = desk.want(LEAVE)
    assert desk.asked == [m.What.POSITIONS] and told(step) == ""
    step = desk.read(m.What.POSITIONS)
    assert told(step) == "SELL 150 MARKET"
    (intend,) = (act for act in step.acts if isinstance(act, Intend))
    assert intend.intent.purpose is Purpose.SQUARE_OFF and intend.intent.strategy == "story"
    assert intend.intent.order.protection_bps == -1


def test_a_resting_stop_is_turned_into_the_exit_and_nothing_else_is_sold() -> None:
    desk = LeavingDesk()
    desk.bought()
    desk.stopped("2")
    desk.second()
    desk.want(LEAVE)
    desk.quote(9_500, 9_510)
    assert told(desk.positions_read()) == "turn 2 LIMIT 9405"  # 1 % below the bid
    assert told(desk.positions_read()) == ""
    desk.answer(desk.sent[-1].order.tag, "2", call="MODIFY")
    desk.heard("2", "WORKING", order_type=OrdType.LIMIT, price_paise=9_405)
    assert told(desk.positions_read()) == ""
    desk.filled("2", 75, 9_405)
    desk.positions_read()
    assert len(desk.sent) == 2 and left(desk) == [f"{KEY} flat"]
    assert not desk.engine.state.exits and not desk.alerts


def test_a_stop_without_a_price_is_turned_into_a_market_order() -> None:
    desk = LeavingDesk()
    desk.bought()
    desk.stopped("2")
    desk.want(LEAVE)
    assert told(desk.positions_read(1)) == "turn 2 MARKET None"


def test_a_stop_whose_answer_is_lost_is_looked_for_and_not_sold_beside() -> None:
    desk = LeavingDesk()
    desk.bought()
    desk.answer(desk.sent[-1].order.tag, kind="NO_ANSWER")
    desk.want(LEAVE)
    assert [told(desk.positions_read(1)) for _ in range(5)] == [""] * 5
    desk.heard("2", "WORKING", order_type=OrdType.SL, side=BUY.side.opposite, tag=desk.sent[-1].order.tag)
    assert told(desk.positions_read()) == "turn 2 MARKET None"


def test_an_entry_at_work_is_canceled_and_what_it_has_filled_is_sold() -> None:
    desk = LeavingDesk()
    desk.want(msgspec.structs.replace(BUY, qty=150))
    desk.placed("1")
    desk.trade("1", 75)
    desk.heard("1", "WORKING", 75)
    desk.answer(desk.sent[-1].order.tag, kind="REFUSED", refusal=RefusalKind.MARGIN)  # its stop
    desk.want(LEAVE)
    assert told(desk.positions_read(1)) == "cancel 1; SELL 75 MARKET"


def test_a_refused_cancellation_is_asked_again_and_not_with_every_read() -> None:
    desk = LeavingDesk()
    desk.want()
    tag = desk.placed("1")
    desk.want(LEAVE)
    assert told(desk.positions_read()) == "cancel 1"
    desk.answer(tag, call="CANCEL", kind="REFUSED", refusal=RefusalKind.REQUEST)
    assert told(desk.positions_read(1)) == ""
    assert told(desk.positions_read(1)) == "cancel 1"


def test_no_more_is_canceled_in_a_second_than_kite_takes() -> None:
    desk = LeavingDesk()
    for order_id in range(12):
        desk.want()
        desk.placed(str(order_id))
        desk.second()
    desk.want(LEAVE)
    desk.positions_read(1)
    assert len(desk.cancelled) == 10
    desk.positions_read(1)
    assert len(desk.cancelled) == 12


def test_a_place_is_left_when_nothing_can_come_any_more_and_not_before() -> None:
    desk = LeavingDesk()
    desk.want()
    desk.placed("1")
    desk.want(LEAVE)
    assert told(desk.positions_read()) == "cancel 1"
    desk.heard("1", "CANCELED")
    desk.positions_read(60)
    assert left(desk) == []
    desk.live(90)
    assert left(desk) == [f"{KEY} flat"]


def test_a_fill_that_crosses_the_cancellation_is_sold_too() -> None:
    desk = LeavingDesk()
    desk.want()
    desk.placed("1")
    desk.want(LEAVE)
    desk.positions_read()
    desk.heard("1", "CANCELED")
    desk.filled("1")
    assert told(desk.positions_read()) == "SELL 75 MARKET"


def test_exits_that_fill_in_parts_are_not_sent_again() -> None:
    desk = LeavingDesk(carried=[(NIFTY_CALL, 150)])
    desk.want(LEAVE)
    desk.positions_read(1)
    desk.placed("1", price_paise=9_700)
    desk.trade("1", 75, 9_700)
    desk.heard("1", "WORKING", 75)
    assert told(desk.positions_read()) == ""
    desk.heard("1", "CANCELED", 75)
    assert told(desk.positions_read()) == "" and not left(desk)  # it cools: it may still fill
    desk.live(150)
    assert [sent.order.qty for sent in desk.sent] == [150, 75]


# Freshness, and being asked again.


def test_a_read_that_did_not_begin_after_the_last_act_is_none() -> None:
    desk = LeavingDesk(carried=[(NIFTY_CALL, 75)])
    desk.want(LEAVE)
    desk.positions_read()
    sent_ns = desk.order(desk.sent[-1].order.tag).sent_ns
    desk.answer(desk.sent[-1].order.tag, kind="REFUSED", refusal=RefusalKind.MARGIN)
    desk.second(2)
    assert told(desk.tell(m.PositionsRead(started_ns=sent_ns, positions=tuple(desk.positions)))) == ""
    assert told(desk.tell(m.PositionsRead(started_ns=sent_ns + 1, positions=tuple(desk.positions)))) == "SELL 75 MARKET"


def test_a_read_that_began_before_the_last_fill_was_heard_is_none() -> None:
    desk = LeavingDesk(carried=[(NIFTY_CALL, 75)])
    desk.want(LEAVE)
    desk.positions_read()
    desk.placed("1", price_paise=9_700)
    stale = m.PositionsRead(started_ns=desk.now_ns, positions=tuple(desk.positions))
    desk.filled("1", 75, 9_700)
    assert told(desk.tell(stale)) == "" and not left(desk) and not desk.alerts
    desk.positions_read()
    assert left(desk) == [f"{KEY} flat"]


def test_nothing_is_left_before_the_orders_were_read_since_the_start() -> None:
    desk = LeavingDesk(carried=[(NIFTY_CALL, 75)])
    desk.want(LEAVE)
    desk.start()
    assert told(desk.positions_read(2)) == ""
    desk.read(m.What.ORDERS)
    assert told(desk.positions_read()) == "SELL 75 MARKET"


def test_to_flatten_again_and_again_is_to_flatten_once() -> None:
    desk = LeavingDesk(carried=[(NIFTY_CALL, 75), (PUT, -75)])
    desk.command(m.Order.FLATTEN)
    steps = [told(desk.positions_read(1)) for _ in range(4)]
    assert steps == ["BUY 75 MARKET; SELL 75 MARKET", "", "", ""]
    desk.command(m.Order.FLATTEN)
    assert told(desk.positions_read(1)) == ""


@pytest.mark.parametrize("known", ["NO_ANSWER", "RESTART"])
def test_an_unknown_exit_is_waited_for_and_never_doubled(known: str) -> None:
    desk = LeavingDesk(carried=[(NIFTY_CALL, 75)])
    desk.want(LEAVE)
    desk.positions_read(1)
    if known == "RESTART":
        desk.start()
    else:
        desk.answer(desk.sent[-1].order.tag, kind=known)
    desk.live(170)
    assert len(desk.sent) == 1
    desk.live(20)  # its quarantine is over, and it is in no read since
    assert [sent.order.qty for sent in desk.sent] == [75, 75]


def test_an_unknown_exit_that_filled_ends_it() -> None:
    desk = LeavingDesk(carried=[(NIFTY_CALL, 75)])
    desk.want(LEAVE)
    desk.positions_read(1)
    desk.answer(desk.sent[-1].order.tag, kind="NO_ANSWER")
    desk.row("1", "FILLED", 75, tag=desk.sent[-1].order.tag, side=BUY.side.opposite)
    desk.trade("1", 75)
    desk.live(5)
    assert len(desk.sent) == 1 and left(desk) == [f"{KEY} flat"]


# Everything.


def test_to_flatten_buys_shorts_back_first_slices_and_ends_when_all_is_flat() -> None:
    desk = LeavingDesk(carried=[(NIFTY_CALL, 1_875), (PUT, -75)])
    desk.second(2)
    desk.command(m.Order.FLATTEN)
    assert desk.asked == [m.What.POSITIONS]
    step = desk.positions_read(1)
    assert told(step) == "BUY 75 MARKET; SELL 1800 MARKET; SELL 75 MARKET"
    intents = [act.intent for act in step.acts if isinstance(act, Intend)]
    assert {intent.strategy for intent in intents} == {"flatten"}
    assert [intent.group == intents[1].ref for intent in intents] == [False, True, True]
    for order_id, sent in zip("123", desk.sent, strict=True):
        key = f"{sent.order.exchange}:{sent.order.tradingsymbol}"
        desk.answer(sent.order.tag, order_id)
        desk.heard(order_id, "WORKING", tag=sent.order.tag, side=sent.order.side, qty=sent.order.qty, key=key)
        desk.trade(order_id, sent.order.qty)
        desk.heard(order_id, "FILLED", sent.order.qty)
    desk.positions_read()
    assert left(desk) == [" flat"] and desk.engine.state.flattening == ""


def test_places_being_left_end_with_the_flattening() -> None:
    desk = LeavingDesk(carried=[(NIFTY_CALL, 75)])
    desk.want(LEAVE)
    desk.command(m.Order.FLATTEN)
    desk.positions_read(1)
    desk.placed("1", price_paise=9_700)
    desk.filled("1", 75)
    desk.positions_read()
    assert left(desk) == [f"{KEY} flat", " flat"]


def test_only_the_place_that_is_left_is_touched() -> None:
    desk = LeavingDesk(carried=[(PUT, -75)])
    desk.bought()
    desk.stopped("2")
    desk.want()
    desk.placed("3")
    desk.want(leave_of(PUT.key))
    assert told(desk.positions_read(1)) == "BUY 75 MARKET"


@pytest.mark.parametrize("is_stopped", [False, True])
def test_the_same_instrument_in_another_product_is_another_place(is_stopped: bool) -> None:
    desk = LeavingDesk(carried=[(NIFTY_CALL, 75)])
    desk.want(msgspec.structs.replace(BUY, product=Product.MIS))
    desk.placed("1", product=Product.MIS)
    desk.filled("1")
    if is_stopped:
        desk.placed("2", order_type=OrdType.SL, product=Product.MIS)
    else:
        desk.answer(desk.sent[-1].order.tag, kind="REFUSED", refusal=RefusalKind.MARGIN)
    desk.want(LEAVE)
    assert told(desk.positions_read(1)) == "SELL 75 MARKET"
    assert desk.sent[-1].order.product is Product.NRML


def test_to_stop_flattening_leaves_what_is_there() -> None:
    desk = LeavingDesk(carried=[(NIFTY_CALL, 75)])
    desk.command(m.Order.FLATTEN)
    desk.command(m.Order.STOP_FLATTEN)
    assert told(desk.positions_read(1)) == ""


def test_the_throttle_lets_out_what_it_may_and_the_rest_with_the_next_read() -> None:
    limits = SendLimits(per_second=2, boot_hold_ns=0)
    desk = LeavingDesk(carried=[(NIFTY_CALL, 75), (PUT, 75), (STOCK_CALL, -75)], limits=limits)
    desk.quote(9_500, 9_510, STOCK_CALL.key)
    desk.command(m.Order.FLATTEN)
    assert told(desk.positions_read()) == "BUY 75 LIMIT 9610; SELL 75 MARKET"
    assert told(desk.positions_read()) == ""
    assert told(desk.positions_read(1)) == "SELL 75 MARKET"


def test_a_turn_waits_for_the_throttle_too() -> None:
    desk = LeavingDesk(limits=SendLimits(per_second=2, boot_hold_ns=0))
    desk.bought()
    desk.stopped("2")
    desk.want(LEAVE)
    assert told(desk.positions_read()) == ""
    assert told(desk.positions_read(1)) == "turn 2 MARKET None"


# In every state of the desk.


@pytest.mark.control("C22", "C23")
def test_exits_go_on_while_halted_reconciling_and_with_a_stale_feed() -> None:
    desk = LeavingDesk(carried=[(NIFTY_CALL, 75), (PUT, 75)])
    desk.command(m.Order.HALT)
    desk.tell(m.FeedMoved(feed="options", fresh=False, required=True, reason="silence"))
    desk.want(LEAVE)
    assert desk.engine.state.phase is Phase.HALTED
    assert told(desk.positions_read(1)) == "SELL 75 MARKET"
    desk.start()
    desk.read(m.What.ORDERS)
    desk.tell(m.Commanded(order=m.Order.RESET_HALT, who="op", why="test", incident="T-1"))
    desk.second()
    assert desk.engine.state.phase is Phase.RECONCILING
    desk.want(leave_of(PUT.key))
    desk.second()
    assert told(desk.positions_read()) == "SELL 75 MARKET"


def test_without_a_session_nothing_is_sent_and_it_is_said() -> None:
    desk = LeavingDesk(carried=[(NIFTY_CALL, 75), (PUT, 75)])
    desk.want(leave_of(PUT.key))
    desk.positions_read(1)
    desk.answer(desk.sent[-1].order.tag, kind="NOT_PLACED", refusal=RefusalKind.AUTH_LOST)
    desk.want(LEAVE)
    assert told(desk.positions_read(1)) == "" and "EXIT_NO_SESSION" in desk.alerts
    desk.read(m.What.ORDERS)
    assert told(desk.positions_read(1)) == "SELL 75 MARKET; SELL 75 MARKET"


def test_positions_that_cannot_be_read_are_an_alarm() -> None:
    desk = LeavingDesk(carried=[(NIFTY_CALL, 75)])
    desk.want(LEAVE)
    desk.tell(m.ReadFailed(what=m.What.POSITIONS, cause="TIMEOUT"))
    assert desk.alerts == ["EXIT_BLIND"]
