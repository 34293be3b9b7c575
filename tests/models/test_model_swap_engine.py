"""What the engine makes of another active model: those that ask it go on with it, the others do not notice."""

from collections.abc import Iterable
from typing import Any

import msgspec
import pytest

from harness.engine_desk import BUY, CONFIG, EngineDesk
from harness.order_story import KEY
from harness.strategy_desk import StrategyDesk
from tarazu.engine import codec
from tarazu.engine import messages as m
from tarazu.engine.acts import AskCancel, Decide, EndHold, HaltStrategy, HoldWant, Step
from tarazu.engine.messages import Stamped
from tarazu.journal.entry import Durability
from tarazu.model.execution import Fill
from tarazu.strategy.base import View, Word
from tarazu.strategy.day import TradingDay
from tarazu.strategy.scored import Model, read_weights

A, B = "aa" * 32, "bb" * 32
QUICK = {"bar_seconds": 2, "fast_bars": 3, "slow_bars": 8, "gap_bps_min": 1.0, "lots_max": 1, "risk_rupees": 1e6}
BARS = 40


def model(sha256: str, bias: float, feature: str = "gap_bps") -> Model:
    text = f'{{"schema":"tarazu.model/1","kind":"logistic","features":["{feature}"],"weights":[0.1],"bias":{bias}}}'
    return Model(name="momentum", sha256=sha256, weights=read_weights(text.encode()))


class Swapped:
    """Momentum with A active and enough bars, and what it says after another model became active."""

    def __init__(self) -> None:
        self.models = {"momentum": model(A, -3.0)}
        self.desk = StrategyDesk("momentum", self.models, **QUICK).begin()
        self.swap(model(A, -3.0))
        self.desk.passes(BARS)
        self.rise()

    def rise(self, seconds: int = 12) -> list[str]:
        """What it said meanwhile."""
        before = len(self.desk.story)
        for _ in range(seconds):
            self.desk.passes(1, self.desk.spot + 1_000)
        return self.desk.story[before:]

    def swap(self, to: Model | None) -> Step:
        self.models.clear()
        self.models |= {} if to is None else {"momentum": to}
        return self.desk.tell(m.ModelsSet(active={} if to is None else {"momentum": to.sha256}))


def test_it_decides_by_the_other_model_at_its_next_bar_and_has_forgotten_no_bar() -> None:
    swapped = Swapped()
    assert swapped.desk.story[-1] == f"PASS model {A[:12]} says no"
    swapped.swap(model(B, 3.0))
    said = swapped.rise(4)
    assert said[0] == f"ENTER the means have crossed, and model {B[:12]} agrees"
    assert not any("too few bars" in one for one in said)


def test_without_any_it_passes_and_with_the_first_it_is_asked_again() -> None:
    swapped = Swapped()
    swapped.swap(None)
    assert swapped.rise(4)[0] == "PASS no model momentum is active"
    swapped.swap(model(A, -3.0))
    assert swapped.rise(4)[0] == f"PASS model {A[:12]} says no"


def test_the_same_models_again_change_nothing() -> None:
    swapped = Swapped()
    running = swapped.desk.engine.strategies
    swapped.swap(model(A, -3.0))
    assert swapped.desk.engine.strategies is running


def test_a_model_that_it_does_not_take_halts_it_and_it_decides_by_none() -> None:
    swapped = Swapped()
    step = swapped.swap(model(B, 0.0, feature="stranger"))
    (act,) = [act for act in step.acts if isinstance(act, HaltStrategy)]
    assert act.strategy == "momentum" and act.halt is not None and act.halt.code == "RAISED"
    assert "no feature is called stranger" in act.halt.why and swapped.rise(4) == []


@pytest.mark.parametrize("name", ["orb_spread", "iron_fly"])
def test_a_strategy_that_asks_no_model_does_not_notice(name: str) -> None:
    desk = StrategyDesk(name).begin().passes(3)
    running = desk.engine.strategies
    desk.tell(m.ModelsSet(active={"momentum": B}))
    assert desk.engine.strategies is running


class Plain:
    """Of a stranger: says nothing of what it asks, and carries nothing on."""

    watches = frozenset({KEY})

    def __init__(self, name: str, day: TradingDay, asks: frozenset[str] | None = None) -> None:
        self.name, self.hashes = name, dict(day.model_hashes)
        if asks is not None:
            self.asks = asks

    def on_market(self, view: View) -> Iterable[Word]:
        return ()

    def on_second(self, view: View) -> Iterable[Word]:
        return ()

    def on_fill(self, view: View, ref: str, fill: Fill) -> Iterable[Word]:
        return ()


def hashes(desk: EngineDesk) -> list[dict[str, str]]:
    return [one.hashes for one in desk.engine.strategies if isinstance(one, Plain)]


def test_who_does_not_say_what_it_asks_is_made_anew_and_who_does_only_with_its_own() -> None:
    def make(day: TradingDay) -> list[Any]:
        return [Plain("any", day), Plain("own", day, frozenset({"xgb"})), Plain("none", day, frozenset())]

    desk = EngineDesk(make_strategies=make).ready()
    desk.tell(m.ModelsSet(active={"other": B}))
    assert hashes(desk) == [{"other": B}, {}, {}]
    both = {"other": B, "xgb": A}
    desk.tell(m.ModelsSet(active=both))
    assert hashes(desk) == [both, both, {}]
    desk.tell(m.ModelsSet(active={}))
    assert hashes(desk) == [{}, {}, {}]


def test_a_start_begins_with_the_models_it_names_and_they_are_of_the_state() -> None:
    desk = EngineDesk(make_strategies=lambda day: (Plain("any", day),)).ready()
    before = desk.engine.state.digest()
    desk.start(models={"xgb": A})
    assert hashes(desk) == [{"xgb": A}] and desk.engine.state.models == {"xgb": A}
    desk.tell(m.ModelsSet(active={"xgb": B}))
    assert desk.engine.state.digest() != before and desk.shadow.state.models == {"xgb": B}


def test_a_swap_is_on_the_disk_before_anything_is_done_by_it() -> None:
    stamped = Stamped(1, 1, 7, m.ModelsSet(active={"xgb": A}))
    assert codec.durability(stamped, Step()) is Durability.FORCE and codec.encode(stamped, Step())[0] == 19


def test_what_a_model_was_asked_is_kept_each_time_and_what_repeats_otherwise_is_not() -> None:
    swapped = Swapped()
    desk, before = swapped.desk, len(swapped.desk.decisions)
    swapped.rise(10)
    scored = [said for said in desk.decisions[before:] if said.measured]
    assert len(scored) == 5, "a bar is two seconds"
    assert all(said.why == f"model {A[:12]} says no" and "gap_bps" in said.numbers for said in scored)
    desk.passes(20)
    acts = [act.decision for step in desk.steps for act in step.acts if isinstance(act, Decide)]
    near = [said for said in acts if said.why == "the means are too near each other"]
    assert len(near) <= 2 and not any(said.measured for said in near)


@pytest.mark.parametrize(("asks", "taken_back"), [(frozenset({"xgb"}), 1), (frozenset[str](), 0)])
def test_entries_that_still_work_were_decided_by_the_model_before_and_are_taken_back(
    asks: frozenset[str], taken_back: int
) -> None:
    desk = EngineDesk(make_strategies=lambda day: (Plain("story", day, asks),)).ready()
    desk.want()
    desk.placed("1")
    step = desk.tell(m.ModelsSet(active={"xgb": B}), after_s=1)
    asked = [act for act in step.acts if isinstance(act, AskCancel)]
    assert len(asked) == taken_back and all(act.until_ended and "model" in act.why for act in asked)


def test_what_waits_for_leave_ends_when_other_models_are_active() -> None:
    desk = EngineDesk(msgspec.structs.replace(CONFIG, approvals=True)).ready()
    assert [act for act in desk.want(BUY).acts if isinstance(act, HoldWant)]
    (ended,) = [act for act in desk.tell(m.ModelsSet(active={"xgb": B})).acts if isinstance(act, EndHold)]
    assert ended.how == "other models are active now" and not desk.engine.state.waiting
