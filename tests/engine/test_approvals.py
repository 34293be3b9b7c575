"""Leave before an entry: what waits, what gives it its way, and that nothing else does."""

from collections.abc import Iterable

import msgspec
import pytest

from harness.engine_desk import BUY, CONFIG, EngineDesk
from harness.order_story import KEY
from tarazu.engine import messages as m
from tarazu.engine.acts import Act, Alert, BeginSpread, Decline, Deny, EndHold, Guard, HoldWant, Intend, Step
from tarazu.engine.guards import WAITING_MAX
from tarazu.model.order import Product, Side
from tarazu.model.units import SECOND_NS
from tarazu.risk.denial import Code
from tarazu.strategy.wants import CancelWant, ChangeWant, ExitWant, LegWant, SpreadWant, Want

GUARDED = msgspec.structs.replace(CONFIG, approvals=True)
OTHER = msgspec.structs.replace(BUY, price_paise=BUY.price_paise + 5)


def guarded() -> EngineDesk:
    return EngineDesk(GUARDED).ready()


def tell(desk: EngineDesk, order: m.Order, ref: str = "", who: str = "asha") -> Step:
    return desk.tell(m.Commanded(order=order, who=who, why="a look", ref=ref), after_s=0.5)


def waits(desk: EngineDesk, want: Want = BUY) -> str:
    """It is wanted, and waits; its name."""
    (held,) = of(HoldWant, desk.want(want).acts)
    assert not desk.sent and list(desk.engine.state.waiting) == [held.ref]
    return held.ref


def of(kind: type, acts: Iterable[Act]) -> list:
    return [act for act in acts if isinstance(act, kind)]


def denied(step: Step) -> list[tuple[Code, str]]:
    return [(denial.code, denial.observed) for act in of(Deny, step.acts) for denial in act.denials]


def test_a_want_that_passes_every_control_waits_and_is_sent_once_with_leave() -> None:
    desk = guarded()
    ref = waits(desk)
    step = tell(desk, m.Order.APPROVE, ref)
    assert [act.how for act in of(EndHold, step.acts)] == ["approved by asha"] and len(desk.sent) == 1
    assert (desk.sent[0].order.qty, desk.sent[0].order.price_paise) == (BUY.qty, BUY.price_paise)
    again = tell(desk, m.Order.APPROVE, ref)
    assert len(desk.sent) == 1 and of(Decline, again.acts), "once"


def test_a_person_is_told_what_waits_and_until_when() -> None:
    desk = guarded()
    (alert,) = of(Alert, desk.want().acts)
    assert alert.code == "APPROVAL" and alert.of in desk.engine.state.waiting
    assert alert.text.startswith(f"story: BUY 75 {KEY} at ₹100.00 NRML, until ")


def test_what_a_control_refuses_never_waits() -> None:
    desk = guarded()
    step = desk.want(msgspec.structs.replace(BUY, qty=375))
    assert Code.POSITION in dict(denied(step)) and not desk.engine.state.waiting


def test_leave_is_for_now_so_it_is_weighed_anew() -> None:
    desk = guarded()
    ref = waits(desk)
    desk.tell(m.FeedMoved(feed="options", fresh=False, required=True))
    step = tell(desk, m.Order.APPROVE, ref)
    assert Code.PHASE in dict(denied(step)) and not desk.sent and not desk.engine.state.waiting
    desk.tell(m.FeedMoved(feed="options", fresh=True, required=True))
    assert of(Decline, tell(desk, m.Order.APPROVE, ref).acts) and not desk.sent, "a leave is used up by a no"


def test_two_that_wait_and_pass_alone_do_not_pass_together() -> None:
    desk = EngineDesk(msgspec.structs.replace(GUARDED, qty_max={KEY: 75})).ready()
    first = waits(desk)
    desk.want(msgspec.structs.replace(BUY, strategy="other"))
    second = list(desk.engine.state.waiting)[1]
    tell(desk, m.Order.APPROVE, first)
    assert Code.POSITION in dict(denied(tell(desk, m.Order.APPROVE, second))) and len(desk.sent) == 1


def test_without_leave_it_ends_by_itself_and_says_so() -> None:
    desk = guarded()
    ref = waits(desk)
    desk.second(GUARDED.approval_ns // SECOND_NS - 1)
    assert ref in desk.engine.state.waiting
    assert denied(desk.second()) == [(Code.APPROVAL, "nobody gave leave in time")]
    assert of(Decline, tell(desk, m.Order.APPROVE, ref).acts) and not desk.sent


def test_a_leave_that_comes_too_late_is_none_though_no_second_has_passed_between() -> None:
    desk = guarded()
    ref = waits(desk)
    desk.now_ns += GUARDED.approval_ns
    step = tell(desk, m.Order.APPROVE, ref)
    assert [act.how for act in of(EndHold, step.acts)] == ["nobody gave leave in time"] and not desk.sent


def test_a_person_refuses() -> None:
    desk = guarded()
    ref = waits(desk)
    assert denied(tell(desk, m.Order.REFUSE, ref)) == [(Code.APPROVAL, "refused by asha: a look")]
    assert of(Decline, tell(desk, m.Order.APPROVE, ref).acts) and of(Decline, tell(desk, m.Order.REFUSE, ref).acts)
    assert not desk.sent


def test_leave_for_a_name_that_nobody_has_is_declined() -> None:
    desk = guarded()
    waits(desk)
    (decline,) = of(Decline, tell(desk, m.Order.APPROVE, "nonsense").acts)
    assert "nothing waits by this name" in decline.why and len(desk.engine.state.waiting) == 1


def test_the_same_want_again_waits_once_and_a_changed_one_in_its_place_is_denied_meanwhile() -> None:
    desk = guarded()
    ref = waits(desk)
    assert not desk.want(BUY).acts
    assert denied(desk.want(OTHER)) == [(Code.APPROVAL, f"{ref} waits for leave in the same place")]
    tell(desk, m.Order.APPROVE, ref)
    assert desk.sent[0].order.price_paise == BUY.price_paise, "what was shown, and not what was wanted since"
    assert of(HoldWant, desk.want(OTHER).acts), "another, with a leave of its own"


def test_a_want_that_is_not_what_was_shown_is_not_sent() -> None:
    desk = guarded()
    ref = waits(desk)
    for engine in (desk.engine, desk.shadow):
        engine.state.waiting[ref] = msgspec.structs.replace(engine.state.waiting[ref], want=OTHER)
    assert denied(tell(desk, m.Order.APPROVE, ref)) == [(Code.APPROVAL, "it is not what was shown")] and not desk.sent


def test_no_more_wait_than_a_person_reads() -> None:
    desk = guarded()
    for i in range(WAITING_MAX):
        assert of(HoldWant, desk.want(msgspec.structs.replace(BUY, strategy=f"s{i}")).acts)
    assert denied(desk.want()) == [(Code.APPROVAL, f"{WAITING_MAX} wait for leave")]


ENDS = {
    "a halt": m.Commanded(order=m.Order.HALT, who="asha", why="x"),
    "a soft halt": m.Commanded(order=m.Order.SOFT_HALT, who="asha", why="x"),
    "cancel entries": m.Commanded(order=m.Order.CANCEL_ENTRIES, who="asha", why="x"),
    "entries off": m.Commanded(order=m.Order.ENTRIES_OFF, who="asha", why="x"),
    "flatten": m.Commanded(order=m.Order.FLATTEN, who="asha", why="x"),
    "the end": m.Stopping(),
}


@pytest.mark.parametrize("what", ENDS)
def test_what_ends_the_wish_for_entries_ends_what_waits(what: str) -> None:
    desk = guarded()
    ref = waits(desk)
    desk.tell(ENDS[what])
    assert not desk.engine.state.waiting
    tell(desk, m.Order.APPROVE, ref)
    assert not desk.sent


def test_a_strategy_that_is_halted_waits_for_nothing() -> None:
    desk = guarded()
    waits(desk)
    tell(desk, m.Order.HALT_STRATEGY, BUY.strategy)
    desk.second()
    assert not desk.engine.state.waiting


def test_a_start_drops_what_waited_and_approvals_stay_on() -> None:
    desk = guarded()
    ref = waits(desk)
    assert denied(desk.start()) == [(Code.APPROVAL, "the process has started anew")]
    desk.ready()
    assert of(Decline, tell(desk, m.Order.APPROVE, ref).acts)
    waits(desk)


def test_exits_stops_and_cancellations_ask_for_no_leave() -> None:
    desk = EngineDesk().ready()
    desk.want(msgspec.structs.replace(BUY, price_paise=9_990))
    resting = desk.placed("0")
    desk.want()
    desk.placed("1")
    tell(desk, m.Order.APPROVALS_ON)
    desk.filled("1")
    assert len(desk.sent) == 3, "the stop of what has filled"
    desk.placed("2")
    desk.want(CancelWant(strategy="story", ref=resting))
    assert len(desk.cancelled) == 1
    desk.want(ExitWant(strategy="story", key=KEY, product=Product.NRML))
    assert desk.engine.state.exits and not desk.engine.state.waiting


def test_more_of_an_approved_entry_or_another_price_is_no_part_of_the_leave() -> None:
    desk = guarded()
    tell(desk, m.Order.APPROVE, waits(desk))
    ref = desk.placed("1")
    for change in ({"qty": 150}, {"price_paise": 10_005}):
        step = desk.want(ChangeWant(strategy="story", ref=ref, **change))
        assert denied(step)[0][0] is Code.APPROVAL and not desk.changed


LEGS = SpreadWant(
    strategy="story",
    product=Product.NRML,
    sets=1,
    hedges=(LegWant(name="wing", key=KEY, side=Side.BUY, per_set=75, price_paise=10_000),),
    mains=(LegWant(name="body", key=KEY + "X", side=Side.SELL, per_set=75, price_paise=10_000),),
)


def test_a_spread_waits_whole_and_its_legs_go_with_one_leave() -> None:
    call = EngineDesk().instruments[KEY]
    body = msgspec.structs.replace(call, tradingsymbol=call.tradingsymbol + "X", instrument_token=1002 << 8 | 2)
    config = msgspec.structs.replace(GUARDED, qty_max_default=300)
    desk = EngineDesk(config, instruments=(call, body)).ready()
    ref = waits(desk, LEGS)
    assert of(BeginSpread, tell(desk, m.Order.APPROVE, ref).acts) and len(desk.sent) == 1
    desk.placed("1")
    desk.filled("1")
    assert [sent.order.side for sent in desk.sent] == [Side.BUY, Side.SELL], "the body needs no leave of its own"


# The switch.


def test_a_person_switches_approvals_on_and_nobody_off_while_it_runs() -> None:
    desk = EngineDesk().ready()
    assert of(Intend, desk.want().acts)
    step = tell(desk, m.Order.APPROVALS_ON)
    assert of(Guard, step.acts) and [act.code for act in of(Alert, step.acts)] == ["GUARD_ON"]
    assert of(HoldWant, desk.want(OTHER).acts)
    assert not of(Guard, tell(desk, m.Order.APPROVALS_ON).acts)
    desk.ready()
    assert desk.engine.state.approvals, "what a person has switched on outlives a start with the same settings"


def test_what_the_settings_switch_on_other_settings_switch_off_with_a_start() -> None:
    desk = guarded()
    desk.config = CONFIG
    desk.ready()
    assert not desk.engine.state.approvals and of(Intend, desk.want().acts)


def test_what_the_controls_would_say_now_is_kept_up_with_each_second_and_decides_nothing() -> None:
    desk = guarded()
    ref = waits(desk)
    desk.second()
    assert desk.engine.verdicts == {ref: ()}
    desk.tell(m.FeedMoved(feed="options", fresh=False, required=True))
    desk.second()
    assert Code.PHASE in {denial.code for denial in desk.engine.verdicts[ref]} and ref in desk.engine.state.waiting
    tell(desk, m.Order.REFUSE, ref)
    desk.second()
    assert desk.engine.verdicts == {}
