"""The strategies' turn: each is called with what concerns it; what it wants goes through the gate like anybody's.

One that raises is halted, and nothing of that call is done: the rest of the desk goes on.
"""

import traceback
from collections.abc import Callable, Iterable, Sequence

from tarazu.engine import entries, risk_watch
from tarazu.engine.acts import Decide, HaltStrategy
from tarazu.engine.carry_out import subject_of, told_of
from tarazu.engine.messages import MarketMoved, RiskState, Ticked
from tarazu.engine.run import Run
from tarazu.orders.messages import Filled
from tarazu.strategy.base import Strategy, Word
from tarazu.strategy.day import TradingDay
from tarazu.strategy.decision import Decision
from tarazu.strategy.waking import concerns

MakeStrategies = Callable[[TradingDay], Sequence[Strategy]]
"""Strategies begin anew with every start of the process: what they knew is in no journal."""

RAISED = "RAISED"


def renewed(run: Run, running: Sequence[Strategy], made_anew: Callable[[], Sequence[Strategy]]) -> Sequence[Strategy]:
    """A strategy that a person has reset begins anew: what it knew when it was halted is not to be relied on."""
    reset = {act.strategy for act in run.acts if isinstance(act, HaltStrategy) and act.halt is None}
    if not reset:
        return running
    fresh = {strategy.name: strategy for strategy in made_anew()}
    return [fresh.get(strategy.name, strategy) if strategy.name in reset else strategy for strategy in running]


def ask(run: Run, strategies: Sequence[Strategy]) -> None:
    if not strategies or run.state.risk is RiskState.HARD_HALT:
        run.news = []
        return
    if isinstance(run.message, MarketMoved):
        changed = run.quotes.changed()
        for strategy in strategies:
            if concerns(strategy, changed):
                _hear(run, strategy, lambda it: it.on_market(run))
    if isinstance(run.message, Ticked):
        for strategy in strategies:
            _hear(run, strategy, lambda it: it.on_second(run))
    _fills(run, strategies)


def _fills(run: Run, strategies: Sequence[Strategy]) -> None:
    heard = [said for said in run.news if isinstance(said, Filled)]
    run.news = []
    for said in heard:
        order = run.state.blotter.find(said.ref)
        for strategy in strategies:
            if order is not None and order.intent is not None and order.intent.strategy == strategy.name:
                _hear(run, strategy, lambda it, said=said: it.on_fill(run, said.ref, said.fill))  # type: ignore[misc]


def _hear(run: Run, strategy: Strategy, call: Callable[[Strategy], Iterable[Word]]) -> None:
    """Call it, and carry out what it said. It has said all of it before any of it is done; of a strategy that is halted
    in the midst of it, for wanting without end, nothing more is done."""
    if strategy.name in run.state.strategy_halts:
        return
    try:
        words = tuple(call(strategy))
    except Exception as bad:  # noqa: BLE001 - whatever a strategy does: it is halted, and says where
        risk_watch.halt_strategy(run, strategy.name, RAISED, _where(bad))
        return
    for word in words:
        if isinstance(word, Decision):
            _decide(run, word)
        else:
            entries.carry_out(run, [word])
        risk_watch.rein_in(run, strategy.name)
        if strategy.name in run.state.strategy_halts:
            return


def _decide(run: Run, decision: Decision) -> None:
    if decision.wants or run.state.decided.get(subject_of(decision)) != told_of(decision):
        run.act(Decide(decision=decision))
    entries.carry_out(run, decision.wants)


def _where(bad: Exception) -> str:
    """What, and the last line of the strategy's own that it came through."""
    frames = traceback.extract_tb(bad.__traceback__)
    last = frames[-1] if frames else None
    at = f" at {last.name}, line {last.lineno} of {last.filename.rpartition('/')[2]}" if last else ""
    return f"{type(bad).__name__}: {bad}{at}"
