"""Flags, kept to by the engine: what is off enters nothing, sizes are whole lots of what is left, exits never ask."""

from collections.abc import Iterable
from typing import Any

import msgspec
import pytest

from harness.engine_desk import BUY, CONFIG, EngineDesk
from harness.engine_desk import NIFTY_CALL as CALL
from harness.leaving_desk import LEAVE, PUT, LeavingDesk, told
from harness.order_story import KEY
from tarazu.engine import messages as m
from tarazu.engine.acts import Act, AskCancel, BeginExit, BeginSpread, Deny, EndHold, HoldWant, Intend, Step
from tarazu.model.order import Product, Side
from tarazu.orders.intent import Purpose
from tarazu.risk.denial import Code
from tarazu.risk.flags import Flags, StrategyFlags
from tarazu.strategy.wants import ChangeWant, EntryWant, LegWant, SpreadWant

HEDGE = LegWant(name="long", key=PUT.key, side=Side.BUY, per_set=75, price_paise=5_000)
MAIN = LegWant(name="short", key=KEY, side=Side.SELL, per_set=75, price_paise=10_000)
SPREAD = SpreadWant(strategy="story", product=Product.NRML, sets=4, hedges=(HEDGE,), mains=(MAIN,))


def ready(config: Any = CONFIG, **flags: Any) -> EngineDesk:
    desk = EngineDesk(msgspec.structs.replace(config, qty_max_default=10_000, qty_max={}), (CALL, PUT)).ready()
    if flags:
        set_flags(desk, **flags)
    return desk


def set_flags(desk: EngineDesk, version: int = 1, entries: bool = True, **strategies: StrategyFlags) -> Step:
    flags = Flags(version=version, sha256="ab" * 32, entries=entries, strategies=strategies)
    return desk.tell(m.FlagsSet(flags=flags), after_s=0.5)


def lots(count: int) -> EntryWant:
    return msgspec.structs.replace(BUY, qty=75 * count)


def of(kind: type, acts: Iterable[Act]) -> list[Any]:
    return [act for act in acts if isinstance(act, kind)]


def denied(step: Step) -> list[tuple[Code, str]]:
    return [(denial.code, denial.observed) for act in of(Deny, step.acts) for denial in act.denials]


def sent(desk: EngineDesk) -> list[int]:
    return [out.order.qty for out in desk.sent]


def test_with_no_flags_everything_is_on_and_whole() -> None:
    desk = ready()
    desk.want(lots(4))
    assert desk.engine.state.flags == Flags() and sent(desk) == [300]


def test_entries_off_denies_everybodys_entry_with_one_code() -> None:
    desk = ready(version=3, entries=False)
    for strategy in ("story", "other", "person"):
        step = desk.want(msgspec.structs.replace(BUY, strategy=strategy))
        assert denied(step) == [(Code.FLAG_OFF, "entries is off")]
        assert of(Deny, step.acts)[0].denials[0].limit == "flags version 3"
    assert not desk.sent


def test_one_strategys_switch_is_its_own() -> None:
    desk = ready(story=StrategyFlags(entries=False))
    assert denied(desk.want()) == [(Code.FLAG_OFF, "strategy.story.entries is off")] and not desk.sent
    assert not denied(desk.want(msgspec.structs.replace(BUY, strategy="other"))) and sent(desk) == [75]


def test_no_per_cent_is_nothing_and_never_everything() -> None:
    desk = ready(story=StrategyFlags(size_pct=0))
    assert denied(desk.want(lots(4))) == [(Code.FLAG_OFF, "strategy.story.size_pct is 0")]
    assert denied(desk.want(SPREAD)) == [(Code.FLAG_OFF, "strategy.story.size_pct is 0")] and not desk.sent


@pytest.mark.parametrize(
    ("pct", "wanted", "left"), [(100, 4, 300), (99, 4, 225), (50, 4, 150), (50, 3, 75), (25, 4, 75), (34, 3, 75)]
)
def test_a_size_is_cut_to_whole_lots(pct: int, wanted: int, left: int) -> None:
    desk = ready(story=StrategyFlags(size_pct=pct))
    assert not denied(desk.want(lots(wanted))) and sent(desk) == [left]


@pytest.mark.parametrize(("pct", "wanted"), [(99, 1), (24, 4), (1, 99)])
def test_what_is_left_is_less_than_a_lot_and_so_it_is_none(pct: int, wanted: int) -> None:
    desk = ready(story=StrategyFlags(size_pct=pct))
    ((code, observed),) = denied(desk.want(lots(wanted)))
    assert code is Code.FLAG_OFF and observed.endswith(f"{pct} % of {75 * wanted} is less than a lot of 75")
    assert not desk.sent


def test_what_no_size_could_be_is_not_made_right_by_a_cut() -> None:
    desk = ready(story=StrategyFlags(size_pct=50))
    for qty in (100, 0, -150):
        assert Code.LOT in dict(denied(desk.want(msgspec.structs.replace(BUY, qty=qty))))
    assert Code.INSTRUMENT in dict(denied(desk.want(msgspec.structs.replace(BUY, key="NFO:NOBODY"))))
    assert not desk.sent


def test_of_a_spread_whole_sets_are_left_or_none() -> None:
    desk = ready(story=StrategyFlags(size_pct=50))
    (begun,) = of(BeginSpread, desk.want(SPREAD).acts)
    assert begun.want.sets == 2
    observed = denied(desk.want(msgspec.structs.replace(SPREAD, sets=1)))
    assert observed == [
        (Code.FLAG_OFF, "strategy.story.size_pct is 50: 50 % of 1 is less than a set"),
    ]


def test_the_rest_of_a_spread_is_not_sent_once_entries_are_off_and_what_covers_nothing_is_taken_back() -> None:
    desk = LeavingDesk()
    desk.want(SPREAD)
    desk.placed("H")
    set_flags(desk, entries=False)
    desk.filled("H", 300, 5_000)
    assert [words for step in desk.steps if (words := told(step))] == [
        "BUY 300 LIMIT 5000",
        "cancel H",
        "SELL 300 MARKET",
    ]


def test_exits_ask_no_flag() -> None:
    desk = LeavingDesk()
    desk.quote(9_990, 10_010)
    desk.bought()
    desk.stopped()
    set_flags(desk, entries=False, story=StrategyFlags(entries=False, size_pct=0))
    assert of(BeginExit, desk.want(LEAVE).acts)
    desk.live(2)
    assert told(desk.steps[-1]) == "" and any(told(step).startswith("turn 2 LIMIT") for step in desk.steps)


def test_a_stop_of_what_fills_after_the_switch_goes_out_all_the_same() -> None:
    desk = LeavingDesk()
    desk.want(BUY)
    desk.placed("1")
    set_flags(desk, entries=False)
    desk.filled("1")
    purposes = [act.intent.purpose for act in desk.acts(Intend) if isinstance(act, Intend)]
    assert purposes == [Purpose.ENTRY, Purpose.STOP]


def test_an_entry_that_rests_is_taken_back_when_it_is_switched_off() -> None:
    desk = LeavingDesk()
    desk.want(BUY)
    desk.placed("1")
    step = set_flags(desk, story=StrategyFlags(entries=False))
    assert [act.why for act in of(AskCancel, step.acts)] == ["strategy.story.entries is off"]
    assert told(step) == "cancel 1"


def test_an_entry_that_rests_is_made_no_larger_while_its_size_is_cut() -> None:
    desk = LeavingDesk()
    desk.want(lots(2))
    ref = desk.placed("1")
    set_flags(desk, story=StrategyFlags(size_pct=50))
    more = desk.want(ChangeWant(strategy="story", ref=ref, qty=300))
    assert [code for code, _ in denied(more)] == [Code.FLAG_OFF]
    assert told(desk.want(ChangeWant(strategy="story", ref=ref, qty=75))).startswith("turn 1 75"), "less of it passes"


def test_what_was_shown_to_a_person_is_what_is_sent_and_is_cut_once() -> None:
    desk = ready(msgspec.structs.replace(CONFIG, approvals=True), story=StrategyFlags(size_pct=50))
    (held,) = of(HoldWant, desk.want(lots(4)).acts)
    assert held.want.qty == 150
    desk.tell(m.Commanded(order=m.Order.APPROVE, who="asha", why="a look", ref=held.ref), after_s=0.5)
    assert sent(desk) == [150]


def test_what_waits_for_leave_ends_when_the_flags_are_others() -> None:
    desk = ready(msgspec.structs.replace(CONFIG, approvals=True))
    desk.want(lots(4))
    (ended,) = of(EndHold, set_flags(desk, version=2, story=StrategyFlags(size_pct=25)).acts)
    assert ended.how == "the flags are of version 2 now" and not desk.engine.state.waiting


def test_midnight_and_a_restart_switch_nothing_on() -> None:
    off = Flags(version=7, sha256="cd" * 32, entries=False)
    desk = EngineDesk()
    desk.start(flags=off)
    assert desk.engine.state.flags == off, "those of the day before"
    set_flags(desk, version=8, story=StrategyFlags(size_pct=50))
    desk.start()
    assert desk.engine.state.flags.version == 8, "a restart knows no less than the journal"
