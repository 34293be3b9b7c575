"""The strategies' turn: each is called with what concerns it; what it wants goes through the gate like anybody's."""

from collections.abc import Callable, Sequence

from tarazu.engine import entries
from tarazu.engine.config import EngineConfig
from tarazu.engine.messages import MarketMoved, Ticked
from tarazu.engine.run import Run
from tarazu.orders.messages import Filled
from tarazu.strategy.base import Strategy

MakeStrategies = Callable[[EngineConfig], Sequence[Strategy]]
"""Strategies begin anew with every start of the process: what they knew is in no journal."""


def ask(run: Run, strategies: Sequence[Strategy]) -> None:
    if not strategies:
        return
    if isinstance(run.message, MarketMoved):
        changed = run.quotes.changed()
        for strategy in strategies:
            if any(key in changed for key in strategy.watches):
                entries.carry_out(run, strategy.on_market(run))
    if isinstance(run.message, Ticked):
        for strategy in strategies:
            entries.carry_out(run, strategy.on_second(run))
    _fills(run, strategies)


def _fills(run: Run, strategies: Sequence[Strategy]) -> None:
    heard = [said for said in run.news if isinstance(said, Filled)]
    run.news = []
    for said in heard:
        order = run.state.blotter.find(said.ref)
        for strategy in strategies:
            if order is not None and order.intent is not None and order.intent.strategy == strategy.name:
                entries.carry_out(run, strategy.on_fill(run, said.ref, said.fill))
