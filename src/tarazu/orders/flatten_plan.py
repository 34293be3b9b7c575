"""What a plan to flatten is made from and made of."""

from enum import StrEnum

import msgspec

from tarazu.model.order import OrdType, Product, Side
from tarazu.model.order_request import PROTECTION_AUTO, OrderChange


class BrokerPosition(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `GET /portfolio/positions`, net."""

    key: str
    product: Product
    qty: int


class ExitRule(msgspec.Struct, frozen=True, kw_only=True):
    """How an instrument is left today."""

    lot_size: int
    freeze_qty: int
    market_allowed: bool = True
    """Not in stock options, nor where a rule bars it (KITE facts 1.6)."""
    protection_bps: int = PROTECTION_AUTO
    buy_paise: int | None = None
    sell_paise: int | None = None
    """Limit prices that should fill now, from a fresh quote; None without one."""

    def price(self, side: Side) -> int | None:
        return self.buy_paise if side is Side.BUY else self.sell_paise


class ExitOrder(msgspec.Struct, frozen=True, kw_only=True):
    """One new order of the plan: purpose SQUARE_OFF."""

    key: str
    product: Product
    side: Side
    qty: int
    order_type: OrdType
    price_paise: int | None = None
    protection_bps: int | None = None


class Turn(msgspec.Struct, frozen=True):
    """A resting order that is modified into an exit."""

    ref: str
    change: OrderChange


class Reason(StrEnum):
    UNDER_WAY = "UNDER_WAY"
    """Exits for all of it are out."""
    UNKNOWN = "UNKNOWN"
    """An order that may already close it is unknown."""
    COOLING = "COOLING"
    """An order that was canceled may still close it."""
    DISAGREES = "DISAGREES"
    """The broker's position is not the one our orders make: no more than both is closed. Reconcile."""
    NO_RULE = "NO_RULE"
    NO_PRICE = "NO_PRICE"
    """A market order is not allowed here and there is no quote."""
    ODD_QTY = "ODD_QTY"
    """No whole number of lots: the rest must be closed by hand."""
    SPENT = "SPENT"
    """A resting exit has used up its modifications."""


ALARMING = frozenset({Reason.DISAGREES, Reason.NO_RULE, Reason.NO_PRICE, Reason.ODD_QTY, Reason.SPENT})


class Wait(msgspec.Struct, frozen=True):
    key: str
    product: Product
    reason: Reason
    qty: int


class FlattenPlan(msgspec.Struct, frozen=True, kw_only=True):
    """To be carried out in this order: withdraw, cancel, turn, exit."""

    withdrawals: tuple[str, ...] = ()
    """Intents that are not sent."""
    cancels: tuple[str, ...] = ()
    turns: tuple[Turn, ...] = ()
    exits: tuple[ExitOrder, ...] = ()
    """Shorts first: to buy them back frees margin and takes away the larger risk."""
    waits: tuple[Wait, ...] = ()
    flat: bool = False
    """No position, and no order that could make one."""
