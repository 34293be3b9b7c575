"""Continuous reconciliation: after every read the broker's books are compared with ours (RELIABILITY C31).

Orders are compared with every read of them. Positions are compared when no execution was heard since the reads began: a
fill between two reads is no difference. A difference counts when two comparisons with different reads have found it.
"""

from tarazu.engine.messages import What
from tarazu.engine.state import EngineState
from tarazu.model.units import MINUTE_NS
from tarazu.orders.reconcile import Break, BreakKind, reconcile_kept

_KNOWN = frozenset({BreakKind.FOREIGN})
"""Adopted, counted and alarmed: no reason to stop trading."""
_BOOKS = _ORDERS, _TRADES, _POSITIONS = (What.ORDERS, What.TRADES, What.POSITIONS)
_TIMES = 2
LATE_NS = 2 * MINUTE_NS
"""Ours: books that were not compared for so long are books that nobody knows to be right."""


def compare(state: EngineState, now_ns: int) -> None:
    """When all three books were read since the last comparison, and nothing was executed since the reads began."""
    agreement = state.agreement
    readings = state.readings
    oldest_ns = min(readings[_ORDERS].began_ns, readings[_TRADES].began_ns, readings[_POSITIONS].began_ns)
    if state.books is None or oldest_ns <= max(agreement.compared_ns, agreement.needed_ns):
        return
    if state.filled_ns >= oldest_ns:
        if now_ns > _since_ns(state) + LATE_NS // 2:
            for what in _BOOKS:
                readings[what].wanted = True  # reads that are closer together fit between two fills
        return
    if state.blotter.standing.untraded:
        readings[_TRADES].wanted = True
        return
    breaks = found(state)
    agreement.compared_ns = oldest_ns
    agreement.breaks = tuple(f"{b.kind} {b.of}: ours {b.ours}, theirs {b.theirs}" for b in breaks)
    if not breaks:
        agreement.clean_ns, agreement.since_ns, agreement.times = oldest_ns, 0, 0
        return
    agreement.times += 1
    for what in _BOOKS:
        readings[what].wanted = True
    if agreement.times >= _TIMES:
        agreement.since_ns = agreement.since_ns or now_ns


def late_ns(state: EngineState, now_ns: int) -> int:
    """Since when the books should have been compared and were not, where that is too long; else 0. Fills that never
    pause and trades that never come both put a comparison off: neither may do so for ever."""
    since_ns = _since_ns(state)
    return since_ns if now_ns > since_ns + LATE_NS and state.started_ns else 0


def _since_ns(state: EngineState) -> int:
    compared_ns, needed_ns = state.agreement.compared_ns, state.agreement.needed_ns
    return compared_ns if compared_ns > needed_ns else needed_ns


def found(state: EngineState) -> list[Break]:
    broker, held = state.broker, state.held
    breaks = reconcile_kept(state.blotter, broker.rows, broker.rows_ns, broker.fills, held, state.before, state.agreed)
    return [found for found in breaks if found.kind not in _KNOWN]
