"""What must have halted the desk, and what may not enter since; who takes it back; and who has given leave.

Losses are reckoned from the broker's own executions at the market's prices, before charges: a loss that is seen here is
one. The engine has patience of its own: it hears late of what was filled, and so it is given some.
"""

from typing import TYPE_CHECKING

from tarazu.dst.ailing import CLOSES
from tarazu.dst.bounds import Bounds
from tarazu.engine import messages as m
from tarazu.engine.acts import HaltStrategy, HoldWant, SetHalt, Step
from tarazu.engine.halts import RiskState
from tarazu.engine.messages import Order
from tarazu.model import ist
from tarazu.model.units import SECOND_NS
from tarazu.orders.intent import OrderIntent
from tarazu.orders.lifecycle import OrdStatus
from tarazu.orders.messages import Filled, Moved, SendOrder
from tarazu.strategy.wants import EntryWant, SpreadWant

if TYPE_CHECKING:
    from tarazu.dst.life import Life
    from tarazu.dst.oracle import Oracle
    from tarazu.dst.world import World

PATIENCE_NS = 90 * SECOND_NS
"""Trades are read every half minute, and reads fail."""
_TAKEN = (OrdStatus.WORKING, OrdStatus.PARTIALLY_FILLED, OrdStatus.FILLED)


class Halting:
    def __init__(self, oracle: "Oracle", world: "World", bounds: Bounds) -> None:
        self._oracle, self._world, self._bounds = oracle, world, bounds
        self._purse = world.plan.purse
        self._level: RiskState | None = None
        self._strategies: set[str] = set()
        self._since: dict[str, int] = {}
        """Since when a reason for a halt has been there, by its name."""
        self._rejects = 0
        self._waiting: dict[str, HoldWant] = {}
        self._leaves: dict[tuple[str, str, str], int] = {}
        """Units that a person has given leave for, by strategy, key and side."""
        self._groups: set[str] = set()
        """Spreads of an earlier life: of what was said then nobody knows here."""
        self.sends = self.trades = 0
        self._lost = ((-1, -1), 0.0)
        """What was lost by the last look, and after which step of the market and how many executions that was."""

    # What is told.

    def told(self, life: "Life", message: m.Message, step: Step, now_ns: int) -> None:
        for act in step.acts:
            match act:
                case SetHalt():
                    self._set(act, message)
                case HaltStrategy():
                    self._strategy(act, message)
                case HoldWant():
                    self._waiting[act.ref] = act
        if isinstance(message, m.Commanded) and message.order is Order.APPROVE:
            self._give_leave(message.ref, now_ns)
        for output in step.outputs:
            if isinstance(output, SendOrder):
                self._left(life, output)
            elif isinstance(output, Moved):
                self._moved(output)
            elif isinstance(output, Filled):
                self.trades += 1
        if isinstance(message, m.Ticked):
            self._look(life, now_ns)

    def _set(self, act: SetHalt, message: m.Message) -> None:
        if act.halt is None:
            if not _is_persons_word(message, Order.RESET_HALT):
                self._oracle.violated(
                    "C23", f"a halt is taken back by {type(message).__name__}, and by no person's word"
                )
            self._level, self._rejects = None, 0
            self._since.clear()
            return
        if self._level is RiskState.HARD_HALT and act.halt.level is RiskState.SOFT_HALT:
            self._oracle.violated("C23", "a hard halt has become a soft one")
        self._level = act.halt.level

    def _strategy(self, act: HaltStrategy, message: m.Message) -> None:
        if act.halt is not None:
            self._strategies.add(act.strategy)
            return
        if not _is_persons_word(message, Order.RESET_STRATEGY):
            self._oracle.violated("C23", f"{act.strategy} is let loose by no person's word")
        self._strategies.discard(act.strategy)

    def _moved(self, moved: Moved) -> None:
        if moved.ref.startswith("#"):
            return
        if moved.status is OrdStatus.REJECTED and moved.was is not OrdStatus.REJECTED:
            self._rejects += 1
        elif moved.status in _TAKEN:
            self._rejects = 0

    def recovered(self, life: "Life") -> None:
        """What was said in the last moment of a life that died is known from its state alone."""
        state = life.engine.state
        forgotten = self._strategies - state.strategy_halts.keys()
        if forgotten and not self._oracle.is_reset_asked:
            self._oracle.violated("C23", f"{', '.join(sorted(forgotten))} was halted and is not after a restart")
        self._strategies = set(state.strategy_halts)
        self._level = state.halt.level if state.halt is not None else None
        self._rejects, self.trades = 0, sum(len(order.fills) for order in state.blotter.orders.values())
        self._since.clear()
        self._waiting.clear()
        self._groups = set(state.spreads)

    # What leaves.

    def entering(self, life: "Life", ref: str, intent: OrderIntent) -> None:
        """Before the step that it is of is told."""
        if intent.strategy in self._strategies:
            self._oracle.violated("C13", f"{ref} is of {intent.strategy}, which is halted")
        for name, since_ns in self._since.items():
            if life.steady_ns() > since_ns + PATIENCE_NS:
                self._oracle.violated("C24", f"{ref} takes on risk though {name}")
        if self._rejects >= self._purse.risk.rejects_max and self._level is None:
            self._oracle.violated("C24", f"{ref} takes on risk after {self._rejects} refusals in a row")

    def sent(self) -> None:
        """Any request."""
        self.sends += 1

    # Leave.

    def _give_leave(self, ref: str, now_ns: int) -> None:
        """Once, in time."""
        held = self._waiting.pop(ref, None)
        if held is None or now_ns >= held.until_ns:
            return
        want = held.want
        for key, side, units in _units(want):
            name = (want.strategy, key, side)
            self._leaves[name] = self._leaves.get(name, 0) + units

    def _left(self, life: "Life", sent: SendOrder) -> None:
        order = life.engine.state.blotter.find(sent.ref)
        if not self._purse.approvals or order is None or order.intent is None or order.intent.purpose != "ENTRY":
            return
        if order.intent.group in self._groups:
            return
        name = (order.intent.strategy, order.key, order.side.value)
        left = self._leaves[name] = self._leaves.get(name, 0) - sent.order.qty
        if left < 0:
            self._oracle.violated("APPROVAL", f"{sent.ref} is sent, and nobody has given leave for it")

    # Reasons to be halted.

    def _look(self, life: "Life", now_ns: int) -> None:
        state, risk = life.engine.state, self._purse.risk
        if state.marked.unknown_ns:
            self._weigh(self._unpriced(life), now_ns)
            return
        loss, found = self._loss_now(), set[str]()
        pilot = self._bounds.seen.pilot
        day_max = min(risk.day_loss_max_paise or 0, pilot.day_loss_max_paise if pilot is not None else 10**18)
        if loss > day_max:
            found.add(f"the day has lost more than {day_max}")
        if loss > (risk.drawdown_max_paise or 0):
            found.add(f"the day's result has fallen by more than {risk.drawdown_max_paise}")
        if self.sends >= risk.order_to_trade_from and self.sends // max(self.trades, 1) >= risk.order_to_trade_max:
            found.add("too much is sent for each trade")
        self._weigh(found, now_ns)

    def _unpriced(self, life: "Life") -> set[str]:
        """What has been held for so long as the day's limit says, and was never quoted. Whether the market is open, the
        desk's clock says: by a slow one not yet, by a fast one no more, and entries are off for the clock."""
        world, patience_ns = self._world, self._purse.risk.pnl_unknown_ns
        wall_ns = world.agenda.now_ns + world.wall_ahead_ns
        open_ns = min(wall_ns, world.agenda.now_ns) - world.opened_ns + min(world.plan.opens_after_ns, 0)
        if open_ns < patience_ns or ist.clock_of(wall_ns) >= CLOSES:
            return set()
        held = {place[0] for place, cost in world.broker.carried.items() if world.broker.net.get(place)}
        return {f"{key} has no price" for key in held if world.market.touch(key) is None}

    def _weigh(self, found: set[str], now_ns: int) -> None:
        self._since = {name: self._since.get(name, now_ns) for name in found}
        for name, since_ns in self._since.items():
            hard = name.startswith("the day has") and self._level is not RiskState.HARD_HALT
            if now_ns > since_ns + PATIENCE_NS and (hard or self._level is None):
                self._oracle.violated(
                    "C24", f"{name} for {(now_ns - since_ns) / SECOND_NS:.0f} s, and nothing is halted"
                )

    def _loss_now(self) -> float:
        """Neither the prices nor what is held has changed since the last look: nor has the loss."""
        at = (self._world.market.sequence, len(self._world.broker.traded.fills))
        if self._lost[0] != at:
            self._lost = (at, self._loss())
        return self._lost[1]

    def _loss(self) -> float:
        """At the kinder of the last two prices; 0 where nobody could see one."""
        world, held = self._world, dict[str, int]()
        for (key, _), qty in world.broker.net.items():
            held[key] = held.get(key, 0) + qty
        for key, qty in held.items():
            if qty and not _is_seen(world, key):
                return 0
        loss, now, before = 0, world.market.last, world.market.before[0]
        for key, cash in world.broker.traded.cash.items():
            qty = held[key]
            loss -= cash + max(qty * now[key], qty * before[key])
        return loss


def _is_seen(world: "World", key: str) -> bool:
    """Now and a step ago."""
    touch, was = world.market.touch(key), world.market.before[1].get(key)
    return (
        touch is not None
        and was is not None
        and (touch.last_paise, was.last_paise) == (world.market.last[key], world.market.before[0][key])
        and touch.middle_paise == touch.last_paise
    )


def _is_persons_word(message: m.Message, order: Order) -> bool:
    if not isinstance(message, m.Commanded) or message.order is not order:
        return False
    return all(text.strip() for text in (message.who, message.why, message.incident))


def _units(want: EntryWant | SpreadWant) -> list[tuple[str, str, int]]:
    if isinstance(want, EntryWant):
        return [(want.key, want.side.value, want.qty)]
    return [(leg.key, leg.side.value, want.sets * leg.per_set) for leg in (*want.hedges, *want.mains)]
