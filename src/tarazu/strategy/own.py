"""What is a strategy's own: reckoned from its orders of the day, which a new start has as well as the one before.

An account is one position in each place, whoever traded it. What a strategy holds is what its own orders filled, and
never more than the account has: what a person has closed is not its any more.
"""

from collections.abc import Callable, Iterable, Mapping

from tarazu.market.touch import Quotes, Touch
from tarazu.model.order import Product
from tarazu.orders.exposure import Place
from tarazu.orders.intent import Purpose
from tarazu.orders.order_state import OrderState

Mark = Callable[[int, Touch | None], float | None]
"""Of held units, net, and their market: what one is worth, paise."""


def filled(orders: Iterable[OrderState]) -> dict[Place, int]:
    """Net units by place; places that came back to nothing are in it too."""
    net: dict[Place, int] = {}
    for order in orders:
        if order.cum_qty:
            place = order.key, order.product
            net[place] = net.get(place, 0) + order.side.sign * order.cum_qty
    return net


def clipped(own: int, account: int) -> int:
    """The part of `own` that the account still holds."""
    if own > 0:
        return max(min(own, account), 0)
    return min(max(own, account), 0)


def paid_paise(order: OrderState) -> int:
    """For what is filled, positive for a buyer; by the trades, and by the broker's average for what they lack."""
    traded = sum(fill.qty * fill.price_paise for fill in order.fills.values())
    average = order.row.average_paise if order.row is not None else 0
    return order.side.sign * (traded + max(order.cum_qty - order.traded_qty, 0) * average)


def middle_paise(touch: Touch | None) -> float | None:
    """Of a market with both sides; None of any other."""
    if touch is None or touch.bid_paise is None or touch.ask_paise is None:
        return None
    return (touch.bid_paise + touch.ask_paise) / 2


def worst_paise(qty: int, touch: Touch | None) -> float | None:
    """What one of the held units could be closed for at the worst, where a side of its market is missing: what is long
    for its bid or for nothing, what is short for its ask, else for its last price. None where there is no price."""
    if touch is None or (touch.bid_paise is None and touch.ask_paise is None and touch.last_paise is None):
        return None
    middle = middle_paise(touch)
    if middle is not None:
        return middle
    if qty > 0:
        return float(touch.bid_paise or 0)
    if touch.ask_paise is not None:
        return float(touch.ask_paise)
    return None if touch.last_paise is None else float(max(touch.last_paise, touch.bid_paise or 0))


def worst_result_paise(orders: Iterable[OrderState], quotes: Quotes) -> float | None:
    """As `result_paise`, with `worst_paise` in the middle's place."""
    return _result_paise(orders, quotes, worst_paise)


def result_paise(orders: Iterable[OrderState], quotes: Quotes) -> float | None:
    """Of the day so far, before charges, open units at the middle; None where one of them has no two-sided market."""
    return _result_paise(orders, quotes, lambda _, touch: middle_paise(touch))


def _result_paise(orders: Iterable[OrderState], quotes: Quotes, mark: Mark) -> float | None:
    found = tuple(orders)
    total = -float(sum(paid_paise(order) for order in found))
    for (key, _), qty in filled(found).items():
        marked = mark(qty, quotes.touch(key)) if qty else 0.0
        if marked is None:
            return None
        total += qty * marked
    return total


def held(orders: Iterable[OrderState], account: Mapping[Place, int]) -> dict[Place, int]:
    """Net units by place, none that are nothing."""
    own = ((place, clipped(qty, account.get(place, 0))) for place, qty in filled(orders).items())
    return {place: qty for place, qty in own if qty}


def of_product(held: Mapping[Place, int], product: Product) -> dict[str, int]:
    return {key: qty for (key, of), qty in held.items() if of is product}


def groups(orders: Iterable[OrderState]) -> dict[str, list[OrderState]]:
    """The multi-leg plans of which anything was filled, each with all its orders, the oldest first."""
    found: dict[str, list[OrderState]] = {}
    for order in orders:
        if order.intent is not None and order.intent.group and order.intent.purpose in (Purpose.ENTRY, Purpose.EXIT):
            found.setdefault(order.intent.group, []).append(order)
    return {group: legs for group, legs in found.items() if any(order.cum_qty for order in legs)}
