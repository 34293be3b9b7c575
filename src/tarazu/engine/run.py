"""One message's way through the engine: the state as it changes, and what has been decided so far."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from tarazu.engine import carry_out
from tarazu.engine.acts import Act, Alert, Output, Severity, Step
from tarazu.engine.messages import Stamped
from tarazu.engine.phase import Phase
from tarazu.engine.state import EngineState
from tarazu.market.touch import Middles, NoQuotes, Quotes
from tarazu.model.instrument import Instrument
from tarazu.model.order import Product
from tarazu.model.units import MINUTE_NS
from tarazu.orders.exposure import Place, filled
from tarazu.orders.intent import Purpose
from tarazu.orders.order_state import OrderState
from tarazu.strategy import own
from tarazu.strategy.base import Strategy

if TYPE_CHECKING:
    from tarazu.engine.scales import Scales

ALERT_AGAIN_NS = 5 * MINUTE_NS
"""What is still so is said again after this."""
_NO_QUOTES = NoQuotes()


class Run:
    """What reactors are given. They read `state` and change it by `act` alone. It is a strategy's `View`, too."""

    def __init__(self, state: EngineState, stamped: Stamped, quotes: Quotes) -> None:
        self.state, self.message, self.quotes = state, stamped.message, quotes
        self.now_ns, self.wall_ns, self.head = stamped.ts_ns, stamped.wall_ns, stamped.head
        self.before: Middles = _NO_QUOTES
        """The middles a second ago, or as long ago as the tick before the last."""
        self.scales: Scales
        """What the portfolio weighs: of the market and no part of the state."""
        self.strategies: Sequence[Strategy] = ()
        """Those that run, and how they are made anew."""
        self.make_strategies: Callable[[], Sequence[Strategy]] = tuple
        self.models_before: Mapping[str, str] = {}
        """Those that were active before this message: SHA-256 by name."""
        self.remade: Sequence[Strategy] = ()
        """Made anew for this message, for one that is reset by it."""
        self.acts: list[Act] = []
        self.outputs: list[Output] = []
        self.news: list[Output] = []
        """Outputs that no reactor has seen yet."""

    def act(self, act: Act) -> None:
        self.acts.append(act)
        self.hear(carry_out.act(self.state, act, self.now_ns))

    def hear(self, outputs: Sequence[Output]) -> None:
        if outputs:
            self.outputs += outputs
            self.news += outputs

    def alert(self, severity: Severity, code: str, of: str = "", text: str = "") -> None:
        """Unless it was said lately."""
        said_ns = self.state.alerted.get((code, of))
        if said_ns is None or self.now_ns >= said_ns + ALERT_AGAIN_NS:
            self.act(Alert(severity=severity, code=code, of=of, text=text))

    @property
    def step(self) -> Step:
        return Step(tuple(self.acts), tuple(self.outputs))

    # A strategy's view.

    @property
    def is_active(self) -> bool:
        return self.state.phase is Phase.ACTIVE

    @property
    def risk(self) -> str:
        return self.state.risk

    @property
    def instruments(self) -> Mapping[str, Instrument]:
        return self.state.instruments

    def position(self, key: str, product: Product) -> int:
        return filled(self.state.blotter, (key, product), self.state.before.get((key, product), 0))

    def orders(self, strategy: str) -> Sequence[OrderState]:
        blotter = self.state.blotter
        return [blotter.orders[ref] for ref in blotter.standing.of_strategy.get(strategy, ())]

    def held(self, strategy: str) -> Mapping[Place, int]:
        orders = self.orders(strategy)
        places = {(order.key, order.product) for order in orders if order.cum_qty}
        return own.held(orders, {place: self.position(*place) for place in places})

    def result_paise(self, strategy: str) -> float | None:
        return own.result_paise(self.orders(strategy), self.quotes)

    @property
    def carried(self) -> Mapping[Place, int]:
        return self.state.before

    def leaving(self, strategy: str) -> frozenset[Place]:
        places = {(order.key, order.product) for order in self.orders(strategy)}
        return frozenset(places if self.state.flattening else places & self.state.exits.keys())

    def is_building(self, strategy: str) -> bool:
        return any(spread.want.strategy == strategy for spread in self.state.spreads.values())

    def is_busy(self, strategy: str) -> bool:
        """A place that is left by somebody else is the strategy's business as far as it holds something there."""
        state, orders = self.state, self.orders(strategy)
        entries = (order for order in orders if order.intent is not None and order.intent.purpose is not Purpose.STOP)
        if state.flattening or any(not order.ended for order in entries):
            return True
        wants = [spread.want for spread in state.spreads.values()] + [held.want for held in state.waiting.values()]
        if any(want.strategy == strategy for want in wants):
            return True
        return any((order.key, order.product) in state.exits for order in orders)
