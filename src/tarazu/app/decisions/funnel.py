"""From decisions to fills: how many there were at each stage, by strategy; people have a name of their own."""

from collections import Counter

import msgspec

from tarazu.app.decisions.told import Decided, Vetoed
from tarazu.engine.state import EngineState
from tarazu.orders.intent import Purpose


class Funnel(msgspec.Struct, kw_only=True):
    strategy: str
    decisions: dict[str, int] = {}
    """By verb. A decision that repeated the one before is in no journal."""
    wants: int = 0
    denied: int = 0
    by_code: dict[str, int] = {}
    """Denied wants by each control that said no; one want may be counted by several."""
    orders: int = 0
    """Entries and exits sent; protective stops are not counted."""
    filled: int = 0
    """Of them, those of which anything filled."""
    units: int = 0
    """Filled, both sides."""


def funnels(state: EngineState, decisions: list[Decided], vetoes: list[Vetoed]) -> list[Funnel]:
    """By name."""
    found: dict[str, Funnel] = {}

    def of(name: str) -> Funnel:
        return found.setdefault(name, Funnel(strategy=name))

    for one in decisions:
        funnel = of(one.decision.strategy)
        funnel.decisions = dict(Counter(funnel.decisions) + Counter([str(one.decision.verb)]))
        funnel.wants += len(one.decision.wants)
    for no in vetoes:
        funnel = of(no.want.strategy)
        funnel.denied += 1
        codes = Counter({str(denial.code) for denial in no.denials})
        funnel.by_code = dict(Counter(funnel.by_code) + codes)
    for order in state.blotter.orders.values():
        if order.intent is not None and order.intent.purpose is not Purpose.STOP:
            funnel = of(order.intent.strategy)
            funnel.orders += 1
            funnel.filled += bool(order.cum_qty)
            funnel.units += order.cum_qty
    return [found[name] for name in sorted(found)]
