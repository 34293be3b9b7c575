"""Our charges beside the broker's virtual contract note (`POST /charges/orders`), order by order and line by line.

The endpoint reckons what it is told: units and an average price. It is told ours, so that what is compared is how the
two reckon (rates, rounding, brokerage); what was bought, and at what price, is compared with the trades.
"""

import time
from collections.abc import Sequence

import msgspec

from tarazu import reference
from tarazu.adapters.kite_account.client import KiteAccount
from tarazu.app.account.contracts import kind_of
from tarazu.app.account.day_money import is_ours
from tarazu.app.account.reading import LEAST_S, THROTTLED_S, Failure, Read, Why, failure_of
from tarazu.app.reconcile.breaks import Against, Break, BreakKind, Compared
from tarazu.app.reconcile.legs.charge_lines import TOTAL, broker_lines, differing, our_lines
from tarazu.app.reconcile.legs.orders import why_not
from tarazu.app.reconcile.ours import OurDay
from tarazu.model.calendar import NotCovered
from tarazu.model.ids import BrokerOrderId
from tarazu.model.instrument import Exchange
from tarazu.model.order_request import TradedOrder
from tarazu.model.outcome import Answered
from tarazu.model.units import div_half_up
from tarazu.orders.order_state import OrderState
from tarazu.portfolio.breaks import MILLIPAISE
from tarazu.portfolio.charges import ChargeLeg, Charges, charges
from tarazu.wire.kite_money import ContractNoteRow

Notes = Read[list[ContractNoteRow]]
AT_ONCE = 100
"""Orders in one question; ours, for none is documented."""


def traded(ours: OurDay) -> list[TradedOrder]:
    """Every order of the desk's segments with fills, as the endpoint is asked about it; by order id."""
    done = (o for o in ours.orders if o.fills and o.order_id and is_ours(o.key))
    return [_as_asked(order) for order in sorted(done, key=lambda o: o.order_id)]


def read_notes(account: KiteAccount, orders: Sequence[TradedOrder], deadline_s: float) -> Notes:
    """A row for each order, in their order, or why there are none."""
    began_ns, end_s = time.monotonic_ns(), time.monotonic() + deadline_s
    rows: list[ContractNoteRow] = []
    for at in range(0, len(orders), AT_ONCE):
        part = _asked(account, orders[at : at + AT_ONCE], end_s)
        if isinstance(part, Failure):
            return Read(started_ns=began_ns, ended_ns=time.monotonic_ns(), failure=part)
        rows += part
    return Read(started_ns=began_ns, ended_ns=time.monotonic_ns(), value=rows)


class Sums(msgspec.Struct, frozen=True):
    """Of all orders asked about, paise; None: not known."""

    ours_paise: int | None = None
    broker_paise: int | None = None
    """To the nearest."""


def compare_charges(ours: OurDay, notes: Notes) -> tuple[Compared, list[Break], Sums]:
    orders = traded(ours)
    if notes.value is None:
        return Compared(against=Against.CHARGES, ours=len(orders), unknown=why_not(notes.failure)), [], Sums()
    rows = notes.value
    told = Compared(against=Against.CHARGES, ours=len(orders), broker=len(rows), unknown=_unlike(orders, rows))
    if told.unknown:
        return told, [], Sums()
    breaks: list[Break] = []
    sums = [0, 0]
    for order, row in zip(orders, rows, strict=True):
        try:
            theirs = broker_lines(row.charges)
            mine = our_lines(note_of(ours, order))
        except (NotCovered, ValueError) as bad:
            unknown = f"the charges of order {order.order_id} are not known: {bad}"
            return Compared(against=Against.CHARGES, ours=len(orders), broker=len(rows), unknown=unknown), [], Sums()
        sums = [sums[0] + mine[TOTAL], sums[1] + theirs[TOTAL]]
        for line in differing(mine, theirs):
            breaks.append(line_break(Against.CHARGES, line, mine[line], theirs[line], order))
    return told, breaks, Sums(sums[0], div_half_up(sums[1], MILLIPAISE))


def note_of(ours: OurDay, order: TradedOrder) -> Charges:
    """Our own contract note of units at that average. Raises NotCovered."""
    leg = ChargeLeg(
        kind=kind_of(f"{order.exchange}:{order.tradingsymbol}"),
        exchange=Exchange(order.exchange),
        product=order.product,
        side=order.side,
        qty=order.qty,
        value_paise=order.qty * order.average_paise,
        day=ours.state.day,
    )
    return charges(reference.charge_rates(), leg)


def line_break(against: Against, line: str, mine_paise: int, theirs: int, order: TradedOrder | None) -> Break:
    """`theirs`: millipaise. Both are told in paise where the broker's is a whole number of them."""
    whole = theirs % MILLIPAISE == 0
    return Break(
        kind=BreakKind.CHARGES,
        against=against,
        field=line,
        order_id="" if order is None else order.order_id,
        key="" if order is None else f"{order.exchange}:{order.tradingsymbol}",
        product="" if order is None else str(order.product),
        ours=mine_paise if whole else mine_paise * MILLIPAISE,
        broker=theirs // MILLIPAISE if whole else theirs,
        unit="paise" if whole else "millipaise",
    )


def _as_asked(order: OrderState) -> TradedOrder:
    fills = list(order.fills.values())
    qty = sum(fill.qty for fill in fills)
    exchange, _, symbol = order.key.partition(":")
    return TradedOrder(
        order_id=BrokerOrderId(order.order_id),
        exchange=exchange,
        tradingsymbol=symbol,
        side=order.side,
        variety=order.variety,
        product=order.product,
        order_type=order.order_type,
        qty=qty,
        average_paise=div_half_up(sum(fill.qty * fill.price_paise for fill in fills), qty),
    )


def _asked(account: KiteAccount, orders: Sequence[TradedOrder], end_s: float) -> list[ContractNoteRow] | Failure:
    """Once more in the next second where it was one question too many in this one."""
    while True:
        left_s = end_s - time.monotonic()
        if left_s < LEAST_S:
            return Failure(Why.UNREACHABLE, "no time was left for the charges")
        outcome = account.charges(orders, left_s)
        if isinstance(outcome, Answered):
            return outcome.value
        failure = failure_of(outcome)
        if failure.why is not Why.THROTTLED or end_s - time.monotonic() < THROTTLED_S + LEAST_S:
            return failure
        time.sleep(THROTTLED_S)


def _unlike(orders: Sequence[TradedOrder], rows: Sequence[ContractNoteRow]) -> str:
    """Rows carry no order id: they are of the orders asked about, in their order, or they are of nobody."""
    if len(orders) != len(rows):
        return f"{len(orders)} orders were asked about and {len(rows)} answered"
    for order, row in zip(orders, rows, strict=True):
        asked = (order.exchange, order.tradingsymbol, str(order.side), order.qty)
        if asked != (row.exchange, row.tradingsymbol, row.transaction_type, row.quantity):
            return f"order {order.order_id} was asked about and another answered: {row.exchange}:{row.tradingsymbol}"
    return ""
