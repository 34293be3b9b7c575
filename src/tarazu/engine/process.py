"""`Engine.process`: a message in, a step out. `Engine.recover`: the same state, from messages and acts alone."""

from collections.abc import Callable, Mapping, Sequence
from typing import get_args

from tarazu.engine import (
    cancels,
    entries,
    exits,
    guards,
    intake,
    phases,
    portfolio_watch,
    protect,
    reads,
    resets,
    risk_watch,
    spreads,
    starts,
    strategies,
)
from tarazu.engine.acts import Severity, Step
from tarazu.engine.messages import (
    Answered,
    Commanded,
    MarginsRead,
    MarketMoved,
    Message,
    OrderHeard,
    OrdersRead,
    PositionsRead,
    ReadFailed,
    Stamped,
    Started,
    Ticked,
    TradesRead,
    Wanted,
)
from tarazu.engine.recovery import recover
from tarazu.engine.run import Run
from tarazu.engine.scales import Scales
from tarazu.engine.state import EngineState, blank
from tarazu.engine.strategies import MakeStrategies
from tarazu.market.touch import Middles, NoQuotes, Quotes
from tarazu.model.instrument import Instrument
from tarazu.model.rules import ChargeRates
from tarazu.risk.denial import Denial
from tarazu.strategy.base import Strategy
from tarazu.strategy.day import trading_day

Reactor = Callable[[Run], None]
Kinds = tuple[type[Message], ...]

EVERY: Kinds = get_args(Message)
"""What has a deadline, or an answer to whatever a reactor before it has done, is woken by every message."""
NO_MARKET: Kinds = tuple(kind for kind in EVERY if kind is not MarketMoved)

REACTORS: tuple[tuple[Reactor, Kinds], ...] = (
    (phases.alarms, EVERY),
    (phases.commands, (Commanded,)),
    (starts.watch, (Started,)),
    (resets.reset, (Commanded,)),
    (risk_watch.watch, NO_MARKET),
    (guards.watch, EVERY),
    (portfolio_watch.watch, (Started, Ticked, MarginsRead)),
    (phases.move, EVERY),
    (exits.leave, (Ticked, MarketMoved, PositionsRead, ReadFailed)),
    (protect.protect, (Ticked, OrderHeard, Answered, OrdersRead, TradesRead)),
    (protect.relieve, (Ticked,)),
    (cancels.cancel, EVERY),
    (entries.from_outside, (Wanted, Commanded)),
    (spreads.advance, EVERY),
)
"""In this order; each sees what those before it have done. The strategies come after them, and the reads last. With
each the messages at which it may have something to do: at the others it would look, and do nothing."""


def asked_at(reactors: Sequence[tuple[Reactor, Kinds]]) -> dict[type[Message], tuple[Reactor, ...]]:
    """Who is asked at a message of each kind, in their order."""
    return {kind: tuple(react for react, kinds in reactors if kind in kinds) for kind in EVERY}


ASKED = asked_at(REACTORS)


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
        self.scales = Scales()
        self._ticked: Middles = NoQuotes()
        self._before: Middles = NoQuotes()
        """At the last tick, and at the one before it; the first after a start is its own. Of the market and no part of
        the state: a start forgets them, and the scales."""
        self.verdicts: Mapping[str, Sequence[Denial]] = {}
        """By ref, what the controls said at the last tick to what waits for leave: for people, and decides nothing."""

    def process(self, stamped: Stamped) -> Step:
        """Take one message and decide. What is in the step's outputs is to be performed once the step is journalled."""
        state, message = self.state, stamped.message
        is_tick = isinstance(message, Ticked)
        if is_tick:
            self._before = self.quotes.still() if isinstance(self._ticked, NoQuotes) else self._ticked
        run = Run(state, stamped, self.quotes)
        run.before, run.scales = self._before, self.scales
        run.strategies, run.make_strategies = self._strategies, self._made_anew
        run.models_before = state.models
        run.hear(intake.take(state, message, stamped.ts_ns))
        if isinstance(message, Started):
            self._ticked = self._before = run.before = NoQuotes()
            self.scales = run.scales = Scales()
            self._strategies = self._made_anew()
        if state.unsaid:
            _say_again(run)
        for react in ASKED[type(message)]:
            react(run)
        self._strategies = strategies.renewed(run, self._strategies)
        strategies.ask(run, self._strategies)
        phases.alarms(run)
        if state.trouble or state.agreement.since_ns:
            _tell_trouble(run)
        reads.schedule(run)
        if is_tick:
            self._ticked, self.verdicts = self.quotes.still(), guards.verdicts(run)
        return run.step

    @property
    def strategies(self) -> Sequence[Strategy]:
        """Those of the last start; another sequence when one of them was made anew."""
        return self._strategies

    def _made_anew(self) -> Sequence[Strategy]:
        state = self.state
        return self._make_strategies(trading_day(state.day, state.instruments, state.session, state.models))

    def recover(self, stamped: Stamped, step: Step) -> None:
        """Take a message of the journal with what was decided then. No market is needed and nothing is performed."""
        recover(self.state, stamped, step)


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
