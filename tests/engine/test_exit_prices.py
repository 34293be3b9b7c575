"""What an exit is sent at, what a refusal of it leads to, and how one that rests is brought to the market."""

import msgspec
import pytest

from harness.engine_desk import NIFTY_CALL
from harness.leaving_desk import INFY, LEAVE, PUT, STOCK_CALL, LeavingDesk, leave_of, left, told
from harness.order_story import KEY
from tarazu.engine import messages as m
from tarazu.engine.acts import AskChange
from tarazu.model.order import OrdType
from tarazu.model.outcome import RefusalKind
from tarazu.model.units import SECOND_NS

# Prices and refusals.


def test_stock_options_are_left_at_a_limit_and_without_a_price_it_is_an_alarm() -> None:
    desk = LeavingDesk(carried=[(STOCK_CALL, 75)])
    desk.want(leave_of(STOCK_CALL.key))
    assert told(desk.positions_read(1)) == "" and desk.alerts == ["EXIT_NO_PRICE"]
    desk.quote(None, 9_510, STOCK_CALL.key)
    assert told(desk.positions_read()) == ""
    desk.quote(9_500, 9_510, STOCK_CALL.key)
    assert told(desk.positions_read()) == "SELL 75 LIMIT 9405"


def test_a_price_too_old_is_none_and_one_outside_the_band_is_brought_inside() -> None:
    desk = LeavingDesk(carried=[(STOCK_CALL, 75)])
    desk.tell(m.BandsRead(bands=(m.Band(key=STOCK_CALL.key, low_paise=9_451, high_paise=20_000),)))
    desk.want(leave_of(STOCK_CALL.key))
    desk.quote(9_500, 9_510, STOCK_CALL.key)
    assert told(desk.positions_read(5)) == ""
    desk.quote(9_500, 9_510, STOCK_CALL.key)
    assert told(desk.positions_read(1)) == "SELL 75 LIMIT 9455"


def test_the_cheapest_option_is_sold_at_a_tick_and_not_at_nothing() -> None:
    desk = LeavingDesk(carried=[(STOCK_CALL, 75)])
    desk.want(leave_of(STOCK_CALL.key))
    desk.tell(m.BandsRead(bands=(m.Band(key=STOCK_CALL.key, low_paise=0, high_paise=20_000),)))
    desk.quote(5, 10, STOCK_CALL.key)
    assert told(desk.positions_read(1)) == "SELL 75 LIMIT 5"


def test_what_is_not_in_the_master_is_an_alarm() -> None:
    desk = LeavingDesk(carried=[(NIFTY_CALL, 75)], instruments=(PUT, INFY))
    desk.command(m.Order.FLATTEN)
    assert told(desk.positions_read(1)) == "" and desk.alerts == ["EXIT_NO_RULE"]


def test_a_position_the_broker_alone_has_is_an_alarm_and_only_what_both_know_is_sold() -> None:
    desk = LeavingDesk(carried=[(NIFTY_CALL, 75)])
    desk.positions = [msgspec.structs.replace(desk.positions[0], qty=150)]
    desk.want(LEAVE)
    desk.asked = []
    assert told(desk.positions_read(2)) == "SELL 75 MARKET"
    assert "EXIT_DISAGREES" in desk.alerts and m.What.ORDERS in desk.asked


def test_a_difference_that_a_fill_nobody_told_of_explains_is_asked_about_and_no_alarm() -> None:
    desk = LeavingDesk(carried=[(NIFTY_CALL, 75)])
    desk.want(LEAVE)
    desk.positions_read(1)
    desk.placed("1", price_paise=9_700)
    desk.trade("1", 75, 9_700)
    desk.row("1", "FILLED", 75)
    desk.reads()
    desk.positions_read(1.5)
    assert desk.asked == [m.What.ORDERS] and not desk.alerts
    desk.reads()
    desk.positions_read()
    assert left(desk) == [f"{KEY} flat"] and len(desk.sent) == 1


def test_a_refused_exit_is_tried_less_and_less_often_and_at_a_limit_where_there_is_a_price() -> None:
    desk = LeavingDesk(carried=[(NIFTY_CALL, 75)])
    desk.want(LEAVE)
    sent_s = []
    began_ns = desk.now_ns
    for _ in range(40):
        step = desk.positions_read(1)
        if told(step):
            sent_s.append((desk.now_ns - began_ns) // SECOND_NS)
            assert told(step) == "SELL 75 MARKET"
            desk.answer(desk.sent[-1].order.tag, kind="REFUSED", refusal=RefusalKind.MARGIN)
    assert sent_s == [1, 2, 4, 8, 17, 33] and "EXIT_REFUSED" in desk.alerts
    desk.quote(9_500, 9_510)
    desk.now_ns += 64 * SECOND_NS
    assert told(desk.positions_read()) == "SELL 75 LIMIT 9405"


def test_slices_refused_at_once_are_one_refusal() -> None:
    desk = LeavingDesk(carried=[(NIFTY_CALL, 1_875)])
    desk.want(LEAVE)
    desk.positions_read(1)
    for sent in list(desk.sent):
        desk.answer(sent.order.tag, kind="REFUSED", refusal=RefusalKind.MARGIN)
    assert told(desk.positions_read(1)) == "SELL 1800 MARKET; SELL 75 MARKET"


# Exits that rest.


def resting_exit(price_paise: int = 9_700) -> LeavingDesk:
    desk = LeavingDesk(carried=[(NIFTY_CALL, 75)])
    desk.want(LEAVE)
    desk.positions_read(1)
    desk.placed("1", price_paise=price_paise)
    return desk


def test_a_resting_exit_is_brought_to_the_market_step_by_step_and_no_further_than_its_worst_price() -> None:
    desk = resting_exit(9_700)
    for bid, change in ((9_600, "turn 1 9500"), (9_300, "turn 1 9205"), (8_000, "turn 1 8730")):  # 10 % below 9,700
        desk.quote(bid, bid + 10)
        assert told(desk.moved()) == "" and told(desk.second()) == ""
        desk.quote(bid, bid + 10)
        assert told(desk.second()) == change
        desk.answer(desk.sent[0].order.tag, "1", call="MODIFY")
        desk.heard("1", "WORKING", price_paise=int(change.split()[-1]))
    assert not desk.alerts
    desk.quote(8_000, 8_010)
    desk.second(3)
    assert desk.alerts == ["EXIT_RESTS"]
    assert all(act.first_paise == 9_700 for act in desk.acts(AskChange) if isinstance(act, AskChange))


def test_a_frame_brings_it_as_a_second_does() -> None:
    desk = resting_exit(9_700)
    desk.now_ns += 2 * SECOND_NS
    desk.wall_ns += 2 * SECOND_NS
    desk.quote(9_600, 9_610)
    assert told(desk.moved(PUT.key)) == ""
    assert told(desk.moved()) == "turn 1 9500"


def test_it_is_given_up_after_its_steps_and_a_person_is_told() -> None:
    desk = resting_exit(9_700)
    for step in range(10):
        desk.quote(9_690 - 5 * step, 9_700)
        desk.second(3)
        price = desk.changed[-1].change.price_paise
        desk.answer(desk.sent[0].order.tag, "1", call="MODIFY")
        desk.heard("1", "WORKING", price_paise=price)
    assert len(desk.changed) == 10 and not desk.alerts
    desk.quote(9_000, 9_010)
    desk.second(3)
    assert len(desk.changed) == 10 and desk.alerts == ["EXIT_RESTS"]


def test_an_empty_or_silent_book_is_told_and_nothing_is_moved() -> None:
    desk = resting_exit(9_700)
    desk.second(3)
    assert desk.alerts == ["EXIT_RESTS"] and not desk.changed


def test_a_turned_stop_is_chased_from_the_price_it_was_turned_to() -> None:
    desk = LeavingDesk()
    desk.bought()
    desk.stopped("2")
    desk.want(LEAVE)
    desk.quote(9_500, 9_510)
    assert told(desk.positions_read(1)) == "turn 2 LIMIT 9405"
    desk.answer(desk.sent[-1].order.tag, "2", call="MODIFY")
    desk.heard("2", "WORKING", order_type=OrdType.LIMIT, price_paise=9_405)
    desk.quote(5_000, 5_010)
    assert told(desk.positions_read()) == ""  # its price is the chase's, not the plan's
    desk.quote(5_000, 5_010)
    assert told(desk.second(2)) == "turn 2 8460"  # 10 % below 9,405


def test_a_stop_that_could_not_be_turned_is_turned_again() -> None:
    desk = LeavingDesk()
    desk.bought()
    desk.stopped("2")
    desk.want(LEAVE)
    desk.quote(9_500, 9_510)
    desk.positions_read(1)
    desk.answer(desk.sent[-1].order.tag, call="MODIFY", kind="REFUSED", refusal=RefusalKind.REQUEST)
    desk.quote(9_400, 9_410)
    assert told(desk.second(8)) == "" and "EXIT_RESTS" not in desk.alerts  # a stop is not chased
    desk.quote(9_400, 9_410)
    assert told(desk.positions_read()) == "turn 2 LIMIT 9305"


@pytest.mark.parametrize("other", [False, True])
def test_where_nothing_is_being_left_no_exit_is_moved(other: bool) -> None:
    desk = LeavingDesk(carried=[(NIFTY_CALL, 75)])
    desk.command(m.Order.FLATTEN)
    desk.positions_read(1)
    desk.placed("1", price_paise=9_700)
    desk.command(m.Order.STOP_FLATTEN)
    if other:
        desk.want(leave_of(PUT.key))
    desk.quote(9_600, 9_610)
    desk.second(3)
    assert not desk.changed


def test_without_a_session_no_exit_is_moved() -> None:
    desk = resting_exit(9_700)
    desk.want(leave_of(PUT.key))
    desk.tell(m.ReadFailed(what=m.What.ORDERS, cause="403", auth_lost=True))
    desk.quote(9_600, 9_610)
    desk.second(3)
    assert not desk.changed
