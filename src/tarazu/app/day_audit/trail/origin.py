"""Who is behind an order: a decision, a person's word, or a rule of the desk. Nobody: its trail has no beginning."""

from collections.abc import Iterable

from tarazu.app.day_audit.walk.seen import Seen
from tarazu.engine.acts import BeginExit, BeginSpread, Decide, EndExit, EndHold, HoldWant, Intend
from tarazu.engine.messages import Commanded, Order, Wanted
from tarazu.orders.intent import OrderIntent, Purpose
from tarazu.strategy.decision import Decision
from tarazu.strategy.wants import EntryWant, ExitWant, SpreadWant, Want

Behind = tuple[Want, str]
"""Something wanted, and by whom and why."""


class Origins:
    """Told the acts of every entry in order; what is under way is remembered until it ends."""

    def __init__(self) -> None:
        self.deciding: set[str] = set()
        """Strategies that have said a decision today: an entry of theirs without one lacks it."""
        self._spreads: dict[str, str] = {}
        self._exits: dict[tuple[str, str], str] = {}
        self._waiting: dict[str, Behind] = {}
        self._flattening = ""
        self._now: list[Behind] = []

    def begin(self, seen: Seen) -> None:
        """Of a new entry: what its message wants."""
        self._now = []
        message = seen.message
        if isinstance(message, Wanted):
            self._now.append((message.want, f"wanted from outside, as {message.want.strategy}"))
        elif isinstance(message, Commanded) and message.order is Order.FLATTEN:
            self._flattening = f"flattened by {message.who}: {message.why}"
        elif isinstance(message, Commanded) and message.order is Order.STOP_FLATTEN:
            self._flattening = ""

    def take(self, act: object) -> None:
        match act:
            case Decide():
                self.deciding.add(act.decision.strategy)
                words = said(act.decision)
                self._now += [(want, words) for want in act.decision.wants]
            case HoldWant():
                self._waiting[act.ref] = act.want, self._wanted(act.want) or _by_itself(act.want.strategy)
            case EndHold() if (held := self._waiting.pop(act.ref, None)) is not None:
                if act.how.startswith("approved"):
                    self._now.append((held[0], f"{held[1]}, {act.how}"))
            case BeginSpread():
                self._spreads[act.group] = self._wanted(act.want)
            case BeginExit():
                self._exits[act.key, act.product] = self._left(act)
            case EndExit() if not act.key:
                self._flattening = ""
            case EndExit():
                self._exits.pop((act.key, act.product), None)

    def of(self, act: Intend, known: Iterable[str]) -> str:
        """In words; empty: nobody is behind it. `known`: the orders there are."""
        intent = act.intent
        if intent.group in self._spreads:
            words = self._spreads[intent.group]
            return f"{words}, leg {act.leg}" if words else ""
        if intent.purpose is Purpose.STOP:
            return f"protects {intent.covers}" if intent.covers in known else ""
        if intent.purpose is Purpose.SQUARE_OFF:
            return self._exits.get((intent.key, str(intent.order.product)), "") or self._flattening
        return self._entered(intent)

    def _entered(self, intent: OrderIntent) -> str:
        for want, words in reversed(self._now):
            is_it = isinstance(want, EntryWant) and want.key == intent.key and want.side is intent.order.side
            if is_it and want.strategy == intent.strategy:
                return words
        return ""

    def _wanted(self, want: EntryWant | SpreadWant) -> str:
        return next((words for one, words in reversed(self._now) if one == want), "")

    def _left(self, act: BeginExit) -> str:
        for want, words in reversed(self._now):
            if isinstance(want, ExitWant) and want.key == act.key:
                return words
        return f"{act.strategy or 'the desk'} leaves: {act.why}" if act.why or act.strategy else ""


def said(decision: Decision) -> str:
    return f"{decision.strategy} decided {decision.verb} {decision.about}: {decision.why}"


def _by_itself(strategy: str) -> str:
    return f"wanted by {strategy}"
