"""The broker's books as they are read: told in differences, put together again, and when they are read next.

A book of 5,000 rows every two seconds would drown the journal, so the shell tells what is new against the read before
(`order_news`, `trade_news`) and the engine keeps the whole.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import msgspec

from tarazu.engine.acts import AskRead
from tarazu.engine.messages import MarketMoved, OrdersRead, TradesRead, What
from tarazu.engine.phase import Phase
from tarazu.model.execution import Fill
from tarazu.model.units import SECOND_NS
from tarazu.orders.reconcile import TradeId
from tarazu.orders.report import OrderReport

if TYPE_CHECKING:
    from tarazu.engine.run import Run

AGAIN_NS = SECOND_NS
"""Not sooner after a read that failed, nor while RECONCILING."""
SOONEST_NS = SECOND_NS // 2
"""Nothing wants a book so much that it is read more often."""
POSITIONS_EVERY_NS = 30 * SECOND_NS
MARGINS_EVERY_NS = 30 * SECOND_NS
"""And a second after something has filled: what it freed or took is in no estimate of ours to the paisa."""
TRADES_MISSING_NS = 2 * SECOND_NS
"""Something is filled and its trades are not known: books and strategies hear of it by them alone."""


class Reading(msgspec.Struct, kw_only=True):
    """One of the broker's books: what was last read of it, and whether it is being read."""

    asked_ns: int = 0
    """Since when a read is under way; 0: none is."""
    began_ns: int = 0
    """When the last read that succeeded began."""
    failed_ns: int = 0
    wanted: bool = False
    """Something would be settled by it: do not wait for the next interval."""


class BrokerBooks(msgspec.Struct, kw_only=True):
    """What the broker's books said when they were last read."""

    rows: dict[str, OrderReport] = {}
    rows_ns: int = 0
    fills: dict[TradeId, Fill] = {}
    fills_ns: int = 0


def order_news(rows: Mapping[str, OrderReport], base_ns: int, read: OrdersRead) -> OrdersRead:
    """A whole read (its `base_ns` 0) told against the rows of an earlier one. One that is not whole stays as it is."""
    if not base_ns or not read.whole:
        return read
    now = {row.order_id: row for row in read.reports}
    changed = tuple(row for row in read.reports if rows.get(row.order_id) != row)
    gone = tuple(order_id for order_id in rows if order_id not in now)
    return msgspec.structs.replace(read, reports=changed, gone=gone, base_ns=base_ns)


def trade_news(fills: Mapping[TradeId, Fill], base_ns: int, read: TradesRead) -> TradesRead:
    if not base_ns:
        return read
    now = {(fill.order_id, fill.exec_id): fill for fill in read.fills}
    changed = tuple(fill for name, fill in now.items() if fills.get(name) != fill)
    gone = tuple(name for name in fills if name not in now)
    return msgspec.structs.replace(read, fills=changed, gone=gone, base_ns=base_ns)


def take_orders(books: BrokerBooks, read: OrdersRead) -> None:
    """Only a whole read is a base for the next."""
    assert read.base_ns in (0, books.rows_ns), "told against a read that is not the last one"
    if not read.whole:
        return
    books.rows = _grown(books.rows if read.base_ns else {}, {row.order_id: row for row in read.reports}, read.gone)
    books.rows_ns = read.started_ns


def take_trades(books: BrokerBooks, read: TradesRead) -> None:
    assert read.base_ns in (0, books.fills_ns), "told against a read that is not the last one"
    news: dict[TradeId, Fill] = {(fill.order_id, fill.exec_id): fill for fill in read.fills}
    kept = books.fills if read.base_ns else {}
    for name in read.gone:
        kept.pop(name, None)
    kept.update(news)
    books.fills, books.fills_ns = kept, read.started_ns


def _grown(kept: dict[str, OrderReport], news: dict[str, OrderReport], gone: Iterable[str]) -> dict[str, OrderReport]:
    for order_id in gone:
        kept.pop(order_id, None)
    kept.update(news)
    return kept


def schedule(run: "Run") -> None:
    """Ask for each book when its time has come or something wants it; one read of each at a time."""
    if isinstance(run.message, MarketMoved):
        return  # the second's tick will do
    state, now_ns = run.state, run.now_ns
    for what in _SCHEDULED:
        reading = state.readings[what]
        if reading.asked_ns or now_ns < reading.failed_ns + AGAIN_NS:
            continue
        every_ns = SOONEST_NS if reading.wanted else _every_ns(run, what)
        if now_ns >= reading.began_ns + every_ns:
            run.act(AskRead(what=what))
            if what is _MARGINS:
                run.scales.ask(state, now_ns)


_SCHEDULED = _ORDERS, _TRADES, _POSITIONS, _MARGINS = (What.ORDERS, What.TRADES, What.POSITIONS, What.MARGINS)
_RECONCILING = Phase.RECONCILING


def _every_ns(run: "Run", what: What) -> int:
    state = run.state
    if what is _MARGINS:
        began_ns = state.readings[what].began_ns
        return AGAIN_NS if max(state.filled_ns, state.started_ns) >= began_ns else MARGINS_EVERY_NS
    if state.phase is _RECONCILING:
        return AGAIN_NS
    if what is _POSITIONS:
        return state.config.flatten_every_ns if state.exits or state.flattening else POSITIONS_EVERY_NS
    every_ns = state.blotter.read_every_ns()
    if what is _TRADES:
        return TRADES_MISSING_NS if state.blotter.standing.untraded else max(every_ns, POSITIONS_EVERY_NS)
    return every_ns
