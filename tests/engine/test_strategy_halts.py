"""One strategy halted, and the rest of the desk goes on: who raises, runs away, repeats itself, or a person says so."""

from collections.abc import Callable, Iterable

import msgspec
import pytest

from harness.engine_desk import BUY
from harness.order_story import KEY
from harness.risk_desk import RiskDesk
from tarazu.engine import messages as m
from tarazu.engine.acts import HaltStrategy
from tarazu.engine.phase import Phase
from tarazu.engine.strategies import MakeStrategies
from tarazu.model.execution import Fill
from tarazu.model.units import SECOND_NS
from tarazu.orders.intent import Purpose
from tarazu.risk.denial import Code
from tarazu.strategy.base import View
from tarazu.strategy.wants import EntryWant, Want

Say = Callable[[View], Iterable[Want]]
RESET = m.Order.RESET_STRATEGY


class Told:
    """Says each second what it was told to."""

    made = 0

    def __init__(self, name: str, say: Say) -> None:
        self.name, self.watches, self._say, self.seconds = name, frozenset({KEY}), say, 0
        Told.made += 1

    def on_market(self, view: View) -> Iterable[Want]:
        return ()

    def on_second(self, view: View) -> Iterable[Want]:
        self.seconds += 1
        return self._say(view)

    def on_fill(self, view: View, ref: str, fill: Fill) -> Iterable[Want]:
        return ()


def made(**says: Say) -> MakeStrategies:
    return lambda day: tuple(Told(name, say) for name, say in says.items())


def nothing(view: View) -> Iterable[Want]:
    return ()


def raises(view: View) -> Iterable[Want]:
    if view.position(KEY, BUY.product):
        raise ZeroDivisionError("an average of nothing")
    return ()


def want(strategy: str, price_paise: int = 9_000) -> EntryWant:
    return msgspec.structs.replace(BUY, strategy=strategy, price_paise=price_paise)


def once(strategy: str) -> Say:
    """One entry in its life."""
    wants = iter([want(strategy)])
    return lambda view: [next(wants)] if view.is_active and not view.orders(strategy) else ()


def halts(desk: RiskDesk) -> dict[str, str]:
    return {name: halt.code for name, halt in desk.engine.state.strategy_halts.items()}


def test_one_that_raises_is_halted_its_entries_go_its_stops_stay_and_the_others_trade() -> None:
    desk = RiskDesk(made(bad=raises, good=once("good"))).ready()
    desk.hold(want=want("bad", 10_000))
    resting = desk.rest(strategy="bad", price_paise=9_500)
    desk.second()
    assert halts(desk) == {"bad": "RAISED"} and "STRATEGY_HALT" in desk.alerts
    assert "ZeroDivisionError: an average of nothing at raises" in desk.engine.state.strategy_halts["bad"].why
    desk.second()
    assert [cancel.ref for cancel in desk.cancelled] == [resting]
    stop = next(o for o in desk.engine.state.blotter.open() if o.intent and o.intent.purpose is Purpose.STOP)
    assert stop.cancel is None
    assert desk.halt == "" and desk.engine.state.phase is Phase.ACTIVE
    assert [order.intent.strategy for order in desk.engine.state.blotter.open() if order.intent][-1] == "good"


@pytest.mark.control("C13")
def test_its_entries_are_denied_and_its_exits_pass() -> None:
    desk = RiskDesk(made(it=nothing)).ready()
    desk.command(m.Order.HALT_STRATEGY, ref="it")
    assert desk.denied(strategy="it") == {Code.STRATEGY} and desk.denied(strategy="other", price_paise=9_000) == set()


@pytest.mark.control("C13")
def test_a_strategy_that_wants_without_end_is_halted_in_the_midst_of_it() -> None:
    hammer: Say = lambda view: [want("hammer")] * 500  # noqa: E731
    desk = RiskDesk(made(hammer=hammer), runaway_wants_max=50, runaway_ns=10 * SECOND_NS).ready()
    desk.second()
    assert halts(desk) == {"hammer": "RUNAWAY"}
    tries = desk.engine.state.conduct.tries["hammer"]
    assert len(tries) == 51, "the rest of what it said is not done"


@pytest.mark.control("C13")
def test_wants_from_outside_are_counted_too_and_slow_ones_are_no_runaway() -> None:
    desk = RiskDesk(runaway_wants_max=5, runaway_ns=10 * SECOND_NS).ready()
    for _ in range(12):
        desk.want(want("slow", 1))
        desk.second(2)
    assert halts(desk) == {}
    for _ in range(6):
        desk.want(want("slow", 1))
    desk.second()
    assert halts(desk) == {"slow": "RUNAWAY"}


@pytest.mark.control("C13")
def test_in_and_out_too_often_is_a_halt_that_no_time_takes_back() -> None:
    desk = RiskDesk(made(flip=nothing), round_trips_max=2, round_trips_ns=600 * SECOND_NS).ready()
    for trip in range(2):
        assert halts(desk) == {}, f"after {trip}"
        desk.hold(want=want("flip", 10_000))
        desk.heard(str(desk.ids), "WORKING")
        desk.trade(str(desk.ids), 75, 8_000)
        desk.heard(str(desk.ids), "FILLED", 75)
        desk.read(m.What.TRADES)
        desk.lived(130)
    assert halts(desk) == {"flip": "REPEATED"}
    desk.lived(300)
    assert "2 round trips" in desk.declined(RESET, ref="flip")
    desk.lived(250)
    assert halts(desk) == {"flip": "REPEATED"}, "until a person says so"
    assert desk.declined(RESET, ref="flip") == ""


@pytest.mark.control("C23")
def test_a_reset_needs_the_name_of_one_that_is_halted_and_an_incident() -> None:
    desk = RiskDesk(made(it=nothing)).ready()
    desk.command(m.Order.HALT_STRATEGY, ref="it")
    assert "no strategy 'at' is halted" in desk.declined(RESET, ref="at")
    assert "incident" in desk.declined(RESET, ref="it", incident="")
    assert halts(desk) == {"it": "OPERATOR"}
    assert desk.declined(RESET, ref="it") == "" and halts(desk) == {}
    assert desk.declined(m.Order.HALT_STRATEGY, ref="") == "it needs the strategy's name"


def test_one_that_was_reset_begins_anew_and_the_others_go_on() -> None:
    desk = RiskDesk(made(it=nothing, other=nothing)).ready()
    desk.command(m.Order.HALT_STRATEGY, ref="it")
    desk.second(3)
    before = {strategy.name: strategy for strategy in desk.engine._strategies}
    desk.command(RESET, ref="it")
    after = {strategy.name: strategy for strategy in desk.engine._strategies}
    assert list(after) == ["it", "other"] and after["other"] is before["other"] and after["it"] is not before["it"]
    desk.second()
    assert [strategy.seconds for strategy in after.values()] == [1, before["other"].seconds]  # type: ignore[attr-defined]


@pytest.mark.control("C23")
def test_a_strategys_halt_outlives_restarts_and_the_night() -> None:
    desk = RiskDesk(made(it=nothing)).ready()
    desk.command(m.Order.HALT_STRATEGY, ref="it")
    desk.start()
    assert halts(desk) == {"it": "OPERATOR"}
    morning = RiskDesk(made(it=nothing))
    morning.start(strategy_halts=dict(desk.engine.state.strategy_halts))
    assert halts(morning) == {"it": "OPERATOR"}


def test_a_hard_halt_asks_no_strategy_and_a_soft_one_lets_it_leave() -> None:
    desk = RiskDesk(made(it=nothing)).ready()
    (it,) = desk.engine._strategies
    desk.command(m.Order.SOFT_HALT)
    asked = it.seconds  # type: ignore[attr-defined]
    desk.second(2)
    assert it.seconds == asked + 2  # type: ignore[attr-defined]
    desk.command(m.Order.HALT)
    desk.second(2)
    assert it.seconds == asked + 2  # type: ignore[attr-defined]


def test_a_strategy_is_halted_once() -> None:
    desk = RiskDesk(made(it=nothing)).ready()
    desk.command(m.Order.HALT_STRATEGY, ref="it", why="first")
    desk.command(m.Order.HALT_STRATEGY, ref="it", why="second")
    assert len(desk.acts(HaltStrategy)) == 1
