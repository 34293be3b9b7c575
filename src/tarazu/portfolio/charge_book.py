"""The day's charges: a contract note per executed order, conversions re-rated, levies. Computed when asked for.

A note is of the order, whatever the number of its fills: brokerage has its cap once. Only orders that traded since the
last question are worked out again, so that a fill costs next to nothing to book.
"""

from collections.abc import Mapping
from datetime import date

import msgspec

from tarazu.model.ids import BrokerOrderId
from tarazu.model.instrument import Exchange, Instrument, Kind
from tarazu.model.order import Product, Side
from tarazu.model.rules import ChargeRates
from tarazu.portfolio.charges import NOTHING, ChargeLeg, Charges, charges
from tarazu.portfolio.postings import Levy
from tarazu.portfolio.unknown_paise import Cause, Paise, UnknownPaise

# The segments of our rate card and our paise: `reference/data/charges`, KITE.md 3.4.
OUR_EXCHANGES = frozenset({Exchange.NSE, Exchange.BSE, Exchange.NFO, Exchange.BFO})
Place = tuple[str, Product | None]
"""Whom a charge is booked to: (key, product), or ("", None) for the account's own."""


class OrderTurnover(msgspec.Struct):
    """One order as executed so far. It has one instrument, product and side for life."""

    order_id: BrokerOrderId
    key: str
    product: Product
    side: Side
    qty: int = 0
    value_paise: int = 0
    """Σ qty × price, above or at 0."""


class Rerate(msgspec.Struct, frozen=True, kw_only=True):
    """Units that changed product: charged what one order of the new product costs more than one of the old.

    Ours, as the simulated broker does it; what Zerodha charges on a conversion is not documented.
    """

    conversion_id: str
    key: str
    old_product: Product
    new_product: Product
    side: Side
    qty: int
    value_paise: int


class ChargeBook:
    """Charges of one day. Instruments may be missing: what depends on them is not known until they are there."""

    def __init__(self, day: date, rates: ChargeRates, instruments: Mapping[str, Instrument]) -> None:
        rates.refuse_uncovered(day)
        self.orders: dict[str, OrderTurnover] = {}
        self.rerates: dict[str, Rerate] = {}
        self.levies: dict[str, Levy] = {}
        self._day, self._rates, self._instruments = day, rates, instruments
        self._notes: dict[str, Charges] = {}
        self._at: dict[Place, Charges] = {}
        self._paise: dict[Place, int] = {}
        """Their totals, for `places`."""
        self._due: set[str] = set()
        self._rerates_due: set[str] = set()

    # Movements.

    def trade(self, order: OrderTurnover, qty: int, value_paise: int) -> None:
        order.qty += qty
        order.value_paise += value_paise
        self._due.add(order.order_id)

    def rerate(self, rerate: Rerate) -> None:
        self.rerates[rerate.conversion_id] = rerate
        self._rerates_due.add(rerate.conversion_id)

    def levy(self, levy: Levy) -> None:
        self.levies[levy.levy_id] = levy
        self._book((levy.key, levy.product), levy.charges)

    def restore(self, orders: list[OrderTurnover], rerates: list[Rerate], levies: list[Levy]) -> None:
        """Into an empty book."""
        self.orders = {order.order_id: order for order in orders}
        self._due = set(self.orders)
        for rerate in rerates:
            self.rerate(rerate)
        for levy in levies:
            self.levy(levy)

    # Questions.

    def places(self) -> dict[Place, Paise]:
        """Paise charged so far, by (key, product), each in full or not known."""
        self._work_out()
        return {**self._paise, **self._doubts()}

    def of_order(self, order_id: str) -> Paise:
        """Its contract note and levies, in paise; 0 for one that has not traded."""
        self._work_out()
        levied = sum(levy.charges.total for levy in self.levies.values() if levy.order_id == order_id)
        return self._note_paise(order_id) + levied

    def by_order(self) -> dict[str, Paise]:
        """Every order that traded, and under "" what is of no order: conversions, account levies."""
        self._work_out()
        found: dict[str, Paise] = {order_id: self._note_paise(order_id) for order_id in self.orders}
        for levy in self.levies.values():
            found[levy.order_id] = found.get(levy.order_id, 0) + levy.charges.total
        for rerate in self.rerates.values():
            cost = self._rerate_cost(rerate)
            found[""] = found.get("", 0) + (cost if isinstance(cost, UnknownPaise) else cost.total)
        return found

    def lines(self) -> Charges | UnknownPaise:
        """The day's contract note, line by line."""
        self._work_out()
        doubts = [*self._doubts().values()]
        if doubts:
            return UnknownPaise.of(cause for doubt in doubts for cause in doubt.causes)
        total = NOTHING
        for cost in self._at.values():
            total += cost
        return total

    # Inside.

    def _work_out(self) -> None:
        """Bring every note up to date; what cannot be rated yet stays due."""
        if not self._due and not self._rerates_due:
            return
        for order_id in sorted(self._due):
            order = self.orders[order_id]
            note = self._rate(order.key, order.product, order.side, order.qty, order.value_paise)
            if isinstance(note, Charges):
                self._book((order.key, order.product), note - self._notes.get(order_id, NOTHING))
                self._notes[order_id] = note
                self._due.discard(order_id)
        for conversion_id in sorted(self._rerates_due):
            rerate = self.rerates[conversion_id]
            cost = self._rerate_cost(rerate)
            if isinstance(cost, Charges):
                self._book((rerate.key, rerate.new_product), cost)
                self._rerates_due.discard(conversion_id)

    def _book(self, place: Place, cost: Charges) -> None:
        total = self._at[place] = self._at.get(place, NOTHING) + cost
        self._paise[place] = total.total

    def _note_paise(self, order_id: str) -> Paise:
        order = self.orders.get(order_id)
        if order is None:
            return 0
        return self._doubt(order.key) if order_id in self._due else self._notes[order_id].total

    def _rerate_cost(self, rerate: Rerate) -> Charges | UnknownPaise:
        key, side, qty, value = rerate.key, rerate.side, rerate.qty, rerate.value_paise
        now = self._rate(key, rerate.new_product, side, qty, value)
        was = self._rate(key, rerate.old_product, side, qty, value)
        if isinstance(now, UnknownPaise) or isinstance(was, UnknownPaise):
            return self._doubt(key)
        return now - was

    def _rate(self, key: str, product: Product, side: Side, qty: int, value_paise: int) -> Charges | UnknownPaise:
        instrument = self._instruments.get(key)
        if instrument is None or instrument.exchange not in OUR_EXCHANGES or instrument.kind is Kind.INDEX:
            return self._doubt(key)
        leg = ChargeLeg(
            kind=instrument.kind,
            exchange=instrument.exchange,
            product=product,
            side=side,
            qty=qty,
            value_paise=value_paise,
            day=self._day,
        )
        return charges(self._rates, leg)

    def _doubt(self, key: str) -> UnknownPaise:
        return UnknownPaise.because(other_segment(key) or Cause.NO_INSTRUMENT, key)

    def _doubts(self) -> dict[Place, UnknownPaise]:
        """After working out: whatever is still due cannot be rated."""
        if not self._due and not self._rerates_due:
            return {}
        orders = (self.orders[order_id] for order_id in self._due)
        moved = (self.rerates[conversion_id] for conversion_id in self._rerates_due)
        places = {(order.key, order.product) for order in orders} | {(r.key, r.new_product) for r in moved}
        return {place: self._doubt(place[0]) for place in places}


def other_segment(key: str) -> Cause | None:
    """OTHER_SEGMENT for an instrument of an exchange whose money these books cannot keep."""
    return None if key.partition(":")[0] in OUR_EXCHANGES else Cause.OTHER_SEGMENT
