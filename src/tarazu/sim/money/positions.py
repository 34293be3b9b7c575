"""Positions of one account, keyed (exchange, tradingsymbol, product), with what Kite's rows say of them.

A position is what was carried into the day and what was bought and sold in it. Values are Σ qty × price in paise, so
nothing is rounded until an average is shown. One unit is one share: Kite's multiplier is 1 in every segment we have.
"""

from collections.abc import Iterator

import msgspec

from tarazu.model.instrument import Instrument, Kind
from tarazu.model.order import Product, Side
from tarazu.model.units import div_half_up, rupees
from tarazu.sim.money.marks import Mark, Marks
from tarazu.wire.kite_money import PositionRow, PositionsData

Key = tuple[str, str, Product]


class Position(msgspec.Struct, kw_only=True):
    """One instrument in one product. Quantities carried overnight are signed, the day's are not."""

    instrument: Instrument
    product: Product
    overnight_qty: int = 0
    overnight_cost_paise: int = 0
    """Signed like the quantity: what the carried units were traded for."""
    overnight_mark_paise: int = 0
    """Signed like the quantity: what they were worth at the last settlement price."""
    buy_qty: int = 0
    buy_value_paise: int = 0
    sell_qty: int = 0
    sell_value_paise: int = 0

    @property
    def qty(self) -> int:
        """Net units, signed."""
        return self.overnight_qty + self.buy_qty - self.sell_qty

    @property
    def day_flow_paise(self) -> int:
        """What the day's trades brought in, less what they took."""
        return self.sell_value_paise - self.buy_value_paise

    @property
    def is_future(self) -> bool:
        return self.instrument.kind is Kind.FUT

    @property
    def is_blank(self) -> bool:
        """Nothing carried in, nothing traded."""
        return not (self.overnight_qty or self.buy_qty or self.sell_qty)

    def trade(self, side: Side, qty: int, value_paise: int) -> None:
        """Add one of the day's executions."""
        if side is Side.BUY:
            self.buy_qty += qty
            self.buy_value_paise += value_paise
        else:
            self.sell_qty += qty
            self.sell_value_paise += value_paise

    def total(self, side: Side) -> tuple[int, int]:
        """(units, value) bought or sold, what was carried in counted as bought or sold at its cost."""
        carried, cost = side.sign * self.overnight_qty, side.sign * self.overnight_cost_paise
        qty, value = (
            (self.buy_qty, self.buy_value_paise) if side is Side.BUY else (self.sell_qty, self.sell_value_paise)
        )
        return qty + max(carried, 0), value + max(cost, 0)

    def pnl_paise(self, last_paise: int) -> int:
        """Kite: (sell_value - buy_value) + quantity × last_price × multiplier."""
        return self.day_flow_paise - self.overnight_cost_paise + self.qty * last_paise

    def m2m_paise(self, last_paise: int) -> int:
        """As `pnl_paise` with the carried units at the last settlement price: what the day alone has made."""
        return self.day_flow_paise - self.overnight_mark_paise + self.qty * last_paise

    def worth_paise(self, last_paise: int) -> int:
        """What the position adds to cash: its market value; a future's is what the day has still to mark."""
        return self.m2m_paise(last_paise) if self.is_future else self.qty * last_paise

    def open_cost_paise(self) -> int:
        """Signed cost of the open units, at the average of all units of their side."""
        open_qty = self.qty
        if open_qty == 0:
            return 0
        qty, value = self.total(Side.BUY if open_qty > 0 else Side.SELL)
        return div_half_up(value * open_qty, qty)

    def unrealised_paise(self, last_paise: int) -> int:
        return self.qty * last_paise - self.open_cost_paise()

    def carry(self, settlement_paise: int) -> None:
        """Begin a new day with the open units, marked at the settlement price."""
        qty, cost = self.qty, self.open_cost_paise()
        self.overnight_qty, self.overnight_cost_paise = qty, cost
        self.overnight_mark_paise = qty * settlement_paise
        self.buy_qty = self.buy_value_paise = self.sell_qty = self.sell_value_paise = 0

    def take_day(self, side: Side, qty: int) -> int:
        """Take `qty` of the day's units of this side out of the position; returns the value that goes with them."""
        had, worth = (
            (self.buy_qty, self.buy_value_paise) if side is Side.BUY else (self.sell_qty, self.sell_value_paise)
        )
        assert 0 < qty <= had
        value = div_half_up(worth * qty, had)
        self.trade(side, -qty, -value)
        return value

    def take_overnight(self, qty: int) -> tuple[int, int]:
        """Take `qty` (signed as carried) of the carried units out; returns their (cost, mark)."""
        assert qty * self.overnight_qty > 0 and abs(qty) <= abs(self.overnight_qty)
        cost = div_half_up(self.overnight_cost_paise * abs(qty), abs(self.overnight_qty))
        mark = div_half_up(self.overnight_mark_paise * abs(qty), abs(self.overnight_qty))
        self.give_overnight(-qty, -cost, -mark)
        return cost, mark

    def give_overnight(self, qty: int, cost_paise: int, mark_paise: int) -> None:
        self.overnight_qty += qty
        self.overnight_cost_paise += cost_paise
        self.overnight_mark_paise += mark_paise


class PositionBook:
    """All positions of an account, in the order they were first traded."""

    def __init__(self) -> None:
        self._positions: dict[Key, Position] = {}

    def __iter__(self) -> Iterator[Position]:
        return iter(self._positions.values())

    def copy(self) -> "PositionBook":
        twin = PositionBook()
        twin._positions = {key: msgspec.structs.replace(p) for key, p in self._positions.items()}
        return twin

    def find(self, instrument: Instrument, product: Product) -> Position | None:
        return self._positions.get((instrument.exchange, instrument.tradingsymbol, product))

    def at(self, instrument: Instrument, product: Product) -> Position:
        """The position, a new flat one when there is none."""
        key = (instrument.exchange, instrument.tradingsymbol, product)
        found = self._positions.get(key)
        if found is None:
            found = self._positions[key] = Position(instrument=instrument, product=product)
        return found

    def drop(self, position: Position) -> None:
        del self._positions[position.instrument.exchange, position.instrument.tradingsymbol, position.product]

    def rows(self, marks: Marks) -> PositionsData:
        """`net`: what is open or was traded today. `day`: today's trades alone, nothing carried in."""
        net = [_row(p, marks(p.instrument)) for p in self]
        day = [_row(_day_part(p), marks(p.instrument)) for p in self if p.buy_qty or p.sell_qty]
        return PositionsData(net=net, day=day)


def _day_part(position: Position) -> Position:
    return msgspec.structs.replace(position, overnight_qty=0, overnight_cost_paise=0, overnight_mark_paise=0)


def _row(p: Position, mark: Mark) -> PositionRow:
    last, qty = mark.last_paise, p.qty
    bought, buy_value = p.total(Side.BUY)
    sold, sell_value = p.total(Side.SELL)
    pnl, unrealised = p.pnl_paise(last), p.unrealised_paise(last)
    return PositionRow(
        tradingsymbol=p.instrument.tradingsymbol,
        exchange=p.instrument.exchange,
        instrument_token=p.instrument.instrument_token,
        product=p.product,
        quantity=qty,
        overnight_quantity=p.overnight_qty,
        multiplier=1,
        average_price=_average(p.open_cost_paise(), qty),
        close_price=_average(p.overnight_mark_paise, p.overnight_qty) if p.overnight_qty else rupees(mark.close_paise),
        last_price=rupees(last),
        value=rupees(sell_value - buy_value),
        pnl=rupees(pnl),
        m2m=rupees(p.m2m_paise(last)),
        unrealised=rupees(unrealised),
        realised=rupees(pnl - unrealised),
        buy_quantity=bought,
        buy_price=_average(buy_value, bought),
        buy_value=rupees(buy_value),
        buy_m2m=rupees(p.buy_value_paise + max(p.overnight_mark_paise, 0)),
        sell_quantity=sold,
        sell_price=_average(sell_value, sold),
        sell_value=rupees(sell_value),
        sell_m2m=rupees(p.sell_value_paise + max(-p.overnight_mark_paise, 0)),
        day_buy_quantity=p.buy_qty,
        day_buy_price=_average(p.buy_value_paise, p.buy_qty),
        day_buy_value=rupees(p.buy_value_paise),
        day_sell_quantity=p.sell_qty,
        day_sell_price=_average(p.sell_value_paise, p.sell_qty),
        day_sell_value=rupees(p.sell_value_paise),
    )


def _average(value_paise: int, qty: int) -> float:
    """Rupees a unit, unrounded as Kite shows averages; 0 of nothing."""
    return value_paise / qty / 100 if qty else 0.0
