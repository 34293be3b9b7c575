"""Margins of positions and orders: a SPAN-like scan by underlying, exposure, and honest short options.

The rule, per underlying (`Combined`):
- span = the worst of 16 scenarios over all its options and futures together, plus a calendar charge where expiries
  offset each other (never more than margining each expiry alone), at least the short option minimum on uncovered
  shorts, less the value of net long options: what was paid for can be lost only once;
- short option value = what it would cost now to buy net short options back. It is blocked beside span, so the premium
  a sale brings in is never free to spend while the position is open, and a loss on it counts at once;
- exposure = a share of notional on every future and every short option, hedged or not.
Long options alone need nothing but their premium. MIS and CO shares need `cash_intraday` of their value; delivered
shares are paid in full. NRML and MIS of one contract are netted, as at the exchange.
"""

from collections.abc import Sequence

import msgspec

from tarazu.model.instrument import Instrument
from tarazu.model.order import Product, Side
from tarazu.model.rules import RuleBook
from tarazu.sim.money.combined import NOTHING, Combined, Requirement, up_to_paisa
from tarazu.sim.money.marks import Mark, Marks
from tarazu.sim.money.scan import RiskArray, RiskSource, ScenarioScan

INTRADAY = (Product.MIS, Product.CO)


class Leg(msgspec.Struct, frozen=True):
    """An open quantity, signed."""

    instrument: Instrument
    product: Product
    qty: int


class MarginOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order, or what is left of a working one. `price_paise` is its limit; a market order's protected price."""

    instrument: Instrument
    side: Side
    product: Product
    qty: int
    price_paise: int
    variety: str = "regular"
    order_type: str = "LIMIT"
    order_id: str = ""

    @property
    def leg(self) -> Leg:
        return Leg(self.instrument, self.product, self.side.sign * self.qty)


class Margins:
    """The margin rules of one profile; stateless.

    `risk` may be any other source of risk arrays, e.g. one that reads the clearing house's files.
    """

    def __init__(self, rules: RuleBook, risk: RiskSource | None = None) -> None:
        self.risk = risk or ScenarioScan(rules)
        self.cash_intraday = rules.margins.cash_intraday

    def portfolio(self, legs: Sequence[Leg], marks: Marks, now_ns: int) -> "Portfolio":
        return Portfolio(self, legs, marks, now_ns)


class Step(msgspec.Struct, frozen=True):
    """What one order would change if it filled."""

    change: Requirement
    """Of what is blocked; parts may be negative."""
    paid: Requirement
    """Money the fill takes; negative: brings in."""
    buys: bool
    closes: bool
    """It only reduces the open quantity of its own contract."""

    @property
    def total(self) -> Requirement:
        return self.change + self.paid

    @property
    def needed(self) -> Requirement:
        """What must be free to place it. A purchase is paid in full, whatever it may set free once it has filled."""
        if self.buys and not self.closes:
            return self.change.floored() + self.paid
        return self.total.floored()


class Portfolio:
    """Open positions at the marks of one moment, combined by underlying. Orders can be tried on it or added to it."""

    def __init__(self, margins: Margins, legs: Sequence[Leg], marks: Marks, now_ns: int) -> None:
        self._margins = margins
        self._marks = marks
        self._now_ns = now_ns
        self._arrays: dict[str, RiskArray] = {}
        self._combined: dict[str, Combined] = {}
        for leg in legs:
            self._add(self._of(leg.instrument), leg, 0)

    def requirement(self) -> Requirement:
        return sum((c.requirement() for c in self._combined.values()), NOTHING)

    def needed_by_orders(self, working: Sequence[MarginOrder]) -> Requirement:
        """What working orders block on top of the positions.

        Each is tried with the positions and the earlier orders of its own instrument and side, so that two exits of
        one position are one exit and one entry; a hedge counts once it has filled, not before.
        """
        chains: dict[tuple[str, Side], list[MarginOrder]] = {}
        for order in working:
            chains.setdefault((order.instrument.key, order.side), []).append(order)
        return sum((self._needed_by_chain(chain) for chain in chains.values()), NOTHING)

    def needed_by_order(self, order: MarginOrder, working: Sequence[MarginOrder]) -> Requirement:
        """What a new order would block beside `working`; nothing for one that only takes risk off."""
        ahead = [w for w in working if w.instrument.key == order.instrument.key and w.side is order.side]
        return self._needed_by_chain([*ahead, order]) - self._needed_by_chain(ahead)

    def take(self, order: MarginOrder) -> Step:
        """Add the order as if filled."""
        return self._step(self._of(order.instrument), order)

    def _needed_by_chain(self, chain: Sequence[MarginOrder]) -> Requirement:
        """What orders of one instrument and side block, first to last; the portfolio stays as it is."""
        total = NOTHING
        if chain:
            trial = self._of(chain[0].instrument).copy()
            for order in chain:
                step = self._step(trial, order)
                # An exit needs nothing unless it bares more risk than it brings in, as selling a hedge does.
                total += NOTHING if step.closes and step.total.total <= 0 else step.needed
        return total

    def _step(self, combined: Combined, order: MarginOrder) -> Step:
        closes = 0 < order.qty <= -order.side.sign * combined.qty(order.instrument)
        before = combined.requirement()
        price = order.price_paise or self._marks(order.instrument).last_paise
        if order.product in INTRADAY or order.instrument.is_derivative:
            self._add(combined, order.leg, price)
        change = combined.requirement() - before
        return Step(change, self._price_paid(order, price), order.side is Side.BUY, closes)

    def _price_paid(self, order: MarginOrder, price_paise: int) -> Requirement:
        """Money the fill takes (gives: negative). A sale above an option's worth is not believed before it happens."""
        if order.instrument.is_option:
            if order.side is Side.BUY:
                return Requirement(premium=order.qty * price_paise)
            worth = up_to_paisa(order.qty * self._array(order.instrument).value_paise)
            return Requirement(premium=-min(order.qty * price_paise, worth))
        if order.instrument.is_derivative or order.product in INTRADAY or order.side is Side.SELL:
            return NOTHING
        return Requirement(var=order.qty * price_paise)

    def _add(self, combined: Combined, leg: Leg, price_paise: int) -> None:
        if leg.instrument.is_derivative:
            combined.add(leg.instrument, self._array(leg.instrument), leg.qty)
        else:
            price = max(price_paise, self._marks(leg.instrument).last_paise)
            combined.add_shares(leg.instrument, leg.qty, price, self._margins.cash_intraday)

    def _of(self, instrument: Instrument) -> Combined:
        return self._combined.setdefault(instrument.underlying or instrument.key, Combined())

    def _array(self, instrument: Instrument) -> RiskArray:
        found = self._arrays.get(instrument.key)
        if found is None:
            mark: Mark = self._marks(instrument)
            found = self._arrays[instrument.key] = self._margins.risk.array(instrument, mark, self._now_ns)
        return found
