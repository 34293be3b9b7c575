"""What simulated days have found in the engine, each as the shortest story that shows it. Seeds are of the world as it
was on 2026-11-22.
"""

import msgspec
import pytest

from harness.engine_desk import BUY, CONFIG, NIFTY_CALL, EngineDesk
from harness.order_story import KEY
from tarazu.engine import messages as m
from tarazu.engine.acts import Alert, Deny
from tarazu.model.order import OrdType, Side
from tarazu.model.order_request import OrderChange
from tarazu.model.outcome import RefusalKind
from tarazu.model.units import SECOND_NS
from tarazu.orders import messages as told
from tarazu.orders.throttle import SendKind, SendLimits, Throttle
from tarazu.risk.denial import Code
from tarazu.strategy.wants import ChangeWant

NINE_NS = 1_795_404_600 * SECOND_NS


def codes(desk: EngineDesk) -> list[str]:
    return [act.code for step in desk.steps for act in step.acts if isinstance(act, Alert)]


def test_slices_leave_together_so_they_are_held_together() -> None:
    """Seed 17, I7: an entry of two slices was weighed as one send."""
    sliced = msgspec.structs.replace(NIFTY_CALL, freeze_qty=75)
    config = msgspec.structs.replace(CONFIG, limits=SendLimits(per_second=3, boot_hold_ns=0))
    desk = EngineDesk(config, (sliced,)).ready()
    desk.want(msgspec.structs.replace(BUY, qty=150))
    desk.want(msgspec.structs.replace(BUY, qty=150))
    assert len(desk.sent) == 2
    desk.second()
    desk.want(msgspec.structs.replace(BUY, qty=150))
    assert len(desk.sent) == 4


def test_more_sends_than_a_window_takes_are_held_for_ever_and_fewer_until_there_is_room() -> None:
    throttle = Throttle(limits=SendLimits(per_second=3))
    for at in (0, 100, 200):
        throttle.sent(NINE_NS + at)
    held = throttle.held(SendKind.PLACE, NINE_NS + 300, sends=2)
    assert held is not None and held.until_ns == NINE_NS + 100 + SECOND_NS
    assert throttle.held(SendKind.PLACE, held.until_ns, sends=2) is None
    never = throttle.held(SendKind.PLACE, NINE_NS + 300, sends=4)
    assert never is not None and never.until_ns == 0


def test_a_read_that_shows_an_order_still_so_settles_a_change_though_reads_are_told_in_differences() -> None:
    """Seed 4, L2: the change's request was lost; the row never changed, was never told again, and the exit that was to
    be of it waited for ever."""
    desk = EngineDesk().ready()
    desk.want()
    tag = desk.placed("1")
    desk.reads()
    desk.tell(m.Wanted(want=ChangeWant(strategy="story", ref=tag, price_paise=10_050)))
    desk.answer(tag, kind="NO_ANSWER", call="MODIFY")
    assert desk.engine.state.blotter.orders[tag].change is not None
    for _ in range(190):
        desk.second()
        desk.reads()
    assert desk.engine.state.blotter.orders[tag].change is None


@pytest.mark.control("C22")
def test_a_halt_does_not_ask_a_broker_that_refuses_with_every_message() -> None:
    """Seed 12, I7: eleven cancellations of one order within a second."""
    desk = EngineDesk().ready()
    desk.want()
    tag = desk.placed("1")
    desk.tell(m.Commanded(order=m.Order.HALT, who="ops", why="test"))
    for _ in range(20):
        desk.answer(tag, kind="REFUSED", call="CANCEL", refusal=RefusalKind.THROTTLED)
    assert len(desk.cancelled) == 1
    desk.second(2)
    assert len(desk.cancelled) == 2


@pytest.mark.control("C22")
def test_cancelling_entries_is_asked_for_until_they_have_ended() -> None:
    """Beside seed 12: once refused, the operator's word was forgotten; and an entry in flight was never meant."""
    desk = EngineDesk().ready()
    desk.want()
    desk.tell(m.Commanded(order=m.Order.CANCEL_ENTRIES, who="ops", why="test"))
    tag = desk.placed("1")
    assert [o.ref for o in desk.cancelled] == [tag]
    desk.answer(tag, kind="REFUSED", call="CANCEL", refusal=RefusalKind.THROTTLED)
    desk.second(3)
    assert [o.ref for o in desk.cancelled] == [tag, tag]


@pytest.mark.control("C22")
def test_more_entries_than_kite_takes_cancellations_of_in_a_second_are_cancelled_over_seconds() -> None:
    config = msgspec.structs.replace(CONFIG, qty_max={KEY: 75 * 20}, limits=SendLimits(boot_hold_ns=0))
    desk = EngineDesk(config).ready()
    for number in range(12):
        if number % 5 == 0:
            desk.second()
        desk.want()
        desk.placed(str(number + 1))
    desk.second(2)
    desk.tell(m.Commanded(order=m.Order.CANCEL_ENTRIES, who="ops", why="test"))
    assert len(desk.cancelled) == 10
    desk.second()
    assert len({o.ref for o in desk.cancelled}) == 12


def test_trades_heard_before_the_row_of_a_raised_quantity_are_no_overfill() -> None:
    """Seed 20: it halted the desk."""
    desk = EngineDesk().ready()
    desk.want()
    tag = desk.placed("1")
    desk.tell(m.Wanted(want=ChangeWant(strategy="story", ref=tag, qty=150)))
    desk.answer(tag, "1", call="MODIFY")
    desk.trade("1", 150)
    desk.read(m.What.TRADES)
    assert "OVERFILLED" not in codes(desk) and desk.engine.state.halt is None


@pytest.mark.control("C30")
def test_more_filled_than_was_ever_asked_for_is_an_overfill() -> None:
    desk = EngineDesk().ready()
    desk.want()
    desk.placed("1")
    desk.trade("1", 150)
    desk.read(m.What.TRADES)
    assert "OVERFILLED" in codes(desk) and desk.engine.state.halt is not None


def test_an_untagged_order_of_ours_whose_price_was_changed_still_looks_like_ours() -> None:
    """Seed 15, I3: leaving turned a stop that had lost its tag, and whose answer was not there yet, into the exit; it
    then looked like nobody's, and ours was taken for absent."""
    desk = EngineDesk().ready()
    desk.want()
    tag = desk.sent[-1].ref
    desk.heard("1", "WORKING", tag="", key=KEY, side=Side.BUY, price_paise=10_000)
    desk.heard("1", "WORKING", price_paise=9_900)
    desk.answer(tag, kind="NO_ANSWER")
    blotter = desk.engine.state.blotter
    assert [o.ref for o in blotter.lookalikes(blotter.orders[tag])] == ["#1"]
    for _ in range(200):
        desk.second()
        desk.reads()
    assert desk.engine.state.blotter.orders[tag].status == "UNKNOWN"


def test_a_strangers_order_that_was_turned_into_the_exit_is_brought_to_the_market_too() -> None:
    """Seed 32, L2: its first change was refused, and nothing moved it any more."""
    desk = EngineDesk().ready()
    desk.want()
    desk.placed("1")
    desk.filled("1")
    stop = desk.placed("2")
    desk.tell(m.OrderHeard(report=msgspec.structs.replace(desk.book["2"], word="CANCELED")))
    desk.book["9"] = msgspec.structs.replace(
        desk.book["2"], order_id="9", tag="", order_type=OrdType.LIMIT, price_paise=11_000, trigger_paise=0
    )
    desk.tell(m.OrderHeard(report=desk.book["9"]))
    assert desk.engine.state.blotter.orders[stop].ended
    state = desk.engine.state
    state.exits[KEY, BUY.product] = "test"
    state.exit_prices["#9"] = 10_000
    from tarazu.engine.chase import is_resting_exit

    assert is_resting_exit(state, state.blotter.orders["#9"])


def test_a_claimed_order_of_which_a_change_is_under_way_is_known_from_then_on() -> None:
    """Seed 1017, I11: it stayed UNKNOWN, was taken for absent, and a second exit went out beside it."""
    desk = EngineDesk().ready()
    desk.want()
    tag = desk.sent[-1].ref
    desk.answer(tag, kind="NO_ANSWER")
    desk.heard("1", "WORKING", tag="", key=KEY, side=Side.BUY, price_paise=10_000)
    blotter = desk.engine.state.blotter
    blotter.apply(told.AskChange(ref="#1", change=OrderChange(order_id="1", price_paise=9_900), ts_ns=desk.now_ns))
    blotter.apply(told.Claimed(order_id="1", ref=tag, ts_ns=desk.now_ns))
    assert blotter.orders[tag].order_id == "1" and blotter.orders[tag].status == "WORKING"


def test_what_was_said_last_is_said_again_by_the_next_process() -> None:
    """Seed 1000518, I8: a stranger's order was alarmed about in the journal's last entry, and nobody had heard."""
    desk = EngineDesk().ready()
    desk.row("77", "WORKING", tag="", key=KEY, side=Side.BUY)
    desk.read(m.What.ORDERS)
    assert codes(desk) == ["FOREIGN"]
    desk.start()
    assert codes(desk) == ["FOREIGN", "FOREIGN"], "it may have died before anybody was told"
    desk.second(2)
    desk.start()
    assert codes(desk) == ["FOREIGN", "FOREIGN"], "once is enough"


def test_an_old_row_of_a_larger_order_lets_nobody_call_more_of_it_less() -> None:
    """Seed 1009755: an update from before two changes told of the old quantity, and a change that made the order
    larger was taken for one that made it smaller, beside a stranger who had filled the limit since."""
    desk = EngineDesk(CONFIG).ready()
    desk.want(msgspec.structs.replace(BUY, qty=300))
    ref = desk.placed("1", qty=300)
    desk.heard("1", "WORKING", qty=150)
    desk.heard("1", "WORKING", qty=300)
    desk.row("1", "WORKING", qty=150)
    desk.heard("77", "WORKING", tag="", key=KEY, side=Side.BUY, qty=150)
    assert desk.order(ref).qty == 300, "as it was last heard"
    more = desk.want(ChangeWant(strategy="story", ref=ref, qty=225))
    assert not desk.changed
    assert [d.code for act in more.acts if isinstance(act, Deny) for d in act.denials] == [Code.POSITION]
    desk.want(ChangeWant(strategy="story", ref=ref, qty=75))
    assert [change.change.qty for change in desk.changed] == [75]


def test_a_stop_that_may_be_small_already_is_not_made_larger_by_being_cut() -> None:
    """Seed 1020420: an old update told of the stop as it was before it was cut, and cutting it anew to what was open
    made it larger, beside another that nobody had an answer of."""
    share = msgspec.structs.replace(NIFTY_CALL, lot_size=1)
    desk = EngineDesk(CONFIG, (share,)).ready()
    desk.want(msgspec.structs.replace(BUY, qty=150))
    desk.placed("1", qty=150)
    desk.filled("1", qty=150)
    desk.second()
    stop = desk.placed("2", qty=150)
    desk.heard("77", "FILLED", 75, tag="", key=KEY, side=Side.SELL, qty=75)
    desk.second()
    assert [change.change.qty for change in desk.changed] == [75]
    desk.answer(stop, "2", call="MODIFY")
    desk.heard("2", "WORKING", qty=75)
    desk.heard("2", "WORKING", qty=150)
    desk.row("2", "WORKING", qty=75)
    desk.heard("78", "FILLED", 21, tag="", key=KEY, side=Side.BUY, qty=21)
    assert desk.order(stop).qty == 150, "as it was last heard"
    desk.second(2)
    assert {change.change.qty for change in desk.changed} == {75}
