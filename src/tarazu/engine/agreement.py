"""Continuous reconciliation: after every read the broker's books are compared with ours (RELIABILITY C31).

Orders are compared with every read of them. Positions are compared when no execution was heard since the reads began: a
fill between two reads is no difference. A difference counts when two comparisons with different reads have found it.
"""

from tarazu.engine.messages import What
from tarazu.engine.state import EngineState
from tarazu.model.units import MINUTE_NS
from tarazu.orders import messages as told
from tarazu.orders.exposure import exposures
from tarazu.orders.flatten_plan import BrokerPosition
from tarazu.orders.reconcile import Break, BreakKind, reconcile

_KNOWN = frozenset({BreakKind.FOREIGN})
"""Adopted, counted and alarmed: no reason to stop trading."""
_BOOKS = (What.ORDERS, What.TRADES, What.POSITIONS)
_TIMES = 2
LATE_NS = 2 * MINUTE_NS
"""Ours: books that were not compared for so long are books that nobody knows to be right."""


def compare(state: EngineState, now_ns: int) -> None:
    """When all three books were read since the last comparison, and nothing was executed since the reads began."""
    agreement = state.agreement
    oldest_ns = min(state.readings[what].began_ns for what in _BOOKS)
    if state.books is None or oldest_ns <= max(agreement.compared_ns, agreement.needed_ns):
        return
    if state.filled_ns >= oldest_ns:
        if now_ns > _since_ns(state) + LATE_NS // 2:
            for what in _BOOKS:
                state.readings[what].wanted = True  # reads that are closer together fit between two fills
        return
    if state.blotter.trades_missing():
        state.readings[What.TRADES].wanted = True
        return
    breaks = found(state)
    agreement.compared_ns = oldest_ns
    agreement.breaks = tuple(f"{b.kind} {b.of}: ours {b.ours}, theirs {b.theirs}" for b in breaks)
    if not breaks:
        agreement.clean_ns, agreement.since_ns, agreement.times = oldest_ns, 0, 0
        return
    agreement.times += 1
    for what in _BOOKS:
        state.readings[what].wanted = True
    if agreement.times >= _TIMES:
        agreement.since_ns = agreement.since_ns or now_ns


def late_ns(state: EngineState, now_ns: int) -> int:
    """Since when the books should have been compared and were not, where that is too long; else 0. Fills that never
    pause and trades that never come both put a comparison off: neither may do so for ever."""
    since_ns = _since_ns(state)
    return since_ns if state.started_ns and now_ns > since_ns + LATE_NS else 0


def _since_ns(state: EngineState) -> int:
    return max(state.agreement.compared_ns, state.agreement.needed_ns)


def found(state: EngineState) -> list[Break]:
    broker = state.broker
    book = told.BookRead(started_ns=broker.rows_ns, reports=tuple(broker.rows.values()), ts_ns=0)
    trades = told.TradesRead(started_ns=broker.fills_ns, fills=tuple(broker.fills.values()), ts_ns=0)
    held = [BrokerPosition(key=key, product=product, qty=qty) for (key, product), qty in state.held.items()]
    ours = {place: exposure.filled for place, exposure in exposures(state.blotter, state.before).items()}
    held += [
        BrokerPosition(key=key, product=product, qty=0) for key, product in ours if (key, product) not in state.held
    ]
    breaks = reconcile(state.blotter, book, trades, held, state.before, state.agreed)
    return [found for found in breaks if found.kind not in _KNOWN]
