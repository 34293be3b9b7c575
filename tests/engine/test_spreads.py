"""Several legs at once: hedges first, mains as far as they are covered, and an end for every way it can go wrong."""

from typing import Any

import msgspec
import pytest

from harness.engine_desk import NIFTY_CALL
from harness.leaving_desk import PUT, STOCK_CALL, LeavingDesk, told
from tarazu.engine import messages as m
from tarazu.engine.acts import Deny, EndSpread, Intend, Step
from tarazu.model.order import Product, Side
from tarazu.model.outcome import RefusalKind
from tarazu.model.units import SECOND_NS
from tarazu.orders.intent import Purpose
from tarazu.orders.throttle import SendLimits
from tarazu.risk.denial import Code
from tarazu.strategy.base import View
from tarazu.strategy.wants import ExitWant, LegWant, SpreadWant, Want

LONG = LegWant(name="long", key=PUT.key, side=Side.BUY, per_set=75, price_paise=5_000)
SHORT = LegWant(name="short", key=NIFTY_CALL.key, side=Side.SELL, per_set=75, price_paise=10_000)
SPREAD = SpreadWant(strategy="story", product=Product.NRML, sets=2, hedges=(LONG,), mains=(SHORT,))
SEND_HEDGE, SEND_MAIN = "BUY 150 LIMIT 5000", "SELL 150 LIMIT 10000"


class SpreadDesk(LeavingDesk):
    """`H` and `M` are the broker's ids of the hedge and the main."""

    def __init__(self, want: SpreadWant = SPREAD, **options: Any) -> None:
        super().__init__(**options)
        self.begun = self.want(want)

    def works(self, order_id: str, filled: int = 0, ref: str = "") -> str:
        """The last order sent is accepted and works, some of it filled."""
        sent = next((s for s in self.sent if s.order.tag == ref), self.sent[-1]).order
        self.answer(sent.tag, order_id)
        key = f"{sent.exchange}:{sent.tradingsymbol}"
        facts = {"tag": sent.tag, "side": sent.side, "qty": sent.qty, "key": key}
        self.row(order_id, "WORKING", **facts, price_paise=sent.price_paise or 9_700)
        return told(self.fills(order_id, filled) if filled else self.heard(order_id, "WORKING"))

    def fills(self, order_id: str, qty: int) -> Step:
        self.trade(order_id, qty)
        row = self.book[order_id]
        word = "FILLED" if row.filled_qty + qty == row.qty else "WORKING"
        return self.heard(order_id, word, row.filled_qty + qty)

    def hedged(self, filled: int = 150) -> str:
        return self.works("H", filled)

    @property
    def ended(self) -> list[str]:
        return [step.how for step in self.acts(EndSpread) if isinstance(step, EndSpread)]

    def net(self) -> dict[str, int]:
        return {p.key.split(":")[1][-2:]: p.qty for p in self.positions if p.qty}


def told_last(desk: LeavingDesk) -> str:
    return next(words for step in reversed(desk.steps) if (words := told(step)))


# The way it should go.


def test_the_hedge_goes_first_the_main_when_it_has_filled_and_then_it_is_done() -> None:
    desk = SpreadDesk()
    assert told(desk.begun) == SEND_HEDGE
    assert desk.hedged() == SEND_MAIN
    assert desk.works("M", 150) == ""
    assert desk.ended == ["DONE"] and desk.net() == {"PE": 150, "CE": -150}
    assert not desk.engine.state.spreads and not desk.alerts


def test_its_orders_carry_its_group_and_are_entries() -> None:
    desk = SpreadDesk()
    desk.hedged()
    intents = [act.intent for act in desk.acts(Intend) if isinstance(act, Intend)]
    assert len({intent.group for intent in intents}) == 1 and intents[0].group
    assert {intent.purpose for intent in intents} == {Purpose.ENTRY}
    assert {intent.strategy for intent in intents} == {"story"}


class Once:
    """Wants the spread with the first frame, and nothing after."""

    name, watches = "story", frozenset({PUT.key})

    def on_market(self, view: View) -> list[Want]:
        return [] if view.orders("story") else [SPREAD]

    def on_second(self, view: View) -> list[Want]:
        return []

    def on_fill(self, *_: object) -> list[Want]:
        return []


def test_a_strategys_spread_goes_out_with_the_next_frame_and_no_frame_looks_at_it_again() -> None:
    desk = LeavingDesk(make_strategies=lambda config: (Once(),))
    assert told(desk.moved(PUT.key)) == ""
    assert told(desk.moved(NIFTY_CALL.key)) == SEND_HEDGE
    assert told(desk.moved(NIFTY_CALL.key)) == ""


def test_legs_above_the_freeze_quantity_are_sliced() -> None:
    desk = SpreadDesk(msgspec.structs.replace(SPREAD, sets=25))
    assert told(desk.begun) == "BUY 1800 LIMIT 5000; BUY 75 LIMIT 5000"
    for order_id, sent in zip("HI", list(desk.sent), strict=True):
        last = desk.works(order_id, sent.order.qty, sent.order.tag)
    assert last == "SELL 1800 LIMIT 10000; SELL 75 LIMIT 10000"


def test_what_the_throttle_holds_goes_out_later() -> None:
    desk = SpreadDesk(msgspec.structs.replace(SPREAD, sets=72), limits=SendLimits(per_second=2, boot_hold_ns=0))
    assert told(desk.begun) == "BUY 1800 LIMIT 5000; BUY 1800 LIMIT 5000"
    assert told(desk.second()) == "BUY 1800 LIMIT 5000"
    for order_id, sent in zip("HIJ", list(desk.sent), strict=True):
        last = desk.works(order_id, 1_800, sent.order.tag)
    assert last == "SELL 1800 LIMIT 10000"
    assert told(desk.second()) == "SELL 1800 LIMIT 10000; SELL 1800 LIMIT 10000"


TWIN = msgspec.structs.replace(LONG, key=STOCK_CALL.key)
MISSHAPEN: dict[str, dict[str, Any]] = {
    "no hedges": {"hedges": ()},
    "no mains": {"mains": ()},
    "no sets": {"sets": 0},
    "one name for two legs": {"hedges": (LONG, TWIN)},
    "the name of a trim": {"hedges": (msgspec.structs.replace(LONG, name="trim:long"),)},
    "two legs in one instrument": {"hedges": (msgspec.structs.replace(LONG, key=NIFTY_CALL.key),)},
    "half a lot in a set": {"hedges": (LONG, msgspec.structs.replace(TWIN, name="other", per_set=50)), "sets": 3},
}


@pytest.mark.parametrize("wrong", MISSHAPEN)
def test_legs_that_could_not_be_told_apart_or_covered_are_denied(wrong: str) -> None:
    desk = SpreadDesk(msgspec.structs.replace(SPREAD, **MISSHAPEN[wrong]))
    (denied,) = (act for act in desk.begun.acts if isinstance(act, Deny))
    assert denied.denials[-1].code is Code.ORDER and not desk.sent


# Hedges.


def test_a_hedge_filled_in_part_is_waited_for_until_it_is_overdue_then_its_part_is_covered() -> None:
    desk = SpreadDesk()
    assert desk.hedged(75) == ""
    assert told(desk.second(29)) == ""
    assert told(desk.second()) == "cancel H"
    assert told(desk.heard("H", "CANCELED", 75)) == "SELL 75 LIMIT 10000"
    desk.works("M", 75)
    assert desk.ended == []  # a late fill of the hedge would be nobody's
    desk.live(150)
    assert desk.ended == ["DONE"] and desk.net() == {"PE": 75, "CE": -75}


def test_a_refused_cancellation_is_asked_again_and_not_with_every_message() -> None:
    desk = SpreadDesk()
    desk.works("H")
    desk.second(30)
    refused = desk.answer(desk.sent[-1].order.tag, call="CANCEL", kind="REFUSED", refusal=RefusalKind.REQUEST)
    assert told(refused) == told(desk.second()) == ""
    assert told(desk.second()) == "cancel H"


def test_no_more_is_canceled_in_a_second_than_kite_takes() -> None:
    other = msgspec.structs.replace(LONG, name="other", key=STOCK_CALL.key)
    many = msgspec.structs.replace(SPREAD, sets=144, hedges=(LONG, other))  # six slices each
    desk = SpreadDesk(many, limits=SendLimits(per_second=12, entries_per_second=12, boot_hold_ns=0))
    for order_id, sent in enumerate(list(desk.sent)):
        desk.works(str(order_id), ref=sent.order.tag)
    desk.second(30)
    assert len(desk.sent) == 12 and len(desk.cancelled) == 10
    desk.second()
    assert len(desk.cancelled) == 12


def test_a_late_fill_of_a_canceled_hedge_is_trimmed() -> None:
    desk = SpreadDesk()
    desk.hedged(75)
    desk.second(30)
    desk.heard("H", "CANCELED", 75)
    desk.works("M", 75)
    assert told(desk.fills("H", 75)) == "SELL 75 MARKET"
    desk.works("T", 75)
    assert desk.net() == {"PE": 75, "CE": -75} and desk.ended == ["DONE"]


def test_a_refused_hedge_abandons_it() -> None:
    desk = SpreadDesk()
    step = desk.answer(desk.sent[-1].order.tag, kind="REFUSED", refusal=RefusalKind.MARGIN)
    assert told(step) == "" and desk.ended == ["ABANDON"]


def test_an_unknown_hedge_is_waited_for_and_found() -> None:
    desk = SpreadDesk()
    tag = desk.sent[-1].order.tag
    desk.answer(tag, kind="NO_ANSWER")
    desk.live(60)
    assert len(desk.sent) == 1 and desk.ended == []
    step = desk.heard("H", "FILLED", 150, tag=tag, qty=150, key=PUT.key)
    assert told(step) == SEND_MAIN


def test_two_hedges_one_of_them_refused_and_the_other_is_taken_back() -> None:
    other = msgspec.structs.replace(LONG, name="other", key=STOCK_CALL.key)
    desk = SpreadDesk(msgspec.structs.replace(SPREAD, hedges=(LONG, other)))
    first, second = desk.sent
    desk.answer(second.order.tag, kind="REFUSED", refusal=RefusalKind.MARGIN)
    assert desk.works("H", 150, first.order.tag) == "SELL 150 MARKET"
    desk.works("T", 150)
    assert desk.net() == {} and desk.ended == ["DONE"]


# Mains.


def test_a_refused_main_gives_its_hedge_back() -> None:
    desk = SpreadDesk()
    desk.hedged()
    step = desk.answer(desk.sent[-1].order.tag, kind="REFUSED", refusal=RefusalKind.MARGIN)
    assert told(step) == "SELL 150 MARKET"
    (trim,) = (act.intent for act in step.acts if isinstance(act, Intend))
    assert trim.purpose is Purpose.EXIT and trim.strategy == "story"
    desk.works("T", 150)
    assert desk.net() == {} and desk.ended == ["DONE"]


def test_hedges_may_be_kept() -> None:
    desk = SpreadDesk(msgspec.structs.replace(SPREAD, keep_hedges=True))
    desk.hedged()
    step = desk.answer(desk.sent[-1].order.tag, kind="REFUSED", refusal=RefusalKind.MARGIN)
    assert told(step) == "" and desk.ended == ["DONE"]


def test_an_unknown_main_keeps_its_hedge_until_it_is_known() -> None:
    desk = SpreadDesk()
    desk.hedged()
    desk.answer(desk.sent[-1].order.tag, kind="NO_ANSWER")
    desk.live(178)
    assert len(desk.sent) == 2
    desk.live(10)  # absent, by the rule
    assert told_last(desk) == "SELL 150 MARKET"


def test_a_main_has_its_own_time_however_long_its_hedge_took() -> None:
    desk = SpreadDesk()
    desk.works("H")
    desk.second(20)
    desk.fills("H", 150)
    desk.works("M")
    assert told(desk.second(29)) == ""
    assert told(desk.second()) == "cancel M"


def test_a_main_that_the_throttle_holds_has_its_own_time_too() -> None:
    want = msgspec.structs.replace(SPREAD, overdue_s=60.0)
    desk = SpreadDesk(want, limits=SendLimits(per_minute=1, boot_hold_ns=0))
    desk.works("H")
    desk.second(59)
    assert told(desk.fills("H", 150)) == ""
    assert told(desk.second()) == SEND_MAIN


def test_an_overdue_main_is_canceled_and_the_hedge_trimmed_only_when_nothing_of_it_can_come() -> None:
    desk = SpreadDesk()
    desk.hedged()
    desk.works("M", 75)
    assert told(desk.second(30)) == "cancel M"
    desk.heard("M", "CANCELED", 75)
    desk.live(119)
    assert len(desk.sent) == 2
    desk.live(30)
    assert told_last(desk) == "SELL 75 MARKET"
    desk.works("T", 75)
    assert desk.net() == {"PE": 75, "CE": -75} and desk.ended == ["DONE"]


# The gate, once more.


@pytest.mark.control("C22")
@pytest.mark.parametrize("keep", [False, True])
def test_a_halt_between_the_legs_keeps_the_mains_back_and_the_hedges_are_trimmed_or_kept(keep: bool) -> None:
    desk = SpreadDesk(msgspec.structs.replace(SPREAD, keep_hedges=keep))
    desk.command(m.Order.HALT)
    assert desk.hedged() == ""
    assert "SPREAD_SHORT" in desk.alerts
    assert told(desk.second()) == ("" if keep else "SELL 150 MARKET")
    desk.command(m.Order.RESET_HALT)
    desk.live(5)
    assert len(desk.sent) == (1 if keep else 2)  # the mains are not thought of again
    if not keep:
        desk.works("T", 150)
    assert desk.ended == ["DONE"]


@pytest.mark.control("C25")
def test_a_stale_feed_before_the_hedge_is_sent_denies_it_all() -> None:
    desk = LeavingDesk(make_strategies=lambda config: (Once(),))
    desk.moved(PUT.key)
    step = desk.tell(m.FeedMoved(feed="options", fresh=False, required=True, reason="silence"))
    (denied,) = (act for act in step.acts if isinstance(act, Deny))
    assert denied.want == SPREAD and denied.denials[0].code is Code.PHASE
    assert not desk.sent and not desk.engine.state.spreads


def test_a_stale_feed_between_two_slices_keeps_the_second_back() -> None:
    desk = SpreadDesk(msgspec.structs.replace(SPREAD, sets=25), limits=SendLimits(per_second=1, boot_hold_ns=0))
    assert told(desk.begun) == "BUY 1800 LIMIT 5000"
    desk.tell(m.FeedMoved(feed="options", fresh=False, required=True, reason="silence"))
    assert told(desk.second(2)) == "" and "SPREAD_SHORT" in desk.alerts


def test_what_the_throttle_holds_for_too_long_is_given_up() -> None:
    desk = SpreadDesk(limits=SendLimits(per_day=1, boot_hold_ns=0))
    assert desk.hedged() == ""
    desk.second(31)
    assert "SPREAD_SHORT" in desk.alerts and len(desk.sent) == 1


def test_a_slice_that_failed_keeps_the_others_back() -> None:
    desk = SpreadDesk(msgspec.structs.replace(SPREAD, sets=25), limits=SendLimits(per_second=1, boot_hold_ns=0))
    desk.answer(desk.sent[-1].order.tag, kind="REFUSED", refusal=RefusalKind.MARGIN)
    desk.second(2)
    assert len(desk.sent) == 1 and desk.ended == ["ABANDON"]


# Trims.


def test_a_trim_takes_no_more_than_is_there_and_nothing_else_closes() -> None:
    desk = SpreadDesk()
    desk.hedged()
    desk.heard("9", "WORKING", side=Side.SELL, qty=75, key=PUT.key)  # somebody sells by hand
    step = desk.answer(desk.sent[-1].order.tag, kind="REFUSED", refusal=RefusalKind.MARGIN)
    assert told(step) == "SELL 75 MARKET"
    assert desk.works("T", 75) == ""
    assert "SPREAD_STUCK" in desk.alerts


def test_a_trim_that_rests_is_chased_and_one_that_is_refused_is_tried_less_and_less_often() -> None:
    desk = SpreadDesk()
    desk.hedged()
    desk.answer(desk.sent[-1].order.tag, kind="REFUSED", refusal=RefusalKind.MARGIN)
    desk.answer(desk.sent[-1].order.tag, kind="REFUSED", refusal=RefusalKind.MARGIN)
    sent = len(desk.sent)
    desk.second(5)
    assert len(desk.sent) == sent + 1 and "EXIT_REFUSED" in desk.alerts
    desk.works("T")
    desk.second(3)
    desk.quote(9_000, 9_010, PUT.key)
    assert told(desk.second()) == "turn T 8910"


def test_in_stock_options_a_trim_has_a_limit_and_waits_for_a_price() -> None:
    hedge = msgspec.structs.replace(LONG, key=STOCK_CALL.key)
    desk = SpreadDesk(msgspec.structs.replace(SPREAD, hedges=(hedge,)))
    desk.hedged()
    step = desk.answer(desk.sent[-1].order.tag, kind="REFUSED", refusal=RefusalKind.MARGIN)
    assert told(step) == "" and "EXIT_NO_PRICE" in desk.alerts
    desk.quote(5_000, 5_010, STOCK_CALL.key)
    assert told(desk.second()) == "SELL 150 LIMIT 4950"


def test_less_than_a_lot_ends_it_and_is_told() -> None:
    desk = SpreadDesk()
    desk.hedged(100)
    desk.heard("H", "CANCELED", 100)
    desk.works("M", 75)
    assert desk.ended == ["DONE, with less than a lot of a hedge left over"] and "SPREAD_ODD" in desk.alerts


# Leaving and restarting.


def test_to_flatten_ends_the_spread_and_the_planner_alone_sells() -> None:
    desk = SpreadDesk()
    desk.hedged()
    desk.works("M", 75)
    step = desk.command(m.Order.FLATTEN)
    assert desk.ended == ["flattening for op: test"] and "SPREAD_LEFT" in desk.alerts and told(step) == ""
    desk.second()
    assert told(desk.positions_read(1)) == "BUY 75 MARKET; SELL 150 MARKET"


def test_to_leave_one_leg_cancels_what_is_at_work_of_the_other() -> None:
    desk = SpreadDesk()
    desk.hedged()
    desk.works("M")
    desk.want(ExitWant(strategy="story", key=PUT.key, product=Product.NRML))
    assert told(desk.second()) == "cancel M"


def test_without_a_session_it_stands_still() -> None:
    desk = SpreadDesk()
    desk.answer(desk.sent[-1].order.tag, kind="NOT_PLACED", refusal=RefusalKind.AUTH_LOST)
    desk.second(5)
    assert desk.ended == [] and len(desk.sent) == 1
    desk.read(m.What.ORDERS)
    assert desk.ended == ["ABANDON"]


@pytest.mark.parametrize("when", ["hedge sent", "hedge working", "main sent", "main working", "trim sent"])
def test_a_restart_in_the_middle_goes_on_where_it_was(when: str) -> None:
    desk = SpreadDesk()
    if when != "hedge sent":
        desk.works("H", 75)
    if when not in ("hedge sent", "hedge working"):
        desk.fills("H", 75)
    if when == "main working":
        desk.works("M", 75)
    if when == "trim sent":
        desk.answer(desk.sent[-1].order.tag, kind="REFUSED", refusal=RefusalKind.MARGIN)
    sent = len(desk.sent)
    desk.start()
    desk.tell(m.FeedMoved(feed="options", fresh=True, required=True))
    desk.live(3)
    assert len(desk.sent) == sent, "nothing is sent again"
    last = desk.sent[-1].order
    if when in ("hedge sent", "main sent", "trim sent"):
        key = f"{last.exchange}:{last.tradingsymbol}"
        desk.row("X", "WORKING", tag=last.tag, qty=last.qty, side=last.side, key=key)
        step = desk.fills("X", last.qty)
    else:
        step = desk.fills("H" if when == "hedge working" else "M", 75)
    if when.startswith("hedge"):
        assert told(step) == SEND_MAIN
    else:
        assert desk.ended == ["DONE"]


def test_a_start_while_the_hedge_fills_takes_no_new_risk_and_gives_it_back() -> None:
    desk = SpreadDesk()
    desk.works("H")
    desk.start(config=msgspec.structs.replace(desk.config, settle_ns=60 * SECOND_NS))
    desk.second()
    assert told(desk.fills("H", 150)) == "" and "SPREAD_SHORT" in desk.alerts
    assert told(desk.second()) == "SELL 150 MARKET"
