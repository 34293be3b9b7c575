"""The strategies' turn: each is called with what concerns it; what it wants goes through the gate like anybody's.

One that raises is halted, and nothing of that call is done: the rest of the desk goes on.
"""

import traceback
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import msgspec

from tarazu.engine import entries, risk_watch
from tarazu.engine.acts import AskCancel, Decide, HaltStrategy
from tarazu.engine.carry_out import subject_of, told_of
from tarazu.engine.halts import RiskState
from tarazu.engine.messages import MarketMoved, ModelsSet, Ticked
from tarazu.engine.run import Run
from tarazu.orders.intent import Purpose
from tarazu.orders.messages import Filled
from tarazu.strategy.base import Strategy, Word
from tarazu.strategy.day import TradingDay
from tarazu.strategy.decision import Decision
from tarazu.strategy.waking import concerns, on_market

MakeStrategies = Callable[[TradingDay], Sequence[Strategy]]
"""Strategies begin anew with every start of the process: what they knew is in no journal."""

RAISED = "RAISED"
MALFORMED = "MALFORMED"
"""It said what no journal can hold: a fraction of a unit, a number that is none, a type that is not ours."""

SHOWN_MAX = 500
"""Characters of what it said."""

_WORDS = msgspec.json.Decoder(tuple[Word, ...])


def renewed(run: Run, running: Sequence[Strategy]) -> Sequence[Strategy]:
    """A strategy that a person has reset begins anew: what it knew when it was halted is not to be relied on.
    With other models those that ask one of them are made anew, and carry on what they knew where they can; their
    entries that still work were decided by the models before, and are taken back."""
    if isinstance(run.message, ModelsSet):
        return _swapped(run, running, run.message.active)
    reset = {act.strategy for act in run.acts if isinstance(act, HaltStrategy) and act.halt is None} if run.acts else ()
    if not reset:
        return running
    fresh = {strategy.name: strategy for strategy in run.remade}
    return [fresh.get(strategy.name, strategy) if strategy.name in reset else strategy for strategy in running]


def _swapped(run: Run, running: Sequence[Strategy], active: Mapping[str, str]) -> Sequence[Strategy]:
    """One that cannot be made with them, or cannot carry on, is halted: it decides by no model that is not active."""
    before = run.models_before
    changed = {name for name in before.keys() | active.keys() if before.get(name) != active.get(name)}
    concerned = {strategy.name for strategy in running if _asks(strategy, changed)}
    if not concerned:
        return running
    _take_back(run, concerned)
    try:
        fresh = {strategy.name: strategy for strategy in run.make_strategies()}
        return [_carried_on(s, fresh[s.name]) if s.name in concerned else s for s in running]
    except Exception as bad:  # noqa: BLE001 - whatever a factory does: those concerned are halted
        for name in sorted(concerned):
            risk_watch.halt_strategy(run, name, RAISED, _as_text(f"with other models: {_where(bad)}"))
        return running


def _take_back(run: Run, concerned: Collection[str]) -> None:
    for order in tuple(run.state.blotter.open()):
        intent = order.intent
        if intent is None or intent.purpose is not Purpose.ENTRY or order.ended or order.ref in run.state.cancels:
            continue
        if intent.strategy in concerned:
            run.act(AskCancel(ref=order.ref, why="another model is active", until_ended=True))


def _asks(strategy: Strategy, changed: Collection[str]) -> bool:
    """One that does not say which models it asks may ask any."""
    asks: frozenset[str] | None = getattr(strategy, "asks", None)
    return bool(changed) if asks is None else not asks.isdisjoint(changed)


def _carried_on(before: Strategy, fresh: Strategy) -> Strategy:
    carry_on = getattr(fresh, "carry_on", None)
    if carry_on is not None:
        carry_on(before)
    return fresh


def ask(run: Run, strategies: Sequence[Strategy]) -> None:
    halt = run.state.halt
    if not strategies or (halt is not None and halt.level is RiskState.HARD_HALT):
        run.news = []
        return
    if isinstance(run.message, MarketMoved):
        changed = run.quotes.changed()
        for strategy in strategies:
            _hear(run, strategy, lambda it: on_market(it, run) if concerns(it, changed) else ())
    elif isinstance(run.message, Ticked):
        for strategy in strategies:
            _hear(run, strategy, lambda it: it.on_second(run))
    if run.news:
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
        risk_watch.halt_strategy(run, strategy.name, RAISED, _as_text(_where(bad)))
        return
    if not words:
        return
    if why := _malformed(words) or _in_anothers_name(words, strategy.name):
        risk_watch.halt_strategy(run, strategy.name, MALFORMED, _as_text(why))
        return
    for word in words:
        if isinstance(word, Decision):
            _decide(run, word)
        else:
            entries.carry_out(run, [word])
        risk_watch.rein_in(run, strategy.name)
        if strategy.name in run.state.strategy_halts:
            return


def _in_anothers_name(words: tuple[Word, ...], name: str) -> str:
    """A want is weighed, kept and halted by the name it carries."""
    said = [w for word in words for w in ((word, *word.wants) if isinstance(word, Decision) else (word,))]
    found = next((word for word in said if getattr(word, "strategy", name) != name), None)
    return f"it speaks as {found.strategy!r}" if found is not None else ""


def _malformed(words: tuple[Word, ...]) -> str:
    """Which field of what it said is not of its type, empty when each is: what cannot be read back from the journal is
    not sent. Asked in JSON as well, which has no NaN."""
    try:
        msgspec.msgpack.encode(words)
        _WORDS.decode(msgspec.json.encode(words))
    except Exception as bad:  # noqa: BLE001 - whatever a strategy says: it is halted, and what it said is shown
        return f"{bad}: {words!r}"[:SHOWN_MAX]
    return ""


def _as_text(said: str) -> str:
    """As a journal can hold it."""
    return said.encode("utf-8", "backslashreplace").decode()


def _decide(run: Run, decision: Decision) -> None:
    if decision.wants or decision.measured or run.state.decided.get(subject_of(decision)) != told_of(decision):
        run.act(Decide(decision=decision))
    entries.carry_out(run, decision.wants)


def _where(bad: Exception) -> str:
    """What, and the last line of the strategy's own that it came through."""
    frames = traceback.extract_tb(bad.__traceback__)
    last = frames[-1] if frames else None
    at = f" at {last.name}, line {last.lineno} of {last.filename.rpartition('/')[2]}" if last else ""
    return f"{type(bad).__name__}: {bad}{at}"
