"""What an account can still spend, and why: the numbers behind `GET /user/margins`.

available = the day's opening cash and pay-ins, less charges, premiums paid (received: added, and blocked again as short
option value), delivered shares bought (sold: added), margins of positions and of working orders, and the day's loss.
The day's loss is the result of futures and intraday shares where it is negative; a gain is free only once settled.
"""

import msgspec

from tarazu.model.instrument import Kind
from tarazu.model.order import Product
from tarazu.model.units import rupees
from tarazu.sim.money.combined import Requirement
from tarazu.sim.money.marks import Marks
from tarazu.sim.money.positions import Position, PositionBook
from tarazu.wire.kite_money import AvailableRow, Funds, UtilisedRow


class Utilisation(msgspec.Struct, frozen=True, kw_only=True):
    """Paise. Every part but the m2m pair reduces what is available; `holding_sales` adds to it."""

    cash: int
    charges: int
    span: int
    exposure: int
    """With the intraday margin of shares, and the price of delivery orders that still work."""
    option_premium: int
    delivery: int
    holding_sales: int
    m2m_realised: int
    m2m_unrealised: int

    @property
    def loss(self) -> int:
        return max(0, -self.m2m_realised - self.m2m_unrealised)

    @property
    def debits_paise(self) -> int:
        parts = self.span + self.exposure + self.option_premium + self.delivery - self.holding_sales
        return parts + self.charges + self.loss

    @property
    def available_paise(self) -> int:
        return self.cash - self.debits_paise


def utilisation(
    positions: PositionBook,
    cash_paise: int,
    charges_paise: int,
    held: Requirement,
    orders: Requirement,
    marks: Marks,
) -> Utilisation:
    blocked = held + orders
    bought = sold = received = realised = unrealised = 0
    for p in positions:
        if p.instrument.is_option:
            received += p.day_flow_paise
        elif p.instrument.kind is Kind.EQ and p.product in (Product.CNC, Product.MTF):
            bought, sold = bought + p.buy_value_paise, sold + p.sell_value_paise
        else:
            last = marks(p.instrument).last_paise
            open_part = _as_marked(p).unrealised_paise(last)
            realised, unrealised = realised + p.m2m_paise(last) - open_part, unrealised + open_part
    return Utilisation(
        cash=cash_paise,
        charges=charges_paise,
        span=blocked.span,
        exposure=blocked.exposure + blocked.var,
        option_premium=blocked.premium - received,
        delivery=bought,
        holding_sales=sold,
        m2m_realised=realised,
        m2m_unrealised=unrealised,
    )


def funds_row(used: Utilisation, opening_paise: int, pay_in_paise: int) -> Funds:
    """Kite's row. `debits` holds the charges too, which have no field of their own: net = cash - debits."""
    net = rupees(used.available_paise)
    return Funds(
        net=net,
        available=AvailableRow(
            cash=rupees(used.cash),
            opening_balance=rupees(opening_paise),
            live_balance=net,
            intraday_payin=rupees(pay_in_paise),
        ),
        utilised=UtilisedRow(
            debits=rupees(used.debits_paise),
            exposure=rupees(used.exposure),
            m2m_realised=rupees(used.m2m_realised),
            m2m_unrealised=rupees(used.m2m_unrealised),
            option_premium=rupees(used.option_premium),
            span=rupees(used.span),
            holding_sales=rupees(used.holding_sales),
            delivery=rupees(used.delivery),
        ),
    )


def _as_marked(position: Position) -> Position:
    """The position as if what was carried in had been bought at the last settlement price."""
    return msgspec.structs.replace(position, overnight_cost_paise=position.overnight_mark_paise)
