"""Our side as it was when the broker's kept answers were given.

Orders and trades are compared by id, and what we have heard since the answers is no difference there. Positions and
funds have no ids: they are compared with what we were then. When that was is known to a moment only: the answers were
asked for one after the other, and what they tell we may have heard a little later.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date

from tarazu import reference
from tarazu.app.account.reading import AccountRead
from tarazu.app.home import Home
from tarazu.app.reconcile.breaks import Against, Break
from tarazu.app.reconcile.legs.orders import Leg
from tarazu.app.reconcile.legs.trades import TradeId
from tarazu.app.reconcile.ours import OurDay, records


def later_fills(ours: OurDay, account: AccountRead, as_of_ns: int) -> int:
    """Fills of ours that the answers do not tell, of orders that filled since they were asked for."""
    told = _told(account)
    since = (order for order in ours.orders if order.filled_ns > as_of_ns)
    return sum((str(order.order_id), exec_id) not in told for order in since for exec_id in order.fills)


def moments(home: Home, day: date, ours: OurDay, account: AccountRead, as_of_ns: int) -> Iterator[OurDay]:
    """Our side when the answers were asked for, and after each fill that was heard of next, until it has all of ours
    that they tell. One state goes on: look at it before the next. Raises BadPayload, BrokenChain, OSError."""
    from tarazu.engine.process import Engine

    engine = Engine(ours.state.instruments, reference.charge_rates())
    side = OurDay(standing=ours.standing, state=engine.state, trouble=ours.trouble)
    wanted, trades = _told(account) & _fills(ours), -1
    for record in records(home, day, ours.standing.entries):
        if record.stamped.ts_ns > as_of_ns and engine.state.blotter.standing.trades != trades:
            trades = engine.state.blotter.standing.trades
            yield side
            if wanted <= _fills(side):
                return
        engine.recover(record.stamped, record.step)
    yield side


def at_one_of(sides: Iterable[OurDay], compare: Callable[[OurDay], Leg]) -> Leg:
    """What differs at each of `sides`, of which there is one: what agreed at any of them was as it should be then."""
    found: Leg | None = None
    for side in sides:
        told, breaks = compare(side)
        before = breaks if found is None else found[1]
        found = told, [one for one in breaks if any(_place(one) == _place(other) for other in before)]
        if not found[1]:
            break
    assert found is not None, "a day has a side of ours"
    return found


def _place(one: Break) -> str:
    """What may agree by itself: an instrument, or a figure of the funds."""
    return one.field if one.against is Against.FUNDS else one.key


def _told(account: AccountRead) -> set[TradeId]:
    return {(row.order_id, row.trade_id) for row in account.trades.value or ()}


def _fills(ours: OurDay) -> set[TradeId]:
    return {(str(order.order_id), exec_id) for order in ours.orders for exec_id in order.fills}
