"""`Engine.process`: a message in, a step out. `Engine.recover`: the same state, from messages and acts alone."""

from collections.abc import Callable, Mapping, Sequence

from tarazu.engine import (
    cancels,
    carry_out,
    entries,
    exits,
    guards,
    phases,
    portfolio_watch,
    protect,
    reads,
    risk_watch,
    spreads,
    strategies,
)
from tarazu.engine.acts import Severity, Step
from tarazu.engine.messages import Stamped, Started
from tarazu.engine.run import Run
from tarazu.engine.state import EngineState, blank
from tarazu.engine.strategies import MakeStrategies
from tarazu.market.touch import NoQuotes, Quotes
from tarazu.model.instrument import Instrument
from tarazu.model.rules import ChargeRates
from tarazu.strategy.base import Strategy
from tarazu.strategy.day import TradingDay

REACTORS: tuple[Callable[[Run], None], ...] = (
    phases.alarms, phases.commands, risk_watch.watch, guards.watch, portfolio_watch.watch, phases.move, exits.leave,
    protect.protect, protect.relieve, cancels.cancel, entries.from_outside, spreads.advance,
)  # fmt: skip
"""In this order; each sees what those before it have done. The strategies come after them, and the reads last."""


class Engine:
    """One day of one account. Pure: `quotes` is the market as the shell has moved it before the message.

    A bug is an AssertionError or worse, and leaves the state unusable: the process is to end, and to recover.
    """

    def __init__(
        self,
        instruments: Mapping[str, Instrument],
        rates: ChargeRates,
        quotes: Quotes | None = None,
        make_strategies: MakeStrategies = lambda day: (),
    ) -> None:
        self.state: EngineState = blank(instruments, rates)
        self.quotes = quotes or NoQuotes()
        self._make_strategies = make_strategies
        self._strategies: Sequence[Strategy] = ()

    def process(self, stamped: Stamped) -> Step:
        """Take one message and decide. What is in the step's outputs is to be performed once the step is journalled."""
        run = Run(self.state, stamped, self.quotes)
        run.hear(carry_out.take(self.state, stamped.message, stamped.ts_ns))
        if isinstance(stamped.message, Started):
            self._strategies = self._make_strategies(TradingDay(date=self.state.day, instruments=self.state.instruments))
        _say_again(run)
        for react in REACTORS:
            react(run)
        strategies.ask(run, self._strategies)
        phases.alarms(run)
        _tell_trouble(run)
        reads.schedule(run)
        return run.step

    def recover(self, stamped: Stamped, step: Step) -> None:
        """Take a message of the journal with what was decided then. No market is needed and nothing is performed."""
        carry_out.take(self.state, stamped.message, stamped.ts_ns)
        self.state.alarms.clear()
        for act in step.acts:
            carry_out.act(self.state, act, stamped.ts_ns)
            self.state.alarms.clear()


def _say_again(run: Run) -> None:
    """An alert is written down before anybody is told: a process that dies in between has told nobody."""
    for alert in run.state.unsaid:
        run.act(alert)


def _tell_trouble(run: Run) -> None:
    """What lasts is said again and again."""
    agreement = run.state.agreement
    for of, text in run.state.trouble.items():
        run.alert(Severity.SEV1, of, text=text)
    if agreement.since_ns:
        run.alert(Severity.SEV2, "RECONCILE", text="; ".join(agreement.breaks[:5]))
