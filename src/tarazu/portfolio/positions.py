"""One position, counted twice from the same fills: as Kite counts it, and as the day's result is made.

Kite's way (Zerodha support, "Why is there profit in the positions tab despite a higher buy average"): what was bought
and what was sold are summed up apart, carried units among them at their cost, and the average of an open position is
that of *all* units of its side. It knows no order of events, so it is what is compared with the broker's rows.

Ours, for risk and the day's report: carried units enter at yesterday's close; units added join a running average; units
closed leave at that average and book their result, which no later trade touches; through zero, the rest opens at the
price of the trade that crossed. Of the cost that leaves, the fraction of a paisa is rounded half away from zero and
stays with the open units, so that realised + open value - open cost is exact at any moment.

Both ways add up to the same total: Kite's m2m of the day.
"""

import msgspec

from tarazu.model.order import Product, Side
from tarazu.model.units import div_half_up
from tarazu.portfolio.postings import Carried, Units
from tarazu.portfolio.unknown_paise import Cause, Paise, UnknownPaise


class Position(msgspec.Struct, kw_only=True):
    """One instrument in one product, in units and paise. What was carried in is signed, what the day traded is not."""

    key: str
    product: Product
    qty: int = 0
    """Net open units, signed."""
    overnight_qty: int = 0
    overnight_cost_paise: int = 0
    overnight_value_paise: int = 0
    """At yesterday's close; meaningless when `doubt` is NO_CLOSE."""
    buy_qty: int = 0
    buy_value_paise: int = 0
    sell_qty: int = 0
    sell_value_paise: int = 0
    open_cost_paise: int = 0
    """Ours: signed cost of the open units."""
    realised_paise: int = 0
    """Ours: booked since the day began."""
    doubt: Cause | None = None
    """Why no amount of this position can be trusted, whatever the mark."""

    # The day's movements.

    def carry_in(self, carried: Carried) -> None:
        """Begin the day with these units. Once, before anything else."""
        assert self.qty == 0 and carried.qty and carried.cost_paise * carried.qty >= 0
        self.qty = self.overnight_qty = carried.qty
        self.overnight_cost_paise = carried.cost_paise
        if carried.close_value_paise is None:
            self.doubt = self.doubt or Cause.NO_CLOSE
        else:
            self.overnight_value_paise = self.open_cost_paise = carried.close_value_paise

    def trade(self, side: Side, qty: int, price_paise: int) -> int:
        """One execution of the day. Returns the paise it realised, our way."""
        value = qty * price_paise
        if side is Side.BUY:
            self.buy_qty += qty
            self.buy_value_paise += value
            return self._take(qty, value)
        self.sell_qty += qty
        self.sell_value_paise += value
        return self._take(-qty, -value)

    def hand_over(self, to: "Position", side: Side, units: Units, qty: int) -> int:
        """Move open units to another product of the instrument; returns their value (unsigned) as Kite's rows move it.

        The day's units move at the day's average of their side, carried ones at theirs; ours move at the running
        average, and realise nothing here.
        """
        assert 0 < qty <= self.convertible(side, units) and to.key == self.key
        own_cost = div_half_up(self.open_cost_paise * qty, abs(self.qty))
        value = self._hand_over_day(to, side, qty) if units is Units.DAY else self._hand_over_night(to, side, qty)
        self.open_cost_paise -= own_cost
        self.qty -= side.sign * qty
        to._take(side.sign * qty, own_cost)
        to.doubt = to.doubt or self.doubt
        return value

    def convertible(self, side: Side, units: Units) -> int:
        """Open units of this side that are the day's, or were carried in; a closed unit is nobody's to convert."""
        part = self.overnight_qty * side.sign if units is Units.OVERNIGHT else self._day(side)[0]
        return max(0, min(self.qty * side.sign, part))

    def _take(self, qty: int, value_paise: int) -> int:
        """Open, close or turn the running position; both arguments signed. Returns what was realised."""
        held, cost = self.qty, self.open_cost_paise
        self.qty = held + qty
        if held == 0 or (held > 0) == (qty > 0):
            self.open_cost_paise = cost + value_paise
            return 0
        if abs(qty) <= abs(held):
            gone = div_half_up(cost * abs(qty), abs(held))
            self.open_cost_paise = cost - gone
            realised = -value_paise - gone
        else:
            closing = div_half_up(value_paise * abs(held), abs(qty))  # exact for a trade
            self.open_cost_paise = value_paise - closing
            realised = -closing - cost
        self.realised_paise += realised
        return realised

    def _day(self, side: Side) -> tuple[int, int]:
        """(units, value) that the day bought or sold."""
        return (self.buy_qty, self.buy_value_paise) if side is Side.BUY else (self.sell_qty, self.sell_value_paise)

    def _hand_over_day(self, to: "Position", side: Side, qty: int) -> int:
        had, worth = self._day(side)
        value = div_half_up(worth * qty, had)
        self._add_day(side, -qty, -value)
        to._add_day(side, qty, value)
        return value

    def _add_day(self, side: Side, qty: int, value_paise: int) -> None:
        if side is Side.BUY:
            self.buy_qty, self.buy_value_paise = self.buy_qty + qty, self.buy_value_paise + value_paise
        else:
            self.sell_qty, self.sell_value_paise = self.sell_qty + qty, self.sell_value_paise + value_paise

    def _hand_over_night(self, to: "Position", side: Side, qty: int) -> int:
        had = abs(self.overnight_qty)
        cost = div_half_up(self.overnight_cost_paise * qty, had)
        value = div_half_up(self.overnight_value_paise * qty, had)
        self._add_night(-side.sign * qty, -cost, -value)
        to._add_night(side.sign * qty, cost, value)
        return abs(cost)

    def _add_night(self, qty: int, cost_paise: int, value_paise: int) -> None:
        self.overnight_qty += qty
        self.overnight_cost_paise += cost_paise
        self.overnight_value_paise += value_paise

    # Ours.

    @property
    def average_paise(self) -> int | None:
        """Running average of the open units, rounded half up to the paisa for reading; None when flat or in doubt."""
        return None if self.qty == 0 or self.doubt else div_half_up(abs(self.open_cost_paise), abs(self.qty))

    def realised(self) -> Paise:
        """Booked today, before charges."""
        return self.realised_paise if self.doubt is None else UnknownPaise.because(self.doubt, self.key)

    def unrealised(self, mark: Paise) -> Paise:
        """Open units at the mark, less what they stand in the books at. A flat position needs no mark."""
        if self.doubt is not None:
            return UnknownPaise.because(self.doubt, self.key)
        if self.qty == 0:
            return 0
        return mark if isinstance(mark, UnknownPaise) else self.qty * mark - self.open_cost_paise

    # Kite's.

    @property
    def is_blank(self) -> bool:
        """Nothing carried in, nothing traded: no row."""
        return not (self.overnight_qty or self.buy_qty or self.sell_qty)

    def total(self, side: Side) -> tuple[int, int]:
        """(units, value) bought or sold, what was carried in counted as bought or sold at its cost."""
        qty, value = self._day(side)
        carried = side.sign * self.overnight_qty
        return (qty + carried, value + side.sign * self.overnight_cost_paise) if carried > 0 else (qty, value)

    def kite_open_cost_paise(self) -> int:
        """Signed cost of the open units at the average of all units of their side, to the paisa half up."""
        if self.qty == 0:
            return 0
        qty, value = self.total(Side.BUY if self.qty > 0 else Side.SELL)
        return div_half_up(value * self.qty, qty)

    def kite_realised_paise(self) -> int:
        """What Kite's `pnl` is less its open part: needs no mark, and moves when closed units are bought back."""
        return self._flow_paise() - self.overnight_cost_paise + self.kite_open_cost_paise()

    def kite_unrealised_paise(self, last_paise: int) -> int:
        return self.qty * last_paise - self.kite_open_cost_paise()

    def kite_pnl_paise(self, last_paise: int) -> int:
        """Kite v3 "Portfolio: positions": (sell value - buy value) + quantity × last price × multiplier (1)."""
        return self._flow_paise() - self.overnight_cost_paise + self.qty * last_paise

    def kite_m2m_paise(self, last_paise: int) -> int:
        """As `pnl`, with the carried units at yesterday's close: the day alone. NO_CLOSE makes it meaningless."""
        return self._flow_paise() - self.overnight_value_paise + self.qty * last_paise

    def day_part(self) -> "Position":
        """What Kite's `day` list shows: the day's trades alone, nothing carried in. Kite's figures only."""
        return Position(
            key=self.key,
            product=self.product,
            qty=self.buy_qty - self.sell_qty,
            buy_qty=self.buy_qty,
            buy_value_paise=self.buy_value_paise,
            sell_qty=self.sell_qty,
            sell_value_paise=self.sell_value_paise,
            doubt=self.doubt,
        )

    def _flow_paise(self) -> int:
        return self.sell_value_paise - self.buy_value_paise
