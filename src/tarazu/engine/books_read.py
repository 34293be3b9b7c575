"""A read of the broker's books has come: what it says of orders, executions and positions."""

from collections.abc import Iterator

import msgspec

from tarazu.engine import messages as m
from tarazu.engine import reads
from tarazu.engine.acts import Output
from tarazu.engine.state import EngineState
from tarazu.engine.telling import entered, tell
from tarazu.orders import messages as told
from tarazu.orders.lifecycle import OrdStatus
from tarazu.orders.report import OrderReport
from tarazu.portfolio.book import Books
from tarazu.portfolio.breaks import carried_of

TRADES = "TRADES"
"""Trouble of the broker's: executions that do not read, or that none can be. Over with a read without them."""
_UNKNOWN = OrdStatus.UNKNOWN


def orders(state: EngineState, message: m.OrdersRead, now_ns: int) -> list[Output]:
    if state.blotter.auth_lost:
        state.agreement.needed_ns = now_ns
    if not all(row.order_id for row in message.reports):
        named = tuple(row for row in message.reports if row.order_id)
        # Some order is there and nobody can say which: no proof of absence.
        message = msgspec.structs.replace(message, reports=named, whole=False)
    reads.take_orders(state.broker, message)
    if message.whole:
        ended(state, m.What.ORDERS, message.started_ns)
    else:
        failed(state, m.What.ORDERS, now_ns)
    reports = message.reports
    if message.base_ns:
        reports = (*reports, *_standing_rows(state, {row.order_id for row in reports}))
    read = told.BookRead(started_ns=message.started_ns, reports=reports, whole=message.whole, ts_ns=now_ns)
    return tell(state, read, now_ns)


def _standing_rows(state: EngineState, told_now: set[str]) -> Iterator[OrderReport]:
    """Rows that are as they were, of orders that are open: that a read shows them still so is what settles a change
    without effect, and denies an end. An unknown order is looked for by its tag in all of them."""
    rows, unknown = state.broker.rows, set()
    for order in state.blotter.open():
        if order.status is _UNKNOWN and not order.order_id:
            unknown.add(order.ref)
        elif order.order_id in rows and order.order_id not in told_now:
            yield rows[order.order_id]
    if unknown:
        yield from (r for r in rows.values() if r.order_id not in told_now and r.tag.strip().upper() in unknown)


def trades(state: EngineState, message: m.TradesRead, now_ns: int) -> list[Output]:
    """An execution that cannot be is left out, here too, and is trouble for as long as the broker tells of it."""
    fills = message.fills
    odd = [*message.odd, *[f"{fill.exec_id} of {fill.order_id!r}" for fill in fills if not fill.can_be]]
    if odd:
        state.trouble[TRADES] = f"{len(odd)} do not read and are in no books: {'; '.join(odd[:3])}"
    else:
        state.trouble.pop(TRADES, None)
    if odd:
        fills = tuple(fill for fill in fills if fill.can_be)
        message = msgspec.structs.replace(message, fills=fills)
    reads.take_trades(state.broker, message)
    ended(state, m.What.TRADES, message.started_ns)
    return tell(state, told.TradesRead(started_ns=message.started_ns, fills=fills, ts_ns=now_ns), now_ns)


def positions(state: EngineState, message: m.PositionsRead) -> None:
    ended(state, m.What.POSITIONS, message.started_ns)
    state.held = {(row.key, row.product): row.qty for row in message.positions if row.qty}
    state.lasts = {row.key: row.last_paise for row in message.positions if row.last_paise > 0}
    if state.books is not None:
        return
    carried = [c for row in message.positions if (c := carried_of(row)) is not None]
    state.before = {(c.key, c.product): c.qty for c in carried}
    state.books = Books(state.day, state.rates, state.instruments, carried)
    for fill in state.unbooked:
        entered(state, state.books.apply(fill), fill)
    state.unbooked = []


def ended(state: EngineState, what: m.What, started_ns: int) -> None:
    reading = state.readings[what]
    reading.asked_ns, reading.failed_ns, reading.began_ns = 0, 0, max(reading.began_ns, started_ns)


def failed(state: EngineState, what: m.What, now_ns: int) -> None:
    """Or it was not whole, which proves no agreement either."""
    reading = state.readings[what]
    reading.asked_ns, reading.failed_ns = 0, now_ns
