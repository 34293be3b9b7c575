"""A reactor that is not asked at a message would have done nothing at it: the table in `engine.process` is right."""

import pytest

from tarazu.dst.day import run_day
from tarazu.engine import process
from tarazu.engine.messages import MarketMoved, Message, Ticked
from tarazu.engine.process import EVERY, REACTORS, Kinds, Reactor
from tarazu.engine.run import Run

SEEDS = range(300, 324)
NOT_SIMULATED = {"Stopping", "Wanted", "DeskNoted", "ModelsSet"}
"""Of them simulated days show nothing: every reactor is asked that could have an answer."""


class AskedAlways:
    """In every reactor's place: asks it whatever the message is, and keeps where it answered without being woken."""

    def __init__(self) -> None:
        self.unwoken: set[type[Message]] = set()
        self.wrong: set[str] = set()
        self.all = tuple(self._asking(react, kinds) for react, kinds in REACTORS)

    def _asking(self, react: Reactor, kinds: Kinds) -> Reactor:
        def asked(run: Run) -> None:
            kind, before = type(run.message), _done(run)
            react(run)
            if kind not in kinds:
                self.unwoken.add(kind)
                if _done(run) != before:
                    self.wrong.add(f"{react.__module__}.{react.__qualname__} at {kind.__name__}")

        return asked


def _done(run: Run) -> tuple[int, int, int]:
    return len(run.acts), len(run.outputs), len(run.state.alarms)


def test_days_are_the_same_with_every_reactor_asked_at_every_message(monkeypatch: pytest.MonkeyPatch) -> None:
    woken = [run_day(seed).digest for seed in SEEDS]
    always = AskedAlways()
    monkeypatch.setattr(process, "ASKED", dict.fromkeys(EVERY, always.all))
    days = [run_day(seed).digest for seed in SEEDS]
    assert not always.wrong
    assert days == woken
    assert always.unwoken == {kind for kind in EVERY if kind.__name__ not in NOT_SIMULATED}


def test_what_a_reactor_is_woken_by_is_all_it_is_asked_at() -> None:
    for kind in EVERY:
        assert process.ASKED[kind] == tuple(react for react, kinds in REACTORS if kind in kinds)
    assert set(process.ASKED) == set(EVERY)


def test_a_tick_wakes_all_that_keep_watch_and_the_market_those_alone_that_look_at_it() -> None:
    at = {
        kind: {react.__module__.rpartition(".")[2] for react in process.ASKED[kind]} for kind in (Ticked, MarketMoved)
    }
    assert at[Ticked] >= {"risk_watch", "portfolio_watch", "guards", "phases", "exits", "protect", "cancels", "spreads"}
    assert at[MarketMoved] == {"phases", "guards", "exits", "cancels", "spreads"}
