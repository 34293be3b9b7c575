"""The decision an order came from: its entry, or the one that began its spread or the leaving of its place."""

from tarazu.app.why.names import Told
from tarazu.engine.acts import BeginExit, BeginSpread, Decide, Intend
from tarazu.orders.intent import Purpose
from tarazu.strategy.decision import Decision
from tarazu.strategy.wants import EntryWant, ExitWant


class Origins:
    """Told every entry in order; knows what began each spread and each leaving that is under way."""

    def __init__(self) -> None:
        self._spreads: dict[str, Decision] = {}
        self._exits: dict[tuple[str, str], Decision] = {}

    def take(self, told: Told) -> None:
        decision: Decision | None = None
        for act in told.record.step.acts:
            match act:
                case Decide():
                    decision = act.decision
                case BeginSpread() if decision is not None and act.want in decision.wants:
                    self._spreads[act.group] = decision
                case BeginExit():
                    self._exits.pop((act.key, act.product), None)
                    if decision is not None and _leaves(decision, act):
                        self._exits[act.key, act.product] = decision
                case _:
                    pass

    def of(self, told: Told, act: Intend) -> Decision | None:
        """None of what a person wanted or the engine does by itself, and of a strategy that says only what it wants."""
        intent = act.intent
        if intent.purpose is Purpose.SQUARE_OFF:
            return self._exits.get((intent.key, intent.order.product))
        if intent.purpose is Purpose.STOP:
            return None
        return self._spreads.get(intent.group) or _entered(told, act)


def line(decision: Decision) -> str:
    numbers = ", ".join(f"{name} {value:,.2f}".replace(".00", "") for name, value in decision.numbers.items())
    return f"decided: {decision.verb} {decision.about}, {decision.why}{f' ({numbers})' if numbers else ''}"


def _leaves(decision: Decision, act: BeginExit) -> bool:
    return any(isinstance(want, ExitWant) and want.key == act.key for want in decision.wants)


def _entered(told: Told, act: Intend) -> Decision | None:
    decision: Decision | None = None
    for one in told.record.step.acts:
        if isinstance(one, Decide):
            decision = one.decision
        elif one is act:
            break
    if decision is None or decision.strategy != act.intent.strategy:
        return None
    entries = (want for want in decision.wants if isinstance(want, EntryWant))
    return decision if any(want.key == act.intent.key for want in entries) else None
