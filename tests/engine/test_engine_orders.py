"""What is wanted: weighed, written down, sent once; and what then comes of it."""

from itertools import pairwise

import msgspec
import pytest

from harness.engine_desk import BUY, CONFIG, NIFTY_CALL, EngineDesk
from harness.order_story import KEY
from tarazu.engine import messages as m
from tarazu.engine.acts import Deny, Intend, Step
from tarazu.model.execution import Fill
from tarazu.model.order import OrdType, Side
from tarazu.model.units import SECOND_NS
from tarazu.orders.client_order_id import ClientOrderId, read_tag
from tarazu.orders.intent import Purpose
from tarazu.orders.lifecycle import OrdStatus
from tarazu.orders.messages import SendOrder
from tarazu.risk.denial import Code
from tarazu.strategy.base import View
from tarazu.strategy.wants import CancelWant, ChangeWant, EntryWant, Want


def codes(step: Step) -> set[Code]:
    return {denial.code for act in step.acts if isinstance(act, Deny) for denial in act.denials}


def bought(desk: EngineDesk, order_id: str = "1") -> str:
    desk.want()
    tag = desk.placed(order_id)
    desk.filled(order_id)
    return tag


def test_a_want_becomes_one_intent_and_one_send_in_one_step() -> None:
    desk = EngineDesk().ready()
    step = desk.want()
    (intent,) = (act for act in step.acts if isinstance(act, Intend))
    (send,) = (out for out in step.outputs if isinstance(out, SendOrder))
    assert send.order == intent.intent.order and send.order.price_paise == BUY.price_paise
    assert read_tag(send.order.tag) == ClientOrderId(desk.engine.state.day, desk.epoch, 1, head=7)
    assert desk.order(send.order.tag).status is OrdStatus.IN_FLIGHT


WRONG = {
    Code.INSTRUMENT: {"key": "NFO:NOSUCH"},
    Code.LOT: {"qty": 76},
    Code.TICK: {"price_paise": 10_001},
    Code.BAND: {"price_paise": 10_000_005},
    Code.POSITION: {"qty": 375},
    Code.STOP: {"stop": None},
    Code.FREEZE: {"qty": 75 * 24 * 11},
}


SHOWS = {Code.INSTRUMENT: "C01", Code.POSITION: "C07", Code.STOP: "C28"}
"""The others are C02's: what no order can be."""


@pytest.mark.parametrize("code", [pytest.param(c, marks=pytest.mark.control(SHOWS.get(c, "C02"))) for c in WRONG])
def test_each_control_says_no_and_nothing_is_sent(code: Code) -> None:
    desk = EngineDesk().ready()
    step = desk.want(msgspec.structs.replace(BUY, **WRONG[code]))
    assert code in codes(step) and not desk.sent


@pytest.mark.control("C02", "C07")
def test_without_a_limit_or_a_band_nothing_is_entered() -> None:
    desk = EngineDesk(msgspec.structs.replace(CONFIG, qty_max={})).ready()
    assert codes(desk.want()) == {Code.NO_LIMIT}
    desk = EngineDesk().ready()
    del desk.engine.state.bands[KEY]
    del desk.shadow.state.bands[KEY]
    assert codes(desk.want()) == {Code.BAND, Code.STOP}


@pytest.mark.control("C07", "C14")
def test_working_and_unknown_orders_count_against_the_limit() -> None:
    desk = EngineDesk().ready()
    for order_id in ("1", "2", "3"):
        desk.want()
        if order_id == "3":
            desk.answer(desk.sent[-1].order.tag, kind="NO_ANSWER")
        else:
            desk.placed(order_id)
    desk.want()
    step = desk.want()
    assert codes(step) == {Code.POSITION} and len(desk.sent) == 4


@pytest.mark.control("C02")
def test_more_than_the_freeze_quantity_goes_out_in_slices_of_one_group() -> None:
    frozen = msgspec.structs.replace(NIFTY_CALL, freeze_qty=150)
    desk = EngineDesk(instruments=(frozen,)).ready()
    step = desk.want(msgspec.structs.replace(BUY, qty=300))
    intents = [act.intent for act in step.acts if isinstance(act, Intend)]
    assert [intent.order.qty for intent in intents] == [150, 150]
    assert {intent.group for intent in intents} == {intents[0].ref}


@pytest.mark.control("C11")
def test_the_throttle_holds_entries_and_never_cancellations() -> None:
    desk = EngineDesk(msgspec.structs.replace(CONFIG, qty_max={KEY: 75_000})).ready()
    desk.second(1)
    steps = [desk.want() for _ in range(6)]
    assert [bool(codes(step)) for step in steps] == [False] * 5 + [True] and codes(steps[-1]) == {Code.THROTTLE}
    ref = desk.sent[0].order.tag
    desk.answer(ref, "1")
    step = desk.tell(m.Wanted(want=CancelWant(strategy="story", ref=ref)))
    assert desk.cancelled[-1].cancellation.order_id == "1", step


@pytest.mark.control("C28")
def test_a_filled_entry_has_a_stop_of_its_own_at_once_and_only_one() -> None:
    desk = EngineDesk().ready()
    entry = bought(desk)
    stop = desk.sent[-1].order
    assert (stop.side, stop.qty, stop.order_type) == (Side.SELL, 75, OrdType.SL)
    assert (stop.trigger_paise, stop.price_paise) == (8_000, 7_000)
    intent = desk.order(stop.tag).intent
    assert intent is not None and (intent.purpose, intent.covers) == (Purpose.STOP, entry)
    desk.placed("2")
    desk.second(60)
    desk.reads()
    assert len(desk.sent) == 2


@pytest.mark.control("C28")
def test_a_part_that_fills_is_protected_and_the_next_part_too() -> None:
    desk = EngineDesk().ready()
    desk.want(msgspec.structs.replace(BUY, qty=150))
    desk.placed("1")
    desk.heard("1", "WORKING", 75)
    assert desk.sent[-1].order.qty == 75
    desk.placed("2")
    desk.heard("1", "FILLED", 150)
    assert [send.order.qty for send in desk.sent] == [150, 75, 75]


@pytest.mark.control("C28", "C22")
def test_a_stop_goes_out_when_halted_and_is_tried_again_ever_more_slowly() -> None:
    desk = EngineDesk().ready()
    desk.want()
    desk.placed("1")
    desk.tell(m.Commanded(order=m.Order.HALT, who="asha", why="drill"))
    desk.heard("1", "FILLED", 75)
    tries = []
    for _ in range(300):
        if desk.order(desk.sent[-1].order.tag).status is OrdStatus.IN_FLIGHT:
            tries.append(desk.now_ns)
            desk.answer(desk.sent[-1].order.tag, kind="NOT_PLACED", text="no connection")
        desk.second()
    pauses = [round((b - a) / SECOND_NS) for a, b in pairwise(tries)]
    assert pauses[:6] == [1, 2, 4, 8, 16, 32] and set(pauses[6:]) == {60} and "UNPROTECTED" in desk.alerts


def test_while_the_session_is_lost_no_stop_is_tried_and_then_at_once() -> None:
    desk = EngineDesk().ready()
    desk.want()
    desk.placed("1")
    desk.tell(m.ReadFailed(what=m.What.ORDERS, cause="403", auth_lost=True))
    desk.heard("1", "FILLED", 75)
    desk.second(10)
    assert len(desk.sent) == 1
    desk.reads()
    assert len(desk.sent) == 2


def test_an_unanswered_order_is_never_sent_again_and_found_by_its_tag() -> None:
    desk = EngineDesk().ready()
    desk.want()
    tag = desk.sent[-1].order.tag
    desk.answer(tag, kind="NO_ANSWER")
    desk.row("17", "WORKING", tag=tag, price_paise=10_000)
    desk.second(3)
    desk.reads()
    assert desk.order(tag).status is OrdStatus.WORKING and len(desk.sent) == 1


@pytest.mark.control("C14")
def test_absence_counts_after_the_quarantine_and_two_reads_and_the_limit_is_free_again() -> None:
    desk = EngineDesk(msgspec.structs.replace(CONFIG, qty_max={KEY: 75})).ready()
    desk.want()
    tag = desk.sent[-1].order.tag
    desk.answer(tag, kind="NO_ANSWER")
    began_ns = desk.now_ns
    while desk.now_ns < began_ns + 178 * SECOND_NS:
        desk.second()
        desk.reads()
    assert desk.order(tag).status is OrdStatus.UNKNOWN and codes(desk.want()) == {Code.POSITION}
    for _ in range(6):
        desk.second()
        desk.reads()
    assert desk.order(tag).status is OrdStatus.ABSENT and not codes(desk.want())


@pytest.mark.control("C14", "C18")
def test_what_was_in_flight_at_a_restart_is_unknown_and_tags_begin_anew_in_a_new_epoch() -> None:
    desk = EngineDesk().ready()
    desk.want()
    first = desk.sent[-1].order.tag
    desk.ready()
    assert desk.order(first).status is OrdStatus.UNKNOWN
    desk.want()
    assert read_tag(desk.sent[-1].order.tag) == ClientOrderId(desk.engine.state.day, 2, 1, head=7)


@pytest.mark.control("C11")
def test_sends_of_before_a_restart_count_and_the_first_second_is_silent() -> None:
    desk = EngineDesk(msgspec.structs.replace(CONFIG, qty_max={KEY: 75_000})).ready()
    desk.second()
    for _ in range(5):
        desk.want()
    desk.start()
    desk.reads()
    assert Code.THROTTLE in codes(desk.want())


def test_an_order_that_came_late_is_cancelled_until_it_has_ended() -> None:
    desk = EngineDesk().ready()
    desk.want()
    tag = desk.sent[-1].order.tag
    desk.answer(tag, kind="REFUSED", text="no")
    desk.heard("9", "WORKING", tag=tag, price_paise=10_000)
    assert [cancel.ref for cancel in desk.cancelled] == [tag] and "LATE" in desk.alerts
    desk.answer(tag, kind="NO_ANSWER", call="CANCEL")
    desk.second(3)
    assert len(desk.cancelled) >= 2


@pytest.mark.control("C30", "C23")
def test_an_order_with_our_tag_and_no_intent_halts_and_entries_are_cancelled() -> None:
    desk = EngineDesk().ready()
    desk.want()
    tag = desk.placed("1")
    desk.heard("66", "WORKING", tag=ClientOrderId(desk.engine.state.day, 9, 9).tag)
    assert desk.engine.state.halt is not None and desk.engine.state.halt.code == "NO_INTENT"
    assert [cancel.ref for cancel in desk.cancelled] == [tag]
    assert desk.engine.state.phase == "HALTED"


@pytest.mark.control("C30", "C14")
def test_a_foreign_order_is_counted_and_said_and_nothing_is_halted() -> None:
    desk = EngineDesk().ready()
    desk.heard("5", "WORKING", qty=225)
    assert "FOREIGN" in desk.alerts and desk.engine.state.halt is None
    assert codes(desk.want(msgspec.structs.replace(BUY, qty=150))) == {Code.POSITION}


def test_a_change_asks_once_and_an_increase_is_weighed_as_an_entry() -> None:
    desk = EngineDesk().ready()
    desk.want()
    tag = desk.placed("1")
    step = desk.tell(m.Wanted(want=ChangeWant(strategy="story", ref=tag, qty=375)))
    assert codes(step) == {Code.POSITION} and not desk.changed
    desk.tell(m.Wanted(want=ChangeWant(strategy="story", ref=tag, price_paise=10_005)))
    assert [change.change.price_paise for change in desk.changed] == [10_005]
    desk.tell(m.Commanded(order=m.Order.ENTRIES_OFF, who="asha", why="lunch"))
    step = desk.tell(m.Wanted(want=ChangeWant(strategy="story", ref=tag, price_paise=10_010)))
    assert codes(step) == {Code.PHASE}


def test_an_execution_the_books_do_not_take_is_trouble_and_entries_stop() -> None:
    desk = EngineDesk().ready()
    desk.want(msgspec.structs.replace(BUY, qty=150))
    desk.placed("1")
    desk.trade("1", 75)
    desk.trades.append(msgspec.structs.replace(desk.trades[0], exec_id="t9", ts_event_ns=1))
    desk.read(m.What.TRADES)
    assert "OTHER_DAY" in desk.engine.state.trouble["BOOKS"] and desk.engine.state.phase == "REDUCE_ONLY"


def test_a_strategy_is_asked_when_what_it_watches_moved_each_second_and_on_its_fills() -> None:
    desk = EngineDesk(make_strategies=lambda config: [Story()]).ready()
    desk.second()
    quotes = desk.quotes
    quotes.news = ("NFO:OTHER",)  # type: ignore[attr-defined]
    assert not desk.tell(m.MarketMoved(sequence=1)).acts
    quotes.news = (KEY,)  # type: ignore[attr-defined]
    desk.tell(m.MarketMoved(sequence=2))
    assert [send.order.qty for send in desk.sent] == [75]
    desk.placed("1")
    desk.filled("1")
    assert desk.cancelled == [] and any(isinstance(act, Deny) for step in desk.steps for act in step.acts)


class Story:
    """Buys when the market moves, and asks for something impossible on its fill."""

    name, watches = "story", frozenset({KEY})

    def on_market(self, view: View) -> list[Want]:
        return [BUY] if view.is_active and not view.position(KEY, BUY.product) else []

    def on_second(self, view: View) -> list[Want]:
        return []

    def on_fill(self, view: View, ref: str, fill: Fill) -> list[EntryWant]:
        return [msgspec.structs.replace(BUY, qty=fill.qty + 1)]
