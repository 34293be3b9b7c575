"""Charges of the day's orders as they fill: a note is of the order, so a fill books what the order now costs more."""

import msgspec

from tarazu.model import ist
from tarazu.model.instrument import Instrument
from tarazu.model.order import Product, Side
from tarazu.model.rules import ChargeRates
from tarazu.portfolio.charges import NOTHING, ChargeLeg, Charges, charges
from tarazu.sim.orders import Fill


class Turnover(msgspec.Struct):
    """One order as executed so far, and the charges booked for it."""

    leg: ChargeLeg
    charged: Charges = NOTHING


class OrderCharges:
    """The orders of one day."""

    def __init__(self, rates: ChargeRates) -> None:
        self._rates = rates
        self._turnover: dict[str, Turnover] = {}

    def add(self, fill: Fill) -> Charges:
        """What this fill adds to its order's charges; the sum over an order's fills is its contract note."""
        order = self._turnover.get(fill.order_id)
        if order is None:
            leg = _leg(fill.instrument, fill.product, fill.side, fill.ts_ns)
            order = self._turnover[fill.order_id] = Turnover(leg)
        value = order.leg.value_paise + fill.qty * fill.price_paise
        order.leg = msgspec.structs.replace(order.leg, qty=order.leg.qty + fill.qty, value_paise=value)
        due = charges(self._rates, order.leg)
        new, order.charged = due - order.charged, due
        return new

    def rerate(
        self, instrument: Instrument, old: Product, new: Product, side: Side, qty: int, value_paise: int, ts_ns: int
    ) -> Charges:
        """What units that change product cost more (less: negative), as if they had been one order of each."""
        was, now = (
            charges(self._rates, _leg(instrument, product, side, ts_ns, qty, value_paise)) for product in (old, new)
        )
        return now - was


def _leg(
    instrument: Instrument, product: Product, side: Side, ts_ns: int, qty: int = 0, value_paise: int = 0
) -> ChargeLeg:
    return ChargeLeg(
        kind=instrument.kind,
        exchange=instrument.exchange,
        product=product,
        side=side,
        qty=qty,
        value_paise=value_paise,
        day=ist.day_of(ts_ns),
    )
