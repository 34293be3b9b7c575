"""The account's risk state, and that of each strategy: what raises them. Only a person takes one back (`resets`).

The day's result is marked once a second; what cannot be computed is not taken for zero.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from tarazu.engine import gauges, phases
from tarazu.engine.acts import Decline, HaltStrategy, Mark, Severity
from tarazu.engine.halts import Halt, RiskState
from tarazu.engine.marking import Result, result_of
from tarazu.engine.messages import Commanded, MarketMoved, Order, Ticked
from tarazu.engine.run import Run
from tarazu.engine.state import EngineState, Marked
from tarazu.model.units import SECOND_NS
from tarazu.orders.messages import Filled
from tarazu.risk.denial import Code, Denial

if TYPE_CHECKING:
    from tarazu.engine.weighing import Adding

RUNAWAY, REPEATED = "RUNAWAY", "REPEATED"


def denials(run: Run, adding: Sequence["Adding"]) -> Iterable[Denial]:
    """LOSS and STRATEGY; NO_LIMIT where nobody has said what the day may lose."""
    halts, limits = run.state.strategy_halts, run.state.config.risk
    for strategy in dict.fromkeys([one.want.strategy for one in adding]) if halts else ():
        if halt := halts.get(strategy):
            yield Denial(Code.STRATEGY, f"{halt.code}: {halt.why}", "a person's RESET_STRATEGY")
    if limits.day_loss_max_paise is None:
        yield _no_limit("day_loss_max")
    if limits.drawdown_max_paise is None:
        yield _no_limit("drawdown_max")
    if why := _unknown(run):
        yield Denial(Code.LOSS, f"the day's result is not computable: {why}", "a result that is known")


def _no_limit(name: str) -> Denial:
    return Denial(Code.NO_LIMIT, name, f"[engine.risk] {name}")


def _unknown(run: Run) -> str:
    """As of the second; where that did not know, or there was none yet, as of now."""
    marked = run.state.marked
    if marked.known_ns and not marked.unknown_ns:
        return ""
    return result_of(run).why


def watch(run: Run) -> None:
    """Marks the day, and halts by what it finds. A person halts a strategy."""
    if isinstance(run.message, MarketMoved):
        return  # nothing is filled, refused or said by it
    _heed(run)
    _count_round_trips(run)
    if not isinstance(run.message, Ticked):
        if _rejected(run.state):
            _halt(run)
        return
    _mark(run)
    _halt(run)
    for strategy in list(run.state.conduct.tries):
        rein_in(run, strategy)


def _heed(run: Run) -> None:
    said = run.message
    if not isinstance(said, Commanded) or said.order is not Order.HALT_STRATEGY:
        return
    if not said.ref:
        run.act(Decline(order=said.order, why="it needs the strategy's name"))
    elif not _is_known(run, said.ref):
        running = ", ".join(one.name for one in run.strategies) or "none"
        why = f"no strategy {said.ref!r} runs, has orders or has wanted any; running: {running}"
        run.act(Decline(order=said.order, of=said.ref, why=why))
    else:
        halt_strategy(run, said.ref, "OPERATOR", f"{said.who}: {said.why}")


def _is_known(run: Run, name: str) -> bool:
    """A halt of a misspelt name would be taken for one of the strategy."""
    state = run.state
    if any(one.name == name for one in run.strategies) or name in state.strategy_halts:
        return True
    waits = any(held.want.strategy == name for held in state.waiting.values())
    return waits or name in state.blotter.standing.of_strategy or name in state.conduct.tries


def _rejected(state: EngineState) -> bool:
    """The one gauge that moves between two seconds, and that another refusal may follow within one."""
    return state.halt is None and state.conduct.rejects >= state.config.risk.rejects_max


def _halt(run: Run) -> None:
    """The hardest of what has reached its limit; what is near one is told."""
    found = gauges.telling(run.state, run.now_ns, run.wall_ns)
    for gauge in gauges.reached(found):
        phases.halt(run, gauge.code, gauge.text, gauge.level)
    for gauge in found:
        if gauge.is_near:
            run.alert(Severity.WARN, f"NEAR_{gauge.code}", text=f"{gauge.percent} %: {gauge.text}")


def _mark(run: Run) -> None:
    """Written down when it is another: an account that is flat has nothing new to say every second."""
    if _stands_still(run.state):
        return
    result = result_of(run)
    if _is_news(run.state.marked, result):
        run.act(Mark(net_paise=result.net_paise, gross_paise=result.gross_paise, why=result.why))


def _stands_still(state: EngineState) -> bool:
    """Flat, known, and nothing filled since: no price can change the result."""
    marked = state.marked
    known = marked.known_ns > state.filled_ns and not marked.unknown_ns
    return known and not state.trouble and not state.blotter.standing.untraded and not gauges.holds(state)


def _is_news(marked: Marked, result: Result) -> bool:
    if result.net_paise is None:
        return not marked.unknown_ns or marked.why != result.why
    return bool(marked.unknown_ns) or not marked.known_ns or marked.drawdown.net_paise != result.net_paise


# Strategies.


def rein_in(run: Run, strategy: str) -> None:
    """A strategy that wants to enter without end is halted, whether it was denied or not (Knight, 1 August 2012)."""
    if strategy in run.state.strategy_halts:
        return
    if why := runs_away(run.state, strategy, run.now_ns):
        halt_strategy(run, strategy, RUNAWAY, why)


def runs_away(state: EngineState, strategy: str, now_ns: int) -> str:
    """Why it is taken to; empty when it does not."""
    risk = state.config.risk
    tries = state.conduct.tries_since(strategy, now_ns - risk.runaway_ns)
    if tries <= risk.runaway_wants_max:
        return ""
    return f"it wanted to enter {tries} times within {risk.runaway_ns // SECOND_NS} s, of {risk.runaway_wants_max}"


def _count_round_trips(run: Run) -> None:
    """In and out again too often: an execution may be the one too many."""
    for said in run.outputs:
        order = run.state.blotter.find(said.ref) if isinstance(said, Filled) else None
        strategy = order.intent.strategy if order is not None and order.intent is not None else ""
        if order is not None and strategy and (why := repeats(run.state, strategy, order.key, run.now_ns)):
            halt_strategy(run, strategy, REPEATED, why)


def repeats(state: EngineState, strategy: str, key: str, now_ns: int) -> str:
    """Why it is taken to repeat itself in this instrument (C13); empty when it does not."""
    limit, within_ns = state.config.risk.round_trips_max, state.config.risk.round_trips_ns
    trips = state.conduct.round_trips(strategy, key, now_ns - within_ns)
    if limit is None or trips < limit:
        return ""
    return f"{trips} round trips in {key} within {within_ns // SECOND_NS} s, of {limit}"


def halt_strategy(run: Run, strategy: str, code: str, why: str) -> None:
    """Latched: its working entries are cancelled, its positions keep their stops, and nobody asks it."""
    if strategy in run.state.strategy_halts:
        return
    halt = Halt(code=code, why=why, since_ns=run.now_ns, level=RiskState.HARD_HALT)
    run.act(HaltStrategy(strategy=strategy, halt=halt))
    run.alert(Severity.SEV2, "STRATEGY_HALT", strategy, f"{code}: {why}")
