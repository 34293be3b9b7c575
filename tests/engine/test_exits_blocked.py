"""Exits that something stands in the way of: each is gone on with by another way, and said."""

from harness.engine_desk import NIFTY_CALL
from harness.leaving_desk import LEAVE, LeavingDesk, told
from tarazu.engine import messages as m
from tarazu.engine.acts import Alert
from tarazu.model.order import Side
from tarazu.model.outcome import RefusalKind
from tarazu.orders.throttle import SendLimits


def said(desk: LeavingDesk, code: str) -> list[str]:
    return [act.of for act in desk.acts(Alert) if isinstance(act, Alert) and act.code == code]


def stopped_desk() -> LeavingDesk:
    desk = LeavingDesk()
    desk.bought()
    desk.stopped("2")
    return desk


# Orders that cannot be read.


def test_orders_that_were_not_read_whole_since_the_start_are_told_of_and_not_silently_waited_for() -> None:
    desk = LeavingDesk(carried=[(NIFTY_CALL, 75)])
    desk.want(LEAVE)
    desk.start()
    assert told(desk.positions_read(1)) == "" and said(desk, "EXIT_BLIND") == [], "they are being read"
    desk.tell(m.OrdersRead(started_ns=desk.now_ns, reports=(), whole=False), after_s=0.05)
    assert told(desk.positions_read(1)) == "" and said(desk, "EXIT_BLIND") == ["ORDERS"]
    desk.read(m.What.ORDERS)
    assert told(desk.positions_read(1)) == "SELL 75 MARKET"


# Stops that cannot be turned.


def turns_refused(desk: LeavingDesk, seconds: int) -> list[str]:
    """What goes out each second, every modification refused."""
    tag = desk.sent[-1].order.tag
    out: list[str] = []
    for second in range(seconds):
        desk.quote(9_500 - 5 * second, 9_510)
        step = told(desk.positions_read(0.95))
        out.append(step)
        if step.startswith("turn"):
            desk.answer(tag, call="MODIFY", kind="REFUSED", refusal=RefusalKind.REQUEST)
        if step.startswith("cancel"):
            break
    return out


def test_a_turn_that_is_refused_is_tried_less_and_less_often_and_then_the_stop_goes() -> None:
    desk = stopped_desk()
    desk.want(LEAVE)
    out = turns_refused(desk, 60)
    turned_s = [second for second, step in enumerate(out) if step.startswith("turn")]
    assert len(turned_s) < 8 and turned_s[-1] - turned_s[-2] >= 4, turned_s
    assert out[-1] == "cancel 2" and said(desk, "EXIT_UNTURNED") == [desk.sent[-1].order.tag]


def test_what_the_canceled_stop_was_to_close_is_sold_once_it_has_cooled() -> None:
    desk = stopped_desk()
    desk.want(LEAVE)
    turns_refused(desk, 60)
    desk.heard("2", "CANCELED")
    desk.live(100)
    assert len(desk.sent) == 2, "it may still fill"
    desk.live(30)
    assert [sent.order.qty for sent in desk.sent] == [75, 75, 75]


def test_a_stop_without_a_modification_left_is_canceled_and_the_rest_is_sold_when_it_has_cooled() -> None:
    limits = SendLimits(boot_hold_ns=0, modifications_per_order=0)
    desk = LeavingDesk(limits=limits)
    desk.bought()
    desk.stopped("2")
    desk.want(LEAVE)
    assert told(desk.positions_read(1)) == "cancel 2" and "EXIT_SPENT" in desk.alerts
    desk.heard("2", "CANCELED")
    desk.live(130)
    assert len(desk.sent) == 3


# Exits and stops that rest.


def given_up() -> LeavingDesk:
    """At 8,730, the worst price of what was first at 9,700, with the market far below."""
    desk = LeavingDesk(carried=[(NIFTY_CALL, 75)])
    desk.want(LEAVE)
    desk.positions_read(1)
    desk.placed("1", price_paise=9_700)
    desk.second(2)
    desk.quote(8_000, 8_010)
    assert told(desk.second()) == "turn 1 8730"
    desk.answer(desk.sent[0].order.tag, "1", call="MODIFY")
    desk.heard("1", "WORKING", price_paise=8_730)
    return desk


def quoted_seconds(desk: LeavingDesk, seconds: int, bid: int) -> list[str]:
    out: list[str] = []
    for _ in range(seconds):
        desk.quote(bid, bid + 10)
        out.append(told(desk.second()))
    return [step for step in out if step]


def test_a_chase_that_was_given_up_begins_anew_from_the_market_as_it_is_and_says_so_each_time() -> None:
    desk = given_up()
    assert quoted_seconds(desk, 29, 8_000) == []
    before = len(said(desk, "EXIT_RESTS"))
    assert quoted_seconds(desk, 2, 8_000) == ["turn 1 7920"]
    assert len(said(desk, "EXIT_RESTS")) == before + 1
    desk.answer(desk.sent[0].order.tag, "1", call="MODIFY")
    desk.heard("1", "WORKING", price_paise=7_920)
    assert quoted_seconds(desk, 29, 6_000) == []
    assert quoted_seconds(desk, 2, 6_000) == ["turn 1 5940"]
    assert len(said(desk, "EXIT_RESTS")) == before + 2


def test_an_exit_without_a_modification_left_goes_when_the_market_has_left_it() -> None:
    limits = SendLimits(boot_hold_ns=0, modifications_per_order=1)
    desk = LeavingDesk(carried=[(NIFTY_CALL, 75)], limits=limits)
    desk.want(LEAVE)
    desk.positions_read(1)
    desk.placed("1", price_paise=9_700)
    desk.second(2)
    desk.quote(9_600, 9_610)
    assert told(desk.second()) == "turn 1 9500"
    desk.answer(desk.sent[0].order.tag, "1", call="MODIFY")
    desk.heard("1", "WORKING", price_paise=9_500)
    desk.quote(9_000, 9_010)
    assert told(desk.positions_read(1)) == "", "it may still be filled"
    desk.second(30)
    desk.quote(9_000, 9_010)
    assert told(desk.positions_read(1)) == "cancel 1" and "EXIT_SPENT" in desk.alerts


def test_a_stop_that_the_market_has_run_past_is_told_of_once_a_minute() -> None:
    desk = stopped_desk()
    stop = desk.sent[-1].order
    assert (stop.side, stop.price_paise) == (Side.SELL, 7_000)
    quoted_seconds(desk, 20, 7_000)
    assert said(desk, "STOP_RESTS") == []
    quoted_seconds(desk, 70, 6_990)
    assert said(desk, "STOP_RESTS") == [stop.tag] * 2
    assert not desk.changed, "it is a person's, or a strategy's, to leave the place"
