"""The flies that were sold in a day, found again in the strategy's orders: what each was sold for and has won."""

from collections.abc import Sequence
from typing import NamedTuple

from tarazu.market.touch import Quotes
from tarazu.orders.order_state import OrderState
from tarazu.strategy import own


class SoldFly(NamedTuple):
    group: str
    credit_paise: int
    """For all its units, as filled."""
    orders: tuple[OrderState, ...]
    """Its legs, and all since: hedges and exits too."""

    def result_paise(self, quotes: Quotes) -> float | None:
        """Before charges, what is open at the middle, and at the worst where a side is missing (`own.worst_paise`)."""
        return own.worst_result_paise(self.orders, quotes)


def flies_of(orders: Sequence[OrderState], future_key: str) -> list[SoldFly]:
    """The oldest first. What was sent from one's first leg to the next one's is the one's."""
    sold = [(g, legs) for g, legs in own.groups(orders).items() if any(leg.key != future_key for leg in legs)]
    began = [min(leg.intended_ns for leg in legs) for _, legs in sold]
    found = []
    for at, (group, legs) in enumerate(sold):
        ends_ns = began[at + 1] if at + 1 < len(sold) else None
        mine = tuple(o for o in orders if o.intended_ns >= began[at] and (ends_ns is None or o.intended_ns < ends_ns))
        found.append(SoldFly(group, -sum(own.paid_paise(leg) for leg in legs), mine))
    return found
